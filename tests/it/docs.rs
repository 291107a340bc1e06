//! The documents say what the code does: the table of settings, the links, the routes, the commands.

use std::{collections::BTreeSet, fs, path::Path};
use viva::config::KEYS;

const DOCUMENTS: [&str; 3] = ["README.md", "ARCHITECTURE.md", "CHANGELOG.md"];

fn read(path: &str) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&file).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The README's table, as the code would write it.
fn settings_table() -> String {
    let mut table = String::from("| name | default | meaning |\n| --- | --- | --- |\n");
    for key in KEYS {
        let kind = if key.secret { " (secret)" } else { "" };
        table.push_str(&format!("| `{}` | {} | {}{kind} |\n", key.name, key.default, key.meaning));
    }
    table
}

#[test]
fn the_readme_lists_every_setting_and_no_other() {
    let readme = read("README.md");
    let (_, rest) = readme.split_once("<!-- settings -->\n").expect("a mark before the table");
    let (table, _) = rest.split_once("<!-- /settings -->").expect("a mark after the table");
    assert!(table == settings_table(), "README.md should have this table:\n\n{}", settings_table());
}

#[test]
fn links_lead_to_files_that_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut links = 0;
    for document in DOCUMENTS {
        let text = read(document);
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if target.starts_with("https://") || target.starts_with('#') {
                continue;
            }
            let file = target.split('#').next().unwrap_or(target);
            assert!(root.join(file).exists(), "{document} links to {target}, which is not there");
            links += 1;
        }
    }
    assert!(links > 5, "only {links} links were found");
}

/// Paths like `src/media/port.rs` in code marks.
#[test]
fn paths_that_the_documents_name_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let tops = ["src/", "tests/", "scripts/", "assets/", "proto/", "web/", "benches/", ".ci/"];
    for document in DOCUMENTS {
        let text = read(document);
        for word in text.split('`').skip(1).step_by(2).filter(|word| tops.iter().any(|top| word.starts_with(top))) {
            // A pattern names the folder that it is in.
            let plain = word.split(['*', '{', '…', ' ']).next().unwrap_or(word);
            assert!(root.join(plain).exists(), "{document} names {word}, which is not there");
        }
    }
}

/// Targets of the Makefile, which the documents call with `make`.
#[test]
fn make_commands_that_the_documents_name_exist() {
    let makefile = read("Makefile");
    let targets: BTreeSet<&str> = makefile
        .lines()
        .filter(|line| !line.starts_with(['\t', '#', '.', ' ']))
        .filter_map(|line| line.split_once(':').map(|(name, _)| name))
        .collect();
    for document in DOCUMENTS {
        let text = read(document);
        for (at, _) in text.match_indices("make ") {
            let before = text[..at].chars().next_back();
            let is_command = before == Some('`') || before == Some('\n') || text[..at].ends_with("… ");
            let name: String = text[at + 5..].chars().take_while(|c| c.is_ascii_lowercase() || *c == '-').collect();
            assert!(!is_command || targets.contains(name.as_str()), "{document}: there is no `make {name}`");
        }
    }
}
