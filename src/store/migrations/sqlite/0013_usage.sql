-- What sessions used. Numbers only, so a line outlives the erasure of its session: money that was spent stays spent.

CREATE TABLE session_usage (
    session_id    TEXT NOT NULL,
    -- Who counted: the interview itself, or one run of something beside it; each counts from 0.
    part          TEXT NOT NULL,
    source        TEXT NOT NULL,
    model         TEXT NOT NULL,
    kind          TEXT NOT NULL,
    -- Days since 1970 (UTC).
    day           INTEGER NOT NULL,
    -- Tokens or milliseconds of that day.
    quantity      INTEGER NOT NULL,
    owner_kind    TEXT NOT NULL,
    owner_subject TEXT NOT NULL,
    interview_id  TEXT NOT NULL,
    PRIMARY KEY (session_id, part, source, model, kind, day)
) STRICT, WITHOUT ROWID;

CREATE INDEX session_usage_by_day ON session_usage (day);
CREATE INDEX session_usage_by_owner ON session_usage (owner_kind, owner_subject, day);
