-- What was done to one thing, among a million operations and entries.
CREATE INDEX operations_of_volume ON operations (account_id, volume_id, created_at, id) WHERE volume_id IS NOT NULL;
CREATE INDEX operations_of_snapshot ON operations (account_id, snapshot_id, created_at, id) WHERE snapshot_id IS NOT NULL;
CREATE INDEX audit_by_subject ON audit (account_id, subject_id, id) WHERE subject_id IS NOT NULL;
