-- EBS: credentials of many kinds, cells that are learnt, passes that resume, and what EC2 says of a volume beyond 2011's fields.

-- source: key, profile or machine. regions: a JSON array; empty for every region that the account has enabled.
-- provider_account: what the provider calls the account that the credential opens; null until it was asked. failure: why the last
-- probe of the credential as a whole failed.
ALTER TABLE credentials ADD COLUMN source TEXT NOT NULL DEFAULT 'key';
ALTER TABLE credentials ADD COLUMN protected_session_token TEXT;
ALTER TABLE credentials ADD COLUMN profile TEXT;
ALTER TABLE credentials ADD COLUMN role_arn TEXT;
ALTER TABLE credentials ADD COLUMN external_id TEXT;
ALTER TABLE credentials ADD COLUMN regions TEXT NOT NULL DEFAULT '[]';
ALTER TABLE credentials ADD COLUMN endpoint TEXT;
ALTER TABLE credentials ADD COLUMN provider_account TEXT;
ALTER TABLE credentials ADD COLUMN missing_permissions TEXT NOT NULL DEFAULT '[]';
ALTER TABLE credentials ADD COLUMN probed_at INTEGER;
ALTER TABLE credentials ADD COLUMN failure_code TEXT;
ALTER TABLE credentials ADD COLUMN failure TEXT;
CREATE INDEX credentials_by_provider_account ON credentials (provider_account, account_id);

-- A row is a cell. stale_since: when the first pass after the last good one failed. pass_began_at: a pass is under way, or was when the
-- process died; its pages are in cell_pages.
ALTER TABLE cells ADD COLUMN failure_code TEXT;
ALTER TABLE cells ADD COLUMN stale_since INTEGER;
ALTER TABLE cells ADD COLUMN zones TEXT;
ALTER TABLE cells ADD COLUMN volume_count INTEGER NOT NULL DEFAULT 0;
ALTER TABLE cells ADD COLUMN snapshot_count INTEGER NOT NULL DEFAULT 0;
ALTER TABLE cells ADD COLUMN pass_began_at INTEGER;
UPDATE credentials SET source = 'none' WHERE provider = 'local';
INSERT INTO cells (credential_id, region) SELECT id, 'local' FROM credentials WHERE provider = 'local' ON CONFLICT DO NOTHING;
UPDATE cells SET zones = '["local"]' WHERE region = 'local';

-- The checkpoint of a pass: what each page listed, and where the next one begins. zone is empty for a cell listed whole.
CREATE TABLE cell_pages (
    credential_id TEXT    NOT NULL,
    region        TEXT    NOT NULL,
    kind          TEXT    NOT NULL,
    zone          TEXT    NOT NULL,
    number        INTEGER NOT NULL,
    next_token    TEXT,
    ids           TEXT    NOT NULL,
    PRIMARY KEY (credential_id, region, kind, zone, number),
    FOREIGN KEY (credential_id, region) REFERENCES cells (credential_id, region) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- What was found was made by no operation of ours, and that is most of it.
DROP INDEX volumes_by_operation;
DROP INDEX snapshots_by_operation;
CREATE INDEX volumes_by_operation ON volumes (operation_id) WHERE operation_id IS NOT NULL;
CREATE INDEX snapshots_by_operation ON snapshots (operation_id) WHERE operation_id IS NOT NULL;

-- attachments: a JSON array of all, where there are several; the columns of 2011 have the first. tags: a JSON array of key and value.
ALTER TABLE volumes ADD COLUMN attachments TEXT;
ALTER TABLE volumes ADD COLUMN volume_type TEXT;
ALTER TABLE volumes ADD COLUMN iops INTEGER;
ALTER TABLE volumes ADD COLUMN throughput_mibps INTEGER;
ALTER TABLE volumes ADD COLUMN is_encrypted INTEGER;
ALTER TABLE volumes ADD COLUMN kms_key_id TEXT;
ALTER TABLE volumes ADD COLUMN is_multi_attach INTEGER NOT NULL DEFAULT 0;
ALTER TABLE volumes ADD COLUMN managed_by TEXT;
ALTER TABLE volumes ADD COLUMN tags TEXT;

-- parent_id: one of many that were asked for together. What the provider called a failure, and its id of the request, for its support.
-- step_at: when the step began, however often it was taken up since.
ALTER TABLE operations ADD COLUMN parent_id TEXT;
ALTER TABLE operations ADD COLUMN step_at INTEGER;
ALTER TABLE operations ADD COLUMN provider_code TEXT;
ALTER TABLE operations ADD COLUMN provider_request_id TEXT;
CREATE INDEX operations_by_parent ON operations (parent_id, state) WHERE parent_id IS NOT NULL;
