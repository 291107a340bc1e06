//! Do the log, the rows and the files of a session still say the same?

use super::{Digest, Entry, Head, Row, Salt, entry_hash, genesis, kind};
use serde::Serialize;
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// Everything that is kept of a session, as of one moment.
#[derive(Clone, Debug)]
pub struct Evidence {
    pub session_id: String,
    /// By `seq`.
    pub entries: Vec<Entry>,
    /// What is kept of the log's end apart from it. `None`: this session has no log.
    pub head: Option<Head>,
    /// `None` once it is erased.
    pub salt: Option<Salt>,
    /// The rows of sealed tables.
    pub rows: Vec<Row>,
}

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Finding {
    /// `item item_3`, `log entry 14`, `user.ogg`.
    pub place: String,
    pub problem: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.problem)
    }
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Everything that is there is as the log says.
    Intact,
    /// Erased; the log holds together, and nothing that it sealed is there.
    Erased,
    /// Something differs.
    Differs,
    /// The session is older than its log: what is logged is as the log says, the rest cannot be known.
    Partial,
}

/// The outcome of [`verify`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Report {
    pub session_id: String,
    pub verdict: Verdict,
    /// Entries of the log.
    pub entries: u64,
    /// Hash of the last one, hexadecimal.
    pub head: String,
    pub findings: Vec<Finding>,
}

impl Report {
    /// Takes differences that were found elsewhere: in files.
    pub fn add(&mut self, findings: Vec<Finding>) {
        if !findings.is_empty() {
            self.verdict = Verdict::Differs;
            self.findings.extend(findings);
        }
    }
}

/// What the log says of one row.
#[derive(Default)]
struct Expected {
    /// Column to (digest, entry).
    columns: BTreeMap<String, (String, u64)>,
    last_seq: u64,
}

/// Compares.
pub fn verify(evidence: &Evidence) -> Report {
    let mut findings = chain(evidence);
    let has = |wanted: &str| evidence.entries.iter().any(|entry| entry.kind == wanted);
    let erased = has(kind::ERASED);
    let complete = has(kind::CREATED);
    match &evidence.salt {
        _ if erased => findings.extend(left_behind(evidence)),
        Some(salt) if committed(evidence, salt) => findings.extend(rows(evidence, salt, complete)),
        Some(_) => findings.push(finding("salt", "differs from log entry 1, so that no row can be checked")),
        None if evidence.entries.is_empty() => {}
        None => findings.push(finding("salt", "is missing although nothing was erased")),
    }
    let verdict = match () {
        () if !findings.is_empty() => Verdict::Differs,
        () if erased => Verdict::Erased,
        () if complete => Verdict::Intact,
        () => Verdict::Partial,
    };
    let head = evidence.entries.last().map_or_else(|| genesis(&evidence.session_id), |entry| entry.hash);
    Report {
        session_id: evidence.session_id.clone(),
        verdict,
        entries: evidence.entries.len() as u64,
        head: head.to_string(),
        findings,
    }
}

/// Do the entries follow from each other, and end where they should?
fn chain(evidence: &Evidence) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut stored = genesis(&evidence.session_id);
    let mut computed = stored;
    let mut next = 1;
    for entry in &evidence.entries {
        let place = format!("log entry {}", entry.seq);
        for missing in next..entry.seq.min(next + 100) {
            found.push(finding(format!("log entry {missing}"), "is missing"));
        }
        let has_hole = entry.seq != next;
        let hash = |prev: &Digest| entry_hash(prev, entry.seq, entry.at_ms, &entry.kind, &entry.data);
        // After an altered entry the next ones are held against what is stored and against what should be: only the
        // altered one is named.
        let follows = hash(&stored) == entry.hash || hash(&computed) == entry.hash;
        if !follows && !has_hole {
            found.push(finding(place, "differs from its hash"));
        }
        computed = hash(&computed);
        stored = entry.hash;
        next = entry.seq + 1;
    }
    let Some(head) = evidence.head else {
        if !evidence.entries.is_empty() {
            found.push(finding("log head", "is missing"));
        }
        return found;
    };
    if head.entries + 1 != next {
        let problem = format!("counts {} entries, the log ends with entry {}", head.entries, next - 1);
        found.push(finding("log head", problem));
    } else if head.hash != stored {
        found.push(finding("log head", format!("differs from the hash of log entry {}", head.entries)));
    }
    found
}

fn committed(evidence: &Evidence, salt: &Salt) -> bool {
    let opened = evidence.entries.iter().find(|entry| entry.kind == kind::OPENED);
    opened.is_some_and(|entry| data(entry)["salt"].as_str() == Some(&salt.commitment()))
}

fn data(entry: &Entry) -> Value {
    serde_json::from_str(&entry.data).unwrap_or(Value::Null)
}

/// Every row against what the log said of it last.
fn rows(evidence: &Evidence, salt: &Salt, complete: bool) -> Vec<Finding> {
    let mut expected = sealed(&evidence.entries);
    let mut found = Vec::new();
    for row in &evidence.rows {
        let place = place(row);
        let Some(said) = expected.remove(&(row.table.clone(), salt.row(&row.table, &row.key))) else {
            if complete {
                found.push(finding(place, "is not in the log"));
            }
            continue;
        };
        for (column, (digest, seq)) in &said.columns {
            let problem = match row.cells.get(column) {
                Some(cell) if salt.cell(row, column, cell) == *digest => continue,
                Some(_) => format!("{column} differs from log entry {seq}"),
                None => format!("{column} of log entry {seq} is missing"),
            };
            found.push(finding(place.clone(), problem));
        }
    }
    for ((table, _), said) in expected {
        let place = format!("{} of log entry {}", noun(&table), said.last_seq);
        found.push(finding(place, "is missing"));
    }
    found
}

/// What the entries say, up to the last one: by table and sealed row.
fn sealed(entries: &[Entry]) -> BTreeMap<(String, String), Expected> {
    let mut expected: BTreeMap<(String, String), Expected> = BTreeMap::new();
    for entry in entries {
        let data = data(entry);
        let gone: BTreeSet<&str> = strings(&data["gone"]).collect();
        if !gone.is_empty() {
            expected.retain(|(table, _), _| !gone.contains(table.as_str()));
        }
        let (Some(table), Some(row)) = (data["table"].as_str(), data["row"].as_str()) else { continue };
        let key = (table.to_owned(), row.to_owned());
        let Some(columns) = data["columns"].as_object() else {
            expected.remove(&key);
            continue;
        };
        let said = expected.entry(key).or_default();
        said.last_seq = entry.seq;
        for (column, digest) in columns {
            let digest = digest.as_str().unwrap_or_default().to_owned();
            said.columns.insert(column.clone(), (digest, entry.seq));
        }
    }
    expected
}

fn strings(value: &Value) -> impl Iterator<Item = &str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str)
}

/// Rows of an erased session. The event that tells of the erasure is the one thing that is left.
fn left_behind(evidence: &Evidence) -> Vec<Finding> {
    let mut found = Vec::new();
    if evidence.salt.is_some() {
        found.push(finding("salt", "is there although the session was erased"));
    }
    let rows = evidence.rows.iter().filter(|row| row.table != "session_events");
    found.extend(rows.map(|row| finding(place(row), "is there although the session was erased")));
    found
}

fn place(row: &Row) -> String {
    if row.table == "sessions" { "session".to_owned() } else { format!("{} {}", noun(&row.table), row.key) }
}

/// One row of a table, for people.
fn noun(table: &str) -> &str {
    match table {
        "session_events" => "event",
        "voice_sessions" => "voice session",
        other => other.strip_suffix('s').unwrap_or(other),
    }
}

fn finding(place: impl Into<String>, problem: impl Into<String>) -> Finding {
    Finding { place: place.into(), problem: problem.into() }
}

/// A file against the digests of its blocks of `block_bytes`, as they were sealed: `digests` of the file that is there,
/// `bytes` its length.
pub fn check_file(name: &str, block_bytes: u64, sealed: &[Digest], found: &[Digest], bytes: u64) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (block, (was, is)) in sealed.iter().zip(found).enumerate() {
        if was != is {
            let from = block as u64 * block_bytes;
            let to = (from + block_bytes).min(bytes).saturating_sub(1);
            findings.push(finding(name, format!("block {block} (bytes {from}\u{2013}{to}) differs")));
        }
    }
    if sealed.len() != found.len() {
        let problem = format!("has {} blocks of {block_bytes} bytes, {} were sealed", found.len(), sealed.len());
        findings.push(finding(name, problem));
    }
    findings
}
