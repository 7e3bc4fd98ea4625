BEGIN;

-- Running downgrade 0002 -> 0001

SET LOCAL ROLE lamplighter_owner;

ALTER TABLE api_keys DROP CONSTRAINT api_keys_permissions_check;

ALTER TABLE api_keys NO FORCE ROW LEVEL SECURITY;

UPDATE api_keys
           SET permissions = ARRAY(SELECT p FROM unnest(permissions) AS p
                                    WHERE split_part(p, ':', 1) NOT IN ('audit_log', 'exports'))
         WHERE permissions && ARRAY['audit_log:read', 'audit_log:write', 'exports:read', 'exports:write']::varchar[];

ALTER TABLE api_keys FORCE ROW LEVEL SECURITY;

DROP POLICY eraser ON ab_tests;

DROP POLICY eraser ON api_keys;

DROP POLICY lookup_updates ON api_keys;

DROP POLICY appended ON audit_log;

DROP POLICY eraser ON brand_voices;

DROP POLICY eraser ON campaigns;

DROP POLICY eraser ON content;

DROP POLICY eraser ON dispatches;

DROP POLICY eraser ON exports;

DROP POLICY eraser ON idempotency_keys;

DROP POLICY eraser ON invitations;

DROP POLICY invites ON mails;

DROP POLICY eraser ON media;

DROP POLICY pruner ON media;

DROP POLICY accounts ON organization_members;

DROP POLICY accounts_join ON organization_members;

DROP POLICY accounts_leave ON organization_members;

DROP POLICY accounts ON organizations;

DROP POLICY lookup ON organizations;

DROP POLICY lookup_updates ON organizations;

DROP POLICY mailer ON organizations;

DROP POLICY eraser ON outbox_events;

DROP POLICY eraser ON personal_keys;

DROP POLICY opens ON personal_keys;

DROP POLICY eraser ON platform_connections;

DROP POLICY rotator ON platform_connections;

DROP POLICY eraser ON publication_attempts;

DROP POLICY eraser ON publication_platforms;

DROP POLICY eraser ON publications;

DROP POLICY eraser ON recurring_post_connections;

DROP POLICY eraser ON recurring_posts;

DROP POLICY eraser ON templates;

DROP POLICY accounts ON users;

DROP POLICY known ON users;

DROP POLICY lookup ON users;

DROP POLICY mailer ON users;

DROP POLICY eraser ON webhook_deliveries;

DROP POLICY eraser ON webhooks;

DROP POLICY rotator ON webhooks;

DROP POLICY eraser ON workspace_keys;

DROP POLICY rotator ON workspace_keys;

DROP POLICY rotator_finds ON workspace_keys;

DROP POLICY tenant ON workspace_keys;

DROP POLICY tenant_adds ON workspace_keys;

DROP POLICY tenant_ends ON workspace_keys;

DROP POLICY accounts ON workspace_members;

DROP POLICY accounts_join ON workspace_members;

DROP POLICY accounts_leave ON workspace_members;

DROP POLICY eraser ON workspace_members;

DROP POLICY accounts ON workspaces;

DROP POLICY eraser ON workspaces;

DROP POLICY mailer ON workspaces;

DROP POLICY rotator ON workspaces;

SET LOCAL ROLE lamplighter_lookup;

DROP FUNCTION authenticate_key(text[],jsonb);

SET LOCAL ROLE lamplighter_owner;

SET LOCAL ROLE lamplighter_lookup;

DROP FUNCTION authenticate_user(uuid,uuid,uuid,uuid,jsonb);

SET LOCAL ROLE lamplighter_owner;

SET LOCAL ROLE lamplighter_lookup;

DROP FUNCTION find_identity(text,text);

SET LOCAL ROLE lamplighter_owner;

SET LOCAL ROLE lamplighter_lookup;

DROP FUNCTION find_invitation(text);

SET LOCAL ROLE lamplighter_owner;

SET LOCAL ROLE lamplighter_lookup;

DROP FUNCTION find_login(text);

SET LOCAL ROLE lamplighter_owner;

SET LOCAL ROLE lamplighter_lookup;

DROP FUNCTION find_mail_token(text,text);

SET LOCAL ROLE lamplighter_owner;

SET LOCAL ROLE lamplighter_lookup;

DROP FUNCTION find_refresh(text);

SET LOCAL ROLE lamplighter_owner;

SET LOCAL ROLE lamplighter_lookup;

DROP FUNCTION forget_email(text);

SET LOCAL ROLE lamplighter_owner;

SET LOCAL ROLE lamplighter_lookup;

DROP FUNCTION forget_in_archives();

SET LOCAL ROLE lamplighter_owner;

SET LOCAL ROLE lamplighter_lookup;

DROP FUNCTION gcra(text,double precision,integer);

SET LOCAL ROLE lamplighter_owner;

SET LOCAL ROLE lamplighter_lookup;

DROP FUNCTION hand_over_ownerships();

SET LOCAL ROLE lamplighter_owner;

SET LOCAL ROLE lamplighter_lookup;

DROP FUNCTION my_organizations();

SET LOCAL ROLE lamplighter_owner;

SET LOCAL ROLE lamplighter_lookup;

DROP FUNCTION sole_ownerships();

SET LOCAL ROLE lamplighter_owner;

SET LOCAL ROLE lamplighter_lookup;

DROP FUNCTION take(text,double precision,integer);

SET LOCAL ROLE lamplighter_owner;

SET LOCAL ROLE lamplighter_lookup;

DROP FUNCTION waiting_exports(integer);

SET LOCAL ROLE lamplighter_owner;

SET LOCAL ROLE lamplighter_lookup;

REVOKE ALL ON FUNCTION my_workspaces() FROM lamplighter_accounts;

SET LOCAL ROLE lamplighter_owner;

REVOKE ALL ON TABLE ab_tests FROM lamplighter_eraser;

REVOKE ALL ON TABLE api_keys FROM lamplighter_eraser;

REVOKE ALL ON TABLE api_keys FROM lamplighter_lookup;

REVOKE ALL ON TABLE brand_voices FROM lamplighter_eraser;

REVOKE ALL ON TABLE campaigns FROM lamplighter_eraser;

REVOKE ALL ON TABLE content FROM lamplighter_eraser;

REVOKE ALL ON TABLE dispatches FROM lamplighter_eraser;

REVOKE ALL ON TABLE media FROM lamplighter_eraser;

REVOKE ALL ON TABLE media FROM lamplighter_pruner;

REVOKE ALL ON TABLE organization_members FROM lamplighter_accounts;

REVOKE ALL ON TABLE organizations FROM lamplighter_accounts;

REVOKE ALL ON TABLE organizations FROM lamplighter_app;

REVOKE ALL ON TABLE organizations FROM lamplighter_lookup;

REVOKE ALL ON TABLE organizations FROM lamplighter_mailer;

REVOKE ALL ON TABLE outbox_events FROM lamplighter_eraser;

REVOKE ALL ON TABLE platform_connections FROM lamplighter_eraser;

REVOKE ALL ON TABLE platform_connections FROM lamplighter_rotator;

REVOKE ALL ON TABLE publication_attempts FROM lamplighter_eraser;

REVOKE ALL ON TABLE publication_platforms FROM lamplighter_eraser;

REVOKE ALL ON TABLE publications FROM lamplighter_eraser;

REVOKE ALL ON TABLE recurring_post_connections FROM lamplighter_eraser;

REVOKE ALL ON TABLE recurring_posts FROM lamplighter_eraser;

REVOKE ALL ON TABLE templates FROM lamplighter_eraser;

REVOKE ALL ON TABLE users FROM lamplighter_accounts;

REVOKE ALL ON TABLE users FROM lamplighter_app;

REVOKE ALL ON TABLE users FROM lamplighter_lookup;

REVOKE ALL ON TABLE users FROM lamplighter_mailer;

REVOKE ALL ON TABLE webhook_deliveries FROM lamplighter_eraser;

REVOKE ALL ON TABLE webhooks FROM lamplighter_eraser;

REVOKE ALL ON TABLE webhooks FROM lamplighter_rotator;

REVOKE ALL ON TABLE workspace_keys FROM lamplighter_app;

REVOKE ALL ON TABLE workspace_keys FROM lamplighter_eraser;

REVOKE ALL ON TABLE workspace_keys FROM lamplighter_rotator;

REVOKE ALL ON TABLE workspace_members FROM lamplighter_accounts;

REVOKE ALL ON TABLE workspace_members FROM lamplighter_eraser;

REVOKE ALL ON TABLE workspaces FROM lamplighter_accounts;

REVOKE ALL ON TABLE workspaces FROM lamplighter_app;

REVOKE ALL ON TABLE workspaces FROM lamplighter_eraser;

REVOKE ALL ON TABLE workspaces FROM lamplighter_lookup;

REVOKE ALL ON TABLE workspaces FROM lamplighter_mailer;

REVOKE ALL ON TABLE workspaces FROM lamplighter_rotator;

ALTER TABLE workspaces DROP COLUMN erased_at;

ALTER TABLE workspaces DROP COLUMN deleted_at;

ALTER TABLE users DROP COLUMN deleted_at;

ALTER TABLE organizations DROP COLUMN deleted_at;

DROP INDEX idx_media_unready;

ALTER TABLE api_keys DROP CONSTRAINT api_keys_workspace_id_rolled_from_fkey;

ALTER TABLE api_keys DROP CONSTRAINT api_keys_workspace_id_rolled_from_key;

CREATE INDEX idx_api_keys_ws ON api_keys (workspace_id, id);

ALTER TABLE api_keys DROP COLUMN rolled_from;

DROP INDEX idx_invitations_ws;

DROP INDEX idx_invitations_org;

DROP INDEX idx_invitations_open;

DROP INDEX idx_invitations_email;

DROP TABLE invitations;

DROP INDEX idx_exports_ws;

DROP INDEX idx_exports_waiting;

DROP INDEX idx_exports_user;

DROP INDEX idx_exports_open;

DROP TABLE exports;

DROP INDEX idx_refresh_tokens_session;

DROP INDEX idx_refresh_tokens_expires;

DROP TABLE refresh_tokens;

DROP INDEX idx_sessions_expires;

DROP TABLE sessions;

DROP INDEX idx_oidc_identities_user;

DROP TABLE oidc_identities;

DROP TABLE token_keys;

DROP TABLE rate_limits;

DROP TABLE personal_keys;

DROP INDEX idx_mails_waiting;

DROP TABLE mails;

DROP INDEX idx_mail_tokens_user;

DROP INDEX idx_mail_tokens_expires;

DROP TABLE mail_tokens;

DROP INDEX idx_idempotency_keys_created;

DROP TABLE idempotency_keys;

DROP INDEX idx_audit_log_ws;

DROP INDEX idx_audit_log_user;

DROP INDEX idx_audit_log_personal;

DROP INDEX idx_audit_log_org;

DROP TABLE audit_log;

ALTER TABLE workspaces DROP CONSTRAINT workspaces_organization_id_id_key;

ALTER TABLE api_keys DROP CONSTRAINT api_keys_workspace_id_id_key;

ALTER TABLE api_keys ADD CONSTRAINT api_keys_permissions_check CHECK ((permissions <@ ARRAY['workspaces:read'::character varying, 'workspaces:write'::character varying, 'members:read'::character varying, 'members:write'::character varying, 'content:read'::character varying, 'content:write'::character varying, 'media:read'::character varying, 'media:write'::character varying, 'templates:read'::character varying, 'templates:write'::character varying, 'brand_voices:read'::character varying, 'brand_voices:write'::character varying, 'connections:read'::character varying, 'connections:write'::character varying, 'publications:read'::character varying, 'publications:write'::character varying, 'campaigns:read'::character varying, 'campaigns:write'::character varying, 'ab_tests:read'::character varying, 'ab_tests:write'::character varying, 'recurring_posts:read'::character varying, 'recurring_posts:write'::character varying, 'analytics:read'::character varying, 'analytics:write'::character varying, 'api_keys:read'::character varying, 'api_keys:write'::character varying, 'webhooks:read'::character varying, 'webhooks:write'::character varying]));

CREATE POLICY own ON users AS PERMISSIVE FOR ALL TO lamplighter_app USING ((id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON workspace_keys AS PERMISSIVE FOR ALL TO lamplighter_app USING ((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid));

SET LOCAL ROLE lamplighter_lookup;

CREATE OR REPLACE FUNCTION public.authenticate_key(hashes text[])
     RETURNS TABLE(key_id uuid, workspace_id uuid, organization_id uuid, type character varying, permissions character varying[], connection_ids uuid[], expires_at timestamp with time zone, revoked_at timestamp with time zone)
     LANGUAGE sql
     STABLE SECURITY DEFINER
     SET search_path TO 'pg_catalog', 'pg_temp'
    AS $function$
            SELECT k.id, k.workspace_id, w.organization_id, k.type,
                   k.permissions, k.connection_ids, k.expires_at, k.revoked_at
              FROM public.api_keys k
              JOIN public.workspaces w ON w.id = k.workspace_id
             WHERE k.key_hash = ANY (hashes)
             LIMIT 1
        $function$;

REVOKE ALL ON FUNCTION authenticate_key(text[]) FROM PUBLIC;

SET LOCAL ROLE lamplighter_owner;

SET LOCAL ROLE lamplighter_lookup;

CREATE OR REPLACE FUNCTION public.my_workspaces()
     RETURNS TABLE(workspace_id uuid, organization_id uuid, name character varying, slug character varying, role character varying)
     LANGUAGE sql
     STABLE SECURITY DEFINER
     SET search_path TO 'pg_catalog', 'pg_temp'
    AS $function$
            WITH mine AS (
                SELECT m.workspace_id, m.role
                  FROM public.workspace_members m
                 WHERE m.user_id = nullif(current_setting('app.user_id', true), '')::uuid AND m.joined_at IS NOT NULL
                UNION ALL
                SELECT w.id, 'admin'
                  FROM public.organization_members o
                  JOIN public.workspaces w ON w.organization_id = o.organization_id
                 WHERE o.user_id = nullif(current_setting('app.user_id', true), '')::uuid AND o.joined_at IS NOT NULL AND o.role IN ('owner', 'admin')
            )
            SELECT DISTINCT ON (w.id) w.id, w.organization_id, w.name, w.slug, mine.role
              FROM mine
              JOIN public.workspaces w ON w.id = mine.workspace_id
             ORDER BY w.id, mine.role <> 'admin'
        $function$;

REVOKE ALL ON FUNCTION my_workspaces() FROM PUBLIC;

SET LOCAL ROLE lamplighter_owner;

SET LOCAL ROLE lamplighter_lookup;

GRANT EXECUTE ON FUNCTION authenticate_key(text[]) TO lamplighter_app;

SET LOCAL ROLE lamplighter_owner;

GRANT SELECT (connection_ids, expires_at, id, key_hash, permissions, revoked_at, type, workspace_id) ON TABLE api_keys TO lamplighter_lookup;

GRANT INSERT, SELECT, UPDATE ON TABLE organizations TO lamplighter_app;

GRANT INSERT, SELECT, UPDATE ON TABLE users TO lamplighter_app;

GRANT DELETE, INSERT, SELECT, UPDATE (retired_at, wrapped_key) ON TABLE workspace_keys TO lamplighter_app;

GRANT INSERT, SELECT, UPDATE (industry, name, settings, slug, updated_at, version) ON TABLE workspaces TO lamplighter_app;

GRANT SELECT (id, name, organization_id, slug) ON TABLE workspaces TO lamplighter_lookup;

UPDATE alembic_version SET version_num='0001' WHERE alembic_version.version_num = '0002';

COMMIT;
