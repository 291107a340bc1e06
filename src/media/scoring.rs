//! How good one session's conversation is: into its reports and into the histograms.

use metrics::Histogram;

use crate::domain::{
    event::QualityData,
    quality::meter::{Measured, QualityMeter, SessionQuality},
};

/// One session's.
pub(super) struct Scoring {
    meter: QualityMeter,
    uplink: Histogram,
    downlink: Histogram,
    voice_to_voice: Histogram,
}

impl Scoring {
    pub(super) fn new() -> Self {
        Self {
            meter: QualityMeter::default(),
            uplink: metrics::histogram!("viva_uplink_mos"),
            downlink: metrics::histogram!("viva_downlink_mos"),
            voice_to_voice: metrics::histogram!("viva_voice_to_voice_seconds"),
        }
    }

    /// The interviewer's answer came so long after the candidate's voice.
    pub(super) fn note_answer(&mut self, delay_ms: u64) {
        self.meter.delays.push(delay_ms);
        self.voice_to_voice.record(delay_ms as f64 / 1e3);
    }

    /// The report on what came since the one before, and the whole session so far.
    pub(super) fn report(&mut self, measured: Measured) -> (QualityData, SessionQuality) {
        let report = self.meter.report(measured);
        if let Some(mos) = report.mos {
            self.uplink.record(mos);
        }
        if let Some(mos) = report.agent_mos {
            self.downlink.record(mos);
        }
        (report, self.meter.whole())
    }
}
