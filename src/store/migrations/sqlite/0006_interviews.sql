-- Interviews that people wrote; the built-in kinds are in the binary.

CREATE TABLE interviews (
    interview_id  TEXT PRIMARY KEY,
    owner_kind    TEXT NOT NULL,
    owner_subject TEXT NOT NULL,
    -- JSON, as sessions keep their copy.
    interview     TEXT NOT NULL,
    -- Grows with each change.
    version       INTEGER NOT NULL,
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL
) STRICT;

CREATE INDEX interviews_by_owner ON interviews (owner_kind, owner_subject, created_at DESC, interview_id DESC);

ALTER TABLE invites ADD COLUMN interview_id TEXT;

CREATE INDEX invites_by_interview ON invites (interview_id, created_at DESC, invite_id DESC);

-- Answers to creating requests, so that a request that is made again is answered again and not done again.
CREATE TABLE idempotency (
    -- SHA-256 of who asked, where, and the key.
    scope      BLOB PRIMARY KEY,
    -- SHA-256 of the request's body.
    request    BLOB NOT NULL,
    -- Encrypted with a key that only who holds the Idempotency-Key can make; NULL while the request is under way.
    answer     BLOB,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX idempotency_by_age ON idempotency (created_at);
