-- Short-lived keys to `/v1/realtime`, by their hash. `granted` is JSON: whose it is and what it opens.
CREATE TABLE client_secrets (
    secret_hash BLOB PRIMARY KEY,
    granted TEXT NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;

CREATE INDEX client_secrets_by_expiry ON client_secrets (expires_at);
