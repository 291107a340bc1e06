-- Rooms and who is a member of them. Times are milliseconds since 1970. Guests are not kept: they are gone with their
-- socket.
CREATE TABLE rooms (
    code               TEXT PRIMARY KEY,
    owner_kind         TEXT NOT NULL,
    owner_subject      TEXT NOT NULL,
    owner_id           TEXT,
    name               TEXT,
    description        TEXT,
    created_at         INTEGER NOT NULL,
    expires_at         INTEGER,
    closed_at          INTEGER,
    participants_max   INTEGER,
    -- All who ever joined, guests included.
    participants_total INTEGER NOT NULL
) STRICT;

CREATE TABLE room_members (
    code         TEXT NOT NULL REFERENCES rooms (code) ON DELETE CASCADE,
    user_id      TEXT NOT NULL,
    display_name TEXT NOT NULL,
    joined_at    INTEGER NOT NULL,
    PRIMARY KEY (code, user_id)
) STRICT;

-- What rooms that are forgotten still count for in the statistics.
CREATE TABLE room_tallies (
    name  TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT;
