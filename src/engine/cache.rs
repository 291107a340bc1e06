//! Sentences that were synthesised already, shared by all sessions.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Bytes of audio that are kept: 64 MiB, about 23 minutes.
pub(super) const CACHE_BYTES_MAX: usize = 64 << 20;

struct Entry {
    pcm: Arc<[i16]>,
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

    pub(super) fn get(&self, voice: &'static str, text: &str) -> Option<Arc<[i16]>> {
        let mut entries = self.lock();
        entries.clock += 1;
        let now = entries.clock;
        let entry = entries.by_text.get_mut(&(voice, text.to_owned()))?;
        entry.used = now;
        Some(entry.pcm.clone())
    }

    pub(super) fn put(&self, voice: &'static str, text: &str, pcm: Arc<[i16]>) {
        let bytes = size_of_val(&*pcm);
        if bytes > self.bytes_max {
            return;
        }
        let mut entries = self.lock();
        entries.clock += 1;
        let used = entries.clock;
        if let Some(old) = entries.by_text.insert((voice, text.to_owned()), Entry { pcm, used }) {
            entries.bytes -= size_of_val(&*old.pcm);
        }
        entries.bytes += bytes;
        while entries.bytes > self.bytes_max {
            let oldest = entries.by_text.iter().min_by_key(|(_, entry)| entry.used).map(|(key, _)| key.clone());
            let Some(gone) = oldest.and_then(|key| entries.by_text.remove(&key)) else { return };
            entries.bytes -= size_of_val(&*gone.pcm);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::SpeechCache;
    use std::sync::Arc;

    #[test]
    fn what_was_not_used_for_longest_goes_first() {
        let cache = SpeechCache::new(20);
        let pcm = |n: i16| -> Arc<[i16]> { Arc::from(vec![n; 4]) };
        cache.put("v", "one", pcm(1));
        cache.put("v", "two", pcm(2));
        assert_eq!(cache.get("v", "one").as_deref(), Some(&[1, 1, 1, 1][..]));
        cache.put("v", "three", pcm(3));
        assert!(cache.get("v", "two").is_none());
        assert!(cache.get("v", "one").is_some() && cache.get("v", "three").is_some());
        cache.put("v", "huge", Arc::from(vec![0; 11]));
        assert!(cache.get("v", "huge").is_none() && cache.get("v", "one").is_some());
        cache.put("v", "one", pcm(9));
        assert_eq!(cache.get("v", "one").as_deref(), Some(&[9, 9, 9, 9][..]));
        assert!(cache.get("other", "one").is_none());
    }
}
