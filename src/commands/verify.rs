//! `viva verify`: do the log, the rows and the recordings of sessions still say the same?

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "what it finds is this command's output")]

use crate::{
    config::Config,
    domain::{
        id::SessionId,
        log::{Digest, Evidence, Finding, Report, Verdict},
    },
    results::files,
    store::{Location, log::Witness},
};
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

/// Exit status when something differs.
const DIFFERS: u8 = 1;
/// Exit status when something cannot be checked.
const UNCHECKED: u8 = 2;
/// Sessions that are listed at once.
const BATCH: u32 = 500;

/// What to look at.
#[derive(clap::Args)]
pub struct Arguments {
    /// Sessions to check
    sessions: Vec<String>,
    /// Check every session
    #[arg(long, conflicts_with = "sessions")]
    all: bool,
    /// The database, as in DATABASE_URL
    #[arg(long)]
    database: Option<String>,
    /// Where the recordings are, as in VIVA_DATA_DIR
    #[arg(long)]
    data_dir: Option<PathBuf>,
    /// A head that the log of the session had once: it must be in it
    #[arg(long, requires = "sessions")]
    head: Vec<String>,
    /// One JSON object a session
    #[arg(long)]
    json: bool,
}

/// Why nothing can be said.
#[derive(Debug, thiserror::Error)]
enum Unchecked {
    #[error("name sessions to check, or --all")]
    Nothing,
    #[error("--database {0}")]
    Database(#[from] crate::store::LocationError),
    #[error("--head must be 64 hexadecimal digits")]
    Head,
    #[error("cannot open the database: {0}")]
    Store(#[from] crate::store::StoreError),
}

#[derive(Default)]
struct Tally {
    sessions: u64,
    differing: u64,
    unchecked: u64,
}

/// Exits with 0 when everything is as the logs say, 1 when something differs, 2 when something cannot be checked.
pub async fn run(config: &Config, arguments: Arguments) -> ExitCode {
    match check(config, &arguments).await {
        Ok(tally) => {
            if !arguments.json {
                println!("{} sessions checked, {} differ", tally.sessions, tally.differing);
            }
            match tally {
                Tally { differing: 1.., .. } => ExitCode::from(DIFFERS),
                Tally { unchecked: 1.., .. } => ExitCode::from(UNCHECKED),
                Tally { .. } => ExitCode::SUCCESS,
            }
        }
        Err(error) => {
            eprintln!("viva verify: {error}");
            ExitCode::from(UNCHECKED)
        }
    }
}

async fn check(config: &Config, arguments: &Arguments) -> Result<Tally, Unchecked> {
    if arguments.sessions.is_empty() && !arguments.all {
        return Err(Unchecked::Nothing);
    }
    let heads: Option<Vec<Digest>> = arguments.head.iter().map(|head| Digest::from_hex(head)).collect();
    let heads = heads.ok_or(Unchecked::Head)?;
    let named = arguments.database.as_deref().map(Location::parse).transpose()?;
    let witness = Witness::open(named.as_ref().unwrap_or(&config.database)).await?;
    let data_dir = arguments.data_dir.as_ref().unwrap_or(&config.outcome.data_dir);
    let mut tally = Tally::default();
    let mut sessions: Vec<SessionId> = arguments.sessions.iter().map(|id| SessionId::new(id.clone())).collect();
    if arguments.all {
        sessions = witness.sessions("", BATCH).await?;
    }
    while let Some(last) = sessions.last().cloned() {
        for session_id in &sessions {
            let evidence = witness.evidence(session_id).await;
            one(&mut tally, session_id, evidence, data_dir, &heads, arguments.json);
        }
        sessions = if arguments.all { witness.sessions(last.as_str(), BATCH).await? } else { Vec::new() };
    }
    Ok(tally)
}

fn one(
    tally: &mut Tally,
    session_id: &SessionId,
    evidence: Result<Option<Evidence>, crate::store::StoreError>,
    data_dir: &Path,
    heads: &[Digest],
    json: bool,
) {
    tally.sessions += 1;
    let evidence = match evidence {
        Ok(Some(evidence)) => evidence,
        Ok(None) => {
            tally.unchecked += 1;
            return eprintln!("{session_id}: there is no such session");
        }
        // What cannot even be read was not written by us.
        Err(error) => {
            tally.differing += 1;
            return eprintln!("{session_id}: {error}");
        }
    };
    let mut report = files::report(data_dir, &evidence);
    report.add(missing_heads(&evidence, heads));
    if report.verdict == Verdict::Differs {
        tally.differing += 1;
    }
    say(&report, json);
}

/// Heads that were told to somebody and are in the log no more.
fn missing_heads(evidence: &Evidence, heads: &[Digest]) -> Vec<Finding> {
    let absent = |head: &&Digest| !evidence.entries.iter().any(|entry| entry.hash == **head);
    let finding = |head: &Digest| Finding { place: "log".to_owned(), problem: format!("never had the head {head}") };
    heads.iter().filter(absent).map(finding).collect()
}

fn say(report: &Report, json: bool) {
    if json {
        // A report has nothing that JSON cannot say.
        return println!("{}", serde_json::to_string(report).unwrap_or_default());
    }
    let verdict = match report.verdict {
        Verdict::Intact => "intact",
        Verdict::Erased => "erased, and nothing of it is left",
        Verdict::Differs => "DIFFERS",
        Verdict::Partial => "older than its log; what is logged is intact",
    };
    println!("{}: {verdict} ({} entries, head {})", report.session_id, report.entries, report.head);
    for finding in &report.findings {
        println!("  {finding}");
    }
}
