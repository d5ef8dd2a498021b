-- A letter's number is never given again: the Message-ID is made from it, and mailboxes drop what they
-- believe to have seen.
ALTER TABLE mail RENAME TO mail_before;
CREATE TABLE mail (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    letter BLOB NOT NULL,
    due_at INTEGER NOT NULL,
    drop_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO mail (id, letter, due_at, drop_at, attempts)
    SELECT id, letter, due_at, drop_at, attempts FROM mail_before;
DROP TABLE mail_before;
CREATE INDEX mail_by_due ON mail (due_at, id);

-- Letters that were given up. The letter itself goes as soon as it is of no use any more.
CREATE TABLE mail_dead (
    id INTEGER PRIMARY KEY,
    since INTEGER NOT NULL,
    why TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    letter BLOB,
    drop_at INTEGER NOT NULL
) STRICT;
CREATE INDEX mail_dead_by_age ON mail_dead (since);

-- Grows with every new password, so that who signed in with an older one is told apart.
ALTER TABLE accounts ADD COLUMN password_version INTEGER NOT NULL DEFAULT 0;
