//! What takes the place of packets that never came.

use crate::domain::audio::FRAME_TICKS;

/// Frames that the decoder conceals in one gap; the rest is silence.
const CONCEALED_FRAMES_MAX: u64 = 5;
/// Duration steps that a decoder can conceal: 2.5 ms.
const CONCEAL_STEP_TICKS: u32 = 120;

#[derive(Clone, Copy, Debug)]
pub(super) enum PieceKind {
    Conceal,
    Silence,
    Dtx,
    Fec,
}

/// What is left to put in before the packet after a hole.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Hole {
    conceal_frames: u64,
    silence_ticks: u64,
    dtx_ticks: u64,
    fec_ticks: u32,
}

impl Hole {
    /// A hole in which the sender was silent on purpose, up to a frame that the next packet holds a copy of.
    pub(super) fn silent(dtx_ticks: u64, fec_ticks: u32) -> Self {
        Self { dtx_ticks, fec_ticks, ..Self::default() }
    }

    /// A hole of `ticks` in which `lost` packets of `frame_ticks` are missing, and before them silence on purpose.
    /// `fec_ticks`: of a copy that the next packet holds.
    pub(super) fn of_lost(ticks: u64, lost: u64, frame_ticks: u32, fec_ticks: u32) -> Self {
        let frame = u64::from(frame_ticks);
        let lost_frames = (ticks / frame).min(lost.saturating_sub(u64::from(fec_ticks > 0)));
        let conceal_frames = lost_frames.min(CONCEALED_FRAMES_MAX);
        let silence_ticks = (lost_frames - conceal_frames) * frame;
        Self { conceal_frames, silence_ticks, dtx_ticks: ticks - lost_frames * frame, fec_ticks }
    }

    /// Whether nothing is left.
    pub(super) fn is_filled(&self) -> bool {
        self.conceal_frames == 0 && self.silence_ticks == 0 && self.dtx_ticks == 0 && self.fec_ticks == 0
    }

    /// In order: conceal what follows the last packet, then silence, and the FEC copy just before the next packet.
    pub(super) fn next_piece(&mut self, frame_ticks: u32) -> Option<(PieceKind, u32)> {
        if self.conceal_frames > 0 {
            self.conceal_frames -= 1;
            let is_concealable = frame_ticks.is_multiple_of(CONCEAL_STEP_TICKS);
            return Some((if is_concealable { PieceKind::Conceal } else { PieceKind::Silence }, frame_ticks));
        }
        for (ticks, kind) in [(&mut self.silence_ticks, PieceKind::Silence), (&mut self.dtx_ticks, PieceKind::Dtx)] {
            if *ticks > 0 {
                let piece = (*ticks).min(u64::from(FRAME_TICKS)) as u32;
                *ticks -= u64::from(piece);
                return Some((kind, piece));
            }
        }
        let ticks = std::mem::take(&mut self.fec_ticks);
        (ticks > 0).then_some((PieceKind::Fec, ticks))
    }
}
