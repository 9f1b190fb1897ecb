-- Times are milliseconds since 1970, UTC. Ids are 32 lower-case hexadecimal digits unless a provider's.

CREATE TABLE accounts (
    id          TEXT    NOT NULL PRIMARY KEY,
    name        TEXT    NOT NULL UNIQUE,
    created_at  INTEGER NOT NULL
) STRICT;

CREATE TABLE users (
    id          TEXT    NOT NULL PRIMARY KEY,
    account_id  TEXT    NOT NULL REFERENCES accounts (id),
    name        TEXT    NOT NULL,
    is_admin    INTEGER NOT NULL,
    api_access  INTEGER NOT NULL,
    is_operator INTEGER NOT NULL,
    token_hash  BLOB    NOT NULL UNIQUE,
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL,
    UNIQUE (account_id, name)
) STRICT;

-- Data Protection's key ring; it encrypts the secrets in credentials.
CREATE TABLE protection_keys (
    name        TEXT    NOT NULL PRIMARY KEY,
    xml         TEXT    NOT NULL
) STRICT;

CREATE TABLE credentials (
    id                TEXT    NOT NULL PRIMARY KEY,
    account_id        TEXT    NOT NULL REFERENCES accounts (id),
    provider          TEXT    NOT NULL,
    name              TEXT    NOT NULL,
    aws_access_key_id TEXT,
    protected_secret  TEXT,
    created_at        INTEGER NOT NULL,
    updated_at        INTEGER NOT NULL
) STRICT;
CREATE INDEX credentials_by_account ON credentials (account_id, created_at, id);

-- How fresh the inventory of a credential in a region is.
CREATE TABLE cells (
    credential_id        TEXT    NOT NULL REFERENCES credentials (id) ON DELETE CASCADE,
    region               TEXT    NOT NULL,
    observed_at          INTEGER,
    failed_at            INTEGER,
    failure              TEXT,
    largest_volume_bytes INTEGER,
    free_bytes           INTEGER,
    PRIMARY KEY (credential_id, region)
) STRICT;

-- created_at is cut to whole seconds, as v1 shows it, so that the list's order is the order that a client sees.
-- operation_id is the operation that made the volume; null for one that was found.
CREATE TABLE volumes (
    id                 TEXT    NOT NULL PRIMARY KEY,
    account_id         TEXT    NOT NULL REFERENCES accounts (id),
    credential_id      TEXT    NOT NULL REFERENCES credentials (id),
    region             TEXT    NOT NULL,
    availability_zone  TEXT    NOT NULL,
    provider_volume_id TEXT,
    operation_id       TEXT,
    name               TEXT    NOT NULL,
    state              TEXT    NOT NULL,
    state_reason       TEXT,
    size_bytes         INTEGER NOT NULL,
    source_snapshot_id TEXT,
    attachment_state   TEXT,
    instance_id        TEXT,
    device             TEXT,
    attached_at        INTEGER,
    created_at         INTEGER NOT NULL,
    updated_at         INTEGER NOT NULL,
    UNIQUE (credential_id, provider_volume_id)
) STRICT;
CREATE INDEX volumes_by_account ON volumes (account_id, created_at, id);
CREATE INDEX volumes_by_operation ON volumes (operation_id);

CREATE TABLE snapshots (
    id                   TEXT    NOT NULL PRIMARY KEY,
    account_id           TEXT    NOT NULL REFERENCES accounts (id),
    credential_id        TEXT    NOT NULL REFERENCES credentials (id),
    region               TEXT    NOT NULL,
    provider_volume_id   TEXT    NOT NULL,
    provider_snapshot_id TEXT,
    operation_id         TEXT,
    state                TEXT    NOT NULL,
    state_reason         TEXT,
    progress_percent     INTEGER NOT NULL,
    volume_size_bytes    INTEGER NOT NULL,
    stored_bytes         INTEGER,
    started_at           INTEGER NOT NULL,
    updated_at           INTEGER NOT NULL,
    UNIQUE (credential_id, provider_snapshot_id)
) STRICT;
CREATE INDEX snapshots_by_account ON snapshots (account_id, started_at, id);
CREATE INDEX snapshots_by_volume ON snapshots (credential_id, provider_volume_id, started_at, id);
CREATE INDEX snapshots_by_operation ON snapshots (operation_id);

-- input is what the operation needs beyond the rows it names; findings is what a check found. Both JSON.
-- attempt fences: an attempt whose lease was lost writes nothing.
CREATE TABLE operations (
    id               TEXT    NOT NULL PRIMARY KEY,
    account_id       TEXT    NOT NULL REFERENCES accounts (id),
    kind             TEXT    NOT NULL,
    state            TEXT    NOT NULL,
    step             TEXT    NOT NULL,
    progress_percent INTEGER NOT NULL,
    volume_id        TEXT,
    snapshot_id      TEXT,
    input            TEXT,
    findings         TEXT,
    error_code       TEXT,
    error_message    TEXT,
    attempt          INTEGER NOT NULL,
    failures         INTEGER NOT NULL,
    lease_owner      TEXT,
    lease_until      INTEGER,
    not_before       INTEGER NOT NULL,
    created_at       INTEGER NOT NULL,
    updated_at       INTEGER NOT NULL,
    finished_at      INTEGER
) STRICT;
CREATE INDEX operations_by_account ON operations (account_id, created_at, id);
CREATE INDEX operations_to_do ON operations (not_before) WHERE state IN ('queued', 'running');
CREATE INDEX operations_by_volume ON operations (volume_id) WHERE state IN ('queued', 'running');
CREATE INDEX operations_by_snapshot ON operations (snapshot_id) WHERE state IN ('queued', 'running');
