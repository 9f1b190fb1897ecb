-- Clients that are attached to volumes and snapshots of a provider that attaches clients itself. Their tokens are nowhere here. Exactly one of the provider's
-- ids of a volume and of a snapshot is there; volume_id and snapshot_id are Octavo's. operation_id: the operation that attached it; null for one that was found.
-- state: attaching, attached, detaching or detached; a detached one is kept for a while, with the reason where nobody asked for it.
CREATE TABLE attachments (
    id                     TEXT    NOT NULL PRIMARY KEY,
    account_id             TEXT    NOT NULL REFERENCES accounts (id),
    credential_id          TEXT    NOT NULL REFERENCES credentials (id) ON DELETE CASCADE,
    region                 TEXT    NOT NULL,
    volume_id              TEXT,
    snapshot_id            TEXT,
    provider_volume_id     TEXT,
    provider_snapshot_id   TEXT,
    provider_attachment_id TEXT,
    operation_id           TEXT,
    client                 TEXT    NOT NULL,
    is_read_only           INTEGER NOT NULL,
    is_multi_attach        INTEGER NOT NULL,
    lease_seconds          INTEGER NOT NULL,
    state                  TEXT    NOT NULL,
    state_reason           TEXT,
    device                 TEXT,
    is_connected           INTEGER NOT NULL DEFAULT 0,
    attached_at            INTEGER,
    detached_at            INTEGER,
    created_at             INTEGER NOT NULL,
    updated_at             INTEGER NOT NULL,
    UNIQUE (credential_id, provider_attachment_id)
) STRICT;
CREATE INDEX attachments_by_account ON attachments (account_id, created_at, id);
CREATE INDEX attachments_of_volume ON attachments (volume_id) WHERE state <> 'detached';

CREATE TRIGGER attachment_is_created AFTER INSERT ON attachments BEGIN
    INSERT INTO changes (account_id, kind, id, what, state, at) VALUES (new.account_id, 'attachment', new.id, 'created', new.state, new.updated_at);
END;
CREATE TRIGGER attachment_is_updated AFTER UPDATE ON attachments BEGIN
    INSERT INTO changes (account_id, kind, id, what, state, at) VALUES (new.account_id, 'attachment', new.id,
        CASE WHEN new.state = 'detached' AND old.state <> 'detached' THEN 'deleted' ELSE 'updated' END, new.state, new.updated_at);
END;
CREATE TRIGGER attachment_is_dropped AFTER DELETE ON attachments BEGIN
    INSERT INTO changes (account_id, kind, id, what, state, at) VALUES (old.account_id, 'attachment', old.id,
        CASE WHEN old.state = 'detached' THEN 'dropped' ELSE 'deleted' END, 'detached', old.updated_at);
END;
