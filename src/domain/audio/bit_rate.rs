//! How much the interviewer's voice may weigh: from what the receiver reports, a link that carries less is told from
//! one that only loses. Pure: the caller passes its clock.
//!
//! A link that is given more than it carries fills its queue, and the round trip grows by what waits there; only then
//! does it lose. Loss alone is no reason to send less: error correction helps against it.

/// Rates of the voice, highest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// As good as it gets.
    #[default]
    Usual,
    /// Wideband speech.
    Low,
    /// What can still be understood.
    Lowest,
}

impl Step {
    /// For metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Usual => "usual",
            Self::Low => "low",
            Self::Lowest => "lowest",
        }
    }

    const fn lower(self) -> Self {
        match self {
            Self::Usual => Self::Low,
            Self::Low | Self::Lowest => Self::Lowest,
        }
    }

    const fn higher(self) -> Self {
        match self {
            Self::Usual | Self::Low => Self::Usual,
            Self::Lowest => Self::Low,
        }
    }
}

/// What the receiver said of our stream (RFC 3550 section 6.4.1).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Report {
    /// Counts the reports of one peer, from 1: the same one may be looked at twice.
    pub number: u64,
    /// Packets lost over those expected since the report before: 0 to 1.
    pub loss_ratio: f64,
    /// In milliseconds.
    pub round_trip_ms: u64,
    /// Interarrival jitter, in milliseconds.
    pub jitter_ms: u64,
    /// The highest sequence number that came, with its cycles.
    pub sequence: u32,
}

/// Growth of the round trip above its floor, in milliseconds: that a queue fills; the same with heavy loss; and what
/// still counts as calm. Each has some of the jitter added: a link that delays at random has no queue.
const GROWN_MS: u64 = 150;
const GROWN_LOSSY_MS: u64 = 100;
const CALM_MS: u64 = 75;
const JITTERS_GROWN: u64 = 4;
const JITTERS_CALM: u64 = 2;
/// Loss from which on the lesser growth is enough, and below which a link may be calm.
const HEAVY_LOSS: f64 = 0.2;
const CALM_LOSS: f64 = 0.1;
/// A link that was full from the start has no floor to be told by: heavy loss in so many reports in a row at such a
/// round trip, in milliseconds, is enough.
const STUCK_REPORTS: u8 = 3;
const STUCK_MS: u64 = 300;
/// The floor is the lower quarter of so many round trips, about a minute: one report that overtook its queue is none.
const ROUND_TRIPS: usize = 32;
/// Calm before a step up, in milliseconds in which somebody spoke; doubled by each step up that failed.
const PATIENCE_MS: u64 = 20_000;
const PATIENCE_MAX_MS: u64 = 320_000;
/// A step up that holds for so long has not failed, in milliseconds in which somebody spoke.
const PROVEN_MS: u64 = 60_000;
/// A packet every 40 ms at least: somebody speaks, and the link has something to carry.
const SPOKEN_PACKETS_S: u64 = 25;
/// Reports further apart say nothing of what was between them.
const GAP_MAX_MS: u64 = 15_000;

/// Decides the rate from reports.
#[derive(Debug)]
pub struct BitRate {
    step: Step,
    last: Option<(u64, Report)>,
    /// The last round trips, the next one overwriting the oldest.
    round_trips_ms: [u64; ROUND_TRIPS],
    round_trips: usize,
    /// The last report told of a queue.
    was_grown: bool,
    /// Reports in a row of a link that loses much and is slow.
    stuck: u8,
    /// The next report is of before the last step, in part.
    settles: bool,
    /// Of time in which somebody spoke.
    calm_ms: u64,
    since_rise_ms: Option<u64>,
    patience_ms: u64,
}

impl Default for BitRate {
    fn default() -> Self {
        Self {
            step: Step::Usual,
            last: None,
            round_trips_ms: [0; ROUND_TRIPS],
            round_trips: 0,
            was_grown: false,
            stuck: 0,
            settles: false,
            calm_ms: 0,
            since_rise_ms: None,
            patience_ms: PATIENCE_MS,
        }
    }
}

impl BitRate {
    /// What holds.
    pub fn step(&self) -> Step {
        self.step
    }

    /// Whether a lower step may come soon, or holds: what is encoded long before its time would come at the wrong rate.
    pub fn is_wary(&self) -> bool {
        self.was_grown || self.stuck > 0 || self.step > Step::Usual
    }

    /// Takes a report; says so when another step holds from now on. A report that was taken before changes nothing.
    pub fn note(&mut self, now_ms: u64, report: &Report) -> Option<Step> {
        if self.last.is_some_and(|(_, last)| last.number == report.number) {
            return None;
        }
        let spoken_ms = match self.last.replace((now_ms, *report)) {
            // Another peer counts anew, and has another path.
            Some((_, last)) if last.number > report.number => {
                (self.round_trips, self.was_grown, self.stuck) = (0, false, 0);
                0
            }
            Some((then_ms, last)) => spoken_ms(now_ms.saturating_sub(then_ms), report.sequence, last.sequence),
            None => 0,
        };
        let floor_ms = self.floor(report.round_trip_ms);
        let above = |growth_ms: u64, jitters: u64| {
            report.round_trip_ms.saturating_sub(floor_ms) > growth_ms + jitters * report.jitter_ms
        };
        let is_grown = above(GROWN_MS, JITTERS_GROWN);
        let was_grown = std::mem::replace(&mut self.was_grown, is_grown);
        let is_lossy = report.loss_ratio >= HEAVY_LOSS;
        let is_heavy = is_lossy && above(GROWN_LOSSY_MS, JITTERS_GROWN);
        let is_slow = report.round_trip_ms > STUCK_MS + JITTERS_GROWN * report.jitter_ms;
        self.stuck = if is_lossy && is_slow { self.stuck.saturating_add(1) } else { 0 };
        if std::mem::take(&mut self.settles) {
            (self.was_grown, self.stuck) = (false, 0);
            return None;
        }
        if is_heavy || (is_grown && was_grown) || self.stuck >= STUCK_REPORTS {
            return self.fall();
        }
        if is_grown || above(CALM_MS, JITTERS_CALM) || report.loss_ratio >= CALM_LOSS {
            return None;
        }
        self.rest(spoken_ms)
    }

    /// What the round trip is without a queue, this one included.
    fn floor(&mut self, round_trip_ms: u64) -> u64 {
        self.round_trips_ms[self.round_trips % ROUND_TRIPS] = round_trip_ms;
        self.round_trips += 1;
        let mut sorted_ms = self.round_trips_ms;
        let known_ms = &mut sorted_ms[..self.round_trips.min(ROUND_TRIPS)];
        known_ms.sort_unstable();
        known_ms[known_ms.len() / 4]
    }

    /// A queue is filling.
    fn fall(&mut self) -> Option<Step> {
        self.calm_ms = 0;
        match self.since_rise_ms.take() {
            Some(since_ms) if since_ms < PROVEN_MS => {
                self.patience_ms = (self.patience_ms * 2).min(PATIENCE_MAX_MS);
            }
            Some(_) => self.patience_ms = PATIENCE_MS,
            None => {}
        }
        self.turn(self.step.lower())
    }

    /// Nothing waits, though this much was said.
    fn rest(&mut self, spoken_ms: u64) -> Option<Step> {
        self.since_rise_ms = self.since_rise_ms.map(|since_ms| since_ms.saturating_add(spoken_ms));
        self.calm_ms = self.calm_ms.saturating_add(spoken_ms);
        if self.step == Step::Usual || self.calm_ms < self.patience_ms {
            return None;
        }
        (self.calm_ms, self.since_rise_ms) = (0, Some(0));
        self.turn(self.step.higher())
    }

    fn turn(&mut self, step: Step) -> Option<Step> {
        if std::mem::replace(&mut self.step, step) == step {
            return None;
        }
        (self.settles, self.was_grown, self.stuck) = (true, false, 0);
        Some(step)
    }
}

/// How much of the time between two reports counts as spoken: all or nothing.
fn spoken_ms(since_ms: u64, sequence: u32, before: u32) -> u64 {
    let packets = u64::from(sequence.wrapping_sub(before));
    let is_spoken = since_ms <= GAP_MAX_MS && packets * 1_000 >= SPOKEN_PACKETS_S * since_ms;
    if is_spoken { since_ms } else { 0 }
}
