//! What became of the latest packets, by their numbers.

/// Numbers that are remembered: those that may still come, and as many before them.
const ENTRIES: usize = 128;

/// How the place of a packet was filled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Fate {
    /// It was not yet.
    #[default]
    Open,
    /// By itself.
    Played,
    /// By a copy of it in a later packet.
    Rebuilt,
    /// By something else.
    GivenUp,
}

#[derive(Clone, Copy, Debug, Default)]
struct Entry {
    sequence: u64,
    arrived_ms: Option<u64>,
    fate: Fate,
}

/// The latest packets of one stream.
#[derive(Debug)]
pub(super) struct Ledger {
    entries: Box<[Entry; ENTRIES]>,
}

impl Ledger {
    pub(super) fn new() -> Self {
        Self { entries: Box::new([Entry::default(); ENTRIES]) }
    }

    /// A packet came. `false`: it had come before.
    pub(super) fn note_arrival(&mut self, sequence: u64, now_ms: u64) -> bool {
        let Some(entry) = self.entry_mut(sequence) else { return false };
        let is_first = entry.arrived_ms.is_none();
        entry.arrived_ms.get_or_insert(now_ms);
        is_first
    }

    /// Its place was filled.
    pub(super) fn close(&mut self, sequence: u64, fate: Fate) {
        if let Some(entry) = self.entry_mut(sequence) {
            entry.fate = fate;
        }
    }

    /// How its place was filled; `Open` too when it is forgotten.
    pub(super) fn fate(&self, sequence: u64) -> Fate {
        self.entry(sequence).map_or(Fate::Open, |entry| entry.fate)
    }

    /// When the first packet after it came, of those up to `highest`.
    pub(super) fn overtaken_ms(&self, sequence: u64, highest: u64) -> Option<u64> {
        let last = highest.min(sequence + ENTRIES as u64 / 2);
        (sequence + 1..=last).filter_map(|later| self.entry(later).and_then(|entry| entry.arrived_ms)).min()
    }

    fn entry(&self, sequence: u64) -> Option<&Entry> {
        Some(&self.entries[index(sequence)]).filter(|entry| entry.sequence == sequence)
    }

    /// The entry of a number, made if there is none; `None` when a later number has its place.
    fn entry_mut(&mut self, sequence: u64) -> Option<&mut Entry> {
        let entry = &mut self.entries[index(sequence)];
        if entry.sequence < sequence {
            *entry = Entry { sequence, ..Entry::default() };
        }
        (entry.sequence == sequence).then_some(entry)
    }
}

fn index(sequence: u64) -> usize {
    (sequence % ENTRIES as u64) as usize
}
