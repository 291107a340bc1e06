-- The log of each session, how long what came of it is kept, and what is left of a session that was erased.

CREATE TABLE session_log (
    session_id TEXT NOT NULL,
    -- From 1, without holes.
    seq        INTEGER NOT NULL,
    at         INTEGER NOT NULL,
    kind       TEXT NOT NULL,
    -- Canonical JSON; digests, never anybody's words.
    data       TEXT NOT NULL,
    -- SHA-256 of the hash before it and of this entry.
    hash       BLOB NOT NULL,
    PRIMARY KEY (session_id, seq)
) STRICT, WITHOUT ROWID;

-- Nothing changes or takes back an entry, erasure included: the digests say nothing once the salt is gone.
CREATE TRIGGER session_log_stays BEFORE UPDATE ON session_log
BEGIN
    SELECT RAISE(ABORT, 'the log is append-only');
END;

CREATE TRIGGER session_log_is_kept BEFORE DELETE ON session_log
BEGIN
    SELECT RAISE(ABORT, 'the log is append-only');
END;

CREATE TABLE session_keeping (
    session_id            TEXT PRIMARY KEY,
    interview_id          TEXT,
    -- Key of the log's digests; NULL before the first entry, and after erasure.
    salt                  BLOB,
    entries               INTEGER NOT NULL DEFAULT 0,
    -- Hash of the last entry.
    head                  BLOB,
    -- The interview's own days; NULL: the configured ones.
    audio_days            INTEGER,
    transcript_days       INTEGER,
    scores_days           INTEGER,
    audio_deleted_at      INTEGER,
    transcript_deleted_at INTEGER,
    scores_deleted_at     INTEGER,
    held_at               INTEGER,
    held_by               TEXT,
    hold_reason           TEXT,
    erased_at             INTEGER
) STRICT;

CREATE INDEX session_keeping_by_interview ON session_keeping (interview_id, session_id);

INSERT INTO session_keeping (session_id, interview_id)
SELECT session_id, json_extract(interview, '$.id') FROM sessions;

CREATE INDEX sessions_by_end ON sessions (ended_at, session_id);

CREATE TABLE erasures (
    session_id   TEXT PRIMARY KEY,
    receipt_id   TEXT NOT NULL UNIQUE,
    erased_at    INTEGER NOT NULL,
    -- `platform`, `owner` or `local`: no name.
    erased_by    TEXT NOT NULL,
    -- SHA-256 of who may read the receipt.
    owner_digest BLOB NOT NULL,
    -- Rows by table, and files (JSON).
    counts       TEXT NOT NULL,
    log_entries  INTEGER NOT NULL,
    log_head     BLOB NOT NULL
) STRICT;
