-- Browsers that signed in with a token, and end with it. hash: SHA-256 of what is in the browser's cookie.
CREATE TABLE sessions (
    hash       BLOB    NOT NULL PRIMARY KEY,
    token_id   TEXT    NOT NULL REFERENCES tokens (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    used_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_by_token ON sessions (token_id, used_at);

-- What is due to be gone for good, or past bringing back.
CREATE INDEX volumes_restorable ON volumes (restorable_until) WHERE restorable_until IS NOT NULL;

-- Deletions that were under way had the state to go back to as their only input.
UPDATE operations SET input = json_object('state', input)
WHERE kind IN ('delete-volume', 'delete-snapshot') AND state IN ('queued', 'running') AND NOT json_valid(input);

-- trace_parent: the span that asked for the operation, as W3C's traceparent; null where nobody traces.
ALTER TABLE operations ADD COLUMN trace_parent TEXT;
