-- The list of all sessions, newest first.

CREATE INDEX sessions_by_creation ON sessions (created_at DESC, session_id DESC);
