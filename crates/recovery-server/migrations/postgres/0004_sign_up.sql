-- Up to two addresses of an account, in order. accounts.address stays the first of them, for nodes of the version before.
CREATE TABLE addresses (
    id TEXT PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    place BIGINT NOT NULL,
    address TEXT NOT NULL,
    added_at BIGINT NOT NULL,
    -- NULL for one that only the operator vouches for.
    confirmed_at BIGINT,
    bounced_at BIGINT,
    UNIQUE (account_id, place)
);
CREATE INDEX addresses_by_text ON addresses (address);
INSERT INTO addresses (id, account_id, place, address, added_at)
    SELECT id, id, 0, address, created_at FROM accounts;

-- The name of an address that was removed opens nothing, but stays with its account while that can be revoked.
ALTER TABLE names ADD COLUMN kept_until BIGINT;
CREATE INDEX names_by_end ON names (kept_until);

-- Somebody who says that an address is theirs, to make an account with it (account_id is NULL) or to add it to one.
-- taken: an account has it already, so that mailbox got no code; it looks and costs the same.
CREATE TABLE claims (
    id TEXT PRIMARY KEY,
    ticket_hash BYTEA NOT NULL UNIQUE,
    account_id TEXT REFERENCES accounts (id) ON DELETE CASCADE,
    address_sealed BYTEA NOT NULL,
    person_sealed BYTEA NOT NULL,
    taken BIGINT NOT NULL,
    language TEXT NOT NULL,
    device TEXT NOT NULL,
    network TEXT,
    last_sent_at BIGINT NOT NULL,
    until BIGINT NOT NULL,
    wrong_tries BIGINT NOT NULL DEFAULT 0,
    verified_hash BYTEA UNIQUE,
    verified_until BIGINT
);
CREATE INDEX claims_of_account ON claims (account_id);
CREATE INDEX claims_by_end ON claims (until);

CREATE TABLE claim_secrets (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    claim_id TEXT NOT NULL REFERENCES claims (id) ON DELETE CASCADE,
    mac BYTEA NOT NULL,
    until BIGINT NOT NULL
);
CREATE INDEX claim_secrets_of_claim ON claim_secrets (claim_id);

-- An authenticator that has not shown its first code yet.
CREATE TABLE authenticators (
    hash BYTEA PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    secret BYTEA NOT NULL,
    until BIGINT NOT NULL,
    wrong_tries BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX authenticators_of_account ON authenticators (account_id);
CREATE INDEX authenticators_by_end ON authenticators (until);

-- Changes of recovery settings that can still be revoked, each with what was before it. seq is never given again:
-- what is later is undone with it.
CREATE TABLE changes (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    at BIGINT NOT NULL,
    until BIGINT NOT NULL,
    totp_secret BYTEA
);
CREATE INDEX changes_of_account ON changes (account_id, seq);
CREATE INDEX changes_by_end ON changes (until);

CREATE TABLE change_addresses (
    change_seq BIGINT NOT NULL REFERENCES changes (seq) ON DELETE CASCADE,
    place BIGINT NOT NULL,
    id TEXT NOT NULL,
    address TEXT NOT NULL,
    added_at BIGINT NOT NULL,
    confirmed_at BIGINT,
    bounced_at BIGINT,
    PRIMARY KEY (change_seq, place)
);

-- Only of a change that replaced the list.
CREATE TABLE change_codes (
    change_seq BIGINT NOT NULL REFERENCES changes (seq) ON DELETE CASCADE,
    place BIGINT NOT NULL,
    hash TEXT NOT NULL,
    used_at BIGINT,
    PRIMARY KEY (change_seq, place)
);
