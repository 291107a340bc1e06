//! Grapheme to phoneme: our normaliser, then `misaki-rs` with its lexicon and tagger, then a small network for the
//! words that no lexicon knows.

use super::{
    error::EngineError,
    models::{File, Models, load_network, node},
};
use crate::domain::speech_text;
use misaki_rs::{Fallback, G2P, Language, fallback::FallbackError};
use rten::{Model, NodeId, RunOptions, ThreadPool};
use rten_tensor::{AsView, NdTensor, Tensor};
use serde::Deserialize;
use std::{collections::HashMap, sync::Arc};

/// Reads English text aloud on paper.
pub(super) struct Phonemizer {
    misaki: G2P,
}

impl Phonemizer {
    pub(super) fn load(models: &Models) -> Result<Self, EngineError> {
        let unknown_words = UnknownWords::load(models)?;
        let mut misaki = G2P::with_fallback(Language::EnglishUS, Some(Box::new(unknown_words)));
        misaki.unk = String::new();
        Ok(Self { misaki })
    }

    /// The phonemes of one sentence. `[name](/phonemes/)` says how a word is to be read.
    pub(super) fn phonemes(&self, sentence: &str) -> Result<String, EngineError> {
        let words = speech_text::spoken_form(sentence);
        let (phonemes, _) = self.misaki.g2p(&words).map_err(EngineError::run("g2p"))?;
        Ok(phonemes.trim().to_owned())
    }
}

/// Symbols of the network for unknown words.
#[derive(Deserialize)]
struct OovTable {
    #[serde(rename = "in")]
    letters: Vec<char>,
    #[serde(rename = "out")]
    phonemes: Vec<char>,
    #[serde(rename = "maxlen")]
    letters_max: usize,
}

/// The network that guesses how an unknown word is read.
struct UnknownWords {
    network: Model,
    chars: NodeId,
    ids: NodeId,
    letters: HashMap<char, i32>,
    phonemes: Vec<char>,
    letters_max: usize,
    options: RunOptions,
}

impl UnknownWords {
    fn load(models: &Models) -> Result<Self, EngineError> {
        let table = models.read(File::OovTable)?;
        let table: OovTable = serde_json::from_slice(&table).map_err(EngineError::unreadable(File::OovTable.path()))?;
        let network = load_network(models, File::Oov)?;
        Ok(Self {
            chars: node(&network, File::Oov, "chars")?,
            ids: node(&network, File::Oov, "ids")?,
            letters: table.letters.into_iter().zip(1..).collect(),
            phonemes: table.phonemes,
            letters_max: table.letters_max,
            // misaki calls this from inside, where the worker's own options do not reach; one word takes a millisecond.
            options: RunOptions::default().with_thread_pool(Some(Arc::new(ThreadPool::with_num_threads(1)))),
            network,
        })
    }

    /// One word of letters alone.
    fn word(&self, word: &str) -> Result<String, EngineError> {
        let known = word.chars().filter_map(|letter| self.letters.get(&letter).copied());
        let letters: Vec<i32> = known.take(self.letters_max).collect();
        if letters.is_empty() {
            return Ok(String::new());
        }
        let input = NdTensor::from_data([1, letters.len()], letters);
        let outputs = self
            .network
            .run_n(vec![(self.chars, input.into())], [self.ids], Some(self.options.clone()))
            .map_err(EngineError::run("oov"))?;
        let [ids] = outputs;
        let ids = Tensor::<i32>::try_from(ids).map_err(EngineError::run("oov"))?;
        Ok(self.collapse(&ids.to_vec()))
    }

    /// Repeats are one, 0 is none.
    fn collapse(&self, ids: &[i32]) -> String {
        let mut previous = 0;
        let mut phonemes = String::new();
        for &id in ids {
            if id != previous && id > 0 {
                phonemes.extend(self.phonemes.get(id as usize - 1));
            }
            previous = id;
        }
        phonemes
    }
}

impl Fallback for UnknownWords {
    fn phonemize(&self, word: &str) -> Result<String, FallbackError> {
        // A word that cannot be read is passed over: an error here would silence the whole sentence.
        let pieces = word.split(|letter: char| !(letter.is_alphabetic() || letter == '\''));
        let readings = pieces.map(|piece| self.word(piece).unwrap_or_default());
        let readings: Vec<String> = readings.filter(|reading| !reading.is_empty()).collect();
        Ok(readings.join(" "))
    }
}
