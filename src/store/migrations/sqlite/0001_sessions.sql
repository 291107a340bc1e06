-- Times are milliseconds since 1970 (UTC); times on the audio clock end in _ms as everywhere.

CREATE TABLE sessions (
    session_id        TEXT PRIMARY KEY,
    owner_kind        TEXT NOT NULL,
    owner_subject     TEXT NOT NULL,
    user_id           TEXT,
    -- The plan as it was when the session began (JSON).
    interview         TEXT NOT NULL,
    engine            TEXT NOT NULL,
    token_hash        BLOB NOT NULL,
    consent_required  INTEGER NOT NULL,
    status            TEXT NOT NULL,
    end_reason        TEXT,
    created_at        INTEGER NOT NULL,
    started_at        INTEGER,
    ended_at          INTEGER,
    expires_at        INTEGER NOT NULL,
    interruptions     INTEGER NOT NULL DEFAULT 0,
    -- The last step of the session core that is in here.
    sequence          INTEGER NOT NULL DEFAULT 0,
    client_transcript TEXT,
    audio_quality     TEXT
) STRICT;

CREATE UNIQUE INDEX sessions_by_token ON sessions (token_hash);
CREATE INDEX sessions_by_owner ON sessions (owner_kind, owner_subject, created_at DESC, session_id);
CREATE INDEX sessions_not_ended ON sessions (session_id) WHERE status <> 'ended';

CREATE TABLE items (
    session_id        TEXT NOT NULL REFERENCES sessions (session_id) ON DELETE CASCADE,
    item_id           TEXT NOT NULL,
    role              TEXT NOT NULL,
    content           TEXT NOT NULL,
    generated_content TEXT NOT NULL,
    start_ms          INTEGER NOT NULL,
    end_ms            INTEGER,
    state             TEXT NOT NULL,
    question          INTEGER,
    revision          INTEGER NOT NULL,
    position          INTEGER NOT NULL,
    PRIMARY KEY (session_id, item_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE questions (
    session_id TEXT NOT NULL REFERENCES sessions (session_id) ON DELETE CASCADE,
    number     INTEGER NOT NULL,
    status     TEXT NOT NULL,
    reason     TEXT,
    -- Follow-ups that were asked (JSON array of strings).
    follow_ups TEXT NOT NULL,
    PRIMARY KEY (session_id, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE consents (
    session_id  TEXT NOT NULL REFERENCES sessions (session_id) ON DELETE CASCADE,
    version     TEXT NOT NULL,
    -- `candidate`, or who started the session and vouches for it.
    given_by    TEXT NOT NULL,
    given_at    INTEGER NOT NULL,
    PRIMARY KEY (session_id, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE invites (
    invite_id      TEXT PRIMARY KEY,
    code_hash      BLOB NOT NULL UNIQUE,
    owner_kind     TEXT NOT NULL,
    owner_subject  TEXT NOT NULL,
    -- The interview as it was when the invite was made (JSON).
    interview      TEXT NOT NULL,
    attempts_limit INTEGER NOT NULL,
    attempts_used  INTEGER NOT NULL DEFAULT 0,
    opens_at       INTEGER NOT NULL,
    closes_at      INTEGER NOT NULL,
    created_at     INTEGER NOT NULL
) STRICT;
