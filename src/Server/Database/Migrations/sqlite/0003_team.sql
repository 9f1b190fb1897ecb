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

-- mount_point: where people hang it, as v1 shows. unattached_since: when it came off its last instance, or was first seen on none.
-- used_bytes: what it takes on the provider's store. deleted_at: when its deletion was accepted. restorable_until: it can be brought back so long.
ALTER TABLE volumes ADD COLUMN mount_point TEXT;
ALTER TABLE volumes ADD COLUMN is_protected INTEGER NOT NULL DEFAULT 0;
ALTER TABLE volumes ADD COLUMN unattached_since INTEGER;
ALTER TABLE volumes ADD COLUMN used_bytes INTEGER;
ALTER TABLE volumes ADD COLUMN deleted_at INTEGER;
ALTER TABLE volumes ADD COLUMN restorable_until INTEGER;
UPDATE volumes SET unattached_since = updated_at WHERE attachment_state IS NULL AND state = 'available';
UPDATE volumes SET deleted_at = updated_at WHERE state IN ('deleting', 'deleted');

-- tags: a JSON array of key and value, as those of volumes.
ALTER TABLE snapshots ADD COLUMN tags TEXT;
ALTER TABLE snapshots ADD COLUMN description TEXT;
ALTER TABLE snapshots ADD COLUMN is_encrypted INTEGER;
ALTER TABLE snapshots ADD COLUMN storage_tier TEXT;

-- steps: a JSON array of what it went through and when. cancelled_at: somebody asked to stop it.
ALTER TABLE operations ADD COLUMN steps TEXT NOT NULL DEFAULT '[]';
ALTER TABLE operations ADD COLUMN cancelled_at INTEGER;

-- retention_rules: JSON, the rules of the provider's recycle bin there.
ALTER TABLE cells ADD COLUMN retention_rules TEXT;

-- Everything that changed, in order: what the events tell, and what the inventory in memory follows. Triggers write it, so that no statement can forget.
-- what: created (listed from now on), updated, deleted (no longer listed), or dropped (its tombstone went too). The oldest are taken out.
CREATE TABLE changes (
    seq        INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id TEXT    NOT NULL,
    kind       TEXT    NOT NULL,
    id         TEXT    NOT NULL,
    what       TEXT    NOT NULL,
    state      TEXT,
    at         INTEGER NOT NULL
) STRICT;

CREATE TRIGGER volume_is_created AFTER INSERT ON volumes BEGIN
    INSERT INTO changes (account_id, kind, id, what, state, at) VALUES (new.account_id, 'volume', new.id, 'created', new.state, new.updated_at);
END;
CREATE TRIGGER volume_is_updated AFTER UPDATE ON volumes BEGIN
    INSERT INTO changes (account_id, kind, id, what, state, at) VALUES (new.account_id, 'volume', new.id,
        CASE WHEN (new.state IN ('deleting', 'deleted')) = (old.state IN ('deleting', 'deleted')) THEN 'updated'
            WHEN new.state IN ('deleting', 'deleted') THEN 'deleted' ELSE 'created' END, new.state, new.updated_at);
END;
CREATE TRIGGER volume_is_dropped AFTER DELETE ON volumes BEGIN
    INSERT INTO changes (account_id, kind, id, what, state, at) VALUES (old.account_id, 'volume', old.id,
        CASE WHEN old.state IN ('deleting', 'deleted') THEN 'dropped' ELSE 'deleted' END, 'deleted', old.updated_at);
END;

CREATE TRIGGER snapshot_is_created AFTER INSERT ON snapshots BEGIN
    INSERT INTO changes (account_id, kind, id, what, state, at) VALUES (new.account_id, 'snapshot', new.id, 'created', new.state, new.updated_at);
END;
CREATE TRIGGER snapshot_is_updated AFTER UPDATE ON snapshots BEGIN
    INSERT INTO changes (account_id, kind, id, what, state, at) VALUES (new.account_id, 'snapshot', new.id,
        CASE WHEN (new.state IN ('deleting', 'deleted')) = (old.state IN ('deleting', 'deleted')) THEN 'updated'
            WHEN new.state IN ('deleting', 'deleted') THEN 'deleted' ELSE 'created' END, new.state, new.updated_at);
END;
CREATE TRIGGER snapshot_is_dropped AFTER DELETE ON snapshots BEGIN
    INSERT INTO changes (account_id, kind, id, what, state, at) VALUES (old.account_id, 'snapshot', old.id,
        CASE WHEN old.state IN ('deleting', 'deleted') THEN 'dropped' ELSE 'deleted' END, 'deleted', old.updated_at);
END;

CREATE TRIGGER operation_is_created AFTER INSERT ON operations BEGIN
    INSERT INTO changes (account_id, kind, id, what, state, at) VALUES (new.account_id, 'operation', new.id, 'created', new.state, new.updated_at);
END;
CREATE TRIGGER operation_is_updated AFTER UPDATE OF state, step, progress_percent ON operations
    WHEN (old.state, old.step, old.progress_percent) IS NOT (new.state, new.step, new.progress_percent) BEGIN
    INSERT INTO changes (account_id, kind, id, what, state, at) VALUES (new.account_id, 'operation', new.id, 'updated', new.state, new.updated_at);
END;

-- A pass that saw what the one before saw is no news. id: the credential's, a slash, the region.
CREATE TRIGGER cell_is_created AFTER INSERT ON cells BEGIN
    INSERT INTO changes (account_id, kind, id, what, state, at)
    SELECT account_id, 'cell', new.credential_id || '/' || new.region, 'created', 'new', created_at FROM credentials WHERE id = new.credential_id;
END;
CREATE TRIGGER cell_is_updated AFTER UPDATE ON cells
    WHEN (old.failure, old.stale_since, old.volume_count, old.snapshot_count, old.observed_at IS NULL)
        IS NOT (new.failure, new.stale_since, new.volume_count, new.snapshot_count, new.observed_at IS NULL) BEGIN
    INSERT INTO changes (account_id, kind, id, what, state, at)
    SELECT account_id, 'cell', new.credential_id || '/' || new.region, 'updated', CASE WHEN new.stale_since IS NULL THEN 'fresh' ELSE 'stale' END,
        coalesce(new.failed_at, new.observed_at, created_at) FROM credentials WHERE id = new.credential_id;
END;
