//! Sentences that were synthesised already, shared by all sessions: as samples, and as packets once they are encoded.

use crate::media::port::PreparedSpeech;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Bytes of audio that are kept: 64 MiB, about 20 minutes.
pub(super) const CACHE_BYTES_MAX: usize = 64 << 20;

struct Entry {
    speech: Arc<PreparedSpeech>,
    bytes: usize,
    used: u64,
}

#[derive(Default)]
struct Entries {
    by_text: HashMap<(&'static str, String), Entry>,
    bytes: usize,
    /// Counts uses; the entry with the smallest was not used for longest.
    clock: u64,
}

/// Audio by (voice, text), bounded in bytes; what was not used for longest goes first.
pub(super) struct SpeechCache {
    entries: Mutex<Entries>,
    bytes_max: usize,
}

impl SpeechCache {
    pub(super) fn new(bytes_max: usize) -> Self {
        Self { entries: Mutex::default(), bytes_max }
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn get(&self, voice: &'static str, text: &str) -> Option<Arc<PreparedSpeech>> {
        let mut entries = self.lock();
        entries.clock += 1;
        let now = entries.clock;
        let entry = entries.by_text.get_mut(&(voice, text.to_owned()))?;
        entry.used = now;
        Some(entry.speech.clone())
    }

    /// Keeps a sentence; one that is there already is weighed anew, because encoding made it larger.
    pub(super) fn put(&self, voice: &'static str, text: &str, speech: Arc<PreparedSpeech>) {
        let bytes = speech.size_bytes();
        if bytes > self.bytes_max {
            return;
        }
        let mut entries = self.lock();
        entries.clock += 1;
        let used = entries.clock;
        if let Some(old) = entries.by_text.insert((voice, text.to_owned()), Entry { speech, bytes, used }) {
            entries.bytes -= old.bytes;
        }
        entries.bytes += bytes;
        while entries.bytes > self.bytes_max {
            let oldest = entries.by_text.iter().min_by_key(|(_, entry)| entry.used).map(|(key, _)| key.clone());
            let Some(gone) = oldest.and_then(|key| entries.by_text.remove(&key)) else { break };
            entries.bytes -= gone.bytes;
        }
        metrics::gauge!("viva_prepared_bytes").set(entries.bytes as f64);
    }
}

#[cfg(test)]
mod tests {
    use super::{PreparedSpeech, SpeechCache};
    use std::sync::Arc;

    fn speech(value: i16, samples: usize) -> Arc<PreparedSpeech> {
        Arc::new(PreparedSpeech::new(vec![value; samples]))
    }

    fn first(cache: &SpeechCache, text: &str) -> Option<i16> {
        cache.get("v", text).map(|speech| speech.pcm()[0])
    }

    #[test]
    fn what_was_not_used_for_longest_goes_first() {
        let cache = SpeechCache::new(2 * speech(0, 480).size_bytes());
        cache.put("v", "one", speech(1, 480));
        cache.put("v", "two", speech(2, 480));
        assert_eq!(first(&cache, "one"), Some(1));
        cache.put("v", "three", speech(3, 480));
        assert_eq!([first(&cache, "two"), first(&cache, "one"), first(&cache, "three")], [None, Some(1), Some(3)]);
        cache.put("v", "huge", speech(0, 4_800));
        assert_eq!([first(&cache, "huge"), first(&cache, "one")], [None, Some(1)]);
        cache.put("v", "one", speech(9, 480));
        assert_eq!(first(&cache, "one"), Some(9));
        assert!(cache.get("other", "one").is_none());
    }

    #[test]
    fn what_is_encoded_weighs_more() {
        let sentence = speech(0, 4_800);
        let cache = SpeechCache::new(2 * sentence.size_bytes() + 1);
        cache.put("v", "one", sentence.clone());
        cache.put("v", "two", speech(2, 4_800));
        assert!(first(&cache, "one").is_some() && first(&cache, "two").is_some());
        assert!(sentence.claim() && !sentence.claim());
        sentence.prepare().expect("the codec");
        assert!(!sentence.claim(), "nothing is lacking");
        cache.put("v", "one", sentence);
        assert_eq!([first(&cache, "one"), first(&cache, "two")], [Some(0), None]);
    }
}
