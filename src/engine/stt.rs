//! Speech to text: Moonshine base. The encoder hears the chunk once; the decoder then says it token by token.

use super::{
    error::EngineError,
    models::{File, Models, load_network, node},
    pool::Worker,
};
use rten::{Model, NodeId, Value, ValueOrView};
use rten_tensor::{AsView, NdTensor, Tensor};

/// Samples a second.
pub(super) const LISTEN_RATE_HZ: usize = 16_000;
const LAYERS: usize = 8;
const HEADS: usize = 8;
const HEAD_WIDTH: usize = 52;
/// Nobody says more tokens in a second; a decoder that goes on is repeating itself.
const TOKENS_PER_S: f32 = 6.5;
const TOKENS_SPARE: usize = 8;
/// Shorter chunks are filled with silence: the encoder's convolutions need something to stand on.
const SAMPLES_MIN: usize = LISTEN_RATE_HZ / 2;
/// The tokenizer's sign for a space.
const WORD_START: char = '\u{2581}';
/// What the model writes for music; speech is never that.
const MUSIC: char = '\u{266a}';

/// One of the decoder's memories: its own (`decoder`) grows by a token a step, that of the sound (`encoder`) never
/// changes.
struct Memory {
    input: NodeId,
    output: NodeId,
    of_sound: bool,
}

/// The engine's ears.
pub(super) struct Ears {
    encoder: Model,
    decoder: Model,
    sound: NodeId,
    heard: NodeId,
    token: NodeId,
    heard_again: NodeId,
    has_memory: NodeId,
    scores: NodeId,
    memories: Vec<Memory>,
    vocabulary: Vec<Vec<u8>>,
}

impl Ears {
    /// Of the model, for bills.
    pub(super) const NAME: &'static str = "moonshine-base-en";
    pub(super) const BEGIN: i32 = 1;
    pub(super) const END: i32 = 2;

    pub(super) fn load(models: &Models) -> Result<Self, EngineError> {
        let encoder = load_network(models, File::Encoder)?;
        let decoder = load_network(models, File::Decoder)?;
        let at = |name: &str| node(&decoder, File::Decoder, name);
        let mut memories = Vec::with_capacity(LAYERS * 4);
        for layer in 0..LAYERS {
            for (side, of_sound) in [("decoder", false), ("encoder", true)] {
                for half in ["key", "value"] {
                    let input = at(&format!("past_key_values.{layer}.{side}.{half}"))?;
                    let output = at(&format!("present.{layer}.{side}.{half}"))?;
                    memories.push(Memory { input, output, of_sound });
                }
            }
        }
        let vocabulary = tokens(&models.read(File::Tokenizer)?);
        Ok(Self {
            sound: node(&encoder, File::Encoder, "input_values")?,
            heard: node(&encoder, File::Encoder, "last_hidden_state")?,
            token: at("input_ids")?,
            heard_again: at("encoder_hidden_states")?,
            has_memory: at("use_cache_branch")?,
            scores: at("logits")?,
            memories,
            vocabulary,
            encoder,
            decoder,
        })
    }

    /// The words in `samples` (16 kHz, −1 to 1, at most about 15 s), with punctuation; empty if there are none.
    pub(super) fn transcribe(&self, samples: Vec<f32>, worker: &Worker) -> Result<String, EngineError> {
        let tokens_max = Self::tokens_max(samples.len());
        let heard = self.hear(samples, worker)?;
        let mut decoding = Decoding::new(self, heard);
        let mut said = Vec::new();
        let mut token = Self::BEGIN;
        while said.len() < tokens_max {
            token = decoding.next(token, worker)?;
            if token == Self::END {
                break;
            }
            said.push(token);
        }
        Ok(self.words(&said))
    }

    /// The most tokens that so many samples can hold.
    pub(super) fn tokens_max(samples: usize) -> usize {
        let seconds = samples as f32 / LISTEN_RATE_HZ as f32;
        (seconds * TOKENS_PER_S) as usize + TOKENS_SPARE
    }

    /// The encoder's view of `samples`.
    pub(super) fn hear(&self, mut samples: Vec<f32>, worker: &Worker) -> Result<Value, EngineError> {
        if samples.len() < SAMPLES_MIN {
            samples.resize(SAMPLES_MIN, 0.0);
        }
        let input = NdTensor::from_data([1, samples.len()], samples);
        let options = Some(worker.options.clone());
        let [heard] = self
            .encoder
            .run_n(vec![(self.sound, input.into())], [self.heard], options)
            .map_err(EngineError::run("moonshine"))?;
        Ok(heard)
    }

    /// The text of these tokens.
    pub(super) fn words(&self, said: &[i32]) -> String {
        let pieces = said.iter().filter_map(|&token| self.vocabulary.get(usize::try_from(token).ok()?));
        let bytes: Vec<u8> = pieces.flatten().copied().collect();
        let text = String::from_utf8_lossy(&bytes).replace(WORD_START, " ").replace(MUSIC, "");
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// One chunk on its way to text.
struct Decoding<'a> {
    ears: &'a Ears,
    heard: Value,
    of_sound: Vec<Value>,
    own: Vec<Value>,
}

impl<'a> Decoding<'a> {
    fn new(ears: &'a Ears, heard: Value) -> Self {
        Self { ears, heard, of_sound: Vec::new(), own: ears.no_memory() }
    }

    /// The most likely token after `token`.
    fn next(&mut self, token: i32, worker: &Worker) -> Result<i32, EngineError> {
        let memories = Memories { of_sound: &self.of_sound, own: &self.own };
        let Scores { scores, own, of_sound } = self.ears.step(&self.heard, &memories, token, worker)?;
        self.own = own;
        if let Some(of_sound) = of_sound {
            self.of_sound = of_sound;
        }
        let best = scores.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
        Ok(best.map_or(Ears::END, |(index, _)| index as i32))
    }
}

/// What the decoder remembers: of the sound (empty before the first step), and of what it said.
pub(super) struct Memories<'a> {
    pub of_sound: &'a [Value],
    pub own: &'a [Value],
}

/// What comes of a step.
pub(super) struct Scores {
    /// Of each token, to be the next.
    pub scores: Vec<f32>,
    /// What the decoder remembers now.
    pub own: Vec<Value>,
    /// Its memory of the sound, which the first step makes.
    pub of_sound: Option<Vec<Value>>,
}

impl Ears {
    /// The decoder's memory of what it said, before it said anything.
    pub(super) fn no_memory(&self) -> Vec<Value> {
        (0..LAYERS * 2).map(|_| empty_memory()).collect()
    }

    /// What may follow `token`.
    pub(super) fn step(
        &self,
        heard: &Value,
        memories: &Memories<'_>,
        token: i32,
        worker: &Worker,
    ) -> Result<Scores, EngineError> {
        let first = memories.of_sound.is_empty();
        let nothing = empty_memory();
        let token = NdTensor::from_data([1, 1], vec![token]);
        let has_memory = NdTensor::from_data([1], vec![i32::from(!first)]);
        let mut inputs: Vec<(NodeId, ValueOrView)> =
            vec![(self.token, token.into()), (self.heard_again, heard.into()), (self.has_memory, has_memory.into())];
        let (mut own, mut of_sound) = (memories.own.iter(), memories.of_sound.iter());
        for at in &self.memories {
            let value = if at.of_sound { of_sound.next() } else { own.next() };
            inputs.push((at.input, value.unwrap_or(&nothing).into()));
        }
        let mut outputs = vec![self.scores];
        // The memory of the sound comes from the first step; later steps give an empty one.
        let kept = |memory: &&Memory| first || !memory.of_sound;
        outputs.extend(self.memories.iter().filter(kept).map(|memory| memory.output));
        let options = Some(worker.options.clone());
        let values = self.decoder.run(inputs, &outputs, options).map_err(EngineError::run("moonshine"))?;
        let mut values = values.into_iter();
        let scores = values.next().ok_or_else(|| EngineError::run("moonshine")("no scores"))?;
        let (mut own, mut of_sound) = (Vec::with_capacity(LAYERS * 2), Vec::with_capacity(LAYERS * 2));
        for at in self.memories.iter().filter(kept) {
            let value = values.next().ok_or_else(|| EngineError::run("moonshine")("no memory"))?;
            if at.of_sound { of_sound.push(value) } else { own.push(value) }
        }
        let scores = Tensor::<f32>::try_from(scores).map_err(EngineError::run("moonshine"))?.to_vec();
        Ok(Scores { scores, own, of_sound: first.then_some(of_sound) })
    }
}

fn empty_memory() -> Value {
    Value::from(NdTensor::<f32, 4>::from_data([1, HEADS, 0, HEAD_WIDTH], Vec::new()))
}

/// The tokenizer's list: a length (one byte, or two: `second × 128 + first − 128`) and so many bytes, again and again.
fn tokens(file: &[u8]) -> Vec<Vec<u8>> {
    let mut tokens = Vec::new();
    let mut rest = file;
    while let Some((&first, after)) = rest.split_first() {
        let (length, after) = match after.split_first() {
            Some((&second, after)) if first >= 128 => (usize::from(second) * 128 + usize::from(first) - 128, after),
            _ => (usize::from(first), after),
        };
        let length = length.min(after.len());
        tokens.push(after[..length].to_vec());
        rest = &after[length..];
    }
    tokens
}
