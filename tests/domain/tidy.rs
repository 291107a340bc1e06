//! House rules that no compiler checks, read from the sources themselves. Each finding names its rule and its place.
//!
//! [`source`] turns a file into tokens, [`edges`] judges which module may import which (DESIGN: *Layout*), [`text`] the
//! rest, and [`planted`] plants one fault for each rule, so that a rule that finds nothing any more is noticed.

mod edges;
mod planted;
mod source;
mod text;

use source::Source;
use std::{
    fmt, fs,
    path::{Path, PathBuf},
};

/// One broken rule.
#[derive(Debug, PartialEq, Eq)]
pub struct Finding {
    pub rule: &'static str,
    pub place: String,
    pub what: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.place, self.rule, self.what)
    }
}

impl Finding {
    pub fn new(rule: &'static str, source: &Source, line: usize, what: impl Into<String>) -> Self {
        Self { rule, place: format!("{}:{line}", source.path), what: what.into() }
    }
}

/// Files that may be longer than [`text::FILE_LINES_MAX`], each with its reason.
const LONG_FILES: &[(&str, &str)] = &[];

/// Everything that the rules find in one file.
fn findings(source: &Source, submodules: &edges::Submodules) -> Vec<Finding> {
    let mut found = edges::check(source, submodules);
    found.extend(text::check(source, LONG_FILES));
    found
}

#[test]
fn the_sources_keep_the_house_rules() {
    let sources = read_sources();
    assert!(sources.iter().any(|source| source.path == "src/lib.rs"), "found no sources to read");
    let submodules = edges::Submodules::of(sources.iter().map(|source| source.path.as_str()));
    let found: Vec<_> = sources.iter().flat_map(|source| findings(source, &submodules)).collect();
    let report: String = found.iter().map(|finding| format!("\n{finding}")).collect();
    assert!(found.is_empty(), "{} findings:{report}", found.len());
}

#[test]
fn no_exception_outlives_its_reason() {
    for (path, _) in LONG_FILES {
        let lines = fs::read_to_string(root().join(path)).unwrap_or_default().lines().count();
        assert!(lines > text::FILE_LINES_MAX, "{path} has {lines} lines and needs no exception any more");
    }
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Our own sources, of every language that has a rule.
fn read_sources() -> Vec<Source> {
    let mut sources = Vec::new();
    for folder in ["src", "tests", "benches", "scripts", "web/src", "proto"] {
        visit(&root().join(folder), &mut sources);
    }
    for file in ["README.md", "ARCHITECTURE.md", "CHANGELOG.md", "Makefile", "Dockerfile", "Cargo.toml"] {
        sources.extend(read(&root().join(file)));
    }
    sources
}

fn visit(folder: &Path, sources: &mut Vec<Source>) {
    const NOT_OURS: [&str; 6] = ["node_modules", "out", "fixtures", "gen", "generated", "target"];
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.is_dir() && !NOT_OURS.contains(&name) && !name.starts_with('.') {
            visit(&path, sources);
        } else if path.is_file() {
            sources.extend(read(&path));
        }
    }
}

/// `None` for a file that is not there or not text.
fn read(path: &Path) -> Option<Source> {
    if path.ends_with("package-lock.json") {
        return None;
    }
    let text = fs::read_to_string(path).ok()?;
    let relative = path.strip_prefix(root()).ok()?.to_str()?.replace('\\', "/");
    Some(Source::new(&relative, &text))
}
