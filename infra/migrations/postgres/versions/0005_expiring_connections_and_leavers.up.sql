BEGIN;

-- Running upgrade 0004 -> 0005

DO $$ BEGIN CREATE ROLE lamplighter_watcher NOLOGIN NOINHERIT; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;

DO $$ BEGIN CREATE ROLE lamplighter_tell_expiring LOGIN NOINHERIT; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;

GRANT lamplighter_watcher, lamplighter_app TO lamplighter_tell_expiring;

SET LOCAL ROLE lamplighter_owner;

DROP POLICY accounts_tell ON outbox_events;

ALTER TABLE platform_connections ADD COLUMN expiry_told TIMESTAMP WITH TIME ZONE;

CREATE INDEX idx_connections_expiry ON platform_connections (token_expires_at) WHERE status = 'active';

CREATE POLICY accounts_tell ON outbox_events AS PERMISSIVE FOR INSERT TO lamplighter_accounts WITH CHECK (((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) AND (((type)::text = 'member.added'::text) OR ((type)::text = 'member.removed'::text))));

CREATE POLICY watcher ON platform_connections AS PERMISSIVE FOR SELECT TO lamplighter_watcher USING (true);

GRANT SELECT (expiry_told, id, status, token_expires_at, workspace_id) ON TABLE platform_connections TO lamplighter_watcher;

UPDATE alembic_version SET version_num='0005' WHERE alembic_version.version_num = '0004';

COMMIT;
