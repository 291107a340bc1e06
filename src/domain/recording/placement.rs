//! Where a packet stands in the file of its side.

use crate::domain::audio::TICKS_PER_MS;

/// A file runs ahead of the audio clock by this at most, whatever a sender's clock says: 2 s.
const AHEAD_MAX_TICKS: u64 = 2_000 * TICKS_PER_MS;
/// Audio that comes later than this did not wait on the way: its sender's clock stood still. 6 s.
const BEHIND_MAX_TICKS: u64 = 6_000 * TICKS_PER_MS;
/// Opus frames are multiples of 2.5 ms, and so is what can stand in a hole.
const STEP_TICKS: u64 = 120;

/// A packet has its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed {
    /// Of its first sample.
    pub position: u64,
    /// What is missing between the packet before and this one.
    pub hole_ticks: u64,
    /// It begins a run of its own on the audio clock.
    pub is_anchor: bool,
    /// How much later it came than its place says; negative: earlier.
    pub late_ticks: i64,
}

/// A packet has no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// Its time is taken already.
    Overlap,
    /// More than real time came.
    Ahead,
}

/// One side's way from RTP time to the audio clock. Within a run of packets RTP time decides, so that holes stay holes;
/// a run begins where its first packet came.
#[derive(Clone, Copy, Debug, Default)]
pub struct Placement {
    /// RTP time and position where the run begins.
    anchor: Option<(u64, u64)>,
    end: u64,
}

impl Placement {
    /// Where the last packet ends.
    pub fn end_ticks(&self) -> u64 {
        self.end
    }

    /// Places a packet of `ticks` that came at `now_ticks` of the audio clock. `rtp_time`: unwrapped. `is_fresh`: it
    /// does not follow the packets before.
    ///
    /// # Errors
    /// [`Left`]: it is to be left out.
    pub fn place(&mut self, rtp_time: u64, ticks: u32, now_ticks: u64, is_fresh: bool) -> Result<Placed, Left> {
        let follows = self.anchor.filter(|_| !is_fresh).and_then(|(rtp, position)| {
            let position = position + rtp_time.checked_sub(rtp)?;
            let is_sane = position <= now_ticks + AHEAD_MAX_TICKS && position + BEHIND_MAX_TICKS >= now_ticks;
            is_sane.then_some(position)
        });
        let is_anchor = follows.is_none();
        let position = match follows {
            Some(position) => position,
            None => {
                let position = self.end.max(now_ticks.next_multiple_of(STEP_TICKS));
                self.anchor = Some((rtp_time, position));
                position
            }
        };
        if position > now_ticks + AHEAD_MAX_TICKS {
            return Err(Left::Ahead);
        }
        let Some(missing) = position.checked_sub(self.end) else { return Err(Left::Overlap) };
        let hole_ticks = missing - missing % STEP_TICKS;
        let position = self.end + hole_ticks;
        self.end = position + u64::from(ticks);
        let late_ticks = now_ticks as i64 - position as i64;
        Ok(Placed { position, hole_ticks, is_anchor, late_ticks })
    }
}
