//! Durability, proved from outside: a process that writes is killed, or its syncs fail, and what it acknowledged is
//! looked for afterwards. The writer is this test binary itself, started again as [`writer_process`].
//!
//! `kill -9` cannot show a missing sync, because the page cache survives it; so `strace` shows that no acknowledgement
//! leaves before a sync returned, and makes syncs fail.

use sqlx::{ConnectOptions, Connection, Row, sqlite::SqliteConnectOptions};
use std::{
    collections::{BTreeMap, BTreeSet},
    io::{BufRead, BufReader, Read, Write},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
    time::{Duration, Instant},
};
use viva::{
    domain::{
        id::SessionId,
        log,
        session::{Change, EndReason, Status},
    },
    store::{Location, SqlStore, Store, conformance},
};

/// Set for the writer: the database, how many sessions write at once, and how they misbehave.
const DATABASE: &str = "VIVA_TEST_CRASH_DATABASE";
const SESSIONS: &str = "VIVA_TEST_CRASH_SESSIONS";
const PLANTED: &str = "VIVA_TEST_CRASH_PLANTED";
/// Steps of one session before the writer leaves by itself.
const STEPS: u32 = 400;
/// Instants at which the writer is killed.
const KILLS: u64 = 50;

/// Not a test of its own: what the tests below start again. Does nothing in a normal run.
#[tokio::test]
async fn writer_process() {
    let Some(path) = std::env::var_os(DATABASE) else { return };
    let sessions: u8 = std::env::var(SESSIONS).unwrap().parse().unwrap();
    let early = std::env::var_os(PLANTED).is_some();
    say("\n");
    let store = match SqlStore::open(&Location::Sqlite(path.into())).await {
        Ok(store) => store,
        Err(error) => return say(&format!("refused {error}\n")),
    };
    futures_util::future::join_all((1..=sessions).map(|n| write_session(&store, n, early))).await;
    store.close().await;
}

/// Writes one item a step, and says so once it is durable. `early`: the planted fault, saying so before.
async fn write_session(store: &SqlStore, n: u8, early: bool) {
    let session = conformance::new_session(n);
    let session_id = session.session_id.clone();
    if store.create_session(session).await.is_err() {
        return say("refused session\n");
    }
    say(&format!("ack {n} 0\n"));
    let mut refused = 0;
    let mut step = 1;
    while step <= STEPS && refused < 3 {
        let changes = vec![Change::Item(conformance::item(step, &words(n, step)))];
        if early {
            say(&format!("ack {n} {step}\n"));
        }
        match store.apply(&session_id, u64::from(step), conformance::at(1), changes).await {
            Ok(()) => {
                if !early {
                    say(&format!("ack {n} {step}\n"));
                }
                (step, refused) = (step + 1, 0);
            }
            Err(error) => {
                say(&format!("refused {n} {step}: {error}\n"));
                refused += 1;
            }
        }
    }
}

fn words(n: u8, step: u32) -> String {
    format!("[session {n} step {step}]")
}

/// One write to the pipe, past the test harness.
fn say(line: &str) {
    let mut output = std::io::stdout().lock();
    output.write_all(line.as_bytes()).and_then(|()| output.flush()).expect("the parent holds the pipe open");
}

/// What the writer said.
#[derive(Debug, Default)]
struct Said {
    /// The last acknowledged step of each session; 0 is the session itself.
    acknowledged: BTreeMap<u8, u32>,
    acknowledgements: u32,
    refusals: u32,
}

impl Said {
    fn read(&mut self, line: &str) {
        if line.starts_with("refused") {
            self.refusals += 1;
        }
        let Some(rest) = line.strip_prefix("ack ") else { return };
        let mut numbers = rest.split_whitespace();
        let session = numbers.next().and_then(|number| number.parse().ok());
        let step = numbers.next().and_then(|number| number.parse().ok());
        // A line that the kill cut in two says nothing.
        let (Some(session), Some(step)) = (session, step) else { return };
        self.acknowledged.insert(session, step);
        self.acknowledgements += 1;
    }

    fn read_all(mut self, output: impl Read) -> Self {
        for line in BufReader::new(output).lines() {
            self.read(&line.expect("the writer says text"));
        }
        self
    }
}

fn writer(mut command: Command, database: &Path, sessions: u8) -> Child {
    command
        .env(DATABASE, database)
        .env(SESSIONS, sessions.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the test binary can be started again, and strace is installed (scripts/install-deps)")
}

/// Arguments with which the test binary runs only the writer.
const WRITER: [&str; 4] = ["--exact", "crash::writer_process", "--nocapture", "--test-threads=1"];

fn plain() -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(WRITER);
    command
}

fn under_strace(trace: &Path, rules: &[&str]) -> Command {
    let mut command = Command::new("strace");
    command.args(["-f", "-qq", "-s", "8192", "-o"]).arg(trace);
    for rule in rules {
        command.args(["-e", rule]);
    }
    command.arg(std::env::current_exe().unwrap()).args(WRITER);
    command
}

/// SplitMix64: the same instants in every run.
fn draw(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Reads acknowledgements until there are so many, then kills at some microsecond after.
fn kill_at(child: &mut Child, output: &mut BufReader<ChildStdout>, seed: u64) -> Said {
    let after_acks = draw(seed) % 120;
    let spin = Duration::from_micros(draw(seed ^ 0xff) % 4_000);
    let mut said = Said::default();
    let mut line = String::new();
    while u64::from(said.acknowledgements) < after_acks && output.read_line(&mut line).unwrap() > 0 {
        said.read(line.trim_end());
        line.clear();
    }
    let aimed = Instant::now();
    while aimed.elapsed() < spin {
        std::hint::spin_loop();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    said
}

#[tokio::test]
async fn no_acknowledged_item_is_lost_or_doubled_by_a_kill() {
    let mut kept = 0;
    for seed in 0..KILLS {
        let directory = tempfile::tempdir().unwrap();
        let database = directory.path().join("viva.db");
        let mut child = writer(plain(), &database, 3);
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let said = kill_at(&mut child, &mut output, seed).read_all(output);
        kept += said.acknowledgements;
        check_after_crash(&database, &said, &format!("seed {seed}")).await;
    }
    assert!(kept > 1_000, "the kills came too early to show anything: {kept} acknowledgements");
}

/// Opens what the writer left, as a new server does, and looks for everything that was acknowledged.
async fn check_after_crash(database: &Path, said: &Said, what: &str) {
    let opened = Instant::now();
    let store =
        SqlStore::open(&Location::Sqlite(database.to_owned())).await.unwrap_or_else(|error| panic!("{what}: {error}"));
    let recovered = store.recover(conformance::at(500)).await.unwrap();
    let took = opened.elapsed();
    assert!(took < Duration::from_secs(2), "{what}: ready after {took:?}");
    for (&n, &step) in &said.acknowledged {
        let session_id = SessionId::from_random([n; 16]);
        assert!(recovered.contains(&session_id), "{what}: session {n} is lost");
        let record = store.load_session(&session_id).await.unwrap().unwrap();
        assert_eq!((record.status, record.end_reason), (Status::Ended, Some(EndReason::Interrupted)), "{what}");
        let steps: Vec<u32> = record.items.iter().map(|item| item.position).collect();
        let last = u32::try_from(steps.len()).unwrap();
        assert_eq!(steps, (1..=last).collect::<Vec<_>>(), "{what}: each step once and in order");
        assert!(last >= step, "{what}: session {n} acknowledged {step} steps and has {last}");
        assert!(last <= step + 1, "{what}: at most one step is under way");
        assert!(record.items.iter().all(|item| item.content == words(n, item.position)), "{what}");
        assert_eq!(record.sequence, u64::from(last), "{what}");
        let evidence = store.evidence(&session_id).await.unwrap().unwrap();
        let report = log::verify(&evidence);
        assert_eq!((report.verdict, &report.findings[..]), (log::Verdict::Intact, &[][..]), "{what}: the log");
    }
    store.close().await;
    let mut connection = SqliteConnectOptions::new().filename(database).connect().await.unwrap();
    let report = sqlx::query("PRAGMA integrity_check").fetch_one(&mut connection).await.unwrap();
    assert_eq!(report.get::<String, _>(0), "ok", "{what}");
    connection.close().await.unwrap();
}

fn run_traced(database: &Path, trace: &Path, rules: &[&str], planted: bool, sessions: u8) -> Said {
    let mut command = under_strace(trace, rules);
    if planted {
        command.env(PLANTED, "1");
    }
    let mut child = writer(command, database, sessions);
    let output = child.stdout.take().unwrap();
    let said = Said::default().read_all(output);
    child.wait().unwrap();
    said
}

/// What `strace` is to write down for [`early_acknowledgements`].
const TRACED: &str = "trace=fsync,fdatasync,write,pwrite64";

#[tokio::test]
async fn a_sync_that_fails_is_never_acknowledged() {
    // From this sync of a thread on, every one fails; a new connection is a new thread. The first few syncs are those
    // of an empty database being made.
    let mut acknowledged = 0;
    for first in [1, 2, 3, 5, 8, 13, 21, 40, 90] {
        let directory = tempfile::tempdir().unwrap();
        let (database, trace) = (directory.path().join("viva.db"), directory.path().join("trace"));
        let rule = format!("inject=fsync,fdatasync:error=EIO:when={first}+");
        let said = run_traced(&database, &trace, &[TRACED, rule.as_str()], false, 1);
        let what = format!("every sync from number {first} on fails");
        assert!(said.refusals > 0, "{what}: nobody noticed: {said:?}");
        let (checked, early) = early_acknowledgements(&std::fs::read_to_string(trace).unwrap());
        assert_eq!(early, 0, "{what}: acknowledged although no sync worked");
        acknowledged += checked;
        check_after_crash(&database, &said, &what).await;
    }
    assert!(acknowledged > 50, "the faults came too early to show anything: {acknowledged}");
}

#[tokio::test]
async fn after_one_failed_sync_the_same_step_can_be_made_again() {
    // Later than the last sync of an empty database being made.
    for number in [70, 105, 150, 230] {
        let directory = tempfile::tempdir().unwrap();
        let database = directory.path().join("viva.db");
        let rule = format!("inject=fsync,fdatasync:error=EIO:when={number}");
        let rules = ["trace=fsync,fdatasync", rule.as_str()];
        let said = run_traced(&database, &directory.path().join("trace"), &rules, false, 2);
        let what = format!("sync number {number} fails");
        assert!(said.refusals > 0, "{what}: nobody noticed: {said:?}");
        for n in 1..=2 {
            assert_eq!(said.acknowledged.get(&n), Some(&STEPS), "{what}: the writer went on: {said:?}");
        }
        check_after_crash(&database, &said, &what).await;
    }
}

#[tokio::test]
async fn no_acknowledgement_leaves_before_its_sync_returned() {
    let traced = |planted| {
        let directory = tempfile::tempdir().unwrap();
        let trace = directory.path().join("trace");
        let said = run_traced(&directory.path().join("viva.db"), &trace, &[TRACED], planted, 1);
        assert_eq!(said.acknowledged.get(&1), Some(&STEPS));
        early_acknowledgements(&std::fs::read_to_string(trace).unwrap())
    };
    assert_eq!(traced(false), (STEPS, 0));
    // The control: a writer that acknowledges first is found out, every time.
    assert_eq!(traced(true), (STEPS, STEPS));
}

/// Of one session's acknowledgements in a trace: how many there are, and how many left before a sync had returned that
/// came after their words were written.
fn early_acknowledgements(trace: &str) -> (u32, u32) {
    let (mut written, mut durable) = (BTreeSet::<u32>::new(), BTreeSet::<u32>::new());
    let (mut checked, mut early) = (0, 0);
    for line in trace.lines() {
        if let Some((_, said)) = line.split_once("write(1, \"ack 1 ") {
            let step: u32 = said.split(|c: char| !c.is_ascii_digit()).next().unwrap().parse().unwrap();
            if step > 0 {
                checked += 1;
                early += u32::from(!durable.contains(&step));
            }
        } else if line.contains("write") {
            for (step, _) in line.split("[session 1 step ").skip(1).filter_map(|rest| rest.split_once(']')) {
                written.extend(step.parse::<u32>());
            }
        } else if line.ends_with("= 0") {
            durable.append(&mut written);
        }
    }
    (checked, early)
}
