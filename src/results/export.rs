//! Results in other forms: subtitles, plain text, and rows of a table. Pure.

use super::{ResultItem, ResultQuestion, Results};
use crate::domain::{
    second_pass::Version,
    transcript::{ItemState, Role},
};
use std::fmt::Write as _;

/// What the two sides are called.
#[derive(Clone, Debug)]
pub struct Speakers {
    pub user: String,
    pub assistant: String,
}

impl Speakers {
    /// The interviewer by the name that it spoke under, if it had one.
    pub fn new(persona: &str) -> Self {
        let persona = persona.trim();
        let assistant = if persona.is_empty() { "Interviewer" } else { persona };
        Self { user: "Candidate".to_owned(), assistant: assistant.to_owned() }
    }

    fn of(&self, role: &str) -> &str {
        if role == Role::User.as_str() { &self.user } else { &self.assistant }
    }
}

/// Shown for words that could not be had.
const MISSING: &str = "[not understood]";
/// A subtitle is shown for this long at least, in milliseconds.
const CUE_MS_MIN: u64 = 700;
/// Reading time of a word, for what has no end.
const WORD_MS: u64 = 400;

/// One subtitle.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Cue {
    start_ms: u64,
    end_ms: u64,
    speaker: String,
    text: String,
}

/// What was heard, by time; what was never heard is left out.
fn cues(transcript: &[ResultItem], speakers: &Speakers) -> Vec<Cue> {
    let mut items: Vec<&ResultItem> = transcript.iter().collect();
    items.sort_by_key(|item| item.start_ms);
    let mut cues = Vec::new();
    for item in items {
        let text = one_line(words(item));
        if text.is_empty() {
            continue;
        }
        let spoken_ms = text.split_whitespace().count() as u64 * WORD_MS;
        let end_ms = item.end_ms.unwrap_or(item.start_ms.saturating_add(spoken_ms));
        let end_ms = end_ms.max(item.start_ms.saturating_add(CUE_MS_MIN));
        let speaker = one_line(speakers.of(item.role));
        cues.push(Cue { start_ms: item.start_ms, end_ms, speaker, text });
    }
    cues
}

/// The version that is shown: what was heard live, or in the second pass.
pub(super) fn words(item: &ResultItem) -> &str {
    match &item.second_pass {
        Some(pass) if item.shown == Version::SecondPass.as_str() => &pass.content,
        _ if item.state == ItemState::Missing.as_str() && item.content.trim().is_empty() => MISSING,
        _ => &item.content,
    }
}

/// Without line ends and other control characters: an empty line would end a subtitle.
fn one_line(text: &str) -> String {
    let clean = text.replace(|c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}'), " ");
    clean.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn clock(ms: u64, point: char) -> String {
    let (hours, minutes, seconds) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1_000 % 60);
    format!("{hours:02}:{minutes:02}:{seconds:02}{point}{:03}", ms % 1_000)
}

/// `&`, `<` and `>` as WebVTT and HTML want them; with `>` gone no text is an arrow.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

/// WebVTT: a cue for each item, with its speaker. Both sides may speak at once.
pub fn vtt(results: &Results, speakers: &Speakers) -> String {
    let mut out = String::from("WEBVTT\n");
    for (at, cue) in cues(&results.transcript, speakers).iter().enumerate() {
        // Quotes need no escape there, and players do not know those of HTML.
        let plain = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let times = format!("{} --> {}", clock(cue.start_ms, '.'), clock(cue.end_ms, '.'));
        // Writing to a string does not fail.
        let _ = write!(out, "\n{}\n{times}\n<v {}>{}</v>\n", at + 1, plain(&cue.speaker), plain(&cue.text));
    }
    out
}

/// SubRip, whose players show one subtitle at a time: what begins together is one, and what is still shown when the
/// next one begins makes room for it.
pub fn srt(results: &Results, speakers: &Speakers) -> String {
    let mut merged: Vec<(u64, u64, String)> = Vec::new();
    for cue in cues(&results.transcript, speakers) {
        // Players take some tags; what was said has none.
        let line = format!("{}: {}", cue.speaker, cue.text).replace('<', "\u{2039}").replace('>', "\u{203a}");
        match merged.last_mut() {
            Some((start_ms, end_ms, lines)) if *start_ms == cue.start_ms => {
                *end_ms = (*end_ms).max(cue.end_ms);
                lines.push('\n');
                lines.push_str(&line);
            }
            Some((_, end_ms, _)) => {
                *end_ms = (*end_ms).min(cue.start_ms);
                merged.push((cue.start_ms, cue.end_ms, line));
            }
            None => merged.push((cue.start_ms, cue.end_ms, line)),
        }
    }
    let mut out = String::new();
    for (at, (start_ms, end_ms, lines)) in merged.iter().enumerate() {
        let _ = write!(out, "{}\n{} --> {}\n{lines}\n\n", at + 1, clock(*start_ms, ','), clock(*end_ms, ','));
    }
    out
}

/// Plain text: a head, then a line for each item.
pub fn txt(results: &Results, speakers: &Speakers) -> String {
    let mut out = format!("{}\nSession {}\n", one_line(&results.title), results.session_id);
    if let Some(started_at) = results.started_at {
        let _ = writeln!(out, "Started {started_at}");
    }
    out.push('\n');
    for cue in cues(&results.transcript, speakers) {
        let _ = writeln!(out, "[{}] {}: {}", &clock(cue.start_ms, '.')[..8], cue.speaker, cue.text);
    }
    out
}

/// What a row of a table is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rows {
    #[default]
    Sessions,
    Answers,
}

const SESSION_COLUMNS: &[&str] = &[
    "session_id",
    "interview_id",
    "title",
    "kind",
    "user_id",
    "status",
    "end_reason",
    "created_at",
    "started_at",
    "ended_at",
    "duration_ms",
    "questions",
    "answered",
    "asked",
    "skipped",
    "user_talk_ms",
    "assistant_talk_ms",
    "response_delay_p50_ms",
    "response_delay_p95_ms",
    "interruptions",
    "words_per_minute",
];

const ANSWER_COLUMNS: &[&str] = &[
    "session_id",
    "interview_id",
    "user_id",
    "question",
    "text",
    "status",
    "reason",
    "follow_ups",
    "answer",
    "start_ms",
    "end_ms",
    "words",
    "item_ids",
];

/// The first line of a table.
pub fn csv_head(rows: Rows) -> Vec<u8> {
    let columns = match rows {
        Rows::Sessions => SESSION_COLUMNS,
        Rows::Answers => ANSWER_COLUMNS,
    };
    records(vec![columns.iter().map(|name| (*name).to_owned()).collect()])
}

/// The lines of one session.
pub fn csv_rows(results: &Results, rows: Rows) -> Vec<u8> {
    records(match rows {
        Rows::Sessions => vec![session_row(results)],
        Rows::Answers => results.questions.iter().map(|question| answer_row(results, question)).collect(),
    })
}

/// As RFC 4180 has it, with a quote before whatever a spreadsheet would take for a formula.
fn records(rows: Vec<Vec<String>>) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    for row in rows {
        // Memory takes everything; a row of another length is the only thing that could be refused.
        if let Err(error) = writer.write_record(row.iter().map(|cell| harmless(cell))) {
            tracing::error!(%error, "a row cannot be written");
        }
    }
    writer.into_inner().unwrap_or_default()
}

/// A cell that no spreadsheet calculates (OWASP, CSV injection).
pub fn harmless(cell: &str) -> String {
    let begins = cell.trim_start_matches([' ', '\u{a0}', '\u{feff}', '\u{200b}']).chars().next();
    let formula = ['=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}', '\t', '\r', '\n', '|', '%'];
    let dangerous = begins.is_some_and(|first| formula.contains(&first));
    let clean = cell.replace('\0', "");
    if dangerous { format!("'{clean}") } else { clean }
}

fn shown<T: ToString>(value: Option<T>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

fn session_row(results: &Results) -> Vec<String> {
    let with = |status: &str| {
        let has = |question: &&ResultQuestion| question.status.as_deref() == Some(status);
        results.questions.iter().filter(has).count().to_string()
    };
    let metrics = &results.metrics;
    vec![
        results.session_id.clone(),
        results.interview_id.clone(),
        results.title.clone(),
        results.kind.clone(),
        shown(results.user_id.as_ref()),
        results.status.to_owned(),
        shown(results.end_reason),
        results.created_at.to_string(),
        shown(results.started_at),
        shown(results.ended_at),
        shown(results.duration_ms),
        results.questions.len().to_string(),
        with("answered"),
        with("asked"),
        with("skipped"),
        shown(metrics.talk_ms.user),
        shown(metrics.talk_ms.assistant),
        shown(metrics.response_delay_ms.p50),
        shown(metrics.response_delay_ms.p95),
        metrics.interruptions.to_string(),
        shown(metrics.words_per_minute),
    ]
}

fn answer_row(results: &Results, question: &ResultQuestion) -> Vec<String> {
    let of_it = |item: &&ResultItem| item.question == Some(question.number) && item.role == Role::User.as_str();
    let items: Vec<&ResultItem> = results.transcript.iter().filter(of_it).collect();
    let answer = items.iter().map(|item| words(item).trim()).collect::<Vec<_>>().join("\n");
    let spoken = items.iter().map(|item| words(item).split_whitespace().count()).sum::<usize>();
    vec![
        results.session_id.clone(),
        results.interview_id.clone(),
        shown(results.user_id.as_ref()),
        question.number.to_string(),
        question.text.clone(),
        shown(question.status.as_ref()),
        shown(question.reason.as_ref()),
        question.follow_ups.join("\n"),
        answer,
        shown(items.iter().map(|item| item.start_ms).min()),
        shown(items.iter().filter_map(|item| item.end_ms).max()),
        spoken.to_string(),
        items.iter().map(|item| item.item_id.as_str()).collect::<Vec<_>>().join(" "),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::conformance;

    fn results(transcript: Vec<ResultItem>) -> Results {
        let mut results = Results::from(conformance::keeping::record(1));
        results.transcript = transcript;
        results
    }

    fn item(role: &'static str, content: &str, start_ms: u64, end_ms: Option<u64>) -> ResultItem {
        ResultItem {
            item_id: format!("item_{start_ms}"),
            role,
            content: content.to_owned(),
            generated_content: String::new(),
            start_ms,
            end_ms,
            state: "final",
            question: Some(1),
            second_pass: None,
            shown: "live",
        }
    }

    #[test]
    fn a_hostile_transcript_makes_valid_subtitles() {
        let hostile = "a --> b\n\n00:00:00.000 --> 00:00:09.000\n<v Boss>hired & <b>paid</b>\r\nWEBVTT";
        let transcript = vec![
            item("user", hostile, 2_000, None),
            item("assistant", "Hello", 0, Some(2_500)),
            item("user", "", 9_000, Some(9_100)),
            item("user", "late", 2_000, Some(1_000)),
        ];
        let text = vtt(&results(transcript.clone()), &Speakers::new("Ve>ra\n"));
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[..5], ["WEBVTT", "", "1", "00:00:00.000 --> 00:00:02.500", "<v Ve&gt;ra>Hello</v>"]);
        assert_eq!(lines.iter().filter(|line| line.contains("-->")).count(), 3, "{text}");
        assert!(text.contains("a --&gt; b 00:00:00.000 --&gt; 00:00:09.000 &lt;v Boss&gt;hired &amp; &lt;b&gt;paid"));
        let text = srt(&results(transcript), &Speakers::new(""));
        assert!(text.starts_with("1\n00:00:00,000 --> 00:00:02,000\nInterviewer: Hello\n\n2\n00:00:02,000 --> "));
        assert!(text.contains("Candidate: late\n\n") && !text.contains('<'), "{text}");
    }

    #[test]
    fn no_cell_is_a_formula() {
        let formulas =
            ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "\u{ff1d}1", "\u{feff}=1", "|calc", "%0a"];
        for cell in formulas {
            assert!(harmless(cell).starts_with('\''), "{cell:?}");
        }
        for cell in ["", "a=1", "1-2", "e-mail@example.org", "\u{fc}ber"] {
            assert_eq!(harmless(cell), cell);
        }
        let mut results = results(vec![item("user", "=cmd|' /C calc'!A0,\"x\"\ny", 5, Some(9))]);
        results.user_id = Some("@me".to_owned());
        let text = String::from_utf8(csv_rows(&results, Rows::Answers)).expect("text");
        assert!(text.contains(",\"'=cmd|' /C calc'!A0,\"\"x\"\"\ny\",5,9,") && text.contains(",'@me,"), "{text}");
        let columns = |bytes: Vec<u8>| {
            let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(&bytes[..]);
            reader.records().map(|record| record.expect("a record").len()).collect::<Vec<_>>()
        };
        assert_eq!(columns([csv_head(Rows::Answers), csv_rows(&results, Rows::Answers)].concat()), [13, 13, 13]);
        assert_eq!(columns([csv_head(Rows::Sessions), csv_rows(&results, Rows::Sessions)].concat()), [21, 21]);
    }
}
