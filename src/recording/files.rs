//! The files of a finished recording: mended where a kill cut them, measured, digested, and what is made of them.

use super::{
    RecordingError, is_absent,
    stereo::{Pcm, SAMPLE_RATE_HZ, Stereo},
    track::TrackAudio,
};
use crate::{
    domain::{
        audio::TICKS_PER_MS,
        recording::{ClockSample, PEAK_SAMPLES, PRE_SKIP_TICKS, Peaks, Side, Warp},
    },
    media::recorder::{Ended, Line, TIMELINE, track_name},
    store::TrackRecord,
};
use ogg::reading::PageParser;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::{
    fmt::Write as _,
    fs::{self, File, OpenOptions},
    io::{self, BufRead, BufReader, BufWriter, Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

/// Name of the file with the peaks.
pub const PEAKS: &str = "peaks.json";
/// Name of the export.
pub const STEREO: &str = "stereo.wav";
/// A page is shorter than this: more than that behind the last good one is no torn page, and is left alone.
const PAGE_BYTES_MAX: u64 = 27 + 255 + 255 * 255;
const PAGE_HEADER_BYTES: usize = 27;
/// Lines of a timeline that are read: a day of seconds of both sides.
const LINES_MAX: usize = 400_000;
/// Only the server's user may read.
const FILE_MODE: u32 = 0o600;

/// Mends a side's file and says what is in it; `None`: there is no such file.
///
/// # Errors
/// Those of the file system.
pub fn finish_track(directory: &Path, side: Side) -> io::Result<Option<TrackRecord>> {
    let path = directory.join(track_name(side));
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if is_absent(&error) => return Ok(None),
        Err(error) => return Err(error),
    };
    let length = file.metadata()?.len();
    let (good, granule) = whole_pages(BufReader::new(file))?;
    if good < length && length - good <= PAGE_BYTES_MAX {
        // The server was killed in the middle of a page: without its head it is no Ogg at all.
        let file = OpenOptions::new().write(true).open(&path)?;
        file.set_len(good)?;
        file.sync_all()?;
    }
    let (bytes, sha256, blocks) = digests(BufReader::new(File::open(&path)?))?;
    let duration_ms = granule.saturating_sub(u64::from(PRE_SKIP_TICKS)) / TICKS_PER_MS;
    Ok(Some(TrackRecord { side, bytes, duration_ms, sha256, blocks }))
}

/// Bytes of the whole pages at the beginning, and where the last packet in them ends.
fn whole_pages(mut reader: impl Read) -> io::Result<(u64, u64)> {
    let (mut good, mut granule) = (0, 0);
    loop {
        let mut header = [0; PAGE_HEADER_BYTES];
        if !fill(&mut reader, &mut header)? {
            return Ok((good, granule));
        }
        let mut position = [0; 8];
        position.copy_from_slice(&header[6..14]);
        let Ok((mut parser, segments)) = PageParser::new(header) else { return Ok((good, granule)) };
        let mut lengths = vec![0; segments];
        if !fill(&mut reader, &mut lengths)? {
            return Ok((good, granule));
        }
        let mut body = vec![0; parser.parse_segments(lengths)];
        if !fill(&mut reader, &mut body)? {
            return Ok((good, granule));
        }
        let length = PAGE_HEADER_BYTES + segments + body.len();
        if parser.parse_packet_data(body).is_err() {
            return Ok((good, granule));
        }
        good += length as u64;
        // No packet ends on this page (RFC 3533 section 6).
        let position = u64::from_le_bytes(position);
        granule = if position == u64::MAX { granule } else { position };
    }
}

/// `false`: the file ends before.
fn fill(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<bool> {
    match reader.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

/// Length, SHA-256 of everything and of each block.
fn digests(mut reader: impl Read) -> io::Result<(u64, String, Vec<String>)> {
    let (mut bytes, mut whole, mut blocks) = (0, Sha256::new(), Vec::new());
    let mut block = Vec::with_capacity(TrackRecord::BLOCK_BYTES);
    loop {
        block.clear();
        let read = reader.by_ref().take(TrackRecord::BLOCK_BYTES as u64).read_to_end(&mut block)?;
        if read == 0 {
            return Ok((bytes, hex(&whole.finalize()), blocks));
        }
        bytes += read as u64;
        whole.update(&block);
        blocks.push(hex(&Sha256::digest(&block)));
    }
}

fn hex(digest: &[u8]) -> String {
    digest.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}"); // Writing to a string does not fail.
        text
    })
}

/// What the timeline says of the candidate's clock, and of the end; no end: the recording was cut off.
#[derive(Debug, Default)]
pub struct Told {
    pub samples: Vec<ClockSample>,
    pub ended: Option<Ended>,
}

/// Reads a timeline as far as it can be read.
///
/// # Errors
/// Those of the file system, but not that there is none.
pub fn read_timeline(directory: &Path) -> io::Result<Told> {
    let file = match File::open(directory.join(TIMELINE)) {
        Ok(file) => file,
        Err(error) if is_absent(&error) => return Ok(Told::default()),
        Err(error) => return Err(error),
    };
    let mut told = Told::default();
    for line in BufReader::new(file).lines().take(LINES_MAX) {
        // A line that a kill cut in two says nothing.
        let Ok(line) = serde_json::from_str::<Line>(&line?) else { continue };
        told.samples.extend(line.clock_sample(Side::User));
        if let Line::End(ended) = line {
            told.ended = Some(ended);
        }
    }
    Ok(told)
}

/// Both sides of a directory on one clock.
///
/// # Errors
/// [`RecordingError::Missing`] when there is neither side.
pub fn stereo(directory: &Path) -> Result<Stereo, RecordingError> {
    let side = |side| match TrackAudio::open(&directory.join(track_name(side))) {
        Ok(track) => Ok(Some(Box::new(track) as Box<dyn Pcm>)),
        Err(RecordingError::Missing) => Ok(None),
        Err(error) => Err(error),
    };
    let (left, right) = (side(Side::User)?, side(Side::Assistant)?);
    if left.is_none() && right.is_none() {
        return Err(RecordingError::Missing);
    }
    Stereo::new(left, Warp::fit(&read_timeline(directory)?.samples), right)
}

/// Peaks as `audiowaveform` writes them (version 2): of each 20 ms the lowest and the highest sample of the candidate,
/// then those of the interviewer.
#[derive(Serialize)]
struct PeaksFile {
    version: u32,
    channels: u32,
    sample_rate: u32,
    samples_per_pixel: usize,
    bits: u32,
    /// Pairs of each channel.
    length: usize,
    data: Vec<i8>,
}

/// Makes the peaks, unless they are there.
///
/// # Errors
/// [`RecordingError`]
pub fn make_peaks(directory: &Path) -> Result<(), RecordingError> {
    if directory.join(PEAKS).exists() {
        return Ok(());
    }
    let mut stereo = stereo(directory)?;
    let (mut left, mut right) = (Peaks::default(), Peaks::default());
    while let Some((candidate, interviewer)) = stereo.next_block()? {
        left.push(&candidate);
        right.push(&interviewer);
    }
    left.finish();
    right.finish();
    let pairs = left.pairs.iter().zip(&right.pairs);
    let data: Vec<i8> = pairs.flat_map(|(&(a, b), &(c, d))| [a, b, c, d]).collect();
    let (version, channels, bits) = (2, 2, 8);
    let (sample_rate, samples_per_pixel) = (SAMPLE_RATE_HZ, PEAK_SAMPLES);
    let length = left.pairs.len();
    let peaks = PeaksFile { version, channels, sample_rate, samples_per_pixel, bits, length, data };
    publish(directory, PEAKS, |file| {
        let mut writer = BufWriter::new(file);
        serde_json::to_writer(&mut writer, &peaks)?;
        Ok(writer.flush()?)
    })?;
    Ok(())
}

/// Makes the stereo export, unless it is there; returns where it is.
///
/// # Errors
/// [`RecordingError`]
pub fn make_stereo(directory: &Path) -> Result<PathBuf, RecordingError> {
    let path = directory.join(STEREO);
    if path.exists() {
        return Ok(path);
    }
    let mut stereo = stereo(directory)?;
    let spec = hound::WavSpec {
        channels: 2,
        sample_rate: SAMPLE_RATE_HZ,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    publish(directory, STEREO, |file| {
        let mut wav = hound::WavWriter::new(BufWriter::new(file), spec)?;
        while let Some((left, right)) = stereo.next_block()? {
            let mut samples = wav.get_i16_writer(2 * left.len() as u32);
            for (left, right) in left.into_iter().zip(right) {
                samples.write_sample(left);
                samples.write_sample(right);
            }
            samples.flush()?;
        }
        Ok(wav.finalize()?)
    })?;
    Ok(path)
}

/// Makes a file under another name first: under its own it is always whole.
fn publish(
    directory: &Path,
    name: &str,
    write: impl FnOnce(&File) -> Result<(), RecordingError>,
) -> Result<(), RecordingError> {
    let draft = directory.join(format!("{name}.part"));
    let written = (|| {
        let file =
            OpenOptions::new().read(true).write(true).create(true).truncate(true).mode(FILE_MODE).open(&draft)?;
        write(&file)?;
        file.sync_all()?;
        fs::rename(&draft, directory.join(name))?;
        Ok(File::open(directory)?.sync_all()?)
    })();
    if written.is_err() {
        // A disk that is full gets its room back; what cannot be removed is made anew the next time.
        let _ = fs::remove_file(&draft);
    }
    written
}
