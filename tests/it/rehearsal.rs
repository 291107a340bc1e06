//! Before the interview: the device check's echo, and a practice of which nothing is kept.

use crate::{
    engine::rig::clip,
    support::{
        caller::{Caller, Frame, PATIENCE, Seen, is_end, is_my_turn, scripted_server},
        server::{TestServer, answer, text},
    },
};
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, ConnectOptions, Row, any::AnyConnectOptions};
use std::{
    collections::BTreeMap,
    f64::consts::TAU,
    fs,
    path::Path,
    time::{Duration, Instant},
};
use viva::domain::audio::FRAME_SAMPLES;

/// A word that nobody says, and that is nowhere else.
const CANARY: &str = "zanzibarquokka";
const TONE_HZ: f64 = 440.0;
/// The way to the server and back, on one machine that others use too.
const ECHO_MS_MAX: u128 = 250;

/// The `index`th 20 ms of a tone.
fn tone(index: usize) -> Frame {
    std::array::from_fn(|at| {
        let seconds = (index * FRAME_SAMPLES + at) as f64 / 24_000.0;
        (8_000.0 * (TAU * TONE_HZ * seconds).sin()) as i16
    })
}

fn silence(frames: usize) -> impl Iterator<Item = Frame> {
    std::iter::repeat_n([0; FRAME_SAMPLES], frames)
}

fn refused(answered: &(u16, Value)) -> (u16, &str) {
    (answered.0, answered.1["code"].as_str().unwrap_or_default())
}

fn is_quality(event: &Value) -> bool {
    event["type"] == "quality"
}

async fn delete(server: &TestServer, path: &str) -> u16 {
    answer(server.request(Method::DELETE, path)).await.0
}

/// Begins a rehearsal and connects to it.
async fn rehearse(caller: &Caller, kind: &str) {
    let (status, begun) = caller.post("rehearsal", json!({"kind": kind})).await;
    assert_eq!((status, &begun["kind"], text(&begun, "session_id")), (201, &json!(kind), caller.id.clone()), "{begun}");
    assert!(begun["ice_servers"].is_array() && begun["expires_at"].is_string(), "{begun}");
    caller.offer_to("rehearsal/offer", false).await;
    caller.until("a connection", |seen| seen.connected > 0).await;
}

/// When a sound began after silence: more than `quiet` since the sound before.
fn onsets(at: impl IntoIterator<Item = Instant>, quiet: Duration) -> Vec<Instant> {
    let mut last: Option<Instant> = None;
    let mut onsets = Vec::new();
    for at in at {
        if last.is_none_or(|last| at - last > quiet) {
            onsets.push(at);
        }
        last = Some(at);
    }
    onsets
}

fn loud(seen: &Seen) -> Vec<Instant> {
    seen.heard.iter().filter(|(_, is_loud)| *is_loud).map(|(at, _)| *at).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_gives_the_voice_back_soon_and_without_gaps() {
    const PULSES: usize = 6;
    const STEADY: usize = 250;
    let server = scripted_server(&[]).await;
    let caller = Caller::new(&server, "tryout").await;
    rehearse(&caller, "check").await;
    let pulse = || (0..10).map(tone).chain(silence(20));
    caller.say((0..PULSES).flat_map(|_| pulse()));
    caller.say((0..STEADY).map(tone));
    let quiet = Duration::from_millis(200);
    let enough = |seen: &Seen| seen.voiced >= (PULSES * 10 + STEADY) * 9 / 10 && caller.spoken().len() >= STEADY;
    let seen = caller.until("the echo", enough).await;

    let (sent, came) = (onsets(caller.spoken(), quiet), onsets(loud(&seen), quiet));
    assert_eq!((sent.len(), came.len()), (PULSES + 1, PULSES + 1));
    let mut delays_ms: Vec<u128> = sent.iter().zip(&came).map(|(sent, came)| (*came - *sent).as_millis()).collect();
    delays_ms.sort_unstable();
    println!("echo after {delays_ms:?} ms, median {}", delays_ms[delays_ms.len() / 2]);
    assert!(delays_ms.iter().all(|ms| *ms <= ECHO_MS_MAX), "{delays_ms:?}");

    let steady: Vec<bool> =
        seen.heard.iter().filter(|(at, _)| *at >= came[PULSES]).map(|(_, is_loud)| *is_loud).collect();
    let steady = &steady[..steady.iter().rposition(|is_loud| *is_loud).unwrap() + 1];
    let missing = steady.iter().filter(|is_loud| !**is_loud).count();
    println!("{missing} of {} packets of the steady tone were silent", steady.len());
    assert!(missing * 20 <= steady.len(), "{missing} of {} silent", steady.len());

    let quality = |seen: &Seen| seen.messages.iter().filter(|event| is_quality(event)).cloned().collect::<Vec<_>>();
    let seen = caller.until("three reports", |seen| quality(seen).len() >= 3).await;
    assert!(seen.messages.iter().all(is_quality), "nothing else is told: {:?}", seen.messages);
    for pair in quality(&seen).windows(2) {
        let apart_ms = pair[1]["at_ms"].as_u64().unwrap() - pair[0]["at_ms"].as_u64().unwrap();
        assert!((700..1_900).contains(&apart_ms), "{apart_ms} ms apart");
        let data = &pair[1]["data"];
        assert!(data["loss_ratio"].as_f64().unwrap() < 0.5 && data["jitter_ms"].is_number(), "{data}");
        assert!(data["rtt_ms"].is_null() || data["rtt_ms"].as_f64().unwrap() < 1_000.0, "{data}");
    }
    let (_, results) = server.get(&format!("/api/interview/{}/results", caller.id)).await;
    assert_eq!((&results["transcript"], &results["started_at"]), (&json!([]), &json!(null)), "it is no interview");
    server.stop().await;
}

/// A session of an interview that is recorded, and its caller.
async fn recorded(server: &TestServer) -> Caller {
    let interview = json!({
        "title": "Recorded", "recording": true, "candidate_may_read_results": true,
        "questions": [{"text": "What do you do?"}],
    });
    let (status, interview) = server.post("/api/v1/interviews", interview).await;
    assert_eq!(status, 201, "{interview}");
    let start = json!({"user_id": "ann", "interview_id": text(&interview, "interview_id")});
    let (status, started) = server.post("/api/interview/start", start).await;
    assert_eq!(status, 200, "{started}");
    Caller::of_session(server, text(&started, "session_id"), text(&started, "token")).await
}

/// Every row of every table.
async fn rows(database: &Path) -> BTreeMap<String, Vec<String>> {
    sqlx::any::install_default_drivers();
    let options: AnyConnectOptions = format!("sqlite://{}?mode=ro", database.display()).parse().unwrap();
    let mut connection = options.connect().await.unwrap();
    let select = "SELECT name FROM sqlite_master WHERE type = 'table'";
    let tables = sqlx::query(select).fetch_all(&mut connection).await.unwrap();
    let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for table in tables {
        let table: String = table.get("name");
        let select = format!("SELECT name FROM pragma_table_info('{table}')");
        let columns = sqlx::query(AssertSqlSafe(select)).fetch_all(&mut connection).await.unwrap();
        let columns: Vec<String> =
            columns.iter().map(|column| format!("quote(\"{}\")", column.get::<String, _>("name"))).collect();
        let select = format!("SELECT {} AS line FROM \"{table}\" ORDER BY 1", columns.join(" || ',' || "));
        let lines = sqlx::query(AssertSqlSafe(select)).fetch_all(&mut connection).await.unwrap();
        all.insert(table, lines.iter().map(|line| line.get("line")).collect());
    }
    assert!(all.len() > 20 && !all["sessions"].is_empty(), "{:?}", all.keys());
    all
}

/// Every file below a directory, and its bytes.
fn files(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    // A directory that nobody needed yet has no files.
    for entry in fs::read_dir(directory).into_iter().flatten() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(files(&path)),
            false => drop(found.insert(path.display().to_string(), fs::read(&path).unwrap())),
        }
    }
    found
}

/// What was said by one side, as it was told live.
fn said(seen: &Seen, role: &str) -> Vec<String> {
    let of_role = |event: &&Value| event["type"] == "transcript.item" && event["data"]["role"] == role;
    seen.messages.iter().filter(of_role).map(|event| text(&event["data"], "content")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_practice_is_a_whole_exchange_and_keeps_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let database = directory.path().join("viva.db");
    let (url, data) = (format!("sqlite:///{}", database.display()), directory.path().join("data"));
    let server = TestServer::start(&[("DATABASE_URL", &url), ("VIVA_DATA_DIR", data.to_str().unwrap())]).await;
    let caller = recorded(&server).await;
    let (before, files_before) = (rows(&database).await, files(&data));
    rehearse(&caller, "practice").await;
    caller.until_event("the candidate's turn", is_my_turn).await;
    caller.say(clip("0880").chunks_exact(FRAME_SAMPLES).map(|frame| frame.try_into().unwrap()));
    let speaks = |event: &Value| is_my_turn(event) && event["data"]["state"] == "speaking";
    caller.until_event("that the candidate is heard", speaks).await;
    caller.send(json!({"type": "candidate.text", "text": format!("I like the {CANARY}.")})).await;
    let seen = caller.until_event("the end", is_end).await;

    let end = seen.messages.iter().find(|event| is_end(event)).unwrap();
    assert_eq!(end["data"], json!({"end_reason": "completed", "saved": false, "results_url": null}));
    let greeting = said(&seen, "assistant").concat();
    assert!(greeting.contains("I am an AI interviewer") && greeting.contains("nothing of it is kept"), "{greeting}");
    assert!(greeting.contains("The interview can begin"), "{greeting}");
    let asked: Vec<&Value> = seen.messages.iter().filter(|event| event["type"] == "question").collect();
    assert!(asked.iter().all(|event| event["data"]["total"] == 1 && event["data"]["number"] == 1), "{asked:?}");
    let answers = said(&seen, "user");
    let spoken = answers.iter().filter(|words| !words.contains(CANARY)).max_by_key(|words| words.len()).unwrap();
    assert!(spoken.to_lowercase().contains("young man"), "{answers:?}");
    assert!(answers.iter().any(|words| words.contains(CANARY)), "{answers:?}");
    assert!(seen.voiced > 100, "{} packets of a voice", seen.voiced);

    // The interview's own engine prepares its first words meanwhile, and counts them for the interview.
    let own = |(table, _): &(&String, &Vec<String>)| !matches!(table.as_str(), "session_usage" | "sessions");
    let after = rows(&database).await;
    assert!(after.iter().filter(own).eq(before.iter().filter(own)), "not one row changed");
    assert_eq!(after["sessions"].len(), before["sessions"].len(), "it is no session");
    assert!(after["session_usage"].iter().all(|row| row.contains(&caller.id)), "it has no usage of its own");
    assert_eq!(files(&data), files_before, "not one file");
    let question = text(&asked[0]["data"], "text");
    for (path, bytes) in files(directory.path()) {
        for words in [CANARY, spoken.as_str(), question.as_str()] {
            let is_in = bytes.windows(words.len()).any(|window| window == words.as_bytes());
            assert!(!is_in, "{words:?} is in {path}");
        }
    }
    let (_, results) = server.get(&format!("/api/interview/{}/results", caller.id)).await;
    assert_eq!(results["transcript"], json!([]), "{results}");
    let (_, status) = server.get(&format!("/api/interview/{}/status", caller.id)).await;
    assert_eq!(status["status"], "created", "the interview itself still waits");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_rehearsed_before_the_candidate_agreed() {
    let server = scripted_server(&[]).await;
    let code = server.interview_url.as_ref().unwrap().rsplit('/').next().unwrap().to_owned();
    let (_, invite) = server.get(&format!("/api/v1/invites/{code}")).await;
    let (status, started) = server.post("/api/interview/start", json!({"invite": code})).await;
    assert_eq!((status, &started["consent"]["required"]), (200, &json!(true)), "{started}");
    let caller = Caller::of_session(&server, text(&started, "session_id"), text(&started, "token")).await;
    for kind in ["check", "practice"] {
        let answered = caller.post("rehearsal", json!({"kind": kind})).await;
        assert_eq!(refused(&answered), (409, "consent_required"));
    }
    let offer = json!({"sdp": "v=0", "type": "offer"});
    assert_eq!(refused(&caller.post("rehearsal/offer", offer).await), (409, "consent_required"));
    let (status, _) = caller.post("consent", json!({"version": invite["consent"]["version"]})).await;
    assert_eq!(status, 200);
    rehearse(&caller, "check").await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_thing_at_a_time_is_rehearsed_and_not_without_end() {
    let server = scripted_server(&[]).await;
    let caller = Caller::new(&server, "tryout").await;
    let path = format!("/api/interview/{}/rehearsal", caller.id);
    let offer = json!({"sdp": "v=0", "type": "offer"});
    assert_eq!(delete(&server, &path).await, 204, "there is nothing to end");
    assert_eq!(refused(&caller.post("rehearsal/offer", offer.clone()).await), (409, "conflict"));
    assert_eq!(refused(&caller.post("rehearsal", json!({"kind": "concert"})).await), (400, "invalid_request"));
    rehearse(&caller, "check").await;
    assert_eq!(refused(&caller.post("rehearsal/offer", offer.clone()).await), (400, "invalid_sdp"));
    assert_eq!(refused(&caller.post("rehearsal/offer", json!({})).await), (400, "invalid_request"));
    // The second one ends the first, the third is ended by its page, the fourth by hand.
    let second = caller.again(&server).await;
    rehearse(&second, "practice").await;
    caller.until("the end of the first", |seen| seen.closed > 0).await;
    second.until_event("the interviewer", |event| event["type"] == "session.state").await;
    let third = caller.again(&server).await;
    rehearse(&third, "check").await;
    let second = second.until("the end of the second", |seen| seen.closed > 0).await;
    assert!(second.messages.iter().any(is_end), "a practice says that it is over");
    third.hang_up().await;
    let fourth = caller.again(&server).await;
    rehearse(&fourth, "check").await;
    for _ in 0..2 {
        assert_eq!(delete(&server, &path).await, 204);
    }
    fourth.until("the end of the fourth", |seen| seen.closed > 0).await;
    assert_eq!(refused(&caller.post("rehearsal/offer", offer).await), (409, "conflict"));
    for start in 5..=12 {
        assert_eq!(caller.post("rehearsal", json!({"kind": "check"})).await.0, 201, "{start}");
    }
    let answered = caller.post("rehearsal", json!({"kind": "check"})).await;
    assert_eq!(refused(&answered), (409, "conflict"));
    assert!(text(&answered.1, "detail").contains("as often as it may be"), "{answered:?}");
    let began = Instant::now();
    server.stop().await;
    assert!(began.elapsed() < PATIENCE / 4, "a rehearsal holds nobody up");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_interview_begins_after_and_over_a_rehearsal() {
    let server = scripted_server(&[]).await;
    for (kind, is_open) in [("check", false), ("practice", false), ("check", true), ("practice", true)] {
        let rehearsing = Caller::new(&server, "tryout").await;
        rehearse(&rehearsing, kind).await;
        if !is_open {
            assert_eq!(delete(&server, &format!("/api/interview/{}/rehearsal", rehearsing.id)).await, 204);
        }
        let caller = rehearsing.again(&server).await;
        caller.offer(false).await;
        rehearsing.until("its end", |seen| seen.closed > 0).await;
        let seen = caller.until_event("the candidate's turn", is_my_turn).await;
        let words = said(&seen, "assistant").concat();
        assert!(!words.is_empty() && !words.contains("practice"), "{words}");
        assert!(seen.voiced > 0, "the interviewer is heard");
        let late = caller.post("rehearsal", json!({"kind": kind})).await;
        assert_eq!(refused(&late), (409, "conflict"), "{late:?}");
        caller.post("end", json!({})).await;
        caller.until_event("the end", is_end).await;
        let late = caller.post("rehearsal", json!({"kind": kind})).await;
        assert_eq!(refused(&late), (409, "session_ended"), "{late:?}");
        let path = format!("/api/interview/{}", caller.id);
        assert_eq!(delete(&server, &format!("{path}/rehearsal")).await, 204);
        let (_, results) = server.get(&format!("{path}/results")).await;
        let number = results["transcript"].as_array().unwrap().len();
        assert!(number > 0, "{results}");
    }
    server.stop().await;
}

fn is_takeover(event: &Value) -> bool {
    event["type"] == "notice" && event["data"]["code"] == "continued_elsewhere"
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tab_that_is_taken_over_hears_so_and_a_restart_says_nothing() {
    let server = scripted_server(&[]).await;
    let first = Caller::new(&server, "tryout").await;
    first.offer(false).await;
    first.until_event("the candidate's turn", is_my_turn).await;
    // The same page finds a new path: nobody is told to go.
    let packets = first.until("its audio", |seen| seen.heard.len() > 10).await.heard.len();
    first.offer(true).await;
    first.until("audio after the restart", |seen| seen.heard.len() > packets + 10).await;
    let second = first.again(&server).await;
    second.offer(false).await;
    let told = first.until_event("the notice", is_takeover).await;
    let notices: Vec<&Value> = told.messages.iter().filter(|event| is_takeover(event)).collect();
    assert_eq!(notices.len(), 1, "{notices:?}");
    assert_eq!(notices[0]["data"]["level"], "warning");
    assert!(text(&notices[0]["data"], "text").contains("another window"), "{notices:?}");
    assert!(notices[0]["id"].is_u64() && notices[0]["at_ms"].is_u64(), "{notices:?}");
    let gone = first.until("that it is let go", |seen| seen.closed > 0).await;
    assert!(gone.messages.iter().any(is_takeover));
    // The second one goes on, and an offer of the server's takes over as well.
    second.until_event("the interview", |event| event["type"] == "session.state").await;
    let third = second.again(&server).await;
    let offer = third.be_offered(json!({})).await;
    let answer = third.answer_to(&offer).await;
    assert_eq!(third.post("rtc/answer", json!({"sdp": answer, "type": "answer"})).await.0, 200);
    second.until_event("the notice", is_takeover).await;
    third.until_event("the interview", |event| event["type"] == "session.state").await;
    third.post("end", json!({})).await;
    let over = third.until_event("the end", is_end).await;
    assert!(!over.messages.iter().any(is_takeover), "whoever is there is not told to go");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn samples_of_the_quality_are_in_the_results_at_their_times() {
    let server = scripted_server(&[]).await;
    let caller = Caller::new(&server, "tryout").await;
    let path = format!("/api/interview/{}", caller.id);
    let (_, results) = server.get(&format!("{path}/results")).await;
    assert_eq!(results["quality_samples"], json!([]), "nothing was heard yet");
    caller.offer(false).await;
    let reports = |seen: &Seen| seen.messages.iter().filter(|event| is_quality(event)).cloned().collect::<Vec<_>>();
    let long = |seen: &Seen| reports(seen).last().is_some_and(|last| last["at_ms"].as_u64() > Some(13_000));
    let seen = caller.until("13 s of it", long).await;
    caller.post("end", json!({})).await;
    caller.until("the end", |seen| seen.messages.iter().any(is_end) && seen.closed > 0).await;
    let (_, results) = server.get(&format!("{path}/results")).await;
    let samples = results["quality_samples"].as_array().unwrap();
    let times: Vec<u64> = samples.iter().map(|sample| sample["at_ms"].as_u64().unwrap()).collect();
    println!("samples at {times:?} ms");
    assert!((2..=4).contains(&times.len()), "{times:?}");
    assert!(times.windows(2).all(|pair| pair[1] - pair[0] >= 5_000), "{times:?}");
    // Each is of a report that the page was told at that time.
    let told: Vec<u64> = reports(&seen).iter().map(|event| event["at_ms"].as_u64().unwrap()).collect();
    assert!(times.iter().all(|at| told.iter().any(|told| told.abs_diff(*at) <= 50)), "{times:?} of {told:?}");
    for sample in samples {
        let loss = sample["loss_ratio"].as_f64().unwrap();
        assert!((0.0..0.5).contains(&loss) && sample["jitter_ms"].as_f64().unwrap() < 1_000.0, "{sample}");
        assert!(sample["rtt_ms"].is_null() || sample["rtt_ms"].as_f64().unwrap() < 1_000.0, "{sample}");
    }
    let (_, export) = server.get(&format!("{path}/export.json")).await;
    assert_eq!(export["results"]["quality_samples"], results["quality_samples"]);
    let (status, receipt) = answer(server.request(Method::DELETE, &format!("{path}/data"))).await;
    assert_eq!((status, &receipt["counts"]["quality_samples"]), (200, &json!(times.len())), "{receipt}");
    server.stop().await;
}
