//! Turns what one session's media counts into what is reported of it.

use super::{
    FrameCounts,
    e_model::{Path, mean_opinion, mouth_to_ear_ms},
    voice_delay::VoiceDelays,
};
use crate::domain::{
    audio::{codec::Codec, jitter::Counters},
    event::QualityData,
};

/// What a sender's microphone and our own path hold back besides the network, in milliseconds.
const UPLINK_BUFFER_MS: f64 = 20.0;

/// What was counted up to now. All counters only grow.
#[derive(Clone, Copy, Debug, Default)]
pub struct Measured {
    pub packets: Counters,
    pub frames: FrameCounts,
    pub jitter_ms: f64,
    pub rtt_ms: Option<f64>,
    /// Of what the client plays, as it says itself, or else what it lost of our packets: 0 to 1.
    pub agent_concealed_ratio: Option<f64>,
    /// How long the client's jitter buffer holds back what it plays, in milliseconds.
    pub agent_buffer_ms: u64,
    /// What is spoken both ways.
    pub codec: Codec,
}

/// A mean of what was reported.
#[derive(Clone, Copy, Debug, Default)]
struct Mean {
    sum: f64,
    count: u32,
}

impl Mean {
    fn note(&mut self, value: Option<f64>) {
        if let Some(value) = value {
            self.sum += value;
            self.count += 1;
        }
    }

    fn value(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum / f64::from(self.count))
    }
}

/// What a whole session came to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SessionQuality {
    /// Lost packets over expected ones, 0 to 1; `None` before the first packet.
    pub loss_ratio: Option<f64>,
    pub jitter_ms: Option<f64>,
    pub rtt_ms: Option<f64>,
    pub frames: FrameCounts,
    /// Means of the estimated opinion scores: of the candidate's voice, and of the interviewer's at the candidate's.
    pub mos: Option<f64>,
    pub agent_mos: Option<f64>,
    pub voice_to_voice_p50_ms: Option<u64>,
    pub voice_to_voice_p95_ms: Option<u64>,
    /// What was spoken last: another client of the candidate's may have brought another codec.
    pub codec: Codec,
}

/// One session's.
#[derive(Clone, Debug, Default)]
pub struct QualityMeter {
    before: Measured,
    jitter: Mean,
    rtt: Mean,
    mos: Mean,
    agent_mos: Mean,
    /// What an answer took, each time.
    pub delays: VoiceDelays,
}

/// Lost packets over expected ones, 0 to 1: what was repaired was lost too.
fn loss_ratio(counters: &Counters, before: &Counters) -> Option<f64> {
    let missing = |of: &Counters| of.lost + of.rebuilt + of.retransmitted;
    let lost = missing(counters) - missing(before);
    let unrepaired = |of: &Counters| of.received + of.lost + of.rebuilt;
    let expected = unrepaired(counters) - unrepaired(before);
    (expected > 0).then(|| (lost as f64 / expected as f64).min(1.0))
}

impl QualityMeter {
    /// The report on what came since the one before.
    pub fn report(&mut self, measured: Measured) -> QualityData {
        let before = std::mem::replace(&mut self.before, measured);
        let frames = measured.frames.since(&before.frames);
        let rtt_ms = measured.rtt_ms;
        let mos = (frames.total > 0).then(|| {
            mean_opinion(&Path {
                delay_ms: mouth_to_ear_ms(rtt_ms.unwrap_or(0.0), UPLINK_BUFFER_MS),
                concealed_ratio: frames.concealed_ratio(),
                is_protected: measured.frames.is_protected(),
            })
        });
        let agent_mos = measured.agent_concealed_ratio.map(|concealed_ratio| {
            mean_opinion(&Path {
                delay_ms: mouth_to_ear_ms(rtt_ms.unwrap_or(0.0), measured.agent_buffer_ms as f64),
                concealed_ratio,
                is_protected: true,
            })
        });
        let loss_ratio = loss_ratio(&measured.packets, &before.packets);
        self.jitter.note(loss_ratio.map(|_| measured.jitter_ms));
        self.rtt.note(rtt_ms);
        self.mos.note(mos);
        self.agent_mos.note(agent_mos);
        QualityData {
            loss_ratio: loss_ratio.unwrap_or(0.0),
            jitter_ms: measured.jitter_ms,
            rtt_ms,
            concealed_ratio: frames.concealed_ratio(),
            mos,
            agent_mos,
            voice_to_voice_ms: self.delays.last_ms(),
            codec: measured.codec,
        }
    }

    /// The whole session, up to the last report.
    pub fn whole(&self) -> SessionQuality {
        SessionQuality {
            loss_ratio: loss_ratio(&self.before.packets, &Counters::default()),
            jitter_ms: self.jitter.value(),
            rtt_ms: self.rtt.value(),
            frames: self.before.frames,
            mos: self.mos.value(),
            agent_mos: self.agent_mos.value(),
            voice_to_voice_p50_ms: self.delays.percentile_ms(50),
            voice_to_voice_p95_ms: self.delays.percentile_ms(95),
            codec: self.before.codec,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(received: u64, lost: u64, rebuilt: u64, frames: FrameCounts) -> Measured {
        let packets = Counters { received, lost, rebuilt, ..Counters::default() };
        Measured { packets, frames, jitter_ms: 4.0, rtt_ms: Some(40.0), ..Measured::default() }
    }

    #[test]
    fn a_report_is_of_what_came_since_the_one_before() {
        let mut meter = QualityMeter::default();
        let good = FrameCounts { total: 100, ..FrameCounts::default() };
        let first = meter.report(measured(100, 0, 0, good));
        assert_eq!((first.loss_ratio, first.concealed_ratio, first.agent_mos), (0.0, 0.0, None));
        let bad = FrameCounts { total: 200, rebuilt: 10, concealed: 6, silent: 4, ..FrameCounts::default() };
        let (agent_concealed_ratio, codec) = (Some(0.0), Codec::Pcmu);
        let second = meter.report(Measured { agent_concealed_ratio, codec, ..measured(180, 10, 10, bad) });
        assert_eq!((first.codec, second.codec, meter.whole().codec), (Codec::Opus, Codec::Pcmu, Codec::Pcmu));
        assert_eq!((second.loss_ratio, second.concealed_ratio), (0.2, 0.1));
        assert!(second.mos < first.mos && second.mos < second.agent_mos, "{second:?}");
        let whole = meter.whole();
        assert_eq!((whole.loss_ratio, whole.jitter_ms, whole.rtt_ms), (Some(0.1), Some(4.0), Some(40.0)));
        assert_eq!(whole.mos, Some((first.mos.unwrap() + second.mos.unwrap()) / 2.0));
        assert_eq!(whole.frames, bad);
    }

    #[test]
    fn nothing_heard_is_not_rated() {
        let mut meter = QualityMeter::default();
        let report = meter.report(Measured::default());
        assert_eq!((report.mos, report.agent_mos, report.voice_to_voice_ms), (None, None, None));
        assert_eq!(meter.whole(), SessionQuality::default());
    }
}
