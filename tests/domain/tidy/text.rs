//! Rules about the text of a file: its sizes, what may not be left in it, and what the pure half may not name.

use super::{
    Finding,
    source::{Source, closing},
};

pub const COLUMNS_MAX: usize = 120;
pub const FILE_LINES_MAX: usize = 700;
pub const FUNCTION_LINES_MAX: usize = 70;

/// Written in halves, so that this file and a search for the words do not find each other.
const LEFTOVERS: &[&str] = &[
    concat!("to", "do!"),
    concat!("unimple", "mented!"),
    concat!("FIX", "ME"),
    concat!("TO", "DO"),
    concat!("XX", "X"),
];
const SWITCHED_OFF: &str = concat!("#[ign", "ore");
const MACHINE_PATHS: &[&str] = &[concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/ho", "me/")];

/// Waiting for time to pass, in each language of the tests.
const SLEEPS: &[&[&str]] = &[&["thread", "::", "sleep"], &["time", "::", "sleep"], &["sleep", "("]];
const SCRIPT_SLEEPS: &[&str] =
    &[concat!("waitFor", "Timeout"), concat!("time.", "sleep("), concat!("timers/", "promises")];

const UNBOUNDED: &[&[&str]] = &[
    &["unbounded_channel"],
    &["UnboundedSender"],
    &["UnboundedReceiver"],
    &["unbounded", "("],
    &["std", "::", "sync", "::", "mpsc", "::", "channel"],
];

/// Clocks, chance, I/O and tasks.
const IMPURE: &[&[&str]] = &[
    &["Instant", "::", "now"],
    &["SystemTime"],
    &["Timestamp", "::", "now"],
    &["Zoned", "::", "now"],
    &["rand", "::"],
    &["getrandom"],
    &["tokio"],
    &["async"],
    &["await"],
    &["std", "::", "env"],
    &["std", "::", "fs"],
    &["std", "::", "io"],
    &["std", "::", "thread"],
    &["std", "::", "process"],
    &["TcpStream"],
    &["TcpListener"],
    &["UdpSocket"],
    &["println"],
    &["eprintln"],
];

pub fn check(source: &Source, long_files: &[(&str, &str)]) -> Vec<Finding> {
    let mut found = sizes(source, long_files);
    found.extend(leftovers(source));
    found.extend(sleeps(source));
    if source.is_rust() {
        found.extend(functions(source));
        found.extend(named(source, "queues have a bound", UNBOUNDED, |_| source.is_shipped()));
        found.extend(named(source, "no unsafe code", &[&["unsafe"]], |_| true));
        let pure = source.path.starts_with("src/domain/") || source.path.starts_with("src/wire/");
        found.extend(named(source, "the pure half has no clock, chance or I/O", IMPURE, |line| {
            pure && !source.is_test_line(line)
        }));
    }
    found
}

fn sizes(source: &Source, long_files: &[(&str, &str)]) -> Vec<Finding> {
    let mut found = Vec::new();
    let lines = source.text.lines().count();
    let is_code = [".rs", ".ts", ".tsx", ".mjs", ".py", ".proto"].iter().any(|ending| source.path.ends_with(ending));
    if is_code && lines > FILE_LINES_MAX && !long_files.iter().any(|(path, _)| *path == source.path) {
        found.push(Finding::new("files stay short", source, lines, format!("{lines} lines, {FILE_LINES_MAX} at most")));
    }
    // The page's sources have a formatter of their own, which leaves sentences for people in one piece.
    let has_columns = is_code && !source.path.starts_with("web/");
    for (at, line) in source.text.lines().enumerate().filter(|_| has_columns) {
        let columns = line.chars().count();
        // A sample of JSON in a test stays as it is on the wire.
        let is_sample = !source.is_shipped() && line.contains("\":");
        if columns > COLUMNS_MAX && !is_sample {
            let what = format!("{columns} columns, {COLUMNS_MAX} at most");
            found.push(Finding::new("lines stay short", source, at + 1, what));
        }
    }
    found
}

fn functions(source: &Source) -> Vec<Finding> {
    let tokens = &source.tokens;
    let mut found = Vec::new();
    for at in (0..tokens.len()).filter(|&at| tokens[at].text == "fn") {
        // `fn(…)` is a type.
        let Some(name) = tokens.get(at + 1).filter(|token| token.text != "(") else { continue };
        let mut body = at;
        while tokens.get(body).is_some_and(|token| !["{", ";"].contains(&token.text.as_str())) {
            body = if ["(", "["].contains(&tokens[body].text.as_str()) { closing(tokens, body) + 1 } else { body + 1 };
        }
        if tokens.get(body).is_none_or(|token| token.text == ";") {
            continue;
        }
        let lines = tokens[closing(tokens, body)].line - tokens[at].line + 1;
        if lines > FUNCTION_LINES_MAX {
            let what = format!("{} has {lines} lines, {FUNCTION_LINES_MAX} at most", name.text);
            found.push(Finding::new("functions fit on a screen", source, tokens[at].line, what));
        }
    }
    found
}

fn leftovers(source: &Source) -> Vec<Finding> {
    let mut found = Vec::new();
    for (at, line) in source.text.lines().enumerate() {
        if let Some(word) = LEFTOVERS.iter().find(|word| has_word(line, word)) {
            found.push(Finding::new("nothing is left unfinished", source, at + 1, *word));
        }
        if source.is_rust() && line.contains(SWITCHED_OFF) {
            found.push(Finding::new("no test is switched off", source, at + 1, line.trim()));
        }
        if let Some(path) = MACHINE_PATHS.iter().find(|path| has_path(line, path)) {
            found.push(Finding::new("no path of somebody's machine", source, at + 1, *path));
        }
    }
    found
}

/// `word` as a whole word: neither letters nor digits around it.
fn has_word(line: &str, word: &str) -> bool {
    let edge = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric() && c != '_');
    line.match_indices(word)
        .any(|(at, _)| edge(line[..at].chars().next_back()) && edge(line[at + word.len()..].chars().next()))
}

/// `path` at the start of a path: `a/work/b` and `.../root/` are relative ones.
fn has_path(line: &str, path: &str) -> bool {
    let inside = |c: char| c.is_alphanumeric() || ['.', '_', '-', '*', '}', '…'].contains(&c);
    line.match_indices(path).any(|(at, _)| {
        !line[..at].ends_with(inside) && line[at + path.len()..].starts_with(|c: char| c.is_alphanumeric())
    })
}

fn sleeps(source: &Source) -> Vec<Finding> {
    const RULE: &str = "tests wait for signals, not for time";
    if source.is_rust() {
        // A bench paces its load by the clock.
        let is_bench = source.path.starts_with("benches/");
        return named(source, RULE, SLEEPS, |line| !is_bench && source.is_test_line(line));
    }
    let is_test = source.path.starts_with("tests/") || source.path.contains(".test.");
    let lines = source.text.lines().enumerate().filter(|_| is_test);
    let nap = |line: &str| SCRIPT_SLEEPS.iter().find(|word| line.contains(**word)).copied();
    lines.filter_map(|(at, line)| Some(Finding::new(RULE, source, at + 1, nap(line)?))).collect()
}

/// A finding for each place where one of `phrases` stands and `applies` to its line.
fn named(source: &Source, rule: &'static str, phrases: &[&[&str]], applies: impl Fn(usize) -> bool) -> Vec<Finding> {
    let mut found = Vec::new();
    for phrase in phrases {
        for line in source.places_of(phrase).filter(|line| applies(*line)) {
            let finding = Finding::new(rule, source, line, phrase.concat());
            if !found.iter().any(|other: &Finding| other.place == finding.place) {
                found.push(finding);
            }
        }
    }
    found
}
