//! Proposals and people's scorecards. A proposal is completed once; a scorecard's revisions only grow in number.

use super::{
    SessionRecord, SqlStore, StoreError,
    log::{Key, seal},
    sql::{
        column::{flag, from_json, number, text, time, to_json},
        refused, unavailable,
    },
};
use crate::domain::{
    id::SessionId,
    scorecard::{
        card::Score,
        evidence::Heard,
        record::{Author, AuthorKind, Material, Proposal, ProposalState},
    },
    second_pass::Version,
    transcript::Item,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::{AnyConnection, any::AnyRow, query};

/// A proposal as it is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct ProposalRecord {
    /// [`Pins::proposal_id`](crate::domain::scorecard::pins::Pins::proposal_id).
    pub proposal_id: String,
    pub session_id: SessionId,
    pub proposal: Proposal,
    /// How often the evaluator was asked.
    pub attempts: u32,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl ProposalRecord {
    /// How far it is.
    pub fn state(&self) -> ProposalState {
        self.proposal.state()
    }
}

/// What a person scored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardBody {
    pub scores: Vec<Score>,
    pub note: String,
}

/// A scorecard to be kept.
#[derive(Clone, Debug)]
pub struct NewScorecard {
    /// Used if the author has none for this session yet.
    pub scorecard_id: String,
    pub session_id: SessionId,
    pub author: Author,
    pub body: CardBody,
    pub rubric_sha256: String,
    /// The author is kept from seeing a proposal before the first revision.
    pub proposal_is_hidden: bool,
    pub created_at: Timestamp,
}

/// One revision of a scorecard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScorecardRevision {
    pub scorecard_id: String,
    /// From 1.
    pub revision: u32,
    pub session_id: SessionId,
    pub author: Author,
    pub body: CardBody,
    pub rubric_sha256: String,
    /// Its author could not have seen a proposal.
    pub before_proposal: bool,
    pub created_at: Timestamp,
}

/// Revisions of one scorecard.
pub const REVISIONS_MAX: u32 = 200;

/// What a session's transcript holds, as scores are made of it.
pub fn heard(record: &SessionRecord) -> Vec<Heard<'_>> {
    let second = |item: &Item| record.second_pass.iter().find(|pass| pass.item_id == item.item_id);
    let heard = |item| match second(item) {
        None => Heard::live(item),
        Some(pass) => {
            Heard { item, second_pass: Some(&pass.content), shows_second_pass: pass.shown == Version::SecondPass }
        }
    };
    record.items.iter().map(heard).collect()
}

/// What a session's scores are made of.
pub fn material<'a>(record: &'a SessionRecord, heard: &'a [Heard<'a>]) -> Material<'a> {
    Material {
        session_id: &record.session_id,
        interview: &record.interview,
        heard,
        concealed_ratio: record.audio_quality.and_then(|quality| quality.concealed_ratio),
    }
}

impl SqlStore {
    /// Keeps a proposal, unless the same is there already; returns what is there. [`StoreError::Unknown`] when the
    /// session is gone.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn begin_proposal(&self, record: ProposalRecord) -> Result<ProposalRecord, StoreError> {
        self.write(move |db| {
            Box::pin(async move {
                let inserted = query(
                    "INSERT INTO proposals (proposal_id, session_id, state, body, attempts, created_at, updated_at) \
                     VALUES ($1, $2, $3, $4, 0, $5, $5) ON CONFLICT (proposal_id) DO NOTHING",
                )
                .bind(&record.proposal_id)
                .bind(record.session_id.as_str())
                .bind(record.state().as_str())
                .bind(to_json(&record.proposal)?)
                .bind(record.created_at.as_millisecond())
                .execute(&mut *db)
                .await
                .map_err(refused)?;
                if inserted.rows_affected() > 0 {
                    seal_proposal(db, &record.session_id, &record.proposal_id, record.created_at).await?;
                }
                stored(db, &record.proposal_id).await?.ok_or(StoreError::Unknown)
            })
        })
        .await
    }

    /// Keeps what came of asking, unless somebody completed the proposal meanwhile; returns what is there. `None`: it
    /// was erased.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn advance_proposal(
        &self,
        proposal_id: &str,
        proposal: Proposal,
        at: Timestamp,
    ) -> Result<Option<ProposalRecord>, StoreError> {
        let id = proposal_id.to_owned();
        self.write(move |db| {
            Box::pin(async move {
                let updated = query(
                    "UPDATE proposals SET state = $1, body = $2, attempts = attempts + 1, updated_at = $3 \
                     WHERE proposal_id = $4 AND state IN ('pending', 'failed')",
                )
                .bind(proposal.state().as_str())
                .bind(to_json(&proposal)?)
                .bind(at.as_millisecond())
                .bind(&id)
                .execute(&mut *db)
                .await
                .map_err(unavailable)?;
                let record = stored(db, &id).await?;
                if let Some(record) = record.as_ref().filter(|_| updated.rows_affected() > 0) {
                    seal_proposal(db, &record.session_id, &id, at).await?;
                }
                Ok(record)
            })
        })
        .await
    }

    /// One proposal.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn proposal(&self, proposal_id: &str) -> Result<Option<ProposalRecord>, StoreError> {
        let select = query("SELECT * FROM proposals WHERE proposal_id = $1").bind(proposal_id);
        let row = select.fetch_optional(self.readers()).await.map_err(unavailable)?;
        row.as_ref().map(proposal_record).transpose()
    }

    /// The proposals of a session, oldest first.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn proposals(&self, session_id: &SessionId) -> Result<Vec<ProposalRecord>, StoreError> {
        let select = "SELECT * FROM proposals WHERE session_id = $1 ORDER BY created_at, proposal_id";
        let rows = query(select).bind(session_id.as_str()).fetch_all(self.readers()).await.map_err(unavailable)?;
        rows.iter().map(proposal_record).collect()
    }

    /// Keeps a person's scores as the next revision of the author's scorecard. [`StoreError::Exists`] when there are
    /// too many, or another is being kept; [`StoreError::Unknown`] when the session is gone.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn add_scorecard(&self, new: NewScorecard) -> Result<ScorecardRevision, StoreError> {
        self.write(move |db| Box::pin(add_scorecard(db, new))).await
    }

    /// Every revision of every scorecard of a session, oldest first.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn scorecards(&self, session_id: &SessionId) -> Result<Vec<ScorecardRevision>, StoreError> {
        let select = "SELECT * FROM scorecards WHERE session_id = $1 ORDER BY created_at, scorecard_id, revision";
        let rows = query(select).bind(session_id.as_str()).fetch_all(self.readers()).await.map_err(unavailable)?;
        rows.iter().map(revision).collect()
    }
}

async fn add_scorecard(db: &mut AnyConnection, new: NewScorecard) -> Result<ScorecardRevision, StoreError> {
    let last = query(
        "SELECT scorecard_id, revision FROM scorecards WHERE session_id = $1 AND author_kind = $2 AND author_id = $3 \
         ORDER BY revision DESC LIMIT 1",
    )
    .bind(new.session_id.as_str())
    .bind(new.author.kind.as_str())
    .bind(&new.author.id)
    .fetch_optional(&mut *db)
    .await
    .map_err(unavailable)?;
    let (scorecard_id, before) = match &last {
        Some(row) => (text(row, "scorecard_id")?, number::<u32>(row, "revision")?),
        None => (new.scorecard_id, 0),
    };
    if before >= REVISIONS_MAX {
        return Err(StoreError::Exists);
    }
    let kept = ScorecardRevision {
        scorecard_id,
        revision: before + 1,
        session_id: new.session_id,
        author: new.author,
        body: new.body,
        rubric_sha256: new.rubric_sha256,
        before_proposal: new.proposal_is_hidden && before == 0,
        created_at: new.created_at,
    };
    let revision_id = format!("{}_{}", kept.scorecard_id, kept.revision);
    query(
        "INSERT INTO scorecards (revision_id, scorecard_id, revision, session_id, author_kind, author_id, author_name, \
         body, rubric_sha256, before_proposal, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(&revision_id)
    .bind(&kept.scorecard_id)
    .bind(i64::from(kept.revision))
    .bind(kept.session_id.as_str())
    .bind(kept.author.kind.as_str())
    .bind(&kept.author.id)
    .bind(&kept.author.name)
    .bind(to_json(&kept.body)?)
    .bind(&kept.rubric_sha256)
    .bind(i64::from(kept.before_proposal))
    .bind(kept.created_at.as_millisecond())
    .execute(&mut *db)
    .await
    .map_err(refused)?;
    let row = ("scorecards", Key::Text(&revision_id));
    seal(db, &kept.session_id, kept.created_at, "scorecard", row, &[]).await?;
    Ok(kept)
}

async fn seal_proposal(
    db: &mut AnyConnection,
    session_id: &SessionId,
    proposal_id: &str,
    at: Timestamp,
) -> Result<(), StoreError> {
    seal(db, session_id, at, "proposal", ("proposals", Key::Text(proposal_id)), &[]).await
}

async fn stored(db: &mut AnyConnection, proposal_id: &str) -> Result<Option<ProposalRecord>, StoreError> {
    let select = query("SELECT * FROM proposals WHERE proposal_id = $1").bind(proposal_id);
    let row = select.fetch_optional(db).await.map_err(unavailable)?;
    row.as_ref().map(proposal_record).transpose()
}

fn proposal_record(row: &AnyRow) -> Result<ProposalRecord, StoreError> {
    Ok(ProposalRecord {
        proposal_id: text(row, "proposal_id")?,
        session_id: SessionId::new(text(row, "session_id")?),
        proposal: from_json("body", &text(row, "body")?)?,
        attempts: number(row, "attempts")?,
        created_at: time(row, "created_at")?,
        updated_at: time(row, "updated_at")?,
    })
}

fn revision(row: &AnyRow) -> Result<ScorecardRevision, StoreError> {
    let kind = text(row, "author_kind")?;
    let kind = AuthorKind::ALL.into_iter().find(|known| known.as_str() == kind);
    Ok(ScorecardRevision {
        scorecard_id: text(row, "scorecard_id")?,
        revision: number(row, "revision")?,
        session_id: SessionId::new(text(row, "session_id")?),
        author: Author {
            kind: kind.ok_or(StoreError::Damaged("author_kind"))?,
            id: text(row, "author_id")?,
            name: text(row, "author_name")?,
        },
        body: from_json("body", &text(row, "body")?)?,
        rubric_sha256: text(row, "rubric_sha256")?,
        before_proposal: flag(row, "before_proposal")?,
        created_at: time(row, "created_at")?,
    })
}
