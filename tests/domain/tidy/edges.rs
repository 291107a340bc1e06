//! Which module may import which: one way only, from the top of [`ROWS`] to its end.

use super::{
    Finding,
    source::{Source, Token},
};
use std::collections::BTreeSet;

const RULE: &str = "imports run one way";
const GATE_RULE: &str = "one gate for each big dependency";

/// From the top. A module imports modules of lower rows only, with the exceptions of [`allowed`].
const ROWS: &[&[&str]] = &[
    &["main"],
    &["app", "commands"],
    &["bench"],
    &["simulate", "mock_realtime"],
    &["http", "grpc"],
    &["session", "auth", "results", "recording", "scoring", "webhooks", "room", "relay"],
    &["jobs", "spending"],
    &["media", "realtime", "engine", "store", "cache", "email", "ice"],
    &["wire"],
    &["domain"],
];

/// Any module of the shell may use these; they use each other and the pure half.
const SHARED: &[&str] = &["chat", "config", "outgoing", "telemetry", "shutdown", "random"];

/// Types into which the configuration is parsed. They belong to their part, which knows nothing of the configuration.
const PARSED: &[(&str, &str)] = &[("ice", "IcePlan"), ("store", "Location")];

/// Crates with one place each. The pure half may name none of them.
const GATES: &[(&str, &[&str])] = &[
    ("rtc", &["media", "simulate"]),
    ("rtc_stun", &["media"]),
    ("webrtc", &["simulate"]),
    ("opus", &["media", "simulate"]),
    ("ogg", &["media", "recording"]),
    ("csv", &["results"]),
    ("standardwebhooks", &["webhooks"]),
    ("sqlx", &["store"]),
    ("axum", &["http", "app"]),
    ("redis", &["cache"]),
    ("lettre", &["email"]),
    ("utoipa_swagger_ui", &["http"]),
    ("tonic", &["grpc"]),
    ("rten", &["engine"]),
    ("rten_tensor", &["engine"]),
    ("earshot", &["engine"]),
    ("misaki_rs", &["engine"]),
    ("tokio_tungstenite", &["realtime", "mock_realtime", "bench"]),
    ("str0m", &["bench"]),
    ("dimpl", &["bench"]),
];

/// `media::port`, as its two parts: every module that has a file or folder of its own below a top-level module.
#[derive(Default)]
pub struct Submodules(BTreeSet<(String, String)>);

impl Submodules {
    pub fn of<'a>(paths: impl Iterator<Item = &'a str>) -> Self {
        let pair = |path: &str| {
            let mut parts = path.strip_prefix("src/")?.trim_end_matches(".rs").split('/');
            Some((parts.next()?.to_owned(), parts.next()?.to_owned()))
        };
        Self(paths.filter_map(pair).collect())
    }

    fn contains(&self, parent: &str, child: &str) -> bool {
        self.0.contains(&(parent.to_owned(), child.to_owned()))
    }
}

pub fn check(source: &Source, submodules: &Submodules) -> Vec<Finding> {
    // The root declares the modules and nothing else; a test may import what it likes.
    if !source.path.starts_with("src/") || !source.is_rust() || source.path == "src/lib.rs" {
        return Vec::new();
    }
    let module = module_path(&source.path);
    let mut found = Vec::new();
    for (path, line) in paths(&source.tokens, &module) {
        if source.is_test_line(line) {
            continue;
        }
        let named: Vec<&str> = path.iter().map(String::as_str).collect();
        if let ["crate", to, rest @ ..] = named.as_slice() {
            if !allowed(&module[0], to, rest.first().copied(), submodules) {
                found.push(Finding::new(
                    RULE,
                    source,
                    line,
                    format!("{} may not import {}", module[0], path.join("::")),
                ));
            }
        } else if let Some((name, places)) = GATES.iter().find(|(name, _)| named.first() == Some(name))
            && !places.contains(&module[0].as_str())
        {
            let what = format!("{name} belongs to {}, not to {}", places.join(" and "), module[0]);
            found.push(Finding::new(GATE_RULE, source, line, what));
        }
    }
    found
}

fn row(module: &str) -> Option<usize> {
    ROWS.iter().position(|row| row.contains(&module))
}

fn allowed(from: &str, to: &str, child: Option<&str>, submodules: &Submodules) -> bool {
    // An item of the root itself, or a module that the layout does not know: the latter must be added to it first.
    let known = |module: &str| row(module).is_some() || SHARED.contains(&module);
    if from == to {
        return true;
    }
    if !known(to) {
        return to.starts_with(char::is_uppercase);
    }
    if SHARED.contains(&to) {
        return !["wire", "domain"].contains(&from);
    }
    if SHARED.contains(&from) {
        return ["wire", "domain"].contains(&to) || child.is_some_and(|child| PARSED.contains(&(to, child)));
    }
    // The two ports between the audio path and the speech models: types and traits, no adapter's own code.
    let is_port = match to {
        "media" => child == Some("port"),
        "realtime" => child.is_some_and(|child| !submodules.contains("realtime", child)),
        _ => false,
    };
    if is_port && ["engine", "media", "realtime"].contains(&from) {
        return true;
    }
    matches!((row(from), row(to)), (Some(from), Some(to)) if from < to)
}

/// `src/media/peer/mod.rs` is `["media", "peer"]`.
fn module_path(path: &str) -> Vec<String> {
    let inside = path.trim_start_matches("src/").trim_end_matches(".rs");
    inside.trim_end_matches("/mod").split('/').map(str::to_owned).collect()
}

/// Every path that the tokens name, absolute from `crate` where it is ours, with its line.
fn paths(tokens: &[Token], module: &[String]) -> Vec<(Vec<String>, usize)> {
    let mut found = Vec::new();
    let mut inline = Vec::new();
    let mut depth = 0_usize;
    let (mut at, mut resolved) = (0, 0);
    while at < tokens.len() {
        let word = tokens[at].text.as_str();
        match word {
            "{" => depth += 1,
            "}" => {
                depth = depth.saturating_sub(1);
                inline.retain(|&opened| opened <= depth);
            }
            // `mod name {`: `super` inside it is this file.
            "mod" if tokens.get(at + 2).is_some_and(|token| token.text == "{") => inline.push(depth + 1),
            _ => {}
        }
        let follows_path = at > 0 && tokens[at - 1].text == "::";
        // `use<…>` names what a returned type captures.
        let captures = tokens.get(at + 1).is_some_and(|token| token.text == "<");
        if word == "use" && !follows_path && !captures {
            let mut prefix = Vec::new();
            at = tree(tokens, at + 1, &mut prefix, &mut found);
        } else if !follows_path && tokens.get(at + 1).is_some_and(|token| token.text == "::") {
            let line = tokens[at].line;
            let (path, next) = plain(tokens, at);
            found.push((path, line));
            at = next;
        } else {
            at += 1;
        }
        // Resolved here, because only here the depth of inline modules is known.
        for (path, _) in found.iter_mut().skip(resolved) {
            resolve(path, module, inline.len());
        }
        resolved = found.len();
    }
    found
}

/// `a::b::c` in an expression or a type.
fn plain(tokens: &[Token], mut at: usize) -> (Vec<String>, usize) {
    let mut path = vec![tokens[at].text.clone()];
    while tokens.get(at + 1).is_some_and(|token| token.text == "::")
        && tokens.get(at + 2).is_some_and(|token| token.text.starts_with(|c: char| c.is_alphabetic() || c == '_'))
    {
        path.push(tokens[at + 2].text.clone());
        at += 2;
    }
    (path, at + 1)
}

/// One tree of a `use` declaration; returns the index after it.
fn tree(tokens: &[Token], mut at: usize, prefix: &mut Vec<String>, found: &mut Vec<(Vec<String>, usize)>) -> usize {
    let depth = prefix.len();
    let line = tokens.get(at).map_or(0, |token| token.line);
    while let Some(token) = tokens.get(at) {
        match token.text.as_str() {
            "::" => at += 1,
            "{" => {
                at += 1;
                // A `;` ends what is no `use` at all, such as a macro's text.
                while tokens.get(at).is_some_and(|token| !["}", ";"].contains(&token.text.as_str())) {
                    at = tree(tokens, at, prefix, found);
                    if tokens.get(at).is_some_and(|token| token.text == ",") {
                        at += 1;
                    }
                }
                prefix.truncate(depth);
                return at + 1;
            }
            "," | "}" | ";" => break,
            // The new name says nothing about where the item lives.
            "as" => at += 2,
            word => {
                prefix.push(word.to_owned());
                at += 1;
            }
        }
    }
    found.push((prefix.clone(), line));
    prefix.truncate(depth);
    at
}

/// Turns `super` and `self` into a path from `crate`; the binary calls the library `viva`.
fn resolve(path: &mut Vec<String>, module: &[String], inline: usize) {
    match path.first().map(String::as_str) {
        Some("viva") => path[0] = "crate".into(),
        Some("self" | "super") => {
            let ups = path.iter().filter(|part| *part == "super").count();
            let above = ups.saturating_sub(inline).min(module.len());
            let rest = path.iter().skip_while(|part| ["super", "self"].contains(&part.as_str())).cloned();
            let from_root = std::iter::once("crate".to_owned()).chain(module[..module.len() - above].iter().cloned());
            *path = from_root.chain(rest).collect();
        }
        _ => {}
    }
}
