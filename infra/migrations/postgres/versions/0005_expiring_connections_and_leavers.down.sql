BEGIN;

-- Running downgrade 0005 -> 0004

SET LOCAL ROLE lamplighter_owner;

DROP POLICY accounts_tell ON outbox_events;

DROP POLICY watcher ON platform_connections;

REVOKE ALL ON TABLE platform_connections FROM lamplighter_watcher;

DROP INDEX idx_connections_expiry;

ALTER TABLE platform_connections DROP COLUMN expiry_told;

CREATE POLICY accounts_tell ON outbox_events AS PERMISSIVE FOR INSERT TO lamplighter_accounts WITH CHECK (((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) AND ((type)::text = 'member.added'::text)));

UPDATE alembic_version SET version_num='0004' WHERE alembic_version.version_num = '0005';

COMMIT;
