-- Work that must be done whatever happens to the process, and what became known of sessions.

CREATE TABLE jobs (
    kind         TEXT NOT NULL,
    -- Unique in its kind: the same work is not queued twice.
    key          TEXT NOT NULL,
    session_id   TEXT,
    -- JSON.
    payload      TEXT NOT NULL,
    run_at       INTEGER NOT NULL,
    attempts     INTEGER NOT NULL DEFAULT 0,
    -- Somebody works on it until then; a job whose lease is over is free again.
    leased_until INTEGER NOT NULL DEFAULT 0,
    -- 1: given up.
    failed       INTEGER NOT NULL DEFAULT 0,
    last_error   TEXT,
    created_at   INTEGER NOT NULL,
    PRIMARY KEY (kind, key)
) STRICT;

CREATE INDEX jobs_due ON jobs (failed, run_at);
CREATE INDEX jobs_of_session ON jobs (session_id);

CREATE TABLE session_events (
    event_id   TEXT PRIMARY KEY,
    session_id TEXT NOT NULL,
    kind       TEXT NOT NULL,
    at         INTEGER NOT NULL,
    -- JSON; ids and reasons, never anybody's words.
    data       TEXT NOT NULL
) STRICT;

CREATE INDEX session_events_of_session ON session_events (session_id, at);
