//! Networks made from a seed: when each packet of a talker arrives, or that it never does.

use viva::domain::audio::{
    FRAME_TICKS,
    jitter::{JitterBuffer, Packet, Source, Step},
};

/// A 20 ms hybrid packet that holds a copy of the frame before it (LBRR flag set), and its number.
pub fn voice(number: u32) -> Vec<u8> {
    let [a, b, c, d] = number.to_be_bytes();
    vec![15 << 3, 0b0100_0000, a, b, c, d]
}

/// A 20 ms CELT packet, which cannot hold such a copy.
pub fn celt(number: u32) -> Vec<u8> {
    let [a, b, c, d] = number.to_be_bytes();
    vec![31 << 3, 0, a, b, c, d]
}

/// The number inside a packet of [`voice`] or [`celt`].
pub fn number(payload: &[u8]) -> u32 {
    u32::from_be_bytes(payload[2..6].try_into().unwrap())
}

/// xorshift64*: enough randomness for a network.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// 0 to 1.
    pub fn unit(&mut self) -> f64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11) as f64 / (1u64 << 53) as f64
    }

    pub fn within(&mut self, from: u64, to: u64) -> u64 {
        from + (self.unit() * (to - from + 1) as f64) as u64
    }
}

/// A packet and when it arrives.
#[derive(Clone, Debug)]
pub struct Arrival {
    pub at_ms: u64,
    pub packet: Packet<Vec<u8>>,
}

/// A talker's packets, one every 20 ms from 0; `network` says how long the `n`th takes, `None` if it never arrives.
pub fn talk(count: u32, start: (u16, u32), mut network: impl FnMut(u32) -> Option<u64>) -> Vec<Arrival> {
    let (sequence, timestamp) = start;
    let mut arrivals: Vec<Arrival> = (0..count)
        .filter_map(|n| {
            let packet = Packet {
                ssrc: 1,
                sequence: sequence.wrapping_add(n as u16),
                timestamp: timestamp.wrapping_add(n * FRAME_TICKS),
                payload: voice(n),
            };
            network(n).map(|delay_ms| Arrival { at_ms: u64::from(n) * 20 + delay_ms, packet })
        })
        .collect();
    arrivals.sort_by_key(|arrival| arrival.at_ms);
    arrivals
}

/// The four networks of the design, each from its seed; the first and the last packet always come, on time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Network {
    Clean,
    /// A radio network: spikes of 60 to 180 ms that hold up everything behind them.
    Spikes,
    /// Three packets in a hundred take a detour of 20 to 55 ms.
    Reordered,
    /// Ten in a hundred are lost, in bursts.
    Bursts,
}

pub const NETWORKS: [Network; 4] = [Network::Clean, Network::Spikes, Network::Reordered, Network::Bursts];

impl Network {
    /// How long the `n`th packet takes, `None` if it never arrives; asked for each in turn.
    pub fn delays(self, last: u32) -> impl FnMut(u32) -> Option<u64> {
        let mut random = Random::new(1 + self as u64);
        let (mut sent_ms, mut earliest_ms, mut is_bad) = (0, 0, false);
        move |n| {
            let (loss, delay_ms) = match self {
                Self::Clean => (0.0014, 20 + random.within(0, 5)),
                Self::Spikes => {
                    let spike_ms = if random.unit() < 0.01 { random.within(60, 180) } else { 0 };
                    earliest_ms = earliest_ms.max(sent_ms + 20 + spike_ms);
                    (0.006, earliest_ms - sent_ms)
                }
                Self::Reordered => (0.012, 20 + if random.unit() < 0.03 { random.within(20, 55) } else { 0 }),
                Self::Bursts => {
                    is_bad = random.unit() < if is_bad { 0.3 } else { 0.08 };
                    (if is_bad { 1.0 } else { 0.0 }, 20)
                }
            };
            sent_ms += 20;
            let is_edge = n == 0 || n == last;
            if is_edge { Some(20) } else { (random.unit() >= loss).then_some(delay_ms) }
        }
    }
}

/// What a buffer made of a trace.
#[derive(Debug, Default)]
pub struct Played {
    pub steps: Vec<(u64, Step<Vec<u8>>)>,
    /// Milliseconds that each packet was held back.
    pub held_ms: Vec<u64>,
}

impl Played {
    pub fn ticks(&self) -> u64 {
        self.steps.iter().map(|(_, step)| u64::from(step.ticks)).sum()
    }

    pub fn count(&self, is: impl Fn(&Source<Vec<u8>>) -> bool) -> usize {
        self.steps.iter().filter(|(_, step)| is(&step.source)).count()
    }

    pub fn numbers(&self) -> Vec<u32> {
        self.steps
            .iter()
            .filter_map(|(_, step)| match &step.source {
                Source::Packet(payload) | Source::Rebuilt(payload) => Some(number(payload)),
                _ => None,
            })
            .collect()
    }

    pub fn held_mean_ms(&self) -> f64 {
        self.held_ms.iter().sum::<u64>() as f64 / self.held_ms.len() as f64
    }

    pub fn held_percentile_ms(&self, percent: usize) -> u64 {
        let mut sorted = self.held_ms.clone();
        sorted.sort_unstable();
        sorted[(sorted.len() - 1) * percent / 100]
    }
}

/// Runs a trace through a buffer until `until_ms`: packets when they come, and whenever the buffer wants to be asked.
pub fn play(buffer: &mut JitterBuffer<Vec<u8>>, trace: &[Arrival], until_ms: u64) -> Played {
    play_with(buffer, trace, until_ms, |_, _, _| {})
}

/// As [`play`]; `after` sees the buffer after each packet.
pub fn play_with(
    buffer: &mut JitterBuffer<Vec<u8>>,
    trace: &[Arrival],
    until_ms: u64,
    mut after: impl FnMut(&mut JitterBuffer<Vec<u8>>, &Arrival, u64),
) -> Played {
    let mut played = Played::default();
    let mut waiting = trace.iter().peekable();
    let mut arrived = std::collections::HashMap::new();
    loop {
        let arrives_ms = waiting.peek().map_or(u64::MAX, |arrival| arrival.at_ms);
        let now_ms = arrives_ms.min(buffer.poll_timeout().unwrap_or(u64::MAX));
        if now_ms > until_ms {
            return played;
        }
        if let Some(arrival) = waiting.next_if(|arrival| arrival.at_ms <= now_ms) {
            arrived.entry(arrival.packet.payload.clone()).or_insert(now_ms);
            buffer.push(arrival.packet.clone(), now_ms);
            after(buffer, arrival, now_ms);
        }
        take(buffer, now_ms, &arrived, &mut played);
    }
}

fn take(
    buffer: &mut JitterBuffer<Vec<u8>>,
    now_ms: u64,
    arrived: &std::collections::HashMap<Vec<u8>, u64>,
    played: &mut Played,
) {
    let mut guard = 0;
    while let Some(step) = buffer.poll(now_ms) {
        if let Source::Packet(payload) = &step.source {
            played.held_ms.push(now_ms - arrived[payload]);
        }
        played.steps.push((now_ms, step));
        guard += 1;
        assert!(guard < 20_000, "the buffer does not come to rest");
    }
}
