-- Work that must be done whatever happens to the process, and what became known of sessions.

CREATE TABLE jobs (
    kind         TEXT NOT NULL,
    -- Unique in its kind: the same work is not queued twice.
    key          TEXT NOT NULL,
    session_id   TEXT,
    -- JSON.
    payload      TEXT NOT NULL,
    run_at       BIGINT NOT NULL,
    attempts     BIGINT NOT NULL DEFAULT 0,
    -- Somebody works on it until then; a job whose lease is over is free again.
    leased_until BIGINT NOT NULL DEFAULT 0,
    -- 1: given up.
    failed       BIGINT NOT NULL DEFAULT 0,
    last_error   TEXT,
    created_at   BIGINT NOT NULL,
    PRIMARY KEY (kind, key)
);

CREATE INDEX jobs_due ON jobs (failed, run_at);
CREATE INDEX jobs_of_session ON jobs (session_id);

CREATE TABLE session_events (
    event_id   TEXT PRIMARY KEY,
    session_id TEXT NOT NULL,
    kind       TEXT NOT NULL,
    at         BIGINT NOT NULL,
    -- JSON; ids and reasons, never anybody's words.
    data       TEXT NOT NULL
);

CREATE INDEX session_events_of_session ON session_events (session_id, at);
