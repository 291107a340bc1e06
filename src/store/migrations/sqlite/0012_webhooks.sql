-- Who is told of sessions, and what was told.

CREATE TABLE webhooks (
    webhook_id       TEXT PRIMARY KEY,
    owner_kind       TEXT NOT NULL,
    owner_subject    TEXT NOT NULL,
    url              TEXT NOT NULL,
    description      TEXT NOT NULL,
    -- JSON array of event types; nothing: all of them.
    events           TEXT,
    enabled          INTEGER NOT NULL,
    -- Why it was switched off by us: `gone` or `failing`.
    disabled_reason  TEXT,
    -- `whsec_…`; nothing: the configuration has it.
    secret           TEXT,
    -- Signs beside the new one until then.
    old_secret       TEXT,
    old_secret_until INTEGER,
    -- The first failure since the last success.
    failing_since    INTEGER,
    last_success_at  INTEGER,
    created_at       INTEGER NOT NULL,
    updated_at       INTEGER NOT NULL
) STRICT;

CREATE INDEX webhooks_by_owner ON webhooks (owner_kind, owner_subject, created_at DESC, webhook_id);

CREATE TABLE webhook_deliveries (
    delivery_id  TEXT PRIMARY KEY,
    webhook_id   TEXT NOT NULL REFERENCES webhooks (webhook_id) ON DELETE CASCADE,
    event_id     TEXT NOT NULL,
    event_type   TEXT NOT NULL,
    session_id   TEXT,
    interview_id TEXT,
    -- The event's own (JSON); names and ids, never anybody's words.
    data         TEXT NOT NULL,
    occurred_at  INTEGER NOT NULL,
    -- `pending`, `delivered`, `failed` or `cancelled`.
    status       TEXT NOT NULL,
    -- Grows with each replay: the job of an earlier round finds that it is not wanted any more.
    round        INTEGER NOT NULL DEFAULT 0,
    -- Tries of this round.
    round_tries  INTEGER NOT NULL DEFAULT 0,
    attempts     INTEGER NOT NULL DEFAULT 0,
    -- The last tries (JSON).
    tries        TEXT NOT NULL,
    next_try_at  INTEGER,
    created_at   INTEGER NOT NULL,
    UNIQUE (event_id, webhook_id)
) STRICT;

CREATE INDEX webhook_deliveries_newest ON webhook_deliveries (webhook_id, created_at DESC, delivery_id DESC);
CREATE INDEX webhook_deliveries_of_session ON webhook_deliveries (session_id);
CREATE INDEX webhook_deliveries_waiting ON webhook_deliveries (webhook_id) WHERE status = 'pending';
