//! The metrics: what the code registers, what is written of it, and what the dashboard asks for.

use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every metric that the sources register, with its type.
fn registered() -> BTreeMap<String, &'static str> {
    let mut found = BTreeMap::new();
    let mut folders = vec![root().join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                read_source(&fs::read_to_string(path).unwrap(), &mut found);
            }
        }
    }
    found
}

fn read_source(source: &str, found: &mut BTreeMap<String, &'static str>) {
    for kind in ["counter", "gauge", "histogram"] {
        for call in source.split(&format!("{kind}!(")).skip(1) {
            let name = call.trim_start().strip_prefix('"').and_then(|rest| rest.split('"').next());
            found.extend(name.map(|name| (name.to_owned(), kind)));
        }
    }
}

/// The table of the reference: name to type.
fn described() -> BTreeMap<String, String> {
    let text = fs::read_to_string(root().join("infrastructure/metrics.md")).unwrap();
    let rows = text.lines().filter_map(|line| {
        let cells: Vec<&str> = line.strip_prefix("| `")?.split(" | ").collect();
        let [name, kind, _, meaning] = cells.as_slice() else { panic!("not four columns: {line}") };
        assert!(meaning.len() > 12, "says nothing: {line}");
        Some((name.trim_end_matches('`').to_owned(), (*kind).to_owned()))
    });
    rows.collect()
}

#[test]
fn every_metric_is_described_and_no_other() {
    let registered: BTreeMap<String, String> =
        registered().into_iter().map(|(name, kind)| (name, kind.to_owned())).collect();
    assert!(registered.len() > 50, "the sources were not read: {registered:?}");
    let described = described();
    let missing: Vec<_> = registered.iter().filter(|(name, _)| !described.contains_key(*name)).collect();
    assert!(missing.is_empty(), "infrastructure/metrics.md lacks {missing:?}");
    assert_eq!(described, registered, "infrastructure/metrics.md says what the code does not");
}

/// The names in a query that look like metrics: words with an underscore that are no functions and no labels.
fn names_in(query: &str) -> BTreeSet<String> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '$';
    let words = query.split(|c: char| !is_word(c));
    words.filter(|word| word.starts_with("viva_") || word.starts_with("process_")).map(str::to_owned).collect()
}

fn expressions(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Array(values) => values.iter().for_each(|value| expressions(value, found)),
        Value::Object(fields) => {
            for (key, value) in fields {
                match value {
                    Value::String(text) if key == "expr" || key == "query" => found.push(text.clone()),
                    _ => expressions(value, found),
                }
            }
        }
        _ => {}
    }
}

#[test]
fn the_dashboard_asks_for_what_there_is() {
    let text = fs::read_to_string(root().join("infrastructure/grafana/viva.json")).unwrap();
    let dashboard: Value = serde_json::from_str(&text).unwrap();
    let mut queries = Vec::new();
    expressions(&dashboard, &mut queries);
    let registered = registered();
    let mut asked = BTreeSet::new();
    for query in &queries {
        for name in names_in(query) {
            let (base, is_bucket) = match name.strip_suffix("_bucket") {
                Some(base) => (base.to_owned(), true),
                None => (name.clone(), false),
            };
            let kind = registered.get(&base).unwrap_or_else(|| panic!("nothing registers {name}: {query}"));
            assert_eq!(is_bucket, *kind == "histogram", "{name} is a {kind}: {query}");
            asked.insert(base);
        }
        assert_eq!(query.matches('(').count(), query.matches(')').count(), "{query}");
    }
    assert!(asked.len() > 30, "{asked:?}");
    for part in ["viva_sessions_max", "viva_uplink_mos", "viva_voice_to_voice_seconds", "viva_store_failures_total"] {
        assert!(asked.contains(part), "nothing of {part} is shown");
    }
}

#[test]
fn every_panel_says_what_it_shows_and_none_covers_another() {
    let text = fs::read_to_string(root().join("infrastructure/grafana/viva.json")).unwrap();
    let dashboard: Value = serde_json::from_str(&text).unwrap();
    let mut cells = BTreeSet::new();
    let mut rows = Vec::new();
    for panel in dashboard["panels"].as_array().unwrap() {
        let title = panel["title"].as_str().unwrap();
        let place = |key: &str| panel["gridPos"][key].as_u64().unwrap();
        for x in place("x")..place("x") + place("w") {
            for y in place("y")..place("y") + place("h") {
                assert!(x < 24 && cells.insert((x, y)), "{title} covers another or leaves the page");
            }
        }
        if panel["type"] == "row" {
            rows.push(title);
        } else {
            assert!(panel["description"].as_str().is_some_and(|text| text.len() > 12), "{title} is not explained");
            assert!(!panel["targets"].as_array().unwrap().is_empty(), "{title} shows nothing");
        }
    }
    assert_eq!(rows, ["Capacity", "Quality", "Latency", "Errors"]);
}
