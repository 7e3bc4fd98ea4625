BEGIN;

-- Running downgrade 0001 ->

SET LOCAL ROLE lamplighter_owner;

SET LOCAL ROLE lamplighter_lookup;

DROP FUNCTION authenticate_key(text[]);

SET LOCAL ROLE lamplighter_owner;

SET LOCAL ROLE lamplighter_lookup;

DROP FUNCTION my_workspaces();

SET LOCAL ROLE lamplighter_owner;

DROP TABLE publication_attempts;

DROP INDEX idx_dispatches_ws;

DROP INDEX idx_dispatches_claim;

DROP TABLE dispatches;

DROP INDEX idx_pub_platforms_connection;

DROP TABLE publication_platforms;

DROP INDEX idx_pub_ws;

DROP INDEX idx_pub_test;

DROP INDEX idx_pub_status;

DROP INDEX idx_pub_scheduled;

DROP INDEX idx_pub_content;

DROP TABLE publications;

DROP INDEX idx_deliveries_webhook;

DROP TABLE webhook_deliveries;

DROP INDEX idx_recurring_connections;

DROP TABLE recurring_post_connections;

DROP INDEX idx_content_ws;

DROP INDEX idx_content_template;

DROP INDEX idx_content_status;

DROP INDEX idx_content_campaign;

DROP TABLE content;

DROP INDEX idx_ws_members_user;

DROP TABLE workspace_members;

DROP TABLE workspace_keys;

DROP TABLE webhooks;

DROP INDEX idx_templates_ws;

DROP TABLE templates;

DROP INDEX idx_recurring_next;

DROP TABLE recurring_posts;

DROP TABLE platform_connections;

DROP INDEX idx_outbox_ws;

DROP TABLE outbox_events;

DROP TABLE media;

DROP INDEX idx_camp_ws;

DROP INDEX idx_camp_dates;

DROP TABLE campaigns;

DROP TABLE brand_voices;

DROP INDEX idx_api_keys_ws;

DROP TABLE api_keys;

DROP INDEX idx_ab_tests_ws;

DROP TABLE ab_tests;

DROP INDEX idx_ws_org;

DROP TABLE workspaces;

DROP INDEX idx_org_members_user;

DROP TABLE organization_members;

DROP INDEX idx_org_owner;

DROP TABLE organizations;

DROP INDEX idx_users_email;

DROP TABLE users;

DROP INDEX sandbox.idx_sandbox_posts_account;

DROP INDEX sandbox.idx_sandbox_posts_accepted;

DROP TABLE sandbox.posts;

DROP TABLE sandbox.media;

DROP TABLE sandbox.faults;

DROP INDEX sandbox.idx_sandbox_calls_received;

DROP INDEX sandbox.idx_sandbox_calls_post;

DROP INDEX sandbox.idx_sandbox_calls_account;

DROP TABLE sandbox.calls;

DROP SCHEMA sandbox;

SET LOCAL ROLE NONE;

REVOKE CREATE ON SCHEMA public FROM lamplighter_owner, lamplighter_lookup;

DO $$ BEGIN EXECUTE 'REVOKE CREATE ON DATABASE ' || quote_ident(current_database()) || ' FROM lamplighter_owner'; END $$;

DELETE FROM alembic_version WHERE alembic_version.version_num = '0001';

COMMIT;
