//! The log's chain, its seals, and what altering them shows.

use serde_json::{Value, json};
use std::collections::BTreeMap;
use viva::domain::log::{
    Cell, Digest, Evidence, Head, Row, Salt, Verdict, canonical, check_file, entry_hash, genesis, kind, verify,
};

fn row(table: &str, key: &str, content: &str) -> Row {
    let cells = BTreeMap::from([
        ("content".to_owned(), Cell::Text(content.to_owned())),
        ("start_ms".to_owned(), Cell::Integer(1_000)),
        ("question".to_owned(), Cell::Null),
    ]);
    Row { table: table.to_owned(), key: key.to_owned(), cells }
}

/// A session with rows, and a log that vouches for them.
fn evidence() -> Evidence {
    let salt = Salt::from_random([7; 32]);
    let rows = vec![row("sessions", "ses_a", "plan"), row("items", "item_1", "one"), row("items", "item_2", "two")];
    let mut all = Evidence {
        session_id: "ses_a".to_owned(),
        entries: Vec::new(),
        head: Some(Head::new("ses_a")),
        salt: Some(salt.clone()),
        rows: rows.clone(),
    };
    append(&mut all, kind::OPENED, &json!({"salt": salt.commitment(), "version": 1}));
    append(&mut all, kind::CREATED, &salt.seal(&rows[0], &[]));
    append(&mut all, "item", &salt.seal(&row("items", "item_1", "o"), &[]));
    append(&mut all, "item", &salt.seal(&rows[1], &[]));
    append(&mut all, "item", &salt.seal(&rows[2], &[]));
    append(&mut all, "status", &salt.seal(&rows[0], &["content"]));
    all
}

fn append(evidence: &mut Evidence, kind: &str, data: &Value) {
    let (entry, head) = evidence.head.unwrap().append(1_000, kind, data);
    evidence.entries.push(entry);
    evidence.head = Some(head);
}

fn found(evidence: &Evidence) -> Vec<String> {
    let report = verify(evidence);
    assert_eq!(report.verdict == Verdict::Differs, !report.findings.is_empty());
    report.findings.iter().map(ToString::to_string).collect()
}

#[test]
fn what_nobody_altered_is_intact() {
    let report = verify(&evidence());
    assert_eq!((report.verdict, report.entries), (Verdict::Intact, 6));
    assert_eq!(report.head, evidence().entries[5].hash.to_string());
}

#[test]
fn an_altered_row_names_its_column_and_its_entry() {
    let mut altered = evidence();
    altered.rows[1].cells.insert("content".to_owned(), Cell::Text("onE".to_owned()));
    assert_eq!(found(&altered), ["item item_1: content differs from log entry 4"]);
    let mut altered = evidence();
    altered.rows[0].cells.insert("start_ms".to_owned(), Cell::Integer(1_001));
    assert_eq!(found(&altered), ["session: start_ms differs from log entry 2"]);
    let mut retyped = evidence();
    retyped.rows[2].cells.insert("start_ms".to_owned(), Cell::Text("1000".to_owned()));
    assert_eq!(found(&retyped), ["item item_2: start_ms differs from log entry 5"]);
    let mut swapped = evidence();
    let (one, two) = (swapped.rows[1].cells.clone(), swapped.rows[2].cells.clone());
    (swapped.rows[1].cells, swapped.rows[2].cells) = (two, one);
    assert_eq!(found(&swapped).len(), 2, "no value is good in another's place");
}

#[test]
fn missing_and_added_rows_are_named() {
    let mut missing = evidence();
    missing.rows.remove(2);
    assert_eq!(found(&missing), ["item of log entry 5: is missing"]);
    let mut added = evidence();
    added.rows.push(row("items", "item_9", "never said"));
    assert_eq!(found(&added), ["item item_9: is not in the log"]);
}

/// Each byte of each entry, in turn.
#[test]
fn an_altered_entry_is_named_and_no_other() {
    let whole = evidence();
    let mut tried = 0;
    for at in 0..whole.entries.len() {
        let place = format!("log entry {}: differs from its hash", at + 1);
        for byte in 0..whole.entries[at].data.len() {
            let mut altered = whole.clone();
            let mut data = altered.entries[at].data.clone().into_bytes();
            data[byte] ^= 1;
            let Ok(data) = String::from_utf8(data) else { continue };
            altered.entries[at].data = data;
            let found = found(&altered);
            assert_eq!(found.first(), Some(&place), "byte {byte}");
            assert_eq!(found.iter().filter(|finding| finding.starts_with("log entry")).count(), 1);
            tried += 1;
        }
        let mut altered = whole.clone();
        altered.entries[at].at_ms += 1;
        assert_eq!(found(&altered), std::slice::from_ref(&place));
        let mut altered = whole.clone();
        altered.entries[at].hash.0[31] ^= 0x80;
        let found = found(&altered);
        let last = at + 1 == whole.entries.len();
        assert_eq!(found[0], place);
        assert_eq!(found.len(), if last { 2 } else { 1 }, "the head too, after the last one: {found:?}");
    }
    assert!(tried > 1_000, "{tried} bytes");
}

#[test]
fn entries_that_are_cut_out_or_off_are_missed() {
    let mut hole = evidence();
    hole.entries.remove(3);
    assert_eq!(found(&hole)[0], "log entry 4: is missing");
    let mut cut = evidence();
    cut.entries.truncate(5);
    assert_eq!(found(&cut)[0], "log head: counts 6 entries, the log ends with entry 5");
    let mut headless = evidence();
    headless.head = None;
    assert_eq!(found(&headless), ["log head: is missing"]);
    let mut foreign = evidence();
    foreign.session_id = "ses_b".to_owned();
    assert!(found(&foreign).contains(&"log entry 1: differs from its hash".to_owned()), "another session's log");
    let mut empty = evidence();
    (empty.entries, empty.head) = (Vec::new(), None);
    empty.salt = None;
    assert_eq!(verify(&empty).verdict, Verdict::Partial);
}

#[test]
fn another_salt_is_no_salt() {
    let mut other = evidence();
    other.salt = Some(Salt::from_random([8; 32]));
    assert_eq!(found(&other), ["salt: differs from log entry 1, so that no row can be checked"]);
    other.salt = None;
    assert_eq!(found(&other), ["salt: is missing although nothing was erased"]);
}

#[test]
fn deleting_what_is_due_and_erasing_leave_a_log_that_holds() {
    let mut kept = evidence();
    append(&mut kept, kind::RETENTION, &json!({"class": "transcript", "gone": ["items"]}));
    assert_eq!(found(&kept).len(), 2, "the rows are still there");
    kept.rows.truncate(1);
    assert_eq!(verify(&kept).verdict, Verdict::Intact);
    append(&mut kept, kind::ERASED, &json!({"receipt_id": "era_1"}));
    assert_eq!(found(&kept).len(), 2, "salt and session are still there");
    kept.rows.clear();
    kept.salt = None;
    assert_eq!(verify(&kept).verdict, Verdict::Erased);
    kept.entries[2].data.push(' ');
    assert_eq!(found(&kept), ["log entry 3: differs from its hash"]);
}

#[test]
fn one_removed_row_is_gone_and_may_not_come_back() {
    let mut kept = evidence();
    let salt = kept.salt.clone().unwrap();
    append(&mut kept, "score.removed", &json!({"table": "items", "row": salt.row("items", "item_2")}));
    assert_eq!(found(&kept), ["item item_2: is not in the log"]);
    kept.rows.remove(2);
    assert_eq!(verify(&kept).verdict, Verdict::Intact);
}

#[test]
fn a_log_that_began_later_says_only_what_it_knows() {
    let mut late = evidence();
    late.entries.clear();
    late.head = Some(Head::new("ses_a"));
    let salt = late.salt.clone().unwrap();
    append(&mut late, kind::OPENED, &json!({"salt": salt.commitment()}));
    let seal = salt.seal(&late.rows[0], &["content"]);
    append(&mut late, "status", &seal);
    assert_eq!(verify(&late).verdict, Verdict::Partial);
    late.rows[0].cells.insert("content".to_owned(), Cell::Null);
    assert_eq!(found(&late), ["session: content differs from log entry 2"]);
}

/// The words cannot be guessed from the log: the same words look different in every session, row and column.
#[test]
fn the_same_words_never_look_the_same() {
    let cell = Cell::Text("yes".to_owned());
    let (a, b) = (Salt::from_random([1; 32]), Salt::from_random([2; 32]));
    let (one, two) = (row("items", "item_1", ""), row("items", "item_2", ""));
    let digests = [
        a.cell(&one, "content", &cell),
        b.cell(&one, "content", &cell),
        a.cell(&two, "content", &cell),
        a.cell(&one, "generated_content", &cell),
        a.cell(&row("questions", "item_1", ""), "content", &cell),
        a.cell(&one, "content", &Cell::Blob(b"yes".to_vec())),
    ];
    for (at, digest) in digests.iter().enumerate() {
        assert_eq!(digest.len(), 43);
        assert!(digests[at + 1..].iter().all(|other| other != digest), "{at}");
    }
    let data = canonical(&a.seal(&row("items", "item_1", "a canary"), &[]));
    assert!(!data.contains("canary") && !data.contains("item_1") && !data.contains("1000"), "{data}");
}

#[test]
fn the_form_that_is_hashed_is_written_down() {
    let data = json!({"b": [1, "é\n\"", null, true], "a": {"z": -5, "A": {}}});
    assert_eq!(canonical(&data), "{\"a\":{\"A\":{},\"z\":-5},\"b\":[1,\"é\\n\\\"\",null,true]}");
    let hash = entry_hash(&genesis("s"), 1, -2, "k\"x", "{}");
    let mut bytes = Digest::of(b"viva log 1\ns").0.to_vec();
    bytes.extend_from_slice(b"[1,-2,\"k\\\"x\",{}]");
    assert_eq!(hash, Digest::of(&bytes));
    let hex = hash.to_string();
    assert_eq!(Digest::from_hex(&hex), Some(hash));
    for wrong in ["", "zz", &hex[1..], &format!("{hex}0"), &hex.replace(&hex[..1], "é")] {
        assert_eq!(Digest::from_hex(wrong), None, "{wrong}");
    }
}

#[test]
fn a_file_names_the_block_that_differs() {
    let digests: Vec<Digest> = (0..4_u8).map(|n| Digest::of(&[n])).collect();
    let check = |found: &[Digest], bytes| {
        let findings = check_file("user.ogg", 65_536, &digests, found, bytes);
        findings.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(check(&digests, 200_000), Vec::<String>::new());
    let mut altered = digests.clone();
    altered[2] = Digest::of(b"x");
    assert_eq!(check(&altered, 200_000), ["user.ogg: block 2 (bytes 131072\u{2013}196607) differs"]);
    altered = digests.clone();
    altered[3] = Digest::of(b"x");
    assert_eq!(check(&altered, 200_000), ["user.ogg: block 3 (bytes 196608\u{2013}199999) differs"]);
    assert_eq!(check(&digests[..3], 190_000), ["user.ogg: has 3 blocks of 65536 bytes, 4 were sealed"]);
}
