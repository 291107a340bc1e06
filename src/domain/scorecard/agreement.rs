//! A person's score and a proposal, side by side.

use super::{QuestionRubric, card::Score, proposal::CriterionProposal};
use serde::Serialize;

/// One criterion, judged by both.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct CriterionAgreement {
    /// Number of the question, from 1.
    pub question: u32,
    pub criterion: String,
    /// The person's level; null: not enough evidence.
    #[cfg_attr(feature = "server", schema(required))]
    pub own: Option<u32>,
    /// The proposed level; null: not enough evidence.
    #[cfg_attr(feature = "server", schema(required))]
    pub proposed: Option<u32>,
    /// Levels of the rubric from the person's to the proposed one; negative: the proposal is lower. Null where one of
    /// them has none.
    #[cfg_attr(feature = "server", schema(required))]
    pub steps: Option<i32>,
    pub verdict: Verdict,
}

/// How near they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema), schema(as = Nearness))]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The same level, or both find the evidence not enough.
    Same,
    /// Neighbouring levels.
    Adjacent,
    Apart,
    /// One gives a level, the other finds the evidence not enough.
    OneSided,
}

/// For each criterion of the rubric that both have judged, in the rubric's order.
pub fn agreement<'a>(
    rubric: &[QuestionRubric],
    scores: &[Score],
    proposed: impl Fn(u32) -> &'a [CriterionProposal],
) -> Vec<CriterionAgreement> {
    let mut found = Vec::new();
    for question in rubric {
        for criterion in &question.criteria {
            let is_it = |score: &&Score| score.question == question.question && score.criterion == criterion.id;
            let own = scores.iter().find(is_it);
            let other = proposed(question.question).iter().find(|one| one.criterion == criterion.id);
            let (Some(own), Some(other)) = (own, other) else { continue };
            let place = |level: u32| criterion.levels.iter().position(|known| known.level == level);
            let steps = match (own.level.and_then(place), other.level.and_then(place)) {
                (Some(own), Some(other)) => i32::try_from(other).ok().zip(i32::try_from(own).ok()).map(|(a, b)| a - b),
                _ => None,
            };
            let verdict = match (steps, own.level, other.level) {
                (Some(0), ..) | (None, None, None) => Verdict::Same,
                (Some(-1 | 1), ..) => Verdict::Adjacent,
                (Some(_), ..) => Verdict::Apart,
                (None, ..) => Verdict::OneSided,
            };
            found.push(CriterionAgreement {
                question: question.question,
                criterion: criterion.id.clone(),
                own: own.level,
                proposed: other.level,
                steps,
                verdict,
            });
        }
    }
    found
}
