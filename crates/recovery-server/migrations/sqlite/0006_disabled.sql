-- An account that its operator has shut: nobody gets in, and its names stay its own.
ALTER TABLE accounts ADD COLUMN disabled_at INTEGER;
