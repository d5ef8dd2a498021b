-- Sessions that came by another device: bound to a key, and weak for their first day.
ALTER TABLE sessions ADD COLUMN made_by TEXT NOT NULL DEFAULT 'password';
ALTER TABLE sessions ADD COLUMN weak_until INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN jkt TEXT;

-- One device letting another in. A row that is open and past its end counts as expired, so no state
-- is ever written for that. The six digits are not in here: they are derived from the pepper and the id.
CREATE TABLE pairings (
    id TEXT PRIMARY KEY,
    -- Which side signs in: 'computer' or 'phone'.
    direction TEXT NOT NULL,
    state TEXT NOT NULL,
    -- What a QR code names the row by.
    handle BLOB NOT NULL UNIQUE,
    user_code_mac BLOB NOT NULL UNIQUE,
    device_code_hash BLOB UNIQUE,
    jkt TEXT,
    -- Who asks.
    device TEXT NOT NULL,
    network TEXT,
    line_mac BLOB NOT NULL,
    owner_session TEXT,
    account_id TEXT REFERENCES accounts (id) ON DELETE CASCADE,
    -- Who scanned: the only one that may go on.
    holder BLOB,
    phone_device TEXT,
    phone_network TEXT,
    scanned_at INTEGER,
    created_at INTEGER NOT NULL,
    until INTEGER NOT NULL,
    poll_interval INTEGER NOT NULL,
    polled_at INTEGER,
    wrong_tries INTEGER NOT NULL DEFAULT 0,
    session_id TEXT
) STRICT;
CREATE INDEX pairings_of_line ON pairings (line_mac, until);
CREATE INDEX pairings_of_account ON pairings (account_id);
CREATE INDEX pairings_by_end ON pairings (until);

-- Proofs that were used, until the nonce they came with is stale.
CREATE TABLE dpop_seen (
    proof BLOB PRIMARY KEY,
    until INTEGER NOT NULL
) STRICT;
CREATE INDEX dpop_seen_by_end ON dpop_seen (until);
