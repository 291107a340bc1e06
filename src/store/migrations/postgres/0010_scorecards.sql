-- What answers show, criterion by criterion: proposed by an evaluator, and scored by people.

CREATE TABLE proposals (
    -- A hash of everything that the proposal rests on.
    proposal_id TEXT PRIMARY KEY,
    session_id  TEXT NOT NULL REFERENCES sessions (session_id) ON DELETE CASCADE,
    -- `pending`, `evidence_only`, `proposed` or `failed`.
    state       TEXT NOT NULL,
    -- Pins, rubric, what stands of the evaluator's answers (JSON); holds quotes of the candidate.
    body        TEXT NOT NULL,
    -- How often the evaluator was asked.
    attempts    BIGINT NOT NULL DEFAULT 0,
    created_at  BIGINT NOT NULL,
    updated_at  BIGINT NOT NULL
);

CREATE INDEX proposals_of_session ON proposals (session_id, created_at);

CREATE TABLE scorecards (
    -- The scorecard and the number of the revision; a revision is never changed.
    revision_id     TEXT PRIMARY KEY,
    scorecard_id    TEXT NOT NULL,
    -- From 1.
    revision        BIGINT NOT NULL,
    session_id      TEXT NOT NULL REFERENCES sessions (session_id) ON DELETE CASCADE,
    author_kind     TEXT NOT NULL,
    author_id       TEXT NOT NULL,
    author_name     TEXT NOT NULL,
    -- Scores and notes (JSON).
    body            TEXT NOT NULL,
    -- Of the rubric that was scored by.
    rubric_sha256   TEXT NOT NULL,
    -- 1: its author could not have seen a proposal.
    before_proposal BIGINT NOT NULL,
    created_at      BIGINT NOT NULL
);

CREATE UNIQUE INDEX scorecards_of_author ON scorecards (session_id, author_kind, author_id, revision);
