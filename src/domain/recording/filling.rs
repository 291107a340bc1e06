//! What stands in a hole. A page's time may only grow by what its packets hold (RFC 7845 section 4.1), so a hole is
//! packets too: for a moment the decoder's own concealment, then silence.

use crate::domain::audio::{FRAME_TICKS, opus_packet::packet_ticks};

/// What a decoder may conceal before silence follows: 100 ms, as the live path does.
const CONCEAL_MAX_TICKS: u64 = 5 * FRAME_TICKS as u64;
/// Frames of 20 ms in a packet of silence: 120 ms is the longest that there is.
const SILENT_FRAMES: u8 = 6;
/// Tables of contents of empty CELT frames of 10, 5 and 2.5 ms, narrow band, mono (RFC 6716 section 3.1).
const SHORT: [(u64, u8); 3] = [(480, 18 << 3), (240, 17 << 3), (120, 16 << 3)];
/// The bits that say how many frames a packet has.
const FRAMES_MASK: u8 = 3;

/// A packet that fills.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filling {
    pub packet: Vec<u8>,
    pub ticks: u64,
}

/// Makes the packets of holes.
#[derive(Clone, Debug)]
pub struct Filler {
    /// 120 ms of silence.
    silent: Vec<u8>,
    /// 20 ms of it.
    silent_frame: Vec<u8>,
}

impl Filler {
    /// `silent_frame`: an Opus packet of one frame, 20 ms of silence.
    pub fn new(silent_frame: &[u8]) -> Self {
        let (toc, frame) = silent_frame.split_first().map_or((31 << 3, &[][..]), |(toc, frame)| (*toc, frame));
        // Code 3, constant bit rate, no padding: all frames are of one length (RFC 6716 section 3.2.5).
        let mut silent = vec![toc | FRAMES_MASK, SILENT_FRAMES];
        (0..SILENT_FRAMES).for_each(|_| silent.extend_from_slice(frame));
        let mut single = vec![toc & !FRAMES_MASK];
        single.extend_from_slice(frame);
        Self { silent, silent_frame: single }
    }

    /// The packets for a hole of `hole_ticks`, in order. `before`: the packet before it, if what is missing was to
    /// follow it; an empty frame of its kind lets the decoder fade out.
    pub fn fill(&self, hole_ticks: u64, before: Option<&[u8]>) -> impl Iterator<Item = Filling> {
        let fade = before.and_then(|packet| {
            let toc = packet.first()? & !FRAMES_MASK;
            Some((toc, u64::from(packet_ticks(&[toc])?)))
        });
        let (mut left, mut concealed) = (hole_ticks, 0);
        std::iter::from_fn(move || {
            let (packet, ticks) = match fade {
                Some((toc, ticks)) if concealed + ticks <= CONCEAL_MAX_TICKS && ticks <= left => {
                    concealed += ticks;
                    (vec![toc], ticks)
                }
                _ => self.silence(left)?,
            };
            left -= ticks;
            Some(Filling { packet, ticks })
        })
    }

    /// The longest silence that fits.
    fn silence(&self, left: u64) -> Option<(Vec<u8>, u64)> {
        let frame = u64::from(FRAME_TICKS);
        let long = frame * u64::from(SILENT_FRAMES);
        if left >= long {
            return Some((self.silent.clone(), long));
        }
        if left >= frame {
            return Some((self.silent_frame.clone(), frame));
        }
        SHORT.iter().find(|(ticks, _)| *ticks <= left).map(|(ticks, toc)| (vec![*toc], *ticks))
    }
}
