//! Results as one page to print: complete in itself, without scripts, readable by a screen reader.

use super::{
    ResultQuestion, Results,
    export::{Speakers, escaped, words},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;

const STYLE: &str = "body{font:12pt/1.5 Georgia,serif;color:#111;background:#fff;max-width:46rem;margin:2rem auto;\
padding:0 1rem}h1{font-size:1.6rem}h2{font-size:1.2rem;margin-top:2rem;border-bottom:1px solid #888}\
dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem}dt{font-weight:bold}dd{margin:0}\
table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.3rem .6rem .3rem 0;\
border-bottom:1px solid #ccc}th[scope=row]{white-space:nowrap}caption{text-align:left;font-weight:bold}\
.note{border:1px solid #888;padding:.5rem 1rem}footer{margin-top:2rem;font-size:.8rem;overflow-wrap:anywhere}\
@media print{body{margin:0;max-width:none}tr,li{break-inside:avoid}h2{break-after:avoid}}";

/// The policy under which the page works: nothing but its own style.
pub fn policy() -> String {
    let hash = STANDARD.encode(Sha256::digest(STYLE));
    let nothing = "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    format!("default-src 'none'; style-src 'sha256-{hash}'; {nothing}")
}

/// The page.
pub fn page(results: &Results, speakers: &Speakers, language: &str) -> String {
    let title = format!("{} \u{2013} results", escaped(&results.title));
    let mut out = format!(
        "<!doctype html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"robots\" content=\"noindex\">\n<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n\
         <body>\n<main>\n<h1>{title}</h1>\n",
        escaped(language)
    );
    facts(&mut out, results);
    questions(&mut out, &results.questions);
    transcript(&mut out, results, speakers);
    out.push_str("</main>\n");
    footer(&mut out, results);
    out.push_str("</body>\n</html>\n");
    out
}

fn fact(out: &mut String, name: &str, value: Option<String>) {
    // Writing to a string does not fail.
    if let Some(value) = value {
        let _ = writeln!(out, "<dt>{name}</dt><dd>{}</dd>", escaped(&value));
    }
}

fn facts(out: &mut String, results: &Results) {
    out.push_str("<dl>\n");
    fact(out, "Candidate", results.user_id.clone());
    fact(out, "Session", Some(results.session_id.clone()));
    fact(
        out,
        "Status",
        Some(
            results.end_reason.map_or(results.status.to_owned(), |reason| {
                format!("{} ({})", results.status, reason.replace('_', " "))
            }),
        ),
    );
    fact(out, "Started", results.started_at.map(|at| at.to_string()));
    fact(out, "Ended", results.ended_at.map(|at| at.to_string()));
    fact(out, "Duration", results.duration_ms.map(|ms| format!("{} min {} s", ms / 60_000, ms / 1_000 % 60)));
    fact(out, "Interruptions", Some(results.metrics.interruptions.to_string()));
    out.push_str("</dl>\n");
}

fn questions(out: &mut String, questions: &[ResultQuestion]) {
    out.push_str("<h2>Questions</h2>\n<ol>\n");
    for question in questions {
        let status = question.status.as_deref().unwrap_or("to come");
        let reason = question.reason.as_deref().map(|reason| format!(", {}", reason.replace('_', " ")));
        let _ = write!(
            out,
            "<li><strong>{}</strong><br>{}{}",
            escaped(&question.text),
            escaped(status),
            escaped(&reason.unwrap_or_default())
        );
        for follow_up in &question.follow_ups {
            let _ = write!(out, "<br>Follow-up: {}", escaped(follow_up));
        }
        out.push_str("</li>\n");
    }
    out.push_str("</ol>\n");
}

fn transcript(out: &mut String, results: &Results, speakers: &Speakers) {
    out.push_str("<h2>Transcript</h2>\n");
    let deleted_at = results.retention.as_ref().and_then(|retention| retention.transcript.deleted_at);
    if let Some(deleted_at) = deleted_at {
        let _ = writeln!(out, "<p class=\"note\">The transcript was deleted at {deleted_at}.</p>");
        return;
    }
    out.push_str(
        "<table>\n<caption>What was heard, in order</caption>\n<thead><tr><th scope=\"col\">Time</th>\
         <th scope=\"col\">Speaker</th><th scope=\"col\">Words</th></tr></thead>\n<tbody>\n",
    );
    for item in &results.transcript {
        let seconds = item.start_ms / 1_000;
        let words = escaped(words(item));
        let speaker = if item.role == "user" { &speakers.user } else { &speakers.assistant };
        let _ = writeln!(
            out,
            "<tr><td>{:02}:{:02}</td><th scope=\"row\">{}</th><td>{words}</td></tr>",
            seconds / 60,
            seconds % 60,
            escaped(speaker)
        );
    }
    out.push_str("</tbody>\n</table>\n");
}

fn footer(out: &mut String, results: &Results) {
    let Some(log) = &results.log else { return };
    let _ = writeln!(out, "<footer>Log: {} entries, head <code>{}</code></footer>", log.entries, escaped(&log.head));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::conformance;

    #[test]
    fn nothing_that_was_said_is_markup() {
        let mut record = conformance::keeping::record(1);
        record.interview.title = "<script>alert(1)</script>".to_owned();
        record.user_id = Some("\"><img src=x onerror=alert(1)>".to_owned());
        let mut item = conformance::item(1, "</td><iframe src=//evil>");
        item.content = item.generated_content.clone();
        record.items = vec![item];
        let page = page(&Results::from(record), &Speakers::new("<b>"), "en\" onload=\"x");
        for bad in ["<script", "<img", "<iframe", "<b>", "onload=\"x\""] {
            assert!(!page.contains(bad), "{bad} in {page}");
        }
        assert!(page.contains("&lt;iframe src=//evil&gt;") && page.matches("<style>").count() == 1);
        assert!(policy().starts_with("default-src 'none'; style-src 'sha256-"));
    }
}
