//! Redundant audio (RFC 2198): one packet that carries copies of earlier frames before its own.

use std::ops::Range;

/// Copies that are read from one packet; browsers send one or two.
pub const COPIES_MAX: usize = 8;
/// Bytes of a block header that announces a copy (RFC 2198 section 3).
const COPY_HEADER_BYTES: usize = 4;

/// A copy of an earlier frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copy {
    pub payload_type: u8,
    /// How much earlier than the packet's own frame, in ticks of its clock: 0 to 16,383.
    pub earlier_ticks: u16,
    /// Where it is in the packet.
    pub bytes: Range<usize>,
}

/// What one packet holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redundant {
    /// Oldest first.
    copies: [Option<Copy>; COPIES_MAX],
    /// The frame of the packet itself.
    pub payload_type: u8,
    /// Where that frame is in the packet.
    pub bytes: Range<usize>,
}

impl Redundant {
    /// The copies, the newest first, each with its distance from the packet in packets: 1 is the one before it.
    pub fn copies(&self) -> impl Iterator<Item = (u16, &Copy)> {
        self.copies.iter().flatten().rev().zip(1..).map(|(copy, distance)| (distance, copy))
    }
}

/// Reads the payload of a redundant packet; `None` when it is none, or has more copies than anybody sends.
pub fn parse(payload: &[u8]) -> Option<Redundant> {
    let mut headers = [(0u8, 0u16, 0usize); COPIES_MAX];
    let (mut count, mut at) = (0, 0);
    while payload.get(at)? & 0x80 != 0 {
        let &[first, high, middle, low] = payload.get(at..at + COPY_HEADER_BYTES)? else { return None };
        // Fourteen bits of time, ten of length.
        let earlier_ticks = u16::from(high) << 6 | u16::from(middle >> 2);
        let length = usize::from(middle & 3) << 8 | usize::from(low);
        *headers.get_mut(count)? = (first & 0x7f, earlier_ticks, length);
        count += 1;
        at += COPY_HEADER_BYTES;
    }
    let payload_type = payload[at] & 0x7f;
    at += 1;
    let mut copies: [Option<Copy>; COPIES_MAX] = Default::default();
    for (copy, &(payload_type, earlier_ticks, length)) in copies.iter_mut().zip(&headers[..count]) {
        let end = at + length;
        if end > payload.len() {
            return None;
        }
        *copy = Some(Copy { payload_type, earlier_ticks, bytes: at..end });
        at = end;
    }
    Some(Redundant { copies, payload_type, bytes: at..payload.len() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn one_copy_as_a_browser_sends_it() {
        // Payload type 111 with 960 ticks and 3 bytes, then 111.
        let packet = [0x80 | 111, 15, 0, 3, 111, 1, 2, 3, 9, 8];
        let redundant = parse(&packet).expect("it is whole");
        let copies: Vec<_> = redundant.copies().collect();
        assert_eq!(copies, [(1, &Copy { payload_type: 111, earlier_ticks: 960, bytes: 5..8 })]);
        assert_eq!((redundant.payload_type, &packet[redundant.bytes]), (111, &[9, 8][..]));
    }

    #[test]
    fn without_copies_only_the_header_goes() {
        let redundant = parse(&[111, 7]).expect("it is whole");
        assert_eq!(redundant.copies().count(), 0);
        assert_eq!(redundant.bytes, 1..2);
    }

    #[test]
    fn what_is_cut_off_is_refused() {
        for packet in [&[][..], &[0xef], &[0xef, 15, 0, 3], &[0xef, 15, 0, 3, 111, 1, 2]] {
            assert_eq!(parse(packet), None, "{packet:?}");
        }
        assert_eq!(parse(&[0xef; 64]), None, "more copies than anybody sends");
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(packet in prop::collection::vec(any::<u8>(), 0..64)) {
            if let Some(redundant) = parse(&packet) {
                let mut ends: Vec<usize> = redundant.copies().map(|(_, copy)| copy.bytes.end).collect();
                ends.reverse();
                prop_assert!(ends.is_sorted() && ends.iter().all(|end| *end <= redundant.bytes.start));
                prop_assert!(redundant.bytes.end == packet.len() && redundant.bytes.start <= packet.len());
            }
        }

        #[test]
        fn what_is_written_is_read(
            copies in prop::collection::vec((0..128u8, 0..16_384u16, prop::collection::vec(any::<u8>(), 0..40)), 0..8),
            own in prop::collection::vec(any::<u8>(), 0..40),
        ) {
            let mut packet = Vec::new();
            for (payload_type, earlier, bytes) in &copies {
                packet.extend([0x80 | payload_type, (earlier >> 6) as u8, (earlier << 2) as u8, bytes.len() as u8]);
            }
            packet.push(111);
            copies.iter().for_each(|(_, _, bytes)| packet.extend(bytes));
            packet.extend(&own);
            let redundant = parse(&packet).expect("it is whole");
            let read: Vec<_> = redundant
                .copies()
                .map(|(_, copy)| (copy.payload_type, copy.earlier_ticks, packet[copy.bytes.clone()].to_vec()))
                .collect();
            prop_assert_eq!(read.into_iter().rev().collect::<Vec<_>>(), copies);
            prop_assert_eq!(&packet[redundant.bytes.clone()], &own[..]);
        }
    }
}
