//! One direction of a path.

use std::{cmp::Reverse, collections::BinaryHeap};

use serde::Serialize;

use super::{Conditions, Gilbert, HEADER_BYTES, Phase, Spread, random::Random};

const US_PER_MS: u64 = 1_000;

/// What became of packets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Given to the link.
    pub pushed: u64,
    /// Given out again; a duplicate counts again.
    pub delivered: u64,
    /// Lost, each for itself or in bursts.
    pub lost: u64,
    /// Lost in the dark.
    pub dark: u64,
    /// Dropped, because more were on their way than the link holds.
    pub overflowed: u64,
    /// Copies made.
    pub duplicated: u64,
    /// Made to skip the delay.
    pub reordered: u64,
}

impl Counts {
    fn zip(self, other: Self, with: impl Fn(u64, u64) -> u64) -> Self {
        Self {
            pushed: with(self.pushed, other.pushed),
            delivered: with(self.delivered, other.delivered),
            lost: with(self.lost, other.lost),
            dark: with(self.dark, other.dark),
            overflowed: with(self.overflowed, other.overflowed),
            duplicated: with(self.duplicated, other.duplicated),
            reordered: with(self.reordered, other.reordered),
        }
    }

    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        self.zip(other, u64::saturating_add)
    }

    /// What came since `earlier`.
    #[must_use]
    pub fn since(self, earlier: Self) -> Self {
        self.zip(earlier, u64::saturating_sub)
    }
}

#[derive(Debug)]
struct Held<P> {
    due_us: u64,
    /// Those due at the same time leave in the order in which they came.
    number: u64,
    packet: P,
}

impl<P> PartialEq for Held<P> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl<P> Eq for Held<P> {}

impl<P> PartialOrd for Held<P> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<P> Ord for Held<P> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.due_us, self.number).cmp(&(other.due_us, other.number))
    }
}

/// One direction of a path. Time may not run backwards; if it does, it stands.
#[derive(Debug)]
pub struct Link<P> {
    /// In order of time; those that are over are gone.
    phases: std::collections::VecDeque<(u64, Conditions)>,
    conditions: Conditions,
    random: Random,
    /// The Gilbert link is bad.
    is_bad: bool,
    /// When the last packet will have been put on the line.
    line_free_us: u64,
    /// When the last packet that keeps its place is due.
    last_due_us: u64,
    held: BinaryHeap<Reverse<Held<P>>>,
    pushed: u64,
    counts: Counts,
}

impl<P: Clone> Link<P> {
    /// A clean link.
    pub fn new(seed: u64) -> Self {
        Self {
            phases: std::collections::VecDeque::new(),
            conditions: Conditions::default(),
            random: Random::new(seed),
            is_bad: false,
            line_free_us: 0,
            last_due_us: 0,
            held: BinaryHeap::new(),
            pushed: 0,
            counts: Counts::default(),
        }
    }

    /// From `start_us` on these phases hold, in order of time, and nothing of any before; packets on their way go on.
    pub fn follow(&mut self, start_us: u64, phases: &[Phase]) {
        let at_us = |phase: &Phase| start_us.saturating_add(phase.from_ms.saturating_mul(US_PER_MS));
        self.phases = phases.iter().map(|phase| (at_us(phase), phase.conditions.clone())).collect();
        self.conditions = Conditions::default();
    }

    /// Takes a packet; `bytes` is the length of its UDP payload.
    pub fn push(&mut self, now_us: u64, packet: P, bytes: usize) {
        self.advance(now_us);
        self.counts.pushed += 1;
        // Every packet draws the same numbers, so that one condition more does not change the others' chances.
        let is_lost = self.draw_loss();
        let is_double = self.random.happens(self.conditions.duplicate);
        let overtakes = self.random.happens(self.conditions.reorder);
        let (delay_us, copy_delay_us) = (self.draw_delay(), self.draw_delay());
        if self.conditions.dark {
            self.counts.dark += 1;
            return;
        }
        if is_lost {
            self.counts.lost += 1;
            return;
        }
        if overtakes {
            self.counts.reordered += 1;
        }
        let delay_us = if overtakes { 0 } else { delay_us };
        if is_double && self.hold(now_us, packet.clone(), bytes, copy_delay_us, false) {
            self.counts.duplicated += 1;
        }
        self.hold(now_us, packet, bytes, delay_us, overtakes);
    }

    /// The next packet that is due.
    pub fn poll(&mut self, now_us: u64) -> Option<P> {
        if self.poll_timeout()? > now_us {
            return None;
        }
        let Reverse(held) = self.held.pop()?;
        self.counts.delivered += 1;
        Some(held.packet)
    }

    /// When the next packet is due.
    pub fn poll_timeout(&self) -> Option<u64> {
        self.held.peek().map(|Reverse(held)| held.due_us)
    }

    /// What became of the packets so far; those neither lost nor delivered are on their way.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    fn advance(&mut self, now_us: u64) {
        while self.phases.front().is_some_and(|(from_us, _)| *from_us <= now_us) {
            if let Some((_, conditions)) = self.phases.pop_front() {
                self.conditions = conditions;
            }
        }
    }

    fn draw_loss(&mut self) -> bool {
        let Gilbert { p, r } = self.conditions.gilbert.unwrap_or(Gilbert { p: 0.0, r: 1.0 });
        let turns = self.random.happens(if self.is_bad { r } else { p });
        self.is_bad ^= turns;
        // Drawn whether or not the link is bad.
        self.random.happens(self.conditions.loss) || self.is_bad
    }

    fn draw_delay(&mut self) -> u64 {
        let deviation = match self.conditions.spread {
            Spread::Pareto => self.random.pareto(),
            Spread::Uniform => self.random.uniform(),
        };
        let delay_ms = f64::from(self.conditions.delay_ms) + f64::from(self.conditions.jitter_ms) * deviation;
        (delay_ms.max(0.0) * US_PER_MS as f64) as u64
    }

    /// `false` when the link is full.
    fn hold(&mut self, now_us: u64, packet: P, bytes: usize, delay_us: u64, overtakes: bool) -> bool {
        if self.held.len() >= self.conditions.held_max {
            self.counts.overflowed += 1;
            return false;
        }
        let on_line_us = match self.conditions.rate_kbit_s {
            Some(rate) => ((bytes + HEADER_BYTES) as u64 * 8 * US_PER_MS).div_ceil(u64::from(rate.max(1))),
            None => 0,
        };
        self.line_free_us = self.line_free_us.max(now_us) + on_line_us;
        let mut due_us = self.line_free_us + delay_us;
        if !overtakes {
            if self.conditions.in_order {
                due_us = due_us.max(self.last_due_us);
            }
            self.last_due_us = due_us;
        }
        self.pushed += 1;
        self.held.push(Reverse(Held { due_us, number: self.pushed, packet }));
        true
    }
}
