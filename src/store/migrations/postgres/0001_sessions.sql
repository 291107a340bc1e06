-- Times are milliseconds since 1970 (UTC); times on the audio clock end in _ms as everywhere.

CREATE TABLE sessions (
    session_id        TEXT PRIMARY KEY,
    owner_kind        TEXT NOT NULL,
    owner_subject     TEXT NOT NULL,
    user_id           TEXT,
    -- The plan as it was when the session began (JSON).
    interview         TEXT NOT NULL,
    engine            TEXT NOT NULL,
    token_hash        BYTEA NOT NULL,
    consent_required  BIGINT NOT NULL,
    status            TEXT NOT NULL,
    end_reason        TEXT,
    created_at        BIGINT NOT NULL,
    started_at        BIGINT,
    ended_at          BIGINT,
    expires_at        BIGINT NOT NULL,
    interruptions     BIGINT NOT NULL DEFAULT 0,
    -- The last step of the session core that is in here.
    sequence          BIGINT NOT NULL DEFAULT 0,
    client_transcript TEXT,
    audio_quality     TEXT
);

CREATE UNIQUE INDEX sessions_by_token ON sessions (token_hash);
CREATE INDEX sessions_by_owner ON sessions (owner_kind, owner_subject, created_at DESC, session_id);
CREATE INDEX sessions_not_ended ON sessions (session_id) WHERE status <> 'ended';

CREATE TABLE items (
    session_id        TEXT NOT NULL REFERENCES sessions (session_id) ON DELETE CASCADE,
    item_id           TEXT NOT NULL,
    role              TEXT NOT NULL,
    content           TEXT NOT NULL,
    generated_content TEXT NOT NULL,
    start_ms          BIGINT NOT NULL,
    end_ms            BIGINT,
    state             TEXT NOT NULL,
    question          BIGINT,
    revision          BIGINT NOT NULL,
    position          BIGINT NOT NULL,
    PRIMARY KEY (session_id, item_id)
);

CREATE TABLE questions (
    session_id TEXT NOT NULL REFERENCES sessions (session_id) ON DELETE CASCADE,
    number     BIGINT NOT NULL,
    status     TEXT NOT NULL,
    reason     TEXT,
    -- Follow-ups that were asked (JSON array of strings).
    follow_ups TEXT NOT NULL,
    PRIMARY KEY (session_id, number)
);

CREATE TABLE consents (
    session_id  TEXT NOT NULL REFERENCES sessions (session_id) ON DELETE CASCADE,
    version     TEXT NOT NULL,
    -- `candidate`, or who started the session and vouches for it.
    given_by    TEXT NOT NULL,
    given_at    BIGINT NOT NULL,
    PRIMARY KEY (session_id, version)
);

CREATE TABLE invites (
    invite_id      TEXT PRIMARY KEY,
    code_hash      BYTEA NOT NULL UNIQUE,
    owner_kind     TEXT NOT NULL,
    owner_subject  TEXT NOT NULL,
    -- The interview as it was when the invite was made (JSON).
    interview      TEXT NOT NULL,
    attempts_limit BIGINT NOT NULL,
    attempts_used  BIGINT NOT NULL DEFAULT 0,
    opens_at       BIGINT NOT NULL,
    closes_at      BIGINT NOT NULL,
    created_at     BIGINT NOT NULL
);
