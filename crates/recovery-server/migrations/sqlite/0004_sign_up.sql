-- Up to two addresses of an account, in order. accounts.address stays the first of them, for nodes of the version before.
CREATE TABLE addresses (
    id TEXT PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    place INTEGER NOT NULL,
    address TEXT NOT NULL,
    added_at INTEGER NOT NULL,
    -- NULL for one that only the operator vouches for.
    confirmed_at INTEGER,
    bounced_at INTEGER,
    UNIQUE (account_id, place)
) STRICT;
CREATE INDEX addresses_by_text ON addresses (address);
INSERT INTO addresses (id, account_id, place, address, added_at)
    SELECT id, id, 0, address, created_at FROM accounts;

-- The name of an address that was removed opens nothing, but stays with its account while that can be revoked.
ALTER TABLE names ADD COLUMN kept_until INTEGER;
CREATE INDEX names_by_end ON names (kept_until);

-- Somebody who says that an address is theirs, to make an account with it (account_id is NULL) or to add it to one.
-- taken: an account has it already, so that mailbox got no code; it looks and costs the same.
CREATE TABLE claims (
    id TEXT PRIMARY KEY,
    ticket_hash BLOB NOT NULL UNIQUE,
    account_id TEXT REFERENCES accounts (id) ON DELETE CASCADE,
    address_sealed BLOB NOT NULL,
    person_sealed BLOB NOT NULL,
    taken INTEGER NOT NULL,
    language TEXT NOT NULL,
    device TEXT NOT NULL,
    network TEXT,
    last_sent_at INTEGER NOT NULL,
    until INTEGER NOT NULL,
    wrong_tries INTEGER NOT NULL DEFAULT 0,
    verified_hash BLOB UNIQUE,
    verified_until INTEGER
) STRICT;
CREATE INDEX claims_of_account ON claims (account_id);
CREATE INDEX claims_by_end ON claims (until);

CREATE TABLE claim_secrets (
    id INTEGER PRIMARY KEY,
    claim_id TEXT NOT NULL REFERENCES claims (id) ON DELETE CASCADE,
    mac BLOB NOT NULL,
    until INTEGER NOT NULL
) STRICT;
CREATE INDEX claim_secrets_of_claim ON claim_secrets (claim_id);

-- An authenticator that has not shown its first code yet.
CREATE TABLE authenticators (
    hash BLOB PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    secret BLOB NOT NULL,
    until INTEGER NOT NULL,
    wrong_tries INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX authenticators_of_account ON authenticators (account_id);
CREATE INDEX authenticators_by_end ON authenticators (until);

-- Changes of recovery settings that can still be revoked, each with what was before it. seq is never given again:
-- what is later is undone with it.
CREATE TABLE changes (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    at INTEGER NOT NULL,
    until INTEGER NOT NULL,
    totp_secret BLOB
) STRICT;
CREATE INDEX changes_of_account ON changes (account_id, seq);
CREATE INDEX changes_by_end ON changes (until);

CREATE TABLE change_addresses (
    change_seq INTEGER NOT NULL REFERENCES changes (seq) ON DELETE CASCADE,
    place INTEGER NOT NULL,
    id TEXT NOT NULL,
    address TEXT NOT NULL,
    added_at INTEGER NOT NULL,
    confirmed_at INTEGER,
    bounced_at INTEGER,
    PRIMARY KEY (change_seq, place)
) STRICT;

-- Only of a change that replaced the list.
CREATE TABLE change_codes (
    change_seq INTEGER NOT NULL REFERENCES changes (seq) ON DELETE CASCADE,
    place INTEGER NOT NULL,
    hash TEXT NOT NULL,
    used_at INTEGER,
    PRIMARY KEY (change_seq, place)
) STRICT;
