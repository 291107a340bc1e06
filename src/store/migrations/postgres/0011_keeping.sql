-- The log of each session, how long what came of it is kept, and what is left of a session that was erased.

CREATE TABLE session_log (
    session_id TEXT NOT NULL,
    -- From 1, without holes.
    seq        BIGINT NOT NULL,
    at         BIGINT NOT NULL,
    kind       TEXT NOT NULL,
    -- Canonical JSON; digests, never anybody's words.
    data       TEXT NOT NULL,
    -- SHA-256 of the hash before it and of this entry.
    hash       BYTEA NOT NULL,
    PRIMARY KEY (session_id, seq)
);

-- Nothing changes or takes back an entry, erasure included: the digests say nothing once the salt is gone.
CREATE FUNCTION session_log_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the log is append-only';
END;
$$;

CREATE TRIGGER session_log_stays BEFORE UPDATE OR DELETE ON session_log
FOR EACH ROW EXECUTE FUNCTION session_log_refuse();

CREATE TRIGGER session_log_is_kept BEFORE TRUNCATE ON session_log
FOR EACH STATEMENT EXECUTE FUNCTION session_log_refuse();

CREATE TABLE session_keeping (
    session_id            TEXT PRIMARY KEY,
    interview_id          TEXT,
    -- Key of the log's digests; NULL before the first entry, and after erasure.
    salt                  BYTEA,
    entries               BIGINT NOT NULL DEFAULT 0,
    -- Hash of the last entry.
    head                  BYTEA,
    -- The interview's own days; NULL: the configured ones.
    audio_days            BIGINT,
    transcript_days       BIGINT,
    scores_days           BIGINT,
    audio_deleted_at      BIGINT,
    transcript_deleted_at BIGINT,
    scores_deleted_at     BIGINT,
    held_at               BIGINT,
    held_by               TEXT,
    hold_reason           TEXT,
    erased_at             BIGINT
);

CREATE INDEX session_keeping_by_interview ON session_keeping (interview_id, session_id);

INSERT INTO session_keeping (session_id, interview_id)
SELECT session_id, interview::json ->> 'id' FROM sessions;

CREATE INDEX sessions_by_end ON sessions (ended_at, session_id);

CREATE TABLE erasures (
    session_id   TEXT PRIMARY KEY,
    receipt_id   TEXT NOT NULL UNIQUE,
    erased_at    BIGINT NOT NULL,
    -- `platform`, `owner` or `local`: no name.
    erased_by    TEXT NOT NULL,
    -- SHA-256 of who may read the receipt.
    owner_digest BYTEA NOT NULL,
    -- Rows by table, and files (JSON).
    counts       TEXT NOT NULL,
    log_entries  BIGINT NOT NULL,
    log_head     BYTEA NOT NULL
);
