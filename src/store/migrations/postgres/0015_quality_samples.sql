-- How the candidate's microphone arrived, every few seconds, on the transcript's clock.

CREATE TABLE quality_samples (
    session_id TEXT NOT NULL REFERENCES sessions (session_id) ON DELETE CASCADE,
    at_ms      BIGINT NOT NULL,
    -- Parts of a million.
    loss_ppm   BIGINT NOT NULL,
    jitter_us  BIGINT NOT NULL,
    rtt_us     BIGINT,
    PRIMARY KEY (session_id, at_ms)
);
