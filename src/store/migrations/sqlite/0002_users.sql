-- People with an account. A row is made when an address is proved for the first time; the name comes later.
CREATE TABLE users (
    user_id TEXT PRIMARY KEY NOT NULL,
    -- In lower case.
    email TEXT NOT NULL UNIQUE,
    username TEXT,
    -- The name in lower case: unique without regard to case.
    username_folded TEXT UNIQUE,
    created_at INTEGER NOT NULL
) STRICT;
