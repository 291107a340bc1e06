//! `viva bench`, small: two real sessions for three seconds against a Viva in a process of its own.

use std::{net::Ipv4Addr, path::PathBuf, time::Duration};
use viva::{
    bench::{
        Bench, Measurement, Mode, Options, Server,
        floor::Floor,
        picture,
        report::{Measured, Report},
    },
    domain::audio::codec::Codec,
};

const SESSIONS: usize = 2;
const SECONDS: u64 = 3;

fn options(mode: Mode) -> Options {
    let server = Server::Own { program: PathBuf::from(env!("CARGO_BIN_EXE_viva")) };
    let mut options = Options::new(server, mode, SESSIONS);
    options.window = Duration::from_secs(SECONDS);
    options.settle = Duration::from_secs(1);
    options
}

/// What the server itself counted: the sum over all labels.
fn counted(metrics: &str, name: &str) -> f64 {
    let lines =
        metrics.lines().filter(|line| line.starts_with(&format!("{name}{{")) || line.starts_with(&format!("{name} ")));
    lines.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum()
}

/// Measures once; returns what the server counted up to the end, too.
async fn measured(options: Options) -> (Measurement, String) {
    let bench = Bench::start(options).await.unwrap();
    let measurement = bench.measure(SESSIONS).await.unwrap();
    let metrics = bench.metrics().await.unwrap();
    bench.finish().await;
    (measurement, metrics)
}

/// What a measurement takes of this process's CPU time must be its own: one at a time.
static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// What holds in every mode.
fn assert_sound(found: &Measurement, metrics: &str) {
    assert_eq!((found.connected, found.sessions), (SESSIONS, SESSIONS), "{found:#?}");
    assert!(found.refusals.is_empty(), "{:?}", found.refusals);
    let packets = SESSIONS as u64 * SECONDS * 50;
    assert!(found.uplink.packets_sent.abs_diff(packets) <= packets / 50, "{found:#?}");
    // The server's frames are those of the whole life of the sessions, of which the window is a part.
    let frames = counted(metrics, "viva_uplink_frames_total");
    let appended = found.uplink.audio_appended_s * 50.0;
    assert!(frames >= appended && frames <= 12.0 * appended, "{frames} frames, {appended} appended: {found:#?}");
    assert_eq!(found.set_up.answer_ms.count, SESSIONS);
    assert_eq!(found.set_up.connected_ms.count, SESSIONS);
    assert!(found.set_up.answer_ms.p50 < found.set_up.connected_ms.p50, "{:?}", found.set_up);
    assert!(found.delay.up_ms.count >= SESSIONS, "{:?}", found.delay);
    assert!(found.delay.up_ms.p50.unwrap() < 1_000.0, "{:?}", found.delay);
    let (cpu, memory) = (found.cpu.as_ref().unwrap(), found.memory.unwrap());
    assert!(
        cpu.ms_per_session_second > 0.0 && cpu.threads.keys().any(|name| name.starts_with("viva-media")),
        "{cpu:?}"
    );
    let threads: f64 = cpu.threads.values().sum();
    // The kernel counts a process in steps of 10 ms.
    assert!((threads - cpu.ms_per_session_second).abs() < 0.2 * cpu.ms_per_session_second + 5.0, "{cpu:?}");
    assert!(memory.idle_kib > 1_000 && memory.resident_kib >= memory.idle_kib, "{memory:?}");
    assert!(found.harness.clients_ms_per_session_second > 0.0, "{:?}", found.harness);
    assert!(found.harness.upstream_ms_per_session_second > 0.0, "{:?}", found.harness);
}

#[tokio::test(flavor = "multi_thread")]
async fn talk_fills_both_directions_and_the_report_says_so() {
    let _alone = ALONE.lock().await;
    let (found, metrics) = measured(options(Mode::Talk)).await;
    assert_sound(&found, &metrics);
    let down = found.downlink;
    assert_eq!(down.packets_due, Some(SESSIONS as u64 * SECONDS * 50));
    assert!(down.packets_received >= down.packets_due.unwrap() * 9 / 10, "{down:?}");
    assert!(
        down.packets_decoded >= down.packets_received && down.packets_silent <= down.packets_decoded / 10,
        "{down:?}"
    );
    assert!((0.9..1.15).contains(&down.agent_share), "{down:?}");
    assert_eq!((found.delay.down_ms.count, found.delay.round_trip_ms.count), (0, 0));
    let floor = tokio::task::spawn_blocking(Floor::measure).await.unwrap().unwrap();
    assert!(floor.encode_lossy_us > floor.encode_us && floor.ms_per_session_second(1.0) > 0.5, "{floor:?}");
    let report = Report::new("own".into(), floor, vec![found.clone(), found], Some(SESSIONS));
    assert_report(&report);
}

/// Text, JSON and picture say the same.
fn assert_report(report: &Report) {
    let measured: &Measured = report.main().unwrap();
    let ratio = measured.cpu_over_floor.unwrap();
    assert!(ratio > 0.1, "{ratio}");
    let json: serde_json::Value = serde_json::from_str(&serde_json::to_string(report).unwrap()).unwrap();
    let first = &json["measurements"][0];
    assert_eq!(first["cpu_over_floor"], ratio);
    assert_eq!(first["downlink"]["packets_received"], measured.measurement.downlink.packets_received);
    assert_eq!((&first["mode"], &json["greatest_in_real_time"]), (&"talk".into(), &SESSIONS.into()));
    let text = report.text();
    assert!(text.contains(&format!("{ratio:.2} × the floor")), "{text}");
    let svg = picture::draw(report);
    let tags = well_formed(&svg);
    for tag in ["svg", "title", "desc", "rect", "circle"] {
        assert!(tags.iter().any(|found| found == tag), "{tag}: {tags:?}");
    }
    assert!(svg.contains(&format!("{ratio:.2} times the floor")), "{svg}");
}

/// The elements of a document whose tags all close in their order, and whose text holds no bare `&`.
fn well_formed(xml: &str) -> Vec<String> {
    let (mut open, mut found, mut rest) = (Vec::new(), Vec::new(), xml);
    while let Some((before, after)) = rest.split_once('<') {
        let bare = before.split('&').skip(1).find(|part| part.split(';').next().is_none_or(|name| name.len() > 4));
        assert_eq!(bare, None, "{before}");
        let (tag, next) = after.split_once('>').unwrap();
        assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
        let name = tag.trim_start_matches('/').split([' ', '/']).next().unwrap().to_owned();
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name), "{tag}");
        } else {
            found.push(name.clone());
            if !tag.ends_with('/') {
                open.push(name);
            }
        }
        rest = next;
    }
    assert_eq!(open, Vec::<String>::new());
    found
}

/// The codec-free path, whole: str0m clients with PCMU, Viva in its process, a speech model that takes µ-law.
#[tokio::test(flavor = "multi_thread")]
async fn with_pcmu_nothing_is_encoded_on_the_way_and_every_burst_is_heard() {
    let _alone = ALONE.lock().await;
    let options = Options { codec: Codec::Pcmu, ..options(Mode::Echo) };
    let (found, metrics) = measured(options).await;
    assert_sound(&found, &metrics);
    assert!(found.delay.round_trip_ms.count >= SESSIONS, "{:?}", found.delay);
    let frames = |source: &str| counted(&metrics, &format!("viva_downlink_frames_total{{source=\"{source}\"}}"));
    let sent = frames("mulaw");
    assert!(sent >= (SESSIONS as u64 * SECONDS * 50) as f64 * 0.9, "{sent} frames as they came");
    assert_eq!((frames("encoded"), frames("encoded_ahead")), (0.0, 0.0));
}

#[tokio::test(flavor = "multi_thread")]
async fn echo_gives_the_delays_of_both_ways_and_of_the_round() {
    let _alone = ALONE.lock().await;
    let (found, metrics) = measured(options(Mode::Echo)).await;
    assert_sound(&found, &metrics);
    let delay = found.delay;
    for (name, spread) in [("up", delay.up_ms), ("down", delay.down_ms), ("round trip", delay.round_trip_ms)] {
        assert!(spread.count >= SESSIONS && spread.p50.unwrap() < 1_000.0, "{name}: {delay:?}");
    }
    let parts = delay.up_ms.p50.unwrap() + delay.down_ms.p50.unwrap();
    let round = delay.round_trip_ms.p50.unwrap();
    // Both codecs' look-ahead and the onset's place in its packet are in the round trip only.
    assert!(round >= 0.5 * parts && round <= parts + 200.0, "{delay:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn turns_are_taken_and_the_answers_delay_is_found() {
    let _alone = ALONE.lock().await;
    // Short: the question after the greeting. Long: two whole cycles of question and answer.
    let is_long = std::env::var("VIVA_TEST_LONG").is_ok();
    let mut options = options(Mode::Turn);
    options.window = Duration::from_secs(if is_long { 20 } else { 14 });
    let bench = Bench::start(options).await.unwrap();
    let found = bench.measure(1).await.unwrap();
    bench.finish().await;
    assert_eq!(found.connected, 1, "{found:#?}");
    let shares = if is_long { 0.3..0.5 } else { 0.1..1.1 };
    assert!(shares.contains(&found.downlink.agent_share), "{:?}", found.downlink);
    assert!(found.delay.down_ms.count >= 1 && found.delay.down_ms.p50.unwrap() < 1_000.0, "{:?}", found.delay);
    assert!(found.delay.up_ms.count >= 3, "{:?}", found.delay);
    assert_eq!(found.downlink.packets_due, None);
}

/// Sessions whose memory is measured, and the most that each may cost, in KiB. Live are 340: codecs 50, a second of
/// speech that waits 55, the WebRTC stack 115; the first find some of it free. More heaps than cores cost 200 more.
const MANY: usize = 24;
const SESSION_KIB_MAX: f64 = 380.0;

#[tokio::test(flavor = "multi_thread")]
async fn a_session_costs_no_more_memory_than_it_may() {
    let _alone = ALONE.lock().await;
    let mut options = options(Mode::Talk);
    (options.sessions_max, options.connects_per_s) = (MANY, 20.0);
    options.window = Duration::from_secs(1);
    let bench = Bench::start(options).await.unwrap();
    let found = bench.measure(MANY).await.unwrap();
    bench.finish().await;
    assert_eq!(found.connected, MANY, "{found:#?}");
    let memory = found.memory.unwrap();
    assert!((100.0..SESSION_KIB_MAX).contains(&memory.kib_per_session), "{memory:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_speech_model_that_falls_silent_is_seen() {
    let _alone = ALONE.lock().await;
    let mut options = options(Mode::Talk);
    // The second that it is ahead is heard, then silence, which is sent ever more rarely.
    options.withheld = Some((Duration::ZERO, Duration::from_millis(2_950)));
    let (found, _) = measured(options).await;
    assert!(!found.real_time.holds, "{found:#?}");
    let down = found.downlink;
    assert!(down.packets_silent > down.packets_decoded / 20 || down.gaps > 0, "{down:?}");
    assert!(down.agent_share < 0.6, "{down:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_with_another_speech_model_is_not_measured() {
    let _alone = ALONE.lock().await;
    let server = crate::support::server::TestServer::start(&[("OPENAI_REALTIME_API_URL", "ws://127.0.0.1:9")]).await;
    let upstream = (Ipv4Addr::LOCALHOST, 0).into();
    let target = Server::Target { url: server.url.clone(), key: None, pid: None, upstream };
    let bench = Bench::start(Options::new(target, Mode::Talk, 1)).await.unwrap();
    let error = bench.measure(1).await.unwrap_err().to_string();
    assert!(error.contains(&format!("OPENAI_REALTIME_API_URL={}", bench.upstream_url())), "{error}");
    bench.finish().await;
    server.stop().await;
}
