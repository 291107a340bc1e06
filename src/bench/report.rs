//! What a run says: one JSON object for programs, a table for people.

use super::{Machine, Measurement, Mode, Spread, floor::Floor, measurement::rounded};
use serde::Serialize;
use std::fmt::Write;

/// Everything of one run.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    pub viva: &'static str,
    pub machine: Machine,
    /// `own`, or the URL of the server.
    pub target: String,
    pub floor: Floor,
    pub measurements: Vec<Measured>,
    /// With a ramp: the greatest number of sessions in real time.
    pub greatest_in_real_time: Option<usize>,
}

/// A measurement and its ratio to the floor.
#[derive(Clone, Debug, Serialize)]
pub struct Measured {
    #[serde(flatten)]
    pub measurement: Measurement,
    /// CPU of the floor for the same part of the time with the agent speaking, in milliseconds a session-second.
    pub floor_ms_per_session_second: f64,
    pub cpu_over_floor: Option<f64>,
}

impl Report {
    /// Puts it together.
    pub fn new(target: String, floor: Floor, measurements: Vec<Measurement>, greatest: Option<usize>) -> Self {
        let measured = measurements.into_iter().map(|measurement| Measured::new(measurement, &floor));
        let measurements = measured.collect();
        Self {
            viva: env!("CARGO_PKG_VERSION"),
            machine: Machine::here(),
            target,
            floor,
            measurements,
            greatest_in_real_time: greatest,
        }
    }

    /// The measurement that stands for the run: the last in real time, else the last.
    pub fn main(&self) -> Option<&Measured> {
        let last = |held: bool| {
            let mut all =
                self.measurements.iter().filter(move |measured| measured.measurement.real_time.holds || !held);
            if held { all.max_by_key(|measured| measured.measurement.sessions) } else { all.next_back() }
        };
        last(true).or_else(|| last(false))
    }

    /// Lines for a terminal.
    pub fn text(&self) -> String {
        let mut out = String::new();
        let machine = &self.machine;
        // Writing to a string cannot fail.
        let _ = writeln!(
            out,
            "viva {} on {}, {} cores, {} MiB, Linux {}; target: {}",
            self.viva, machine.model, machine.cores, machine.memory_mib, machine.kernel, self.target
        );
        let _ = writeln!(out, "\nfloor: stages alone, µs a frame");
        for stage in self.floor.up().into_iter().chain(self.floor.down()) {
            let _ = writeln!(out, "  {:<40} {:>9.2}", stage.name, stage.us_per_frame);
        }
        let _ = writeln!(out, "  {:<40} {:>9.2}", "(encode with FEC, lossy link)", self.floor.encode_lossy_us);
        for measured in &self.measurements {
            measured.write(&mut out);
        }
        if self.measurements.len() > 1 {
            match self.greatest_in_real_time {
                Some(greatest) => {
                    let _ = writeln!(out, "\ngreatest in real time: {greatest} sessions");
                }
                None => {
                    let _ = writeln!(out, "\nno number of sessions was in real time");
                }
            }
        }
        out
    }
}

impl Measured {
    fn new(measurement: Measurement, floor: &Floor) -> Self {
        // An echo is as long as what came; talking never stops, whatever the window cut.
        let share = match measurement.mode {
            Mode::Turn => measurement.downlink.agent_share,
            mode => Floor::agent_share(mode),
        };
        let floor_ms = floor.ms_per_session_second(share);
        let cpu_over_floor = measurement.cpu.as_ref().map(|cpu| rounded(cpu.ms_per_session_second / floor_ms));
        Self { measurement, floor_ms_per_session_second: floor_ms, cpu_over_floor }
    }

    fn write(&self, out: &mut String) {
        let found = &self.measurement;
        let verdict = if found.real_time.holds { "in real time" } else { "NOT in real time" };
        let _ =
            writeln!(out, "\n{} sessions, {}, {:.1} s: {verdict}", found.sessions, found.mode.name(), found.window_s);
        for reason in found.real_time.failed.iter().chain(&found.refusals) {
            let _ = writeln!(out, "  ! {reason}");
        }
        self.write_cost(out);
        let spread = |out: &mut String, name: &str, spread: &Spread| {
            if let (Some(p50), Some(p95), Some(p99), Some(max)) = (spread.p50, spread.p95, spread.p99, spread.max) {
                let _ = writeln!(
                    out,
                    "  {name:<40} {p50:>9.1} {p95:>9.1} {p99:>9.1} {max:>9.1}   ({} figures)",
                    spread.count
                );
            }
        };
        let _ = writeln!(out, "  {:<40} {:>9} {:>9} {:>9} {:>9}", "milliseconds", "p50", "p95", "p99", "max");
        spread(out, "offer → answer", &found.set_up.answer_ms);
        spread(out, "offer → connected", &found.set_up.connected_ms);
        spread(out, "connected → first voice", &found.set_up.first_voice_ms);
        spread(out, "frame lateness down", &found.downlink.lateness_ms);
        spread(out, "delay up", &found.delay.up_ms);
        spread(out, "delay down", &found.delay.down_ms);
        spread(out, "round trip", &found.delay.round_trip_ms);
        let down = &found.downlink;
        let due = down.packets_due.map_or_else(|| "-".to_owned(), |due| due.to_string());
        let _ = writeln!(
            out,
            "  down: {} packets of {due}, {} silent of {} decoded, {:.1} pauses > 100 ms a session-minute, \
             agent {:.0} %",
            down.packets_received,
            down.packets_silent,
            down.packets_decoded,
            down.gaps_per_session_minute,
            down.agent_share * 100.0
        );
        let up = &found.uplink;
        let _ = writeln!(
            out,
            "  up: {} packets sent, {:.1} of {:.1} s appended in {} appends; bursts missed: {} up, {} down",
            up.packets_sent,
            up.audio_appended_s,
            up.audio_due_s,
            up.appends,
            found.delay.up_missed,
            found.delay.down_missed
        );
    }

    fn write_cost(&self, out: &mut String) {
        let found = &self.measurement;
        if let Some(cpu) = &found.cpu {
            let _ = writeln!(
                out,
                "  {:<40} {:>9.2}   ({:.2} × the floor of {:.2})",
                "CPU ms a session-second",
                cpu.ms_per_session_second,
                self.cpu_over_floor.unwrap_or(f64::NAN),
                self.floor_ms_per_session_second
            );
            let mut threads: Vec<(&String, &f64)> = cpu.threads.iter().collect();
            threads.sort_by(|left, right| right.1.total_cmp(left.1));
            for (name, ms) in threads {
                let _ = writeln!(out, "    {name:<38} {ms:>9.2}");
            }
        }
        if let Some(memory) = &found.memory {
            let _ = writeln!(
                out,
                "  {:<40} {:>9.0}   (idle {:.1} MB, now {:.1} MB)",
                "memory KiB a session",
                memory.kib_per_session,
                memory.idle_kib as f64 / 1_024.0,
                memory.resident_kib as f64 / 1_024.0
            );
        }
        let harness = &found.harness;
        let _ = writeln!(
            out,
            "  {:<40} {:>9.2} + {:.2}   ({:.2} % of packets left late)",
            "the bench's own: clients + speech model",
            harness.clients_ms_per_session_second,
            harness.upstream_ms_per_session_second,
            harness.sent_late_ratio * 100.0
        );
    }
}
