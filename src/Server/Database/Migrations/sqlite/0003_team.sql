-- A team at work: roles, tokens that are named, scoped and expire, who did what, answers kept for repeated changes, what changed in which order,
-- and volumes that are protected, tagged, mounted, and deleted with a way back.

-- role: viewer, operator or admin. The service's operator may also make accounts.
CREATE TABLE new_users (
    id                  TEXT    NOT NULL PRIMARY KEY,
    account_id          TEXT    NOT NULL REFERENCES accounts (id),
    name                TEXT    NOT NULL,
    role                TEXT    NOT NULL,
    api_access          INTEGER NOT NULL,
    is_service_operator INTEGER NOT NULL,
    created_at          INTEGER NOT NULL,
    updated_at          INTEGER NOT NULL,
    UNIQUE (account_id, name)
) STRICT;

-- hash: SHA-256 of the token, which is kept nowhere. role: the most that it may do, whatever its user may.
CREATE TABLE tokens (
    id         TEXT    NOT NULL PRIMARY KEY,
    user_id    TEXT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name       TEXT    NOT NULL,
    hash       BLOB    NOT NULL UNIQUE,
    role       TEXT    NOT NULL,
    expires_at INTEGER,
    created_at INTEGER NOT NULL,
    UNIQUE (user_id, name)
) STRICT;

INSERT INTO new_users SELECT id, account_id, name, CASE is_admin WHEN 1 THEN 'admin' ELSE 'viewer' END, api_access, is_operator, created_at, updated_at FROM users;
CREATE TEMPORARY TABLE old_hashes AS SELECT id, token_hash, updated_at FROM users;
DROP TABLE users;
ALTER TABLE new_users RENAME TO users;
INSERT INTO tokens (id, user_id, name, hash, role, created_at)
SELECT lower(hex(randomblob(16))), id, 'default', token_hash, 'admin', updated_at FROM old_hashes;
DROP TABLE old_hashes;

-- Every change that was asked for and every refusal; nothing is ever changed or taken out. The names stay when the user is gone.
CREATE TABLE audit (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id   TEXT    NOT NULL REFERENCES accounts (id),
    at           INTEGER NOT NULL,
    user_id      TEXT,
    user_name    TEXT,
    token_name   TEXT,
    via          TEXT    NOT NULL,
    address      TEXT,
    action       TEXT    NOT NULL,
    subject_kind TEXT,
    subject_id   TEXT,
    subject_name TEXT,
    detail       TEXT,
    outcome      TEXT    NOT NULL,
    status       INTEGER NOT NULL,
    message      TEXT,
    operation_id TEXT,
    request_id   TEXT    NOT NULL
) STRICT;
CREATE INDEX audit_by_account ON audit (account_id, id);
CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit BEGIN SELECT raise(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_is_not_cut BEFORE DELETE ON audit BEGIN SELECT raise(ABORT, 'the audit log is append-only'); END;

-- The answer to a change that named an Idempotency-Key, encrypted, because some answers hold a token. request: SHA-256 of what was asked.
CREATE TABLE kept_answers (
    user_id    TEXT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    key        TEXT    NOT NULL,
    request    BLOB    NOT NULL,
    answer     TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX kept_answers_by_time ON kept_answers (created_at);
