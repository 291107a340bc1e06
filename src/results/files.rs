//! The files of a recording, as far as keeping goes: are they what was sealed, and that they are gone.
//!
//! They are `recordings/{session_id}/{user|assistant}.ogg` below the data directory, with what is made of them beside.

use crate::domain::{
    id::SessionId,
    log::{Cell, Digest, Evidence, Finding, Verdict, check_file, kind},
};
use serde::Deserialize;
use std::{
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
};

/// Bytes of a block with a digest of its own.
const BLOCK_BYTES: usize = 64 * 1024;

/// What was deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Deleted {
    pub files: u64,
    pub bytes: u64,
}

/// One side's file, as the row of its recording says.
#[derive(Deserialize)]
struct Track {
    side: String,
    /// SHA-256 of each block, hexadecimal.
    blocks: Vec<String>,
}

fn directory(data_dir: &Path, session_id: &str) -> PathBuf {
    data_dir.join("recordings").join(session_id)
}

/// Holds the files against the digests in the row of the recording, which the log vouches for. Blocks.
pub fn check(data_dir: &Path, evidence: &Evidence) -> Vec<Finding> {
    if !SessionId::is_client_chosen(&evidence.session_id) {
        return Vec::new();
    }
    let directory = directory(data_dir, &evidence.session_id);
    if evidence.entries.iter().any(|entry| entry.kind == kind::ERASED) {
        let left = directory.exists();
        return left.then(|| finding("recording", "is there although the session was erased")).into_iter().collect();
    }
    let row = evidence.rows.iter().find(|row| row.table == "recordings");
    let Some(Cell::Text(tracks)) = row.and_then(|row| row.cells.get("tracks")) else { return Vec::new() };
    let Ok(tracks) = serde_json::from_str::<Vec<Track>>(tracks) else {
        return vec![finding("recording", "has tracks that cannot be read")];
    };
    tracks.iter().flat_map(|track| check_track(&directory, track)).collect()
}

fn check_track(directory: &Path, track: &Track) -> Vec<Finding> {
    let name = format!("{}.ogg", track.side);
    if !["user", "assistant"].contains(&track.side.as_str()) {
        return vec![finding(&name, "is no side of a recording")];
    }
    let sealed: Option<Vec<Digest>> = track.blocks.iter().map(|hex| Digest::from_hex(hex)).collect();
    let Some(sealed) = sealed else { return vec![finding(&name, "has digests that cannot be read")] };
    match blocks(&directory.join(&name)) {
        Ok((found, bytes)) => check_file(&name, BLOCK_BYTES as u64, &sealed, &found, bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => vec![finding(&name, "is missing")],
        Err(error) => vec![finding(&name, &format!("cannot be read: {error}"))],
    }
}

/// The digest of each block, and how many bytes there are.
fn blocks(path: &Path) -> io::Result<(Vec<Digest>, u64)> {
    let mut file = File::open(path)?;
    let (mut digests, mut bytes) = (Vec::new(), 0);
    let mut block = Vec::with_capacity(BLOCK_BYTES);
    loop {
        block.clear();
        let read = file.by_ref().take(BLOCK_BYTES as u64).read_to_end(&mut block)?;
        if read == 0 {
            return Ok((digests, bytes));
        }
        bytes += read as u64;
        digests.push(Digest::of(&block));
    }
}

fn finding(place: &str, problem: &str) -> Finding {
    Finding { place: place.to_owned(), problem: problem.to_owned() }
}

/// Deletes everything that is recorded of a session. Durable when it returns. Blocks.
///
/// # Errors
/// Those of the file system: something may be left then, and the same call may be made again.
pub fn delete(data_dir: &Path, session_id: &SessionId) -> io::Result<Deleted> {
    if !SessionId::is_client_chosen(session_id.as_str()) {
        return Ok(Deleted::default());
    }
    let directory = directory(data_dir, session_id.as_str());
    let entries = match fs::read_dir(&directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Deleted::default()),
        Err(error) => return Err(error),
    };
    let mut deleted = Deleted::default();
    for entry in entries {
        deleted.files += 1;
        deleted.bytes += entry?.metadata()?.len();
    }
    fs::remove_dir_all(&directory)?;
    if let Some(parent) = directory.parent() {
        File::open(parent)?.sync_all()?;
    }
    Ok(deleted)
}

/// What the log says of a session, rows and files together. Blocks, for the files.
pub fn report(data_dir: &Path, evidence: &Evidence) -> crate::domain::log::Report {
    let mut report = crate::domain::log::verify(evidence);
    // Rows that are not what was sealed vouch for no file.
    let sealed = report.verdict != Verdict::Differs
        || !report.findings.iter().any(|finding| finding.place.starts_with("recording"));
    if sealed {
        report.add(check(data_dir, evidence));
    }
    report
}
