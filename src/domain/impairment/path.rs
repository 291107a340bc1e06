//! A client's way to the server and back, through a NAT.

use std::collections::VecDeque;

use super::{Counts, Link, Script};

const US_PER_MS: u64 = 1_000;

/// Which way a packet goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From the client to the server.
    Up,
    /// From the server to the client.
    Down,
}

/// What a path gives out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output<P> {
    /// For the server.
    Up(P),
    /// For the client.
    Down(P),
    /// From now on the server sees the client at another address.
    Rebind,
}

/// Both directions of a path under one script.
#[derive(Debug)]
pub struct Path<P> {
    up: Link<P>,
    down: Link<P>,
    rebinds_us: VecDeque<u64>,
    is_dark: bool,
    dark: [u64; 2],
}

impl<P: Clone> Path<P> {
    /// A clean path.
    pub fn new(seed: u64) -> Self {
        Self { up: Link::new(seed), down: Link::new(!seed), rebinds_us: VecDeque::new(), is_dark: false, dark: [0; 2] }
    }

    /// From `start_us` on this script holds, and nothing of any before; packets on their way go on.
    pub fn follow(&mut self, start_us: u64, script: &Script) {
        self.up.follow(start_us, &script.up);
        self.down.follow(start_us, &script.down);
        self.rebinds_us = script.rebinds_ms.iter().map(|at_ms| start_us + at_ms.saturating_mul(US_PER_MS)).collect();
    }

    /// Whatever the script says, nothing passes while the path is dark; what is on its way arrives.
    pub fn set_dark(&mut self, is_dark: bool) {
        self.is_dark = is_dark;
    }

    /// Takes a packet; `bytes` is the length of its UDP payload.
    pub fn push(&mut self, now_us: u64, direction: Direction, packet: P, bytes: usize) {
        match (self.is_dark, direction) {
            (true, Direction::Up) => self.dark[0] += 1,
            (true, Direction::Down) => self.dark[1] += 1,
            (false, Direction::Up) => self.up.push(now_us, packet, bytes),
            (false, Direction::Down) => self.down.push(now_us, packet, bytes),
        }
    }

    /// The next thing that is due.
    pub fn poll(&mut self, now_us: u64) -> Option<Output<P>> {
        if self.rebinds_us.front().is_some_and(|at_us| *at_us <= now_us) {
            self.rebinds_us.pop_front();
            return Some(Output::Rebind);
        }
        let up = self.up.poll(now_us).map(Output::Up);
        up.or_else(|| self.down.poll(now_us).map(Output::Down))
    }

    /// When to poll again.
    pub fn poll_timeout(&self) -> Option<u64> {
        let due = [self.up.poll_timeout(), self.down.poll_timeout(), self.rebinds_us.front().copied()];
        due.into_iter().flatten().min()
    }

    /// What became of the packets of one direction.
    pub fn counts(&self, direction: Direction) -> Counts {
        let (link, dark) = match direction {
            Direction::Up => (&self.up, self.dark[0]),
            Direction::Down => (&self.down, self.dark[1]),
        };
        let counts = link.counts();
        Counts { pushed: counts.pushed + dark, dark: counts.dark + dark, ..counts }
    }
}
