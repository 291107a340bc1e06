//! How a candidate's microphone arrived over an interview: few enough samples to keep, none of a bad moment lost.

pub mod e_model;
pub mod meter;
pub mod voice_delay;

use crate::domain::event::QualityData;
use serde::{Deserialize, Serialize};

/// Between two samples, in milliseconds.
const APART_MS: u64 = 5_000;
/// Of one session: more than the longest interview has.
const SAMPLES_MAX: u32 = 4_000;

/// The worst that was reported since the sample before.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct QualitySample {
    /// Milliseconds from the start of the session's audio.
    pub at_ms: u64,
    /// Lost packets over expected ones, 0 to 1.
    pub loss_ratio: f64,
    pub jitter_ms: f64,
    /// Null until the client reported.
    #[cfg_attr(feature = "server", schema(required))]
    pub rtt_ms: Option<f64>,
}

/// Frames of the candidate's voice as the model heard them, 20 ms each. In brackets: the fields of W3C webrtc-stats,
/// which count the same in samples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct FrameCounts {
    /// All of them (`totalSamplesReceived`).
    pub total: u64,
    /// Lost, and whole again from a copy in a later packet (RFC 2198).
    pub rebuilt: u64,
    /// Lost, and decoded from the in-band error correction of the next packet (`fecPacketsReceived`).
    pub fec: u64,
    /// Made up by the decoder (`concealedSamples` less `silentConcealedSamples`).
    pub concealed: u64,
    /// Lost, and too many to be made up: silence (`silentConcealedSamples`).
    pub silent: u64,
    /// The sender was silent on purpose.
    pub dtx: u64,
    /// Silence beyond what was sent: what should have been there came later, or the sender's clock had stood still
    /// (`insertedSamplesForDeceleration`).
    pub inserted: u64,
}

impl FrameCounts {
    /// What was counted since `earlier`.
    pub fn since(&self, earlier: &Self) -> Self {
        Self {
            total: self.total - earlier.total,
            rebuilt: self.rebuilt - earlier.rebuilt,
            fec: self.fec - earlier.fec,
            concealed: self.concealed - earlier.concealed,
            silent: self.silent - earlier.silent,
            dtx: self.dtx - earlier.dtx,
            inserted: self.inserted - earlier.inserted,
        }
    }

    /// Lost frames that did not come back over all of them, 0 to 1; 0 without any.
    pub fn concealed_ratio(&self) -> f64 {
        if self.total == 0 { 0.0 } else { (self.concealed + self.silent) as f64 / self.total as f64 }
    }

    /// Whether lost frames come back from copies of them, or none was lost.
    pub fn is_protected(&self) -> bool {
        self.rebuilt + self.fec >= self.concealed
    }
}

/// Makes samples of reports.
#[derive(Clone, Debug, Default)]
pub struct QualitySampler {
    worst: QualityData,
    last_ms: Option<u64>,
    taken: u32,
}

impl QualitySampler {
    /// Takes a report; a sample when it is time for one.
    pub fn note(&mut self, at_ms: u64, report: QualityData) -> Option<QualitySample> {
        let worst = &mut self.worst;
        worst.loss_ratio = worst.loss_ratio.max(report.loss_ratio);
        worst.jitter_ms = worst.jitter_ms.max(report.jitter_ms);
        // `None` is less than any.
        worst.rtt_ms = match (worst.rtt_ms, report.rtt_ms) {
            (Some(before), Some(now)) => Some(before.max(now)),
            (before, now) => before.or(now),
        };
        let is_due = self.last_ms.is_none_or(|last_ms| at_ms >= last_ms + APART_MS);
        if !is_due || self.taken >= SAMPLES_MAX {
            return None;
        }
        self.last_ms = Some(at_ms);
        self.taken += 1;
        let QualityData { loss_ratio, jitter_ms, rtt_ms, .. } = std::mem::take(worst);
        Some(QualitySample { at_ms, loss_ratio, jitter_ms, rtt_ms })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(loss_ratio: f64, rtt_ms: Option<f64>) -> QualityData {
        QualityData { loss_ratio, jitter_ms: loss_ratio * 100.0, rtt_ms, ..QualityData::default() }
    }

    #[test]
    fn samples_are_apart_and_hold_the_worst() {
        let mut sampler = QualitySampler::default();
        let first = sampler.note(2_000, report(0.0, None)).expect("the first report is a sample");
        assert_eq!((first.at_ms, first.loss_ratio, first.rtt_ms), (2_000, 0.0, None));
        assert_eq!(sampler.note(4_000, report(0.3, Some(80.0))), None);
        assert_eq!(sampler.note(6_000, report(0.1, Some(20.0))), None);
        let second = sampler.note(8_000, report(0.0, None)).expect("a sample");
        let wanted = QualitySample { at_ms: 8_000, loss_ratio: 0.3, jitter_ms: 30.0, rtt_ms: Some(80.0) };
        assert_eq!(second, wanted);
        let third = sampler.note(13_000, report(0.0, Some(10.0))).expect("a sample");
        assert_eq!((third.loss_ratio, third.rtt_ms), (0.0, Some(10.0)), "what was told is forgotten");
    }

    #[test]
    fn there_is_an_end_to_them() {
        let mut sampler = QualitySampler::default();
        let taken = (0..10_000).filter(|n| sampler.note(n * APART_MS, report(0.0, None)).is_some()).count();
        assert_eq!(taken, SAMPLES_MAX as usize);
    }
}
