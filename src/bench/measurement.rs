//! What one measurement found, and whether it was in real time.

use super::{
    Mode,
    client::Seen,
    journal::{self, Entry},
};
use serde::Serialize;
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

/// Packets a second each way.
pub const PACKETS_PER_S: f64 = 50.0;
/// Samples a second of what the upstream hears and says.
const SAMPLES_PER_S: f64 = 24_000.0;

/// The distribution of some figures. `None` in all where there was none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Spread {
    pub count: usize,
    pub p50: Option<f64>,
    pub p95: Option<f64>,
    pub p99: Option<f64>,
    pub max: Option<f64>,
}

impl Spread {
    /// Of figures in any order.
    pub fn of(mut figures: Vec<f64>) -> Self {
        figures.sort_by(f64::total_cmp);
        let at = |percent: usize| {
            let last = figures.len().checked_sub(1)?;
            figures.get((last * percent).div_ceil(100)).map(|figure| rounded(*figure))
        };
        Self { count: figures.len(), p50: at(50), p95: at(95), p99: at(99), max: at(100) }
    }
}

/// To three digits after the point: finer than anything that is measured.
pub fn rounded(figure: f64) -> f64 {
    (figure * 1e3).round() / 1e3
}

/// CPU time in milliseconds for one second of one session.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Cpu {
    pub ms_per_session_second: f64,
    /// By threads of one name, most expensive first in the text.
    pub threads: BTreeMap<String, f64>,
}

/// Memory of the server, in KiB.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Memory {
    /// Before the first session.
    pub idle_kib: u64,
    /// At the end of the measurement.
    pub resident_kib: u64,
    /// What one more session added, while they came.
    pub kib_per_session: f64,
}

/// How sessions came up, in milliseconds.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct SetUp {
    /// Offer posted → answer.
    pub answer_ms: Spread,
    /// Offer posted → DTLS connected.
    pub connected_ms: Spread,
    /// DTLS connected → first packet with a voice in it.
    pub first_voice_ms: Spread,
}

/// From the server to the clients, in the window.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Downlink {
    /// `None` with turns: silence is not sent, or rarely.
    pub packets_due: Option<u64>,
    pub packets_received: u64,
    /// How much longer than the fastest a packet was on its way, against its RTP time.
    pub lateness_ms: Spread,
    /// Pauses of more than 100 ms between packets; with turns, those that RTP time does not explain.
    pub gaps: u64,
    pub gaps_per_session_minute: f64,
    pub packets_decoded: u64,
    /// Of those decoded, packets without a voice in them.
    pub packets_silent: u64,
    /// Part of the time for which the speech model had something to say.
    pub agent_share: f64,
}

/// From the clients to the speech model, in the window.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Uplink {
    pub packets_sent: u64,
    pub audio_due_s: f64,
    pub audio_appended_s: f64,
    pub appends: u64,
}

/// Delays by tone bursts, in milliseconds.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Delay {
    /// Packet with the onset sent → append with it at the speech model.
    pub up_ms: Spread,
    /// Delta with the onset sent → packet with it at the client. Not in talk mode, where a second waits.
    pub down_ms: Spread,
    /// Onset sent → onset heard, through an upstream that echoes.
    pub round_trip_ms: Spread,
    pub up_missed: usize,
    pub down_missed: usize,
}

/// What the measuring itself cost, and whether it kept up.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Harness {
    pub clients_ms_per_session_second: f64,
    pub upstream_ms_per_session_second: f64,
    /// Part of the packets that the clients sent more than 5 ms late.
    pub sent_late_ratio: f64,
}

/// Real time: everybody connected, at least 99 % of packets due down, at least 98 % of audio due up, at most 1 % of
/// silence stuffed in while the model talks all the time, at most one pause over 100 ms in a session-minute.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Verdict {
    pub holds: bool,
    /// What does not hold.
    pub failed: Vec<String>,
}

/// One measurement.
#[derive(Clone, Debug, Serialize)]
pub struct Measurement {
    pub mode: Mode,
    pub sessions: usize,
    pub connected: usize,
    /// What the server said to those that it did not take.
    pub refusals: Vec<String>,
    pub window_s: f64,
    /// `None` when the server's process is not on this machine.
    pub cpu: Option<Cpu>,
    pub memory: Option<Memory>,
    pub set_up: SetUp,
    pub downlink: Downlink,
    pub uplink: Uplink,
    pub delay: Delay,
    pub harness: Harness,
    pub real_time: Verdict,
}

/// What the run brought home.
pub(super) struct Findings<'a> {
    pub mode: Mode,
    pub sessions: usize,
    pub refusals: Vec<String>,
    pub window: (Instant, Instant),
    pub seen: &'a [Seen],
    /// Of the connected.
    pub answers_ms: Vec<f64>,
    pub entries: &'a [Entry],
    pub appends: u64,
    pub appended_samples: u64,
    pub said_samples: u64,
    pub cpu: Option<Cpu>,
    pub memory: Option<Memory>,
    pub clients_cpu_s: f64,
    pub upstream_cpu_s: f64,
}

impl Measurement {
    pub(super) fn of(found: Findings<'_>) -> Self {
        let window_s = found.window.1.saturating_duration_since(found.window.0).as_secs_f64();
        let connected = found.seen.iter().filter(|seen| seen.connected.is_some() && !seen.lost).count();
        let session_s = (window_s * connected as f64).max(f64::MIN_POSITIVE);
        let sum = |pick: fn(&Seen) -> u64| found.seen.iter().map(pick).sum::<u64>();
        let delays = journal::delays(found.entries, found.window, found.mode == Mode::Echo);
        let due_s = window_s * found.sessions as f64;
        let gaps = sum(|seen| seen.gaps);
        let downlink = Downlink {
            packets_due: (found.mode != Mode::Turn).then_some((due_s * PACKETS_PER_S) as u64),
            packets_received: sum(|seen| seen.received),
            lateness_ms: Spread::of(
                found.seen.iter().flat_map(|seen| seen.lateness_ms.iter().map(|late_ms| f64::from(*late_ms))).collect(),
            ),
            gaps,
            gaps_per_session_minute: rounded(gaps as f64 / (session_s / 60.0)),
            packets_decoded: sum(|seen| seen.decoded),
            packets_silent: sum(|seen| seen.silent),
            agent_share: rounded(found.said_samples as f64 / SAMPLES_PER_S / session_s),
        };
        let uplink = Uplink {
            packets_sent: sum(|seen| seen.sent),
            audio_due_s: rounded(due_s),
            audio_appended_s: rounded(found.appended_samples as f64 / SAMPLES_PER_S),
            appends: found.appends,
        };
        let sent_late = sum(|seen| seen.sent_late) as f64 / (uplink.packets_sent.max(1)) as f64;
        let harness = Harness {
            clients_ms_per_session_second: rounded(found.clients_cpu_s * 1e3 / session_s),
            upstream_ms_per_session_second: rounded(found.upstream_cpu_s * 1e3 / session_s),
            sent_late_ratio: rounded(sent_late),
        };
        let mut measurement = Self {
            mode: found.mode,
            sessions: found.sessions,
            connected,
            refusals: found.refusals,
            window_s: rounded(window_s),
            cpu: found.cpu,
            memory: found.memory,
            set_up: set_up(found.seen, found.answers_ms),
            downlink,
            uplink,
            delay: Delay {
                up_ms: Spread::of(delays.up_ms),
                down_ms: Spread::of(if found.mode == Mode::Talk { Vec::new() } else { delays.down_ms }),
                round_trip_ms: Spread::of(delays.round_trip_ms),
                up_missed: delays.up_missed,
                down_missed: delays.down_missed,
            },
            harness,
            real_time: Verdict::default(),
        };
        measurement.real_time = measurement.judge();
        measurement
    }

    fn judge(&self) -> Verdict {
        let mut failed = Vec::new();
        if self.connected < self.sessions {
            failed.push(format!("{} of {} sessions connected", self.connected, self.sessions));
        }
        let down = self.downlink;
        if let Some(due) = down.packets_due
            && (down.packets_received as f64) < 0.99 * due as f64
        {
            failed.push(format!("{} of {due} packets came down", down.packets_received));
        }
        if self.uplink.audio_appended_s < 0.98 * self.uplink.audio_due_s {
            let (got, due) = (self.uplink.audio_appended_s, self.uplink.audio_due_s);
            failed.push(format!("{got:.1} of {due:.1} s of audio came up"));
        }
        if self.mode == Mode::Talk && down.agent_share < 0.9 {
            // Then nothing is said of the server: what it was to pass on was not there.
            failed.push(format!("the bench's speech model spoke for {:.0} % of the time", down.agent_share * 100.0));
        }
        if self.mode == Mode::Talk && down.packets_silent as f64 > 0.01 * down.packets_decoded as f64 {
            failed.push(format!("{} of {} packets were silence", down.packets_silent, down.packets_decoded));
        }
        if down.gaps_per_session_minute > 1.0 {
            failed.push(format!("{:.1} pauses over 100 ms in a session-minute", down.gaps_per_session_minute));
        }
        Verdict { holds: failed.is_empty(), failed }
    }
}

fn set_up(seen: &[Seen], answers_ms: Vec<f64>) -> SetUp {
    let ms = |from: Instant, to: Instant| to.saturating_duration_since(from).as_secs_f64() * 1e3;
    let connected = seen.iter().filter_map(|seen| seen.connected.map(|at| ms(seen.posted, at)));
    let voice = seen.iter().filter_map(|seen| Some(ms(seen.connected?, seen.first_voice?)));
    SetUp {
        answer_ms: Spread::of(answers_ms),
        connected_ms: Spread::of(connected.collect()),
        first_voice_ms: Spread::of(voice.collect()),
    }
}

/// What one more session adds, by least squares over (sessions, KiB); with few points, from the idle server on.
pub(super) fn kib_per_session(points: &[(f64, f64)], idle_kib: u64) -> f64 {
    let Some(&(last_sessions, last_kib)) = points.last() else { return 0.0 };
    let count = points.len() as f64;
    let mean = |pick: fn(&(f64, f64)) -> f64| points.iter().map(pick).sum::<f64>() / count;
    let (x_mean, y_mean) = (mean(|point| point.0), mean(|point| point.1));
    let spread: f64 = points.iter().map(|(x, _)| (x - x_mean).powi(2)).sum();
    if points.len() < 4 || spread == 0.0 {
        return rounded((last_kib - idle_kib as f64) / last_sessions.max(1.0));
    }
    rounded(points.iter().map(|(x, y)| (x - x_mean) * (y - y_mean)).sum::<f64>() / spread)
}

/// The window that begins after `settle`.
pub(super) fn window(settle: Duration, length: Duration) -> (Instant, Instant) {
    let from = Instant::now() + settle;
    (from, from + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(mode: Mode) -> Measurement {
        let now = Instant::now();
        Measurement::of(Findings {
            mode,
            sessions: 2,
            refusals: Vec::new(),
            window: (now, now + Duration::from_secs(60)),
            seen: &[],
            answers_ms: vec![3.0, 1.0, 2.0],
            entries: &[],
            appends: 6_000,
            appended_samples: 2 * 60 * 24_000,
            said_samples: 2 * 60 * 24_000,
            cpu: None,
            memory: None,
            clients_cpu_s: 0.0,
            upstream_cpu_s: 0.0,
        })
    }

    #[test]
    fn each_part_of_real_time_is_judged() {
        let mut whole = measured(Mode::Talk);
        assert_eq!(whole.real_time.failed.len(), 2, "{:?}", whole.real_time);
        whole.connected = 2;
        whole.downlink.agent_share = 1.0;
        whole.downlink.packets_received = 5_940;
        whole.downlink.packets_decoded = 1_000;
        whole.downlink.packets_silent = 10;
        whole.downlink.gaps_per_session_minute = 1.0;
        assert!(whole.judge().holds, "{:?}", whole.judge());
        let faults: [fn(&mut Measurement); 6] = [
            |bad| bad.downlink.agent_share = 0.89,
            |bad| bad.connected = 1,
            |bad| bad.downlink.packets_received = 5_900,
            |bad| bad.uplink.audio_appended_s = 117.0,
            |bad| bad.downlink.packets_silent = 11,
            |bad| bad.downlink.gaps_per_session_minute = 1.1,
        ];
        for fault in faults {
            let mut bad = whole.clone();
            fault(&mut bad);
            assert_eq!(bad.judge().failed.len(), 1, "{:?}", bad.judge());
        }
        assert_eq!(whole.set_up.answer_ms.p50, Some(2.0));
    }

    #[test]
    fn memory_is_the_slope_not_the_first_step() {
        let points: Vec<(f64, f64)> = (1..=10).map(|n| (f64::from(n), 9_000.0 + 250.0 * f64::from(n))).collect();
        assert_eq!(kib_per_session(&points, 1_000), 250.0);
        assert_eq!(kib_per_session(&points[..2], 1_000), (9_500.0 - 1_000.0) / 2.0);
    }
}
