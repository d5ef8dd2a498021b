-- Keys that open an account in place of its password. What is kept of one is sealed with the pepper, together with
-- the account's name: who can only write to this database can neither add one nor move it to another account.
CREATE TABLE passkeys (
    id TEXT PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    credential_hash BLOB NOT NULL UNIQUE,
    name TEXT NOT NULL,
    sealed BLOB NOT NULL,
    counter INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    last_used_at INTEGER
) STRICT;
CREATE INDEX passkeys_of_account ON passkeys (account_id);

-- What a browser was asked for and has not answered yet. Taking the row away is using it.
CREATE TABLE passkey_ceremonies (
    handle BLOB PRIMARY KEY,
    -- 'add', 'enter' or 'approve'.
    kind TEXT NOT NULL,
    -- Who was asked, and what for.
    holder BLOB NOT NULL,
    about TEXT NOT NULL,
    state BLOB NOT NULL,
    until INTEGER NOT NULL
) STRICT;
CREATE INDEX passkey_ceremonies_by_end ON passkey_ceremonies (until);

-- Sessions that were opened by a passkey: they end with it.
CREATE TABLE passkey_sessions (
    session_id TEXT PRIMARY KEY REFERENCES sessions (id) ON DELETE CASCADE,
    passkey_id TEXT NOT NULL REFERENCES passkeys (id) ON DELETE CASCADE
) STRICT;
CREATE INDEX passkey_sessions_of_passkey ON passkey_sessions (passkey_id);
