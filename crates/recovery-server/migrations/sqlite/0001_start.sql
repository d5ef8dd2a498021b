-- Times are Unix seconds. Nothing here opens an account by itself: passwords and saved codes are
-- Argon2id with a pepper that is not in this file, tokens are hashed, mailed codes are HMACs,
-- authenticator secrets and waiting mail are encrypted.

CREATE TABLE settings (
    key TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT;

CREATE TABLE accounts (
    id TEXT PRIMARY KEY,
    identifier TEXT NOT NULL,
    address TEXT NOT NULL,
    person TEXT NOT NULL,
    language TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    totp_secret BLOB,
    totp_last_step INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    password_changed_at INTEGER NOT NULL
) STRICT;

-- Identifier and address, in the form they are compared in: no account can take another's name.
CREATE TABLE names (
    name TEXT PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE
) STRICT;

CREATE TABLE recovery_codes (
    account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    place INTEGER NOT NULL,
    hash TEXT NOT NULL,
    used_at INTEGER,
    PRIMARY KEY (account_id, place)
) STRICT;

-- Where an account has signed in from, as keyed hashes.
CREATE TABLE known (
    account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    mark BLOB NOT NULL,
    first_seen INTEGER NOT NULL,
    PRIMARY KEY (account_id, mark)
) STRICT;

CREATE TABLE sessions (
    id TEXT PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    device TEXT NOT NULL,
    network TEXT,
    created_at INTEGER NOT NULL,
    last_used_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,
    refresh_until INTEGER NOT NULL,
    access_hash BLOB NOT NULL UNIQUE,
    access_until INTEGER NOT NULL
) STRICT;
CREATE INDEX sessions_of_account ON sessions (account_id);

-- Used ones stay as long as their session, so that using one again is noticed.
CREATE TABLE refresh_tokens (
    hash BLOB PRIMARY KEY,
    session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    used_at INTEGER
) STRICT;
CREATE INDEX refresh_tokens_of_session ON refresh_tokens (session_id);

-- A password that fitted, waiting for its second factor.
CREATE TABLE sign_in_tickets (
    hash BLOB PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    device TEXT NOT NULL,
    until INTEGER NOT NULL,
    wrong_tries INTEGER NOT NULL DEFAULT 0
) STRICT;

-- account_id is NULL when nobody has that name: such a recovery looks and costs the same.
CREATE TABLE recoveries (
    id TEXT PRIMARY KEY,
    ticket_hash BLOB NOT NULL UNIQUE,
    account_id TEXT REFERENCES accounts (id) ON DELETE CASCADE,
    name_sealed BLOB NOT NULL,
    language TEXT NOT NULL,
    device TEXT NOT NULL,
    network TEXT,
    last_sent_at INTEGER NOT NULL,
    until INTEGER NOT NULL,
    wrong_tries INTEGER NOT NULL DEFAULT 0,
    verified_hash BLOB UNIQUE,
    verified_until INTEGER
) STRICT;
CREATE INDEX recoveries_of_account ON recoveries (account_id);

CREATE TABLE recovery_secrets (
    id INTEGER PRIMARY KEY,
    recovery_id TEXT NOT NULL REFERENCES recoveries (id) ON DELETE CASCADE,
    way TEXT NOT NULL,
    mac BLOB NOT NULL,
    until INTEGER NOT NULL
) STRICT;
CREATE INDEX recovery_secrets_of_recovery ON recovery_secrets (recovery_id);

CREATE TABLE events (
    id INTEGER PRIMARY KEY,
    key BLOB NOT NULL,
    at INTEGER NOT NULL,
    until INTEGER NOT NULL
) STRICT;
CREATE INDEX events_by_key ON events (key, at);
CREATE INDEX events_by_end ON events (until);

CREATE TABLE mail (
    id INTEGER PRIMARY KEY,
    letter BLOB NOT NULL,
    due_at INTEGER NOT NULL,
    drop_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX mail_by_due ON mail (due_at);

CREATE TABLE audit (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    account_id TEXT,
    event TEXT NOT NULL,
    result TEXT NOT NULL,
    network TEXT
) STRICT;
CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_is_never_shortened BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
