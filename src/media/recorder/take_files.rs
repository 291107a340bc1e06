//! The files of one recording while it goes on.

use super::{
    directory,
    narrow::Narrow,
    side_file::{SharedFile, SideFile, Taken},
    timeline::{Ended, Line, TIMELINE},
    track_name,
};
use crate::{
    domain::{
        id::SessionId,
        recording::{Filler, Side},
    },
    media::opus::OpusError,
};
use std::{
    fs::{DirBuilder, File, OpenOptions},
    io::{self, BufWriter, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::Path,
    sync::Arc,
    time::Instant,
};

/// Only the server's user may enter.
const DIRECTORY_MODE: u32 = 0o700;
/// Only the server's user may read.
const FILE_MODE: u32 = 0o600;
const TICKS_PER_S: u32 = 48_000;

/// Both sides and their timeline.
pub(super) struct TakeFiles {
    sides: [SideFile; 2],
    /// For what is not Opus.
    narrow: [Narrow; 2],
    timeline: BufWriter<SharedFile>,
    timeline_file: Arc<File>,
    left_out: u64,
}

/// Why a packet of µ-law is not in the file.
enum Untaken {
    File(io::Error),
    Codec(OpusError),
}

impl From<OpusError> for Untaken {
    fn from(error: OpusError) -> Self {
        Self::Codec(error)
    }
}

impl TakeFiles {
    /// Makes the directory and the files; their names are durable.
    pub(super) fn create(data_dir: &Path, session_id: &SessionId, filler: &Arc<Filler>) -> io::Result<Self> {
        let directory = directory(data_dir, session_id)?;
        DirBuilder::new().recursive(true).mode(DIRECTORY_MODE).create(&directory)?;
        let create = |name: &str| {
            // Never over what is there already.
            OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(directory.join(name))
        };
        let side = |side| SideFile::create(side, create(track_name(side))?, Arc::clone(filler));
        let sides = [side(Side::User)?, side(Side::Assistant)?];
        let timeline_file = Arc::new(create(TIMELINE)?);
        let timeline = BufWriter::new(SharedFile(Arc::clone(&timeline_file)));
        for path in [Some(directory.as_path()), directory.parent()].into_iter().flatten() {
            File::open(path)?.sync_all()?;
        }
        let mut files = Self { sides, narrow: Default::default(), timeline, timeline_file, left_out: 0 };
        files.note(&Line::Begin { version: 1, ticks_per_s: TICKS_PER_S })?;
        files.timeline.flush()?;
        Ok(files)
    }

    /// Takes a packet.
    pub(super) fn take(
        &mut self,
        side: Side,
        payload: &[u8],
        times: (u64, u64),
        now_ticks: u64,
        is_fresh: bool,
    ) -> io::Result<()> {
        let file = &mut self.sides[side.index()];
        match file.take(payload, times, now_ticks, is_fresh)? {
            Taken::Placed { anchor: Some(point) } => self.note(&Line::Anchor(point))?,
            Taken::Placed { anchor: None } => {}
            Taken::LeftOut => {
                self.left_out += 1;
                metrics::counter!("viva_recording_left_out_total").increment(1);
            }
        }
        Ok(())
    }

    /// Takes a packet of µ-law.
    pub(super) fn take_mulaw(
        &mut self,
        side: Side,
        packet: &[u8],
        (rtp_time, run_ticks): (u64, u64),
        now_ticks: u64,
        is_fresh: bool,
    ) -> io::Result<()> {
        let mut narrow = std::mem::take(&mut self.narrow[side.index()]);
        let taken = narrow.translate(packet, |offset, opus| {
            let times = (rtp_time + offset, run_ticks + offset);
            self.take(side, opus, times, now_ticks + offset, is_fresh && offset == 0).map_err(Untaken::File)
        });
        self.narrow[side.index()] = narrow;
        taken.map_err(|untaken| match untaken {
            Untaken::File(error) => error,
            Untaken::Codec(error) => io::Error::other(error),
        })
    }

    /// Notes a sender report.
    pub(super) fn report(&mut self, ntp: u64, rtp: u32, audio_ms: u64) -> io::Result<()> {
        self.note(&Line::Report { rtp, ntp, audio_ms })
    }

    /// Ends the pages that are long enough, or wait for too long.
    pub(super) fn end_pages(&mut self, now: Instant) -> io::Result<()> {
        for side in Side::ALL {
            if self.sides[side.index()].is_page_due(now) {
                self.end_page(side, false)?;
            }
        }
        Ok(())
    }

    /// Nothing more comes: both sides end together.
    pub(super) fn finish(&mut self, dropped: u64) -> io::Result<()> {
        let end_ticks = self.sides.iter().map(SideFile::end_ticks).max().unwrap_or(0);
        for side in Side::ALL {
            self.sides[side.index()].pad(end_ticks)?;
            self.end_page(side, true)?;
        }
        self.note(&Line::End(Ended { dropped, left_out: self.left_out }))?;
        self.timeline.flush()
    }

    /// All files, to be synced.
    pub(super) fn files(&self) -> [Arc<File>; 3] {
        [self.sides[0].file(), self.sides[1].file(), Arc::clone(&self.timeline_file)]
    }

    fn end_page(&mut self, side: Side, is_last: bool) -> io::Result<()> {
        if let Some(point) = self.sides[side.index()].end_page(is_last)? {
            self.note(&Line::Clock(point))?;
            self.timeline.flush()?;
        }
        Ok(())
    }

    fn note(&mut self, line: &Line) -> io::Result<()> {
        serde_json::to_writer(&mut self.timeline, line)?;
        self.timeline.write_all(b"\n")
    }
}
