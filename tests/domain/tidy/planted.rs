//! One planted fault for each rule, and beside it what must not be taken for one.

use super::{edges::Submodules, findings, source::Source};

const FILES: [&str; 4] = ["src/media/port.rs", "src/realtime/client.rs", "src/realtime/mod.rs", "src/store/sqlite.rs"];

/// The rules that find something in this text at this path.
fn rules(path: &str, text: &str) -> Vec<&'static str> {
    let found = findings(&Source::new(path, text), &Submodules::of(FILES.into_iter()));
    found.into_iter().map(|finding| finding.rule).collect()
}

fn fails(rule: &str, path: &str, text: &str) {
    assert_eq!(rules(path, text), [rule], "in {path}: {text}");
}

fn passes(path: &str, text: &str) {
    assert_eq!(rules(path, text), [""; 0], "in {path}: {text}");
}

#[test]
fn imports_run_one_way() {
    const RULE: &str = "imports run one way";
    for (path, text) in [
        ("src/domain/plan.rs", "use crate::wire::realtime::Event;"),
        ("src/domain/plan.rs", "use crate::config::Config;"),
        ("src/wire/realtime.rs", "use crate::{domain::id::ItemId, store::Store};"),
        ("src/store/mod.rs", "use crate::session::Handle;"),
        ("src/store/mod.rs", "use crate::media::port::Uplink;"),
        ("src/media/mod.rs", "use crate::store;"),
        ("src/engine/mod.rs", "use crate::realtime::client::Socket;"),
        ("src/engine/mod.rs", "fn f() { crate::media::peer::new() }"),
        ("src/session/mod.rs", "use crate::results::page;"),
        ("src/session/actor.rs", "use super::super::http::router;"),
        ("src/auth/jwt.rs", "mod inner { use super::super::super::http::router; }"),
        ("src/http/mod.rs", "use crate::app::App;"),
        ("src/config/mod.rs", "use crate::store::Store;"),
        ("src/http/mod.rs", "use crate::{domain::{id, event::{Envelope}}, grpc::{service as s}};"),
        ("src/http/mod.rs", "use crate::helpers::join;"),
    ] {
        fails(RULE, path, text);
    }
}

#[test]
fn imports_downwards_and_ports_are_fine() {
    for (path, text) in [
        ("src/main.rs", "use viva::{app::App, config::Config, shutdown};"),
        ("src/app.rs", "use crate::{http, session::Registry, store::sqlite, media, telemetry};"),
        ("src/http/routes/sessions.rs", "use crate::session::Handle; use super::error::ApiError;"),
        ("src/session/actor.rs", "use crate::{media::peer::Peer, realtime::client, domain::session as core};"),
        ("src/engine/mod.rs", "use crate::{media::port::UplinkFrame, realtime::Model, wire::realtime};"),
        ("src/media/peer.rs", "use super::port::Uplink; use crate::{realtime::Model, config::media::MediaConfig};"),
        ("src/wire/realtime.rs", "use crate::domain::id::ItemId;"),
        ("src/media/mod.rs", "mod inner { use super::port; }"),
        ("src/store/mod.rs", "// use crate::http;\nconst A: &str = \"use crate::http;\";"),
        ("src/store/mod.rs", "#[cfg(test)]\nmod tests {\n  use crate::session::Handle;\n}"),
        ("tests/it/main.rs", "use viva::http; use axum::Router;"),
    ] {
        passes(path, text);
    }
}

#[test]
fn big_dependencies_have_one_gate() {
    const RULE: &str = "one gate for each big dependency";
    fails(RULE, "src/session/mod.rs", "use sqlx::Row;");
    fails(RULE, "src/engine/stt.rs", "fn f() -> opus::Decoder { opus() }");
    fails(RULE, "src/domain/plan.rs", "use axum::Json;");
    passes("src/store/sqlite.rs", "use sqlx::Row;");
    passes("src/media/codec.rs", "use opus::Decoder;");
    passes("src/media/codec.rs", "mod opus; fn f() { my::opus::new() }");
}

#[test]
fn sizes_are_bounded() {
    let statements = |count: usize| format!("fn long() {{\n{}}}\n", "    f();\n".repeat(count));
    fails("functions fit on a screen", "src/http/mod.rs", &statements(69));
    passes("src/http/mod.rs", &statements(68));
    passes("src/http/mod.rs", "trait A { fn f(&self) -> [u8; 4]; }\ntype F = fn(u8) -> u8;\n");
    fails("files stay short", "src/http/mod.rs", &"\n".repeat(701));
    passes("src/http/mod.rs", &"\n".repeat(700));
    fails("lines stay short", "src/http/mod.rs", &format!("// {}", "x".repeat(118)));
    passes("src/http/mod.rs", &format!("// {}", "é".repeat(117)));
    fails("lines stay short", "tests/e2e/page.test.mjs", &"x".repeat(121));
    passes("README.md", &"x".repeat(400));
    passes("web/src/page.tsx", &"x".repeat(121));
    let sample = format!("const A: &str = r#\"{{\"type\":\"{}\"}}\"#;", "x".repeat(121));
    passes("tests/it/main.rs", &sample);
    fails("lines stay short", "src/http/mod.rs", &sample);
}

#[test]
fn nothing_is_left_unfinished_or_switched_off() {
    const RULE: &str = "nothing is left unfinished";
    fails(RULE, "src/app.rs", concat!("fn f() { to", "do!() }"));
    fails(RULE, "src/app.rs", concat!("// FIX", "ME: later"));
    fails(RULE, "web/src/page.tsx", concat!("// TO", "DO later"));
    passes("src/app.rs", "// the todos of a plan, XXXL");
    fails("no test is switched off", "tests/it/main.rs", concat!("#[ign", "ore]\nfn f() {}"));
    fails("no path of somebody's machine", "README.md", concat!("see /ro", "ot/notes"));
    passes("README.md", "a relative docs/work/notes and /works/hop");
}

#[test]
fn tests_do_not_sleep() {
    const RULE: &str = "tests wait for signals, not for time";
    fails(RULE, "tests/it/main.rs", "fn f() { std::thread::sleep(d); }");
    fails(RULE, "tests/it/main.rs", "use tokio::time; async fn f() { time::sleep(d).await }");
    fails(RULE, "src/app.rs", "#[cfg(test)]\nmod tests {\n  fn f() { sleep(d); }\n}");
    fails(RULE, "tests/e2e/page.test.mjs", concat!("await page.waitFor", "Timeout(100)"));
    fails(RULE, "tests/e2e/client.py", concat!("    time.", "sleep(1)"));
    passes("src/app.rs", "async fn f() { tokio::time::sleep(d).await }");
    passes("tests/it/main.rs", "use tokio::time::timeout; // no sleep(here)");
    passes("benches/audio.rs", "async fn f() { tokio::time::sleep(d).await }");
}

#[test]
fn queues_have_a_bound_and_code_is_safe() {
    fails("queues have a bound", "src/app.rs", "use tokio::sync::mpsc::unbounded_channel;");
    fails("queues have a bound", "src/app.rs", "fn f() { std::sync::mpsc::channel() }");
    passes("src/app.rs", "fn f() { mpsc::channel(8) }");
    fails("no unsafe code", "src/app.rs", "fn f() { unsafe { g() } }");
    passes("src/lib.rs", "#![forbid(unsafe_code)]");
}

#[test]
fn the_pure_half_is_pure() {
    const RULE: &str = "the pure half has no clock, chance or I/O";
    for text in [
        "fn f() -> Instant { Instant::now() }",
        "fn f() -> u64 { rand::random() }",
        "async fn f() {}",
        "use std::fs::File;",
        "use jiff::Timestamp; fn f() { Timestamp::now() }",
        "fn f() { println!(\"\") }",
    ] {
        fails(RULE, "src/domain/plan.rs", text);
    }
    passes("src/domain/plan.rs", "use std::{net::IpAddr, time::Instant}; fn f(now: Instant) {}");
    passes("src/app.rs", "fn f() -> Instant { Instant::now() }");
}

#[test]
fn literals_and_lifetimes_are_told_apart() {
    passes("src/store/mod.rs", "fn f<'a>(x: &'a str) -> char { '\"' } // use crate::http;\n");
    passes("src/store/mod.rs", "const A: &str = r#\"use crate::http; \"quoted\" \"#; const B: char = '\\'';");
    fails("imports run one way", "src/store/mod.rs", "const C: &[u8] = b\"\\\"\"; use crate::http;");
    passes("src/store/mod.rs", "/* use crate::http; /* nested */ use crate::app; */");
}
