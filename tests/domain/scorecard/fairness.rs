//! How somebody sounds, seems or is cannot be a criterion, and ordinary words can.

use super::criterion;
use viva::domain::{
    interview::{Interview, Question},
    scorecard::fairness::{RationaleFault, forbidden_in_criterion, forbidden_in_rationale},
};

#[test]
fn criteria_about_a_manner_are_refused() {
    let refused = [
        "Speaks with a clear voice.",
        "Tone of voice is friendly",
        "tone_of_voice",
        "Good pronunciation",
        "Has no accent.",
        "Accent-free English",
        "Is a native speaker.",
        "Speaks with a good pace of speech",
        "Answers without hesitation.",
        "Uses few filler words",
        "Does not stutter.",
        "Speaks slowly and carefully",
        "Shows enthusiasm for the role",
        "Is enthusiastic",
        "Keeps eye contact",
        "Good body language",
        "Seems nervous",
        "Smiles",
        "Confidence",
        "Is confident in front of customers",
        "Confidently explains the design",
        "self-confident",
        "Self-confidence",
        "Speaks with confidence about testing",
        "Likeability",
        "Charismatic",
        "Sounds young: a youthful candidate",
        "Suits the candidate's age",
        "CONFIDENCE!",
    ];
    for text in refused {
        assert!(forbidden_in_criterion(text, true).is_some(), "{text}");
    }
    for name in ["Voice", "pace", "Affect", "tone", "Fluency", "energy", "Age", "gender"] {
        assert!(forbidden_in_criterion(name, true).is_some(), "{name} as a name");
        assert!(forbidden_in_criterion(name, false).is_none() || name == "Voice", "{name} inside a description");
    }
}

#[test]
fn criteria_about_a_matter_pass() {
    let fair = [
        "Explains what a confidence interval says",
        "Knows that confidence levels are chosen before",
        "Uses the statistical confidence of the result",
        "Says how customer confidence was won back",
        "Listens to the voice of the customer",
        "Plans a sales pitch",
        "Knows the tone that a complaint needs in writing",
        "Says how the change affects users",
        "Names side effects and what is affected",
        "Works for an energy supplier",
        "Knows SQL dialects",
        "Speaks of pauses of the garbage collector",
        "Chooses a pace of releases and says why",
        "Knows what a race condition is",
        "Explains the age of a cache entry",
        "Eagerly loads what is needed",
        "Has programmed in Lisp",
        "Knows monotone functions",
        "Calms an anxious patient",
        "Asks for the nervous system's function",
        "Advises pregnant patients",
        "Protects non-native plants",
        "Types sixty words per minute",
        "Gives an accentuated example",
        "Is precise about similar cases",
        "",
    ];
    for text in fair {
        assert_eq!(forbidden_in_criterion(text, true), None, "{text}");
    }
}

#[test]
fn an_interview_with_an_unfair_criterion_names_the_field() {
    let mut unfair = criterion("part");
    unfair.name = "Confidence".to_owned();
    unfair.levels[1].anchor = "Speaks without an accent.".to_owned();
    let interview = Interview {
        id: "x".to_owned(),
        kind: "x".to_owned(),
        title: "x".to_owned(),
        questions: vec![Question {
            text: "Why?".to_owned(),
            rubric: vec![criterion("fine"), unfair],
            ..Question::default()
        }],
        ..Interview::default()
    };
    let errors = interview.validate().expect_err("it is unfair");
    let pointers: Vec<&str> = errors.iter().map(|error| error.pointer.as_str()).collect();
    assert_eq!(pointers, ["/questions/0/rubric/1/levels/1/anchor", "/questions/0/rubric/1/name"]);
    assert!(errors[1].detail.contains("confidence") && errors[1].detail.contains("what an answer says"), "{errors:?}");
}

#[test]
fn a_rationale_is_judged_by_what_it_leans_on() {
    use RationaleFault::{Ground, Wording};
    let is_ground = |text: &str| matches!(forbidden_in_rationale(text), Some(Ground(_)));
    let is_wording = |text: &str| matches!(forbidden_in_rationale(text), Some(Wording(_)));
    for text in [
        "The candidate sounds confident and clear.",
        "A strong accent makes it hard to follow.",
        "The candidate hesitates before each answer.",
        "Shows enthusiasm.",
        "The candidate's age suggests experience.",
        "Self-confident answer.",
    ] {
        assert!(is_ground(text), "{text}");
    }
    for text in [
        "The answer has a confident ring.",
        "A woman who led a team.",
        "The tone is factual.",
        "The candidate was young at that time.",
        "Spoke of an emotional customer.",
    ] {
        assert!(is_wording(text), "{text}");
    }
    for text in ["The candidate names the own part and the reason.", "Explains what a confidence interval says.", ""] {
        assert_eq!(forbidden_in_rationale(text), None, "{text}");
    }
}
