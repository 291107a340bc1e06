-- What is known of the recordings: the audio itself is in files.

CREATE TABLE recordings (
    session_id   TEXT PRIMARY KEY,
    -- recording, ready, partial, failed, deleted.
    state        TEXT NOT NULL,
    duration_ms  BIGINT NOT NULL,
    -- JSON: of each side its name, bytes, duration, SHA-256, and the SHA-256 of each of its blocks.
    tracks       TEXT NOT NULL,
    -- JSON: how far the candidate's clock is from the server's.
    clock        TEXT NOT NULL,
    -- Packets that did not reach the files.
    dropped      BIGINT NOT NULL,
    -- Name of the file with the peaks; NULL: there is none.
    peaks        TEXT,
    updated_at   BIGINT NOT NULL
);
