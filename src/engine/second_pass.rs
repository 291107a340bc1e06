//! Hearing once more, when nobody waits: a whole answer at a time, with a search over several readings where live
//! hearing takes the likeliest token each time. It works in short slices on the least urgent lane, one answer at a
//! time, so that live interviews are not hurt.

use super::{
    BuiltinEngine,
    error::EngineError,
    models::Models,
    pool::{Lane, Worker},
    stt::{Ears, LISTEN_RATE_HZ, Memories, Scores},
    vad::{VoiceDetector, WINDOW},
};
use crate::media::port::FRAME_SAMPLES;
use rten::Value;
use std::sync::Arc;

/// Longest part that is heard at once: the model was made for 30 s.
const PART_MAX: usize = 24 * LISTEN_RATE_HZ;
/// Length of the quiet place at which a longer answer is cut.
const QUIET: usize = LISTEN_RATE_HZ / 5;
/// Sound kept before the first voice and after the last.
const MARGIN: usize = LISTEN_RATE_HZ * 3 / 10;
/// Readings that are followed at the same time.
const READINGS: usize = 4;
/// Tokens of each reading in one slice of work: about a tenth of a second.
const SLICE_TOKENS: usize = 4;

/// What was heard in an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecondHearing {
    pub text: String,
    /// Audio with a voice in it, pauses included.
    pub heard_ms: u64,
}

impl BuiltinEngine {
    /// The model of the second pass, for records and bills.
    pub const SECOND_PASS_MODEL: &'static str = Ears::NAME;

    /// Hears an answer once more. `pcm`: 24 kHz, mono, at most some minutes. Waits for its turn behind everything else.
    ///
    /// # Errors
    /// What loading or running the transcriber says.
    pub async fn hear_again(&self, pcm: Vec<i16>) -> Result<SecondHearing, EngineError> {
        let _turn = self.shared.second_pass.acquire().await.map_err(|_| EngineError::Closed)?;
        let (models, parts) = self.slice(move |models, _| Ok((models.ears()?, parts(&pcm)))).await?;
        let heard_ms = parts.iter().map(Vec::len).sum::<usize>() as u64 * 1_000 / LISTEN_RATE_HZ as u64;
        let mut texts = Vec::with_capacity(parts.len());
        for samples in parts {
            let ears = models.clone();
            let mut search = self.slice(move |_, worker| Search::begin(ears, samples, worker)).await?;
            while !search.is_over() {
                search = self.slice(move |_, worker| search.go_on(worker)).await?;
            }
            let text = search.text();
            if !text.is_empty() {
                texts.push(text);
            }
        }
        Ok(SecondHearing { text: texts.join(" "), heard_ms })
    }

    async fn slice<T, F>(&self, job: F) -> Result<T, EngineError>
    where
        T: Send + 'static,
        F: FnOnce(&Models, &Worker) -> Result<T, EngineError> + Send + 'static,
    {
        let models = self.shared.models.clone();
        self.shared.pool.run(Lane::Background, move |worker| job(&models, worker)).await
    }
}

/// One reading of a part.
#[derive(Clone)]
struct Reading {
    tokens: Vec<i32>,
    /// Logarithm of its probability.
    score: f64,
    /// The decoder's own memory before its last token; readings that differ in that token only share it.
    memory: Arc<Vec<Value>>,
}

impl Reading {
    /// For comparing readings of different lengths.
    fn mean(&self) -> f64 {
        self.score / (self.tokens.len() + 1) as f64
    }
}

/// A search for the best reading of one part.
struct Search {
    ears: Arc<Ears>,
    heard: Value,
    /// The decoder's memory of the sound.
    of_sound: Vec<Value>,
    readings: Vec<Reading>,
    best: Option<Reading>,
    tokens_max: usize,
}

impl Search {
    fn begin(ears: Arc<Ears>, samples: Vec<f32>, worker: &Worker) -> Result<Self, EngineError> {
        let tokens_max = Ears::tokens_max(samples.len());
        let heard = ears.hear(samples, worker)?;
        let memory = Arc::new(ears.no_memory());
        let readings = vec![Reading { tokens: Vec::new(), score: 0.0, memory }];
        Ok(Self { ears, heard, of_sound: Vec::new(), readings, best: None, tokens_max })
    }

    fn is_over(&self) -> bool {
        self.readings.is_empty()
    }

    fn go_on(mut self, worker: &Worker) -> Result<Self, EngineError> {
        for _ in 0..SLICE_TOKENS {
            if self.is_over() {
                break;
            }
            self.step(worker)?;
        }
        Ok(self)
    }

    /// One more token for each reading; the likeliest of all that come of it are followed.
    fn step(&mut self, worker: &Worker) -> Result<(), EngineError> {
        let mut next: Vec<Reading> = Vec::with_capacity(READINGS * READINGS);
        for reading in std::mem::take(&mut self.readings) {
            let token = reading.tokens.last().copied().unwrap_or(Ears::BEGIN);
            let memories = Memories { of_sound: &self.of_sound, own: &reading.memory };
            let Scores { scores, own, of_sound } = self.ears.step(&self.heard, &memories, token, worker)?;
            if let Some(of_sound) = of_sound {
                self.of_sound = of_sound;
            }
            let memory = Arc::new(own);
            for (token, score) in likeliest(&scores) {
                let score = reading.score + score;
                if token == Ears::END {
                    let ended = Reading { score, ..reading.clone() };
                    if self.best.as_ref().is_none_or(|best| ended.mean() > best.mean()) {
                        self.best = Some(ended);
                    }
                    continue;
                }
                let mut tokens = reading.tokens.clone();
                tokens.push(token);
                next.push(Reading { tokens, score, memory: memory.clone() });
            }
        }
        next.sort_by(|a, b| b.score.total_cmp(&a.score));
        next.truncate(READINGS);
        self.readings = next;
        self.prune();
        Ok(())
    }

    /// Gives up what cannot win any more: a reading only gets less likely, and none is longer than speech allows.
    fn prune(&mut self) {
        let longest = (self.tokens_max + 1) as f64;
        if let Some(best) = self.best.as_ref().map(Reading::mean) {
            self.readings.retain(|reading| reading.score / longest > best && reading.mean() > best - 1.0);
        }
        if self.readings.iter().any(|reading| reading.tokens.len() >= self.tokens_max) {
            let longest = self.readings.drain(..).max_by(|a, b| a.mean().total_cmp(&b.mean()));
            self.best = self.best.take().or(longest);
        }
    }

    fn text(&self) -> String {
        self.best.as_ref().map(|best| self.ears.words(&best.tokens)).unwrap_or_default()
    }
}

/// The likeliest tokens with the logarithms of their probabilities, the best first.
fn likeliest(scores: &[f32]) -> Vec<(i32, f64)> {
    let highest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f64 = scores.iter().map(|&score| f64::from(score - highest).exp()).sum();
    let log_sum = sum.ln() + f64::from(highest);
    let mut best: Vec<(i32, f64)> = Vec::with_capacity(READINGS + 1);
    for (token, &score) in scores.iter().enumerate() {
        let score = f64::from(score) - log_sum;
        if best.len() < READINGS || best.last().is_some_and(|last| score > last.1) {
            let at = best.partition_point(|known| known.1 >= score);
            best.insert(at, (token as i32, score));
            best.truncate(READINGS);
        }
    }
    best
}

/// What is to be heard of an answer: from its first voice to its last, at 16 kHz, in parts that the model bears.
fn parts(pcm: &[i16]) -> Vec<Vec<f32>> {
    let mut detector = VoiceDetector::new();
    let mut sound: Vec<f32> = Vec::with_capacity(pcm.len() * 2 / 3 + WINDOW);
    let (mut first, mut last) = (None, 0);
    let mut voiced_before = false;
    let mut push = |frame: &[i16; FRAME_SAMPLES]| {
        detector.push(frame, |window| {
            let begin = sound.len();
            sound.extend(window.pcm.iter().map(|&sample| f32::from(sample) / 32_768.0));
            // One voiced window alone is a click.
            if window.voiced && voiced_before {
                first.get_or_insert(begin.saturating_sub(WINDOW));
                last = sound.len();
            }
            voiced_before = window.voiced;
        });
    };
    for frame in pcm.chunks(FRAME_SAMPLES) {
        let mut whole = [0; FRAME_SAMPLES];
        whole[..frame.len()].copy_from_slice(frame);
        push(&whole);
    }
    // What the resampler still holds.
    push(&[0; FRAME_SAMPLES]);
    let Some(first) = first else { return Vec::new() };
    let mut rest = &sound[first.saturating_sub(MARGIN)..(last + MARGIN).min(sound.len())];
    let mut parts = Vec::new();
    while rest.len() > PART_MAX {
        let (part, after) = rest.split_at(quietest(&rest[..PART_MAX]));
        parts.push(part.to_vec());
        rest = after;
    }
    parts.push(rest.to_vec());
    parts
}

/// Middle of the quietest 200 ms in the second half.
fn quietest(sound: &[f32]) -> usize {
    let energy = |at: usize| sound[at..at + QUIET].iter().map(|sample| sample * sample).sum::<f32>();
    let places = (sound.len() / 2..sound.len() - QUIET).step_by(WINDOW);
    places.map(|at| (at, energy(at))).min_by(|a, b| a.1.total_cmp(&b.1)).map_or(sound.len(), |(at, _)| at + QUIET / 2)
}

#[cfg(test)]
mod tests {
    use super::{PART_MAX, READINGS, likeliest, parts};

    #[test]
    fn the_likeliest_tokens_come_first_with_true_probabilities() {
        let best = likeliest(&[0.0, 3.0, 1.0, 2.0, -5.0, 1.5]);
        let tokens: Vec<i32> = best.iter().map(|(token, _)| *token).collect();
        assert_eq!(tokens, [1, 3, 5, 2]);
        assert_eq!(best.len(), READINGS);
        let all: f64 = [0.0_f64, 3.0, 1.0, 2.0, -5.0, 1.5].iter().map(|score| score.exp()).sum();
        assert!((best[0].1.exp() - 3.0_f64.exp() / all).abs() < 1e-6, "{best:?}");
    }

    #[test]
    fn silence_has_no_parts_and_no_part_is_too_long() {
        assert!(parts(&[]).is_empty());
        assert!(parts(&vec![0; 24_000 * 5]).is_empty());
        let path =
            concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/speech/sense_and_sensibility_01_austen_64kb-0880.wav");
        let mut wav = hound::WavReader::open(path).unwrap();
        let samples: Vec<i16> = wav.samples::<i16>().map(Result::unwrap).collect();
        // 16 to 24 kHz by repetition of every second sample: good enough to find a voice.
        let clip: Vec<i16> = (0..samples.len() * 3 / 2).map(|n| samples[n * 2 / 3]).collect();
        let long: Vec<i16> = clip.iter().copied().cycle().take(24_000 * 70).collect();
        let found = parts(&long);
        assert!(found.len() >= 3 && found.iter().all(|part| part.len() <= PART_MAX), "{}", found.len());
        let heard_s = found.iter().map(Vec::len).sum::<usize>() as f64 / 16_000.0;
        assert!((68.0..=70.1).contains(&heard_s), "{heard_s}");
    }
}
