-- Voice sessions: rows of `sessions` whose id the client chose, by the user who speaks.
CREATE TABLE voice_sessions (
    session_id TEXT PRIMARY KEY REFERENCES sessions (session_id) ON DELETE CASCADE,
    user_id    TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE INDEX voice_sessions_by_user ON voice_sessions (user_id, created_at DESC, session_id);
