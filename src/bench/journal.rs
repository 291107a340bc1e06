//! When every burst was sent and heard, by both sides, and the delays that follow from it.

use super::tone::TONES;
use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Who did what with a burst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Act {
    /// The client sent the packet that it begins with.
    ClientSent,
    /// The append with its onset came to the upstream.
    UpstreamHeard,
    /// The delta with its onset left the upstream.
    UpstreamSent,
    /// The packet with its onset came to the client.
    ClientHeard,
}

/// A line of the journal.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Number of the session.
    pub session: usize,
    pub tone: u8,
    pub act: Act,
    pub at: Instant,
    /// From the beginning of the packet to the onset.
    pub place: Duration,
}

/// Written by both sides, a line or two a second for each session.
#[derive(Debug, Default)]
pub struct Journal {
    entries: Mutex<Vec<Entry>>,
}

impl Journal {
    /// Adds a line.
    pub fn note(&self, entry: Entry) {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).push(entry);
    }

    /// Everything so far.
    pub fn entries(&self) -> Vec<Entry> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The delays of a window, in milliseconds, unsorted.
#[derive(Clone, Debug, Default)]
pub struct Delays {
    /// Burst sent by the client → the append with its onset.
    pub up_ms: Vec<f64>,
    /// Delta with the onset sent → the packet with it.
    pub down_ms: Vec<f64>,
    /// Burst sent by the client → its onset in what the client hears: only with an upstream that echoes.
    pub round_trip_ms: Vec<f64>,
    /// Bursts that a client sent and the upstream never heard.
    pub up_missed: usize,
    /// Bursts that the upstream sent and the client never heard.
    pub down_missed: usize,
}

/// The way of a burst: who sent it, who heard it.
const UP: (Act, Act) = (Act::ClientSent, Act::UpstreamHeard);
const DOWN: (Act, Act) = (Act::UpstreamSent, Act::ClientHeard);
const ROUND_TRIP: (Act, Act) = (Act::ClientSent, Act::ClientHeard);

/// What the journal says of the bursts sent in the window. `echoes`: whether clients hear their own.
pub fn delays(entries: &[Entry], window: (Instant, Instant), echoes: bool) -> Delays {
    let sessions = entries.iter().map(|entry| entry.session + 1).max().unwrap_or(0);
    let mut by_session: Vec<Vec<Entry>> = vec![Vec::new(); sessions];
    for entry in entries {
        by_session[entry.session].push(*entry);
    }
    let mut delays = Delays::default();
    for mut session in by_session {
        session.sort_by_key(|entry| entry.at);
        delays.up_missed += way(&session, UP, window, false, &mut delays.up_ms);
        delays.down_missed += way(&session, DOWN, window, false, &mut delays.down_ms);
        if echoes {
            way(&session, ROUND_TRIP, window, true, &mut delays.round_trip_ms);
        }
    }
    delays
}

/// Adds the delays of one way of one session; returns how many bursts did not arrive. `placed`: to the onset itself,
/// not to the packet that holds it.
fn way(session: &[Entry], way: (Act, Act), window: (Instant, Instant), placed: bool, out: &mut Vec<f64>) -> usize {
    let mut missed = 0;
    for tone in 0..TONES {
        let mut of_tone = session.iter().filter(|entry| entry.tone == tone).peekable();
        while let Some(sent) = of_tone.next() {
            if sent.act != way.0 || sent.at < window.0 || sent.at > window.1 {
                continue;
            }
            // Its own pitch comes again only after all the others: what is heard before that is this burst.
            let mut after = of_tone.clone().take_while(|entry| entry.act != way.0);
            match after.find(|entry| entry.act == way.1) {
                Some(heard) => {
                    let place = if placed { heard.place } else { Duration::ZERO };
                    out.push((heard.at + place).saturating_duration_since(sent.at).as_secs_f64() * 1e3);
                }
                None => missed += 1,
            }
        }
    }
    missed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bursts_are_matched_by_pitch_and_session() {
        let begun = Instant::now();
        let at = |ms| begun + Duration::from_millis(ms);
        let entry = |session, tone, act, ms, place_ms| Entry {
            session,
            tone,
            act,
            at: at(ms),
            place: Duration::from_millis(place_ms),
        };
        let entries = [
            entry(0, 0, Act::ClientSent, 100, 0),
            entry(0, 1, Act::ClientSent, 900, 0),
            entry(0, 0, Act::UpstreamHeard, 1_000, 0),
            entry(0, 0, Act::UpstreamSent, 1_001, 0),
            entry(0, 0, Act::ClientHeard, 1_030, 7),
            entry(1, 1, Act::UpstreamHeard, 950, 0),
            // Before the window, and one that nobody hears.
            entry(1, 3, Act::ClientSent, 10, 0),
            entry(1, 3, Act::UpstreamHeard, 20, 0),
            entry(1, 3, Act::UpstreamSent, 700, 0),
            entry(1, 3, Act::UpstreamSent, 3_000, 0),
            entry(1, 3, Act::ClientHeard, 3_020, 0),
        ];
        let found = delays(&entries, (at(50), at(2_000)), true);
        assert_eq!(found.up_ms, [900.0]);
        assert_eq!(found.down_ms, [29.0]);
        assert_eq!(found.round_trip_ms, [937.0]);
        assert_eq!((found.up_missed, found.down_missed), (1, 1));
        assert!(delays(&entries, (at(50), at(2_000)), false).round_trip_ms.is_empty());
    }
}
