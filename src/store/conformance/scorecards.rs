//! Proposals are completed once, and a scorecard's revisions only grow.

use super::{at, new_session};
use crate::{
    domain::{
        id::SessionId,
        scorecard::{
            card::Score,
            pins::Pins,
            record::{
                Author, AuthorKind, EvaluatorKind, EvaluatorName, Proposal, ProposalState, QuestionProposal, Shortfall,
                Tokens,
            },
        },
    },
    store::{
        SqlStore, Store, StoreError,
        scorecards::{CardBody, NewScorecard, ProposalRecord},
    },
};

/// The same proposal is begun once, fails and is completed, and then stays; every revision of a scorecard stays.
pub async fn check(store: &SqlStore) {
    let session = new_session(91);
    let id = session.session_id.clone();
    store.create_session(session).await.expect("kept");
    a_proposal_is_completed_once(store, &id).await;
    revisions_only_grow(store, &id).await;
    let gone = SessionId::from_random([92; 16]);
    assert_eq!(store.begin_proposal(record(&gone)).await, Err(StoreError::Unknown));
    assert_eq!(store.add_scorecard(card(&gone, "nobody", 1)).await, Err(StoreError::Unknown));
    assert_eq!((store.proposals(&gone).await, store.scorecards(&gone).await), (Ok(Vec::new()), Ok(Vec::new())));
}

pub(super) fn record(session_id: &SessionId) -> ProposalRecord {
    let hash = || "0".repeat(64);
    let pins = Pins {
        interview_sha256: hash(),
        rubric_sha256: hash(),
        transcript_sha256: session_id.to_string(),
        prompt_sha256: hash(),
        model: Some("chat:m".to_owned()),
    };
    let open = QuestionProposal {
        question: 1,
        quality: Default::default(),
        insufficiency: None,
        judged: false,
        criteria: Vec::new(),
    };
    ProposalRecord {
        proposal_id: pins.proposal_id(),
        session_id: session_id.clone(),
        proposal: Proposal {
            pins,
            evaluator: Some(EvaluatorName { kind: EvaluatorKind::Chat, model: "m".to_owned() }),
            shortfall: None,
            rubric: Vec::new(),
            questions: vec![open],
            tokens: Tokens::default(),
        },
        attempts: 0,
        created_at: at(1),
        updated_at: at(1),
    }
}

async fn a_proposal_is_completed_once(store: &SqlStore, id: &SessionId) {
    let new = record(id);
    let begun = store.begin_proposal(new.clone()).await.expect("kept");
    assert_eq!((&begun, begun.state()), (&new, ProposalState::Pending));
    let later = ProposalRecord { created_at: at(5), ..new.clone() };
    assert_eq!(store.begin_proposal(later).await.as_ref(), Ok(&begun), "it is there already");

    let failed = Proposal { shortfall: Some(Shortfall::EvaluatorFailed), ..new.proposal.clone() };
    let kept = store.advance_proposal(&new.proposal_id, failed, at(2)).await.expect("kept").expect("it is there");
    assert_eq!((kept.state(), kept.attempts, kept.updated_at), (ProposalState::Failed, 1, at(2)));
    let mut complete = new.proposal.clone();
    complete.settle(1, Vec::new());
    let kept = store.advance_proposal(&new.proposal_id, complete, at(3)).await.expect("kept").expect("it is there");
    assert_eq!((kept.state(), kept.attempts), (ProposalState::Proposed, 2));
    let late = store.advance_proposal(&new.proposal_id, new.proposal.clone(), at(4)).await;
    assert_eq!(late, Ok(Some(kept.clone())), "what is complete stays");
    assert_eq!(store.proposals(id).await, Ok(vec![kept.clone()]));
    assert_eq!(store.proposal(&new.proposal_id).await, Ok(Some(kept)));
    assert_eq!(store.proposal("prop_none").await, Ok(None));
    assert_eq!(store.advance_proposal("prop_none", new.proposal, at(4)).await, Ok(None));
}

pub(super) fn card(session_id: &SessionId, author: &str, level: u32) -> NewScorecard {
    let score =
        Score { question: 1, criterion: "part".to_owned(), level: Some(level), note: "Müller’s 1st".to_owned() };
    NewScorecard {
        scorecard_id: format!("sc_{author}_{level}"),
        session_id: session_id.clone(),
        author: Author { kind: AuthorKind::User, id: author.to_owned(), name: format!("{author} the first") },
        body: CardBody { scores: vec![score], note: String::new() },
        rubric_sha256: "0".repeat(64),
        proposal_is_hidden: true,
        created_at: at(i64::from(level)),
    }
}

async fn revisions_only_grow(store: &SqlStore, id: &SessionId) {
    for (author, level) in [("ann", 1), ("ann", 2), ("bob", 3), ("ann", 4)] {
        store.add_scorecard(card(id, author, level)).await.expect("kept");
    }
    let kept = store.scorecards(id).await.expect("read");
    let all: Vec<_> = kept.iter().map(|one| (one.scorecard_id.as_str(), one.revision, one.before_proposal)).collect();
    assert_eq!(
        all,
        [("sc_ann_1", 1, true), ("sc_ann_1", 2, false), ("sc_bob_3", 1, true), ("sc_ann_1", 3, false)],
        "an author has one scorecard of a session"
    );
    assert_eq!(kept[0].body, card(id, "ann", 1).body);
    assert_eq!(kept[3].author.name, "ann the first");
}
