//! The same inputs are the same record; any change of them is another.

use super::{criterion, question, said};
use serde_json::json;
use viva::domain::{
    id::SessionId,
    interview::{Interview, Level},
    scorecard::{
        QuestionRubric,
        evidence::Heard,
        pins::{Pins, canonical, interview_sha256, prompt_sha256, rubric_sha256, transcript_sha256},
        rubric_of,
    },
    transcript::{Item, Role},
};

fn interview() -> Interview {
    Interview { id: "x".to_owned(), kind: "x".to_owned(), questions: vec![question()], ..Interview::default() }
}

fn pins(interview: &Interview, rubric: &[QuestionRubric], items: &[Item], prompt: &str, model: Option<&str>) -> Pins {
    let heard: Vec<Heard<'_>> = items.iter().map(Heard::live).collect();
    Pins {
        interview_sha256: interview_sha256(interview),
        rubric_sha256: rubric_sha256(rubric),
        transcript_sha256: transcript_sha256(&SessionId::new("ses_1"), &heard, Some(0.02)),
        prompt_sha256: prompt_sha256(prompt),
        model: model.map(str::to_owned),
    }
}

#[test]
fn the_id_follows_from_the_inputs_alone() {
    let (interview, items) = (interview(), [said(0, Role::Assistant, "Why?"), said(1, Role::User, "Because.")]);
    let rubric = rubric_of(&interview);
    let first = pins(&interview, &rubric, &items, "p", Some("m"));
    let again = pins(&interview.clone(), &rubric, &[items[1].clone(), items[0].clone()], "p", Some("m"));
    assert_eq!(first.proposal_id(), again.proposal_id(), "the order in which items were read is no input");
    assert_eq!(first.proposal_id().len(), "prop_".len() + 64);

    let mut titled = interview.clone();
    titled.title = "Another title".to_owned();
    titled.retention.scores_days = Some(3);
    assert_eq!(pins(&titled, &rubric, &items, "p", Some("m")).proposal_id(), first.proposal_id());

    let mut asked_otherwise = interview.clone();
    asked_otherwise.questions[0].text.push('!');
    let mut other_rubric = rubric.clone();
    other_rubric[0].criteria[0].levels.push(Level { level: 5, anchor: "More.".to_owned() });
    let mut heard_otherwise = items.clone();
    heard_otherwise[1].content = "Because!".to_owned();
    let others = [
        pins(&asked_otherwise, &rubric, &items, "p", Some("m")),
        pins(&interview, &other_rubric, &items, "p", Some("m")),
        pins(&interview, &rubric, &heard_otherwise, "p", Some("m")),
        pins(&interview, &rubric, &items[..1], "p", Some("m")),
        pins(&interview, &rubric, &items, "q", Some("m")),
        pins(&interview, &rubric, &items, "p", Some("n")),
        pins(&interview, &rubric, &items, "p", None),
    ];
    let mut ids: Vec<String> = others.iter().map(Pins::proposal_id).collect();
    ids.push(first.proposal_id());
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), others.len() + 1, "each is a record of its own");
}

#[test]
fn sessions_with_the_same_words_are_different() {
    let items = [said(1, Role::User, "Because.")];
    let heard: Vec<Heard<'_>> = items.iter().map(Heard::live).collect();
    let hash = |session: &str| transcript_sha256(&SessionId::new(session), &heard, None);
    assert_ne!(hash("ses_1"), hash("ses_2"));
    let second = [Heard { item: &items[0], second_pass: Some("Because of it."), shows_second_pass: false }];
    assert_ne!(hash("ses_1"), transcript_sha256(&SessionId::new("ses_1"), &second, None));
}

#[test]
fn a_rubric_has_the_questions_with_criteria() {
    let mut interview = interview();
    interview.questions.insert(0, viva::domain::interview::Question::default());
    let rubric = rubric_of(&interview);
    assert_eq!(rubric, [QuestionRubric { question: 2, criteria: vec![criterion("part")] }]);
}

#[test]
fn canonical_json_has_one_form() {
    let value = json!({"b": [1, {"z": null, "a": "\"\u{e9}\n"}], "a": true, "": {}});
    assert_eq!(canonical(&value), "{\"\":{},\"a\":true,\"b\":[1,{\"a\":\"\\\"é\\n\",\"z\":null}]}");
}
