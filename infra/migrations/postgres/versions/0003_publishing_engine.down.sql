BEGIN;

-- Running downgrade 0003 -> 0002

SET LOCAL ROLE lamplighter_owner;

ALTER TABLE audit_log NO FORCE ROW LEVEL SECURITY;

ALTER TABLE publication_attempts NO FORCE ROW LEVEL SECURITY;

ALTER TABLE publication_platforms NO FORCE ROW LEVEL SECURITY;

ALTER TABLE publications NO FORCE ROW LEVEL SECURITY;

UPDATE publications SET status = 'published' WHERE status = 'removed';

UPDATE publication_platforms SET status = 'published' WHERE status = 'removed';

UPDATE publication_attempts SET status = 'abandoned' WHERE status IN ('waiting', 'done');

UPDATE audit_log SET actor_kind = 'system' WHERE actor_kind = 'approval_link';

ALTER TABLE audit_log FORCE ROW LEVEL SECURITY;

ALTER TABLE publication_attempts FORCE ROW LEVEL SECURITY;

ALTER TABLE publication_platforms FORCE ROW LEVEL SECURITY;

ALTER TABLE publications FORCE ROW LEVEL SECURITY;

ALTER TABLE audit_log DROP CONSTRAINT audit_log_actor_kind_check;

ALTER TABLE content DROP CONSTRAINT content_segments_check;

ALTER TABLE dispatches DROP CONSTRAINT dispatches_lane_check;

ALTER TABLE platform_connections DROP CONSTRAINT platform_connections_daily_cap_check;

ALTER TABLE publication_attempts DROP CONSTRAINT publication_attempts_segment_check;

ALTER TABLE publication_attempts DROP CONSTRAINT publication_attempts_status_check;

ALTER TABLE publication_attempts DROP CONSTRAINT publication_attempts_task_check;

ALTER TABLE publication_attempts DROP CONSTRAINT publication_attempts_waits_check;

ALTER TABLE publication_platforms DROP CONSTRAINT publication_platforms_attempts_before_check;

ALTER TABLE publication_platforms DROP CONSTRAINT publication_platforms_change_check;

ALTER TABLE publication_platforms DROP CONSTRAINT publication_platforms_status_check;

ALTER TABLE publications DROP CONSTRAINT publications_status_check;

ALTER TABLE workspaces DROP CONSTRAINT workspaces_duplicate_window_hours_check;

DROP POLICY eraser ON approval_links;

DROP POLICY eraser ON approvals;

DROP POLICY eraser ON connection_gates;

SET LOCAL ROLE lamplighter_lookup;

DROP FUNCTION find_approval_link(text);

SET LOCAL ROLE lamplighter_owner;

SET LOCAL ROLE lamplighter_lookup;

REVOKE ALL ON FUNCTION take(text,double precision,integer) FROM lamplighter_app;

SET LOCAL ROLE lamplighter_owner;

REVOKE ALL ON TABLE dispatches FROM lamplighter_dispatcher;

REVOKE ALL ON TABLE publication_attempts FROM lamplighter_app;

REVOKE ALL ON TABLE workspaces FROM lamplighter_app;

ALTER TABLE sandbox.posts DROP COLUMN edited_at;

ALTER TABLE sandbox.faults DROP COLUMN calls;

ALTER TABLE workspaces DROP COLUMN duplicate_window_hours;

ALTER TABLE workspaces DROP COLUMN author_may_approve;

ALTER TABLE workspaces DROP COLUMN approval_required;

ALTER TABLE publications DROP CONSTRAINT publications_updated_by_fkey;

ALTER TABLE publications DROP COLUMN updated_by;

ALTER TABLE publications DROP COLUMN approval_hash;

DROP INDEX idx_pub_platforms_fingerprint;

ALTER TABLE publication_platforms DROP COLUMN attempts_before;

ALTER TABLE publication_platforms DROP COLUMN released_at;

ALTER TABLE publication_platforms DROP COLUMN removed_at;

ALTER TABLE publication_platforms DROP COLUMN fingerprint;

ALTER TABLE publication_platforms DROP COLUMN change;

DROP INDEX idx_attempts_sent;

DROP INDEX idx_attempts_remote;

DROP INDEX idx_attempts_open;

ALTER TABLE publication_attempts DROP COLUMN reference;

ALTER TABLE publication_attempts DROP COLUMN waits;

ALTER TABLE publication_attempts DROP COLUMN digest;

ALTER TABLE publication_attempts DROP COLUMN segment;

ALTER TABLE publication_attempts DROP COLUMN task;

ALTER TABLE publication_attempts DROP COLUMN connection_id;

ALTER TABLE platform_connections DROP COLUMN daily_cap;

ALTER TABLE dispatches DROP COLUMN wakes;

ALTER TABLE dispatches DROP COLUMN lane;

ALTER TABLE content DROP CONSTRAINT content_updated_by_fkey;

ALTER TABLE content DROP COLUMN updated_by;

ALTER TABLE content DROP COLUMN segments;

DROP INDEX idx_audit_log_target;

ALTER TABLE audit_log ALTER COLUMN actor_kind TYPE VARCHAR(10);

DROP INDEX idx_approvals_publication;

DROP TABLE approvals;

DROP INDEX idx_approval_links_publication;

DROP TABLE approval_links;

DROP TABLE connection_gates;

ALTER TABLE audit_log ADD CONSTRAINT audit_log_actor_kind_check CHECK (actor_kind IN ('user', 'api_key', 'system'));

ALTER TABLE publication_attempts ADD CONSTRAINT publication_attempts_status_check CHECK (status IN ('claimed', 'prepared', 'sending', 'published', 'rejected', 'not_sent', 'unknown', 'abandoned'));

ALTER TABLE publication_platforms ADD CONSTRAINT publication_platforms_status_check CHECK (status IN ('pending', 'publishing', 'published', 'failed', 'unknown', 'cancelled', 'skipped', 'held'));

ALTER TABLE publications ADD CONSTRAINT publications_status_check CHECK (status IN ('scheduled', 'publishing', 'published', 'partially_published', 'failed', 'cancelled', 'missed', 'needs_review'));

GRANT SELECT, UPDATE (fence, lease_until) ON TABLE dispatches TO lamplighter_dispatcher;

GRANT INSERT, SELECT, UPDATE (error_code, error_message, finished_at, prepared, prepared_at, remote_id, sending_at, status, url) ON TABLE publication_attempts TO lamplighter_app;

GRANT INSERT, SELECT, UPDATE (deleted_at, industry, name, settings, slug, updated_at, version) ON TABLE workspaces TO lamplighter_app;

UPDATE alembic_version SET version_num='0002' WHERE alembic_version.version_num = '0003';

COMMIT;
