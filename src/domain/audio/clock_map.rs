//! Where a sender's RTP clock stands on the caller's clock: when what arrives was said, however late it arrives.

use super::TICKS_PER_MS;

/// A packet that comes this much earlier than the map allows shows that the map began with a late one: 20 ms.
const EARLY_STEP_TICKS: i64 = 20 * TICKS_PER_MS as i64;
/// A packet that comes this much later than most was held up, or its sender's clock stood still: 500 ms.
const LATE_TICKS: i64 = 500 * TICKS_PER_MS as i64;
/// How much a packet counts in how late most are.
const USUAL_WEIGHT: i64 = 16;
/// How long late packets are watched until it is known which of the two it was.
const LATE_WATCH_MS: u64 = 100;
/// The least transit time of so long a window is taken for the network's own.
const WINDOW_MS: u64 = 10_000;
/// Packets that make a window worth anything.
const WINDOW_PACKETS_MIN: u32 = 50;
/// The map follows a sender's clock in whole milliseconds, so that frames between them join without a seam.
const FOLLOW_TICKS: i64 = TICKS_PER_MS as i64;
/// One millisecond forward in so long: 500 ppm, more than any sound card is off.
const FOLLOW_LATER_EVERY_MS: u64 = 2_000;
/// One millisecond back in so long: that a packet came early is certain.
const FOLLOW_EARLIER_EVERY_MS: u64 = 200;

/// Packets later than the map allows, while it is not known why.
#[derive(Clone, Copy, Debug)]
struct LateRun {
    since_ms: u64,
    from_ticks: i64,
    least_transit: i64,
}

/// Transit times since a while.
#[derive(Clone, Copy, Debug)]
struct Window {
    since_ms: u64,
    packets: u32,
    least_transit: i64,
}

impl Window {
    fn begin(since_ms: u64) -> Self {
        Self { since_ms, packets: 0, least_transit: i64::MAX }
    }
}

#[derive(Debug)]
struct Sender {
    ssrc: u32,
    /// The last packet's RTP time on the wire, and unwrapped.
    reference: (u32, i64),
    /// Clock ticks less RTP time.
    offset: i64,
    window: Window,
    /// Least transit of the window before.
    before: Option<i64>,
    late: Option<LateRun>,
    /// How much later than the map allows most packets come: few skip the queue that all others stand in.
    usual_late: i64,
    followed_ms: u64,
}

/// The map of one session's sender. RTP time decides within a stream, the least transit time of its packets ties it to
/// the clock: held-up packets, losses and bursts do not move it, and a sender's clock that runs fast or slow is
/// followed.
#[derive(Debug, Default)]
pub struct ClockMap {
    sender: Option<Sender>,
    stepped: bool,
}

impl ClockMap {
    /// A packet with this RTP time on the wire arrived at `now_ms`.
    pub fn note(&mut self, ssrc: u32, timestamp: u32, now_ms: u64) {
        let now_ticks = (now_ms * TICKS_PER_MS) as i64;
        match self.sender.as_mut().filter(|sender| sender.ssrc == ssrc) {
            Some(sender) => self.stepped |= sender.note(timestamp, now_ms, now_ticks),
            None => {
                // One wrap ahead, so that nothing before the first packet falls below zero.
                let rtp_time = i64::from(timestamp) + (1 << 32);
                self.sender = Some(Sender {
                    ssrc,
                    reference: (timestamp, rtp_time),
                    offset: now_ticks - rtp_time,
                    window: Window::begin(now_ms),
                    before: None,
                    late: None,
                    usual_late: 0,
                    followed_ms: now_ms,
                });
                self.stepped = true;
            }
        }
    }

    /// When audio with this RTP time was said, in ticks of the caller's clock: when it arrived, had nothing held it up.
    pub fn ticks(&self, rtp_time: u64) -> u64 {
        let ticks = self.sender.as_ref().map_or(0, |sender| sender.unwrap(rtp_time as u32) + sender.offset);
        ticks.max(0) as u64
    }

    /// Whether the sender's clock was set, or stood still, since this was asked last: audio before and after does not
    /// join.
    pub fn take_step(&mut self) -> bool {
        std::mem::take(&mut self.stepped)
    }
}

impl Sender {
    fn unwrap(&self, timestamp: u32) -> i64 {
        let (wire, rtp_time) = self.reference;
        rtp_time + i64::from(timestamp.wrapping_sub(wire) as i32)
    }

    /// Whether the sender's clock turned out to have stood still.
    fn note(&mut self, timestamp: u32, now_ms: u64, now_ticks: i64) -> bool {
        let rtp_time = self.unwrap(timestamp);
        self.reference = (timestamp, rtp_time);
        let transit = now_ticks - rtp_time;
        let late = transit - self.offset;
        if late < -EARLY_STEP_TICKS {
            self.step(transit, now_ms);
            return late < -LATE_TICKS;
        }
        if late > LATE_TICKS + self.usual_late {
            return self.watch_late(rtp_time, transit, now_ms);
        }
        self.late = None;
        self.usual_late += (late.max(0) - self.usual_late) / USUAL_WEIGHT;
        self.window.packets += 1;
        self.window.least_transit = self.window.least_transit.min(transit);
        if now_ms >= self.window.since_ms + WINDOW_MS {
            let window = std::mem::replace(&mut self.window, Window::begin(now_ms));
            self.before = (window.packets >= WINDOW_PACKETS_MIN).then_some(window.least_transit).or(self.before);
        }
        self.follow(transit, now_ms);
        false
    }

    /// Late packets that come faster than they were said were held up; at the pace of speech, the clock stood still.
    fn watch_late(&mut self, rtp_time: i64, transit: i64, now_ms: u64) -> bool {
        let fresh = LateRun { since_ms: now_ms, from_ticks: rtp_time, least_transit: transit };
        let run = self.late.get_or_insert(fresh);
        run.least_transit = run.least_transit.min(transit);
        let passed_ms = now_ms.saturating_sub(run.since_ms);
        if passed_ms < LATE_WATCH_MS {
            return false;
        }
        let said_ticks = rtp_time - run.from_ticks;
        let stood_still = said_ticks * 10 < (passed_ms * TICKS_PER_MS) as i64 * 13;
        if stood_still {
            let least_transit = run.least_transit;
            self.step(least_transit, now_ms);
        } else {
            self.late = Some(fresh);
        }
        stood_still
    }

    fn step(&mut self, transit: i64, now_ms: u64) {
        self.offset = transit;
        self.window = Window::begin(now_ms);
        (self.before, self.late, self.usual_late, self.followed_ms) = (None, None, 0, now_ms);
    }

    /// A millisecond nearer to what the last windows say.
    fn follow(&mut self, transit: i64, now_ms: u64) {
        let passed_ms = now_ms.saturating_sub(self.followed_ms);
        let least_transit = self.before.map(|before| before.min(self.window.least_transit));
        let is_later = least_transit.is_some_and(|least_transit| least_transit >= self.offset + FOLLOW_TICKS);
        if transit <= self.offset - FOLLOW_TICKS && passed_ms >= FOLLOW_EARLIER_EVERY_MS {
            self.offset -= FOLLOW_TICKS;
            self.followed_ms = now_ms;
        } else if is_later && passed_ms >= FOLLOW_LATER_EVERY_MS {
            self.offset += FOLLOW_TICKS;
            self.followed_ms = now_ms;
        }
    }
}
