-- Answers that were heard once more, after the interview. The live words stay where they are.

CREATE TABLE second_passes (
    session_id TEXT NOT NULL REFERENCES sessions (session_id) ON DELETE CASCADE,
    item_id    TEXT NOT NULL,
    content    TEXT NOT NULL,
    engine     TEXT NOT NULL,
    model      TEXT NOT NULL,
    heard_ms   INTEGER NOT NULL,
    -- live or second_pass: which version is shown.
    shown      TEXT NOT NULL,
    at         INTEGER NOT NULL,
    PRIMARY KEY (session_id, item_id)
) STRICT, WITHOUT ROWID;
