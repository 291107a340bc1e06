//! Scorecards: evidence, quotes, fairness, what may stand of an evaluator's answer, and what makes a record the same.

mod evidence;
mod fairness;
mod pins;
mod proposals;
mod quotes;

use viva::domain::{
    id::ItemId,
    interview::{Criterion, Level, Question},
    scorecard::evidence::{Heard, QuestionEvidence},
    transcript::{Item, ItemState, Role},
};

/// Something said in question 1.
fn said(position: u32, role: Role, content: &str) -> Item {
    let start_ms = u64::from(position) * 10_000;
    Item {
        item_id: ItemId::new(format!("item_{position}")),
        role,
        content: content.to_owned(),
        generated_content: content.to_owned(),
        start_ms,
        end_ms: Some(start_ms + 6_000),
        state: ItemState::Final,
        question: Some(1),
        revision: 1,
        position,
    }
}

fn evidence_of(items: &[Item]) -> QuestionEvidence {
    let heard: Vec<Heard<'_>> = items.iter().map(Heard::live).collect();
    QuestionEvidence::gather(1, &heard, None)
}

fn criterion(id: &str) -> Criterion {
    let level = |level: u32, anchor: &str| Level { level, anchor: anchor.to_owned() };
    Criterion {
        id: id.to_owned(),
        name: id.to_owned(),
        description: String::new(),
        levels: vec![
            level(1, "Names no own part."),
            level(2, "Names an own part."),
            level(4, "Says what was decided, and why."),
        ],
    }
}

fn question() -> Question {
    Question {
        text: "Tell me about a piece of work.".to_owned(),
        rubric: vec![criterion("part")],
        ..Question::default()
    }
}
