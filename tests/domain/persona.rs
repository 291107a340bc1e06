//! Who interviews, and what a model is told for one question.

use viva::domain::{
    interview::{Interview, Question},
    persona::{Persona, Personas, PersonasError, preview_instructions, question_instructions},
};

fn personas(kinds: serde_json::Value) -> Personas {
    let one = |name: &str, voice: &str| {
        let voice = serde_json::json!({"builtin": "heart", "openai": voice});
        serde_json::json!({"name": name, "voice": voice, "manner": format!("As {name}.")})
    };
    let list = [one("Vera", "marin"), one("Robin", "cedar")];
    serde_json::from_value(serde_json::json!({"personas": list, "kinds": kinds})).unwrap()
}

#[test]
fn everybody_can_be_looked_up_with_the_kinds_that_they_hold() {
    let personas = personas(serde_json::json!({"general": "vera", "tryout": "Vera", "reading": "Robin"}));
    let names: Vec<&str> = personas.all().iter().map(|persona| persona.name.as_str()).collect();
    assert_eq!(names, ["Vera", "Robin"]);
    assert_eq!(personas.kinds_of("Vera"), ["general", "tryout"]);
    assert_eq!(personas.named("ROBIN").map(|persona| persona.voice.openai.as_str()), Some("cedar"));
    assert_eq!(personas.named("Nobody"), None);
    let told = preview_instructions(&personas.all()[0]);
    assert!(told.contains("You are Vera, an AI interviewer.") && told.contains("As Vera."), "{told}");
}

fn interview(kind: &str, persona: &str) -> Interview {
    let question = |text: &str, follow_ups: &[&str], time_box_ms| Question {
        text: text.to_owned(),
        follow_ups: follow_ups.iter().map(|&text| text.to_owned()).collect(),
        short_answer_words: 5,
        patience_ms: 700,
        time_box_ms,
        ..Question::default()
    };
    Interview {
        id: "int_1".to_owned(),
        kind: kind.to_owned(),
        title: "Baker".to_owned(),
        description: "About bread.".to_owned(),
        language: "de-CH".to_owned(),
        persona: persona.to_owned(),
        instructions: "Be brief.".to_owned(),
        questions: vec![
            question("Which flour?", &["Why that one?", "And rye?"], 60_000),
            question("Which oven?", &[], 150_000),
        ],
        ..Interview::default()
    }
}

#[test]
fn an_interview_gets_whom_it_names_then_its_kind_then_the_first() {
    let personas = personas(serde_json::json!({"baking": "Robin"}));
    let voice = |kind: &str, name: &str| {
        let Persona { name, voice, .. } = personas.of(&interview(kind, name));
        (name, voice.openai)
    };
    let pair = |name: &str, voice: &str| (name.to_owned(), voice.to_owned());
    assert_eq!(voice("baking", "vera"), pair("vera", "marin"));
    assert_eq!(voice("baking", ""), pair("Robin", "cedar"));
    assert_eq!(voice("baking", "Zoe"), pair("Zoe", "cedar"), "a name of the author's, the voice of the kind");
    assert_eq!(voice("unheard-of", " "), pair("Vera", "marin"));
}

#[test]
fn a_file_that_names_nobody_known_is_refused() {
    assert_eq!(personas(serde_json::json!({})).validate(), Ok(()));
    let unknown = PersonasError::Unknown { kind: "x".to_owned(), name: "Nobody".to_owned() };
    assert_eq!(personas(serde_json::json!({"x": "Nobody"})).validate(), Err(unknown));
    let empty: Personas = serde_json::from_value(serde_json::json!({"personas": []})).unwrap();
    assert_eq!(empty.validate(), Err(PersonasError::Empty));
}

#[test]
fn instructions_hold_the_question_its_follow_ups_and_the_manner_and_no_other_question() {
    let interview = interview("baking", "Robin");
    let persona = personas(serde_json::json!({})).of(&interview);
    let first = question_instructions(&interview, &persona, 1).unwrap();
    for part in [
        "You are Robin",
        "\"Baker\"",
        "As Robin.",
        "de-CH",
        "About bread.",
        "Be brief.",
        "question 1 of 2",
        "Which flour?",
        "- Why that one?\n- And rye?",
        "about 1 minute,",
    ] {
        assert!(first.contains(part), "{part:?} is missing in: {first}");
    }
    assert!(!first.contains("Which oven?"));
    let second = question_instructions(&interview, &persona, 2).unwrap();
    assert!(second.contains("Which oven?") && second.contains("Ask nothing else") && second.contains("3 minutes"));
}

#[test]
fn there_is_no_question_outside_the_plan() {
    let interview = interview("baking", "");
    let persona = personas(serde_json::json!({})).of(&interview);
    for number in [0, 3, u32::MAX] {
        assert_eq!(question_instructions(&interview, &persona, number), None, "{number}");
    }
}
