-- How the candidate's microphone arrived, every few seconds, on the transcript's clock.

CREATE TABLE quality_samples (
    session_id TEXT NOT NULL REFERENCES sessions (session_id) ON DELETE CASCADE,
    at_ms      INTEGER NOT NULL,
    -- Parts of a million.
    loss_ppm   INTEGER NOT NULL,
    jitter_us  INTEGER NOT NULL,
    rtt_us     INTEGER,
    PRIMARY KEY (session_id, at_ms)
) STRICT, WITHOUT ROWID;
