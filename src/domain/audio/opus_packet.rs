//! What an Opus packet says of itself without decoding it (RFC 6716 section 3).

/// Longest packet that RFC 6716 allows: 120 ms.
const PACKET_TICKS_MAX: u32 = 5_760;

/// Ticks (48 kHz) of one frame of a packet with this table-of-contents byte (RFC 6716 table 2).
fn frame_ticks(toc: u8) -> u32 {
    let config = toc >> 3;
    match config {
        // SILK-only: 10, 20, 40, 60 ms.
        0..=11 => [480, 960, 1_920, 2_880][usize::from(config & 3)],
        // Hybrid: 10, 20 ms.
        12..=15 => [480, 960][usize::from(config & 1)],
        // CELT-only: 2.5, 5, 10, 20 ms.
        _ => [120, 240, 480, 960][usize::from(config & 3)],
    }
}

/// Ticks (48 kHz) of the whole packet, or `None` when it cannot be an Opus packet.
pub fn packet_ticks(payload: &[u8]) -> Option<u32> {
    let &toc = payload.first()?;
    let frames = match toc & 3 {
        0 => 1,
        1 | 2 => 2,
        _ => u32::from(payload.get(1)? & 0x3f),
    };
    let ticks = frames * frame_ticks(toc);
    (ticks > 0 && ticks <= PACKET_TICKS_MAX).then_some(ticks)
}

/// Whether the packet holds a low-bit-rate copy of the frame before it (in-band FEC, RFC 6716 section 2.1.7).
///
/// Exact for packets of one frame or of two of equal size; for the others, which no browser sends for 20 ms, whether
/// the mode can hold one at all.
pub fn has_fec(payload: &[u8]) -> bool {
    let Some(&toc) = payload.first() else { return false };
    if toc >> 3 >= 16 {
        return false; // CELT has no such copy.
    }
    if toc & 3 > 1 {
        return payload.len() > 2;
    }
    let Some(&head) = payload.get(1) else { return false };
    // One voice-activity bit for each 20 ms, then the LBRR bit; for stereo the same again for the side channel.
    let blocks = (frame_ticks(toc) / 960).max(1);
    let mid = head >> (7 - blocks) & 1 == 1;
    let stereo = toc & 4 != 0;
    let side = stereo && 2 * blocks <= 6 && head >> (6 - 2 * blocks) & 1 == 1;
    mid || side
}

/// Whether the packet only says "silence" (discontinuous transmission, RFC 6716 section 2.1.9).
pub fn is_dtx(payload: &[u8]) -> bool {
    payload.len() <= 2
}
