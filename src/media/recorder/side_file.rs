//! One side's Ogg Opus file while it is written (RFC 7845).

use super::timeline::Point;
use crate::domain::{
    audio::{TICKS_PER_MS, opus_packet::packet_ticks},
    recording::{Filler, Left, Placed, Placement, Side, opus_head, opus_tags},
};
use ogg::{PacketWriteEndInfo, PacketWriter};
use std::{
    fs::File,
    io::{self, BufWriter, Write},
    sync::Arc,
    time::{Duration, Instant},
};

/// A page ends when it is this long: what a kill can take is less than a second.
const PAGE_TICKS: u64 = 700 * TICKS_PER_MS;
/// A page that nothing is added to ends after this.
const PAGE_WAIT: Duration = Duration::from_millis(750);
/// Bytes of one side at most: four hours at 128 kb/s.
const BYTES_MAX: u64 = 256 * 1024 * 1024;
/// Opus packets longer than this are none.
const PACKET_BYTES_MAX: usize = 1_500;

/// A file that two threads hold: one writes, one syncs.
#[derive(Clone, Debug)]
pub(super) struct SharedFile(pub(super) Arc<File>);

impl Write for SharedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        (&*self.0).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What became of a packet.
pub(super) enum Taken {
    /// It is in the file, or will be. An anchor is worth a line at once.
    Placed {
        anchor: Option<Point>,
    },
    LeftOut,
}

/// One side.
pub(super) struct SideFile {
    side: Side,
    serial: u32,
    file: SharedFile,
    pages: PacketWriter<'static, BufWriter<SharedFile>>,
    placement: Placement,
    filler: Arc<Filler>,
    /// The last packet waits for the next one, so that a page can be ended with it; and where it ends.
    waiting: Option<(Vec<u8>, u64)>,
    page_start: u64,
    /// When the first packet of this page came to it.
    page_began: Option<Instant>,
    /// The packet of this page that came earliest for its place.
    earliest: Option<Point>,
    bytes: u64,
}

impl SideFile {
    /// Writes the headers.
    pub(super) fn create(side: Side, file: File, filler: Arc<Filler>) -> io::Result<Self> {
        let file = SharedFile(Arc::new(file));
        let serial = 1 + side.index() as u32;
        let mut pages = PacketWriter::new(BufWriter::new(file.clone()));
        pages.write_packet(opus_head(), serial, PacketWriteEndInfo::EndPage, 0)?;
        pages.write_packet(opus_tags(), serial, PacketWriteEndInfo::EndPage, 0)?;
        pages.inner_mut().flush()?;
        Ok(Self {
            side,
            serial,
            file,
            pages,
            placement: Placement::default(),
            filler,
            waiting: None,
            page_start: 0,
            page_began: None,
            earliest: None,
            bytes: 0,
        })
    }

    /// The file, to be synced.
    pub(super) fn file(&self) -> Arc<File> {
        Arc::clone(&self.file.0)
    }

    /// Where the last packet ends.
    pub(super) fn end_ticks(&self) -> u64 {
        self.placement.end_ticks()
    }

    /// Takes a packet that came at `now_ticks` of the audio clock.
    pub(super) fn take(
        &mut self,
        payload: &[u8],
        (rtp_time, run_ticks): (u64, u64),
        now_ticks: u64,
        is_fresh: bool,
    ) -> io::Result<Taken> {
        let ticks = packet_ticks(payload).filter(|ticks| ticks.is_multiple_of(120));
        let Some(ticks) = ticks.filter(|_| payload.len() <= PACKET_BYTES_MAX) else { return Ok(Taken::LeftOut) };
        let placed = match self.placement.place(run_ticks, ticks, now_ticks, is_fresh) {
            Ok(placed) => placed,
            Err(Left::Ahead | Left::Overlap) => return Ok(Taken::LeftOut),
        };
        self.fill(&placed)?;
        self.put(payload.to_vec(), placed.position + u64::from(ticks))?;
        let point = Point {
            side: self.side.as_str().to_owned(),
            rtp: rtp_time,
            position: placed.position,
            late: placed.late_ticks,
        };
        if placed.is_anchor {
            return Ok(Taken::Placed { anchor: Some(point) });
        }
        if self.earliest.as_ref().is_none_or(|earliest| point.late < earliest.late) {
            self.earliest = Some(point);
        }
        Ok(Taken::Placed { anchor: None })
    }

    /// Silence up to `end_ticks`, so that both sides end together.
    pub(super) fn pad(&mut self, end_ticks: u64) -> io::Result<()> {
        let from = self.end_ticks();
        let hole_ticks = end_ticks.saturating_sub(from) / 120 * 120;
        self.fill_from(from, hole_ticks, false)
    }

    /// Ends the page with what is there, and gives its earliest packet. What a page holds can be played after a kill.
    pub(super) fn end_page(&mut self, is_last: bool) -> io::Result<Option<Point>> {
        let Some((packet, end)) = self.waiting.take() else { return Ok(None) };
        let end_info = if is_last { PacketWriteEndInfo::EndStream } else { PacketWriteEndInfo::EndPage };
        self.write(packet, end_info, end)?;
        Ok(self.earliest.take())
    }

    /// Whether the page is long enough to be ended, or waits too long for more.
    pub(super) fn is_page_due(&self, now: Instant) -> bool {
        self.is_page_full() || self.page_began.is_some_and(|began| now.duration_since(began) >= PAGE_WAIT)
    }

    fn is_page_full(&self) -> bool {
        self.waiting.as_ref().is_some_and(|(_, end)| end.saturating_sub(self.page_start) >= PAGE_TICKS)
    }

    fn fill(&mut self, placed: &Placed) -> io::Result<()> {
        let from = placed.position - placed.hole_ticks;
        self.fill_from(from, placed.hole_ticks, !placed.is_anchor && self.side == Side::User)
    }

    fn fill_from(&mut self, from: u64, hole_ticks: u64, fades: bool) -> io::Result<()> {
        if hole_ticks == 0 {
            return Ok(());
        }
        let before = self.waiting.as_ref().filter(|_| fades).map(|(packet, _)| packet.clone());
        let mut end = from;
        let filler = Arc::clone(&self.filler);
        for filling in filler.fill(hole_ticks, before.as_deref()) {
            end += filling.ticks;
            self.put(filling.packet, end)?;
        }
        Ok(())
    }

    /// Puts a packet behind the one that waits.
    fn put(&mut self, packet: Vec<u8>, end: u64) -> io::Result<()> {
        let is_page_full = self.is_page_full();
        self.page_began.get_or_insert_with(Instant::now);
        if let Some((before, before_end)) = self.waiting.replace((packet, end)) {
            let end_info = if is_page_full { PacketWriteEndInfo::EndPage } else { PacketWriteEndInfo::NormalPacket };
            self.write(before, end_info, before_end)?;
        }
        Ok(())
    }

    fn write(&mut self, packet: Vec<u8>, end_info: PacketWriteEndInfo, end: u64) -> io::Result<()> {
        // Page headers are less than this for each packet.
        self.bytes += packet.len() as u64 + 8;
        if self.bytes > BYTES_MAX {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "more than one side of a recording may have"));
        }
        self.pages.write_packet(packet, self.serial, end_info, end)?;
        if end_info != PacketWriteEndInfo::NormalPacket {
            self.page_start = end;
            self.page_began = self.waiting.as_ref().map(|_| Instant::now());
            self.pages.inner_mut().flush()?;
        }
        Ok(())
    }
}
