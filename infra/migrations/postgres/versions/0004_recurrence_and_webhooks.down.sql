BEGIN;

-- Running downgrade 0004 -> 0003

SET LOCAL ROLE lamplighter_owner;

ALTER TABLE publications NO FORCE ROW LEVEL SECURITY;

UPDATE publications SET late_policy = 'send' WHERE late_policy = 'latest';

ALTER TABLE publications FORCE ROW LEVEL SECURITY;

ALTER TABLE mails NO FORCE ROW LEVEL SECURITY;

DELETE FROM mails WHERE kind IN ('webhook_failing', 'webhook_disabled');

ALTER TABLE mails FORCE ROW LEVEL SECURITY;

ALTER TABLE mails DROP CONSTRAINT mails_kind_check;

ALTER TABLE outbox_events DROP CONSTRAINT outbox_events_mode_check;

ALTER TABLE publications DROP CONSTRAINT publications_late_policy_check;

ALTER TABLE recurring_posts DROP CONSTRAINT recurring_posts_cursor_check;

ALTER TABLE recurring_posts DROP CONSTRAINT recurring_posts_cursor_fold_check;

ALTER TABLE recurring_posts DROP CONSTRAINT recurring_posts_cursor_index_check;

ALTER TABLE recurring_posts DROP CONSTRAINT recurring_posts_minimum_gap_days_check;

ALTER TABLE recurring_posts DROP CONSTRAINT recurring_posts_misfire_grace_minutes_check;

ALTER TABLE recurring_posts DROP CONSTRAINT recurring_posts_misfire_policy_check;

ALTER TABLE recurring_posts DROP CONSTRAINT recurring_posts_mode_check;

ALTER TABLE recurring_posts DROP CONSTRAINT recurring_posts_priority_check;

ALTER TABLE webhook_deliveries DROP CONSTRAINT webhook_deliveries_attempts_before_check;

ALTER TABLE webhooks DROP CONSTRAINT webhooks_disabled_because_check;

ALTER TABLE webhooks DROP CONSTRAINT webhooks_failures_check;

ALTER TABLE webhooks DROP CONSTRAINT webhooks_mode_check;

ALTER TABLE webhooks DROP CONSTRAINT webhooks_rate_per_minute_check;

DROP POLICY eraser ON calendar_feeds;

DROP POLICY eraser ON event_sequences;

DROP POLICY eraser ON events;

DROP POLICY eraser ON imported_events;

DROP POLICY warns ON mails;

DROP POLICY accounts_tell ON outbox_events;

DROP POLICY relay ON outbox_events;

DROP POLICY spawner_tells ON outbox_events;

DROP POLICY eraser ON recurring_occurrences;

DROP POLICY eraser ON recurring_post_contents;

DROP POLICY spawner_selects ON recurring_posts;

DROP POLICY spawner_updates ON recurring_posts;

DROP POLICY eraser ON slot_plans;

DROP POLICY eraser ON webhook_attempts;

DROP POLICY pruner ON webhook_deliveries;

DROP POLICY relay ON webhook_deliveries;

DROP POLICY mailer ON webhooks;

DROP POLICY relay ON webhooks;

SET LOCAL ROLE lamplighter_lookup;

DROP FUNCTION find_calendar_feed(text);

SET LOCAL ROLE lamplighter_owner;

REVOKE ALL ON TABLE outbox_events FROM lamplighter_accounts;

REVOKE ALL ON TABLE outbox_events FROM lamplighter_app;

REVOKE ALL ON TABLE outbox_events FROM lamplighter_relay;

REVOKE ALL ON TABLE outbox_events FROM lamplighter_spawner;

REVOKE ALL ON TABLE recurring_posts FROM lamplighter_spawner;

REVOKE ALL ON TABLE webhook_deliveries FROM lamplighter_pruner;

REVOKE ALL ON TABLE webhook_deliveries FROM lamplighter_relay;

REVOKE ALL ON TABLE webhooks FROM lamplighter_mailer;

REVOKE ALL ON TABLE webhooks FROM lamplighter_relay;

REVOKE ALL ON TABLE webhooks FROM lamplighter_rotator;

REVOKE ALL ON TABLE workspaces FROM lamplighter_mailer;

ALTER TABLE webhooks DROP CONSTRAINT webhooks_created_by_fkey;

ALTER TABLE webhooks DROP COLUMN fence;

ALTER TABLE webhooks DROP COLUMN lease_until;

ALTER TABLE webhooks DROP COLUMN tat;

ALTER TABLE webhooks DROP COLUMN warned_at;

ALTER TABLE webhooks DROP COLUMN failures;

ALTER TABLE webhooks DROP COLUMN failing_since;

ALTER TABLE webhooks DROP COLUMN created_by;

ALTER TABLE webhooks DROP COLUMN deleted_at;

ALTER TABLE webhooks DROP COLUMN disabled_at;

ALTER TABLE webhooks DROP COLUMN disabled_because;

ALTER TABLE webhooks DROP COLUMN rate_per_minute;

ALTER TABLE webhooks DROP COLUMN header_names;

ALTER TABLE webhooks DROP COLUMN headers_secret;

ALTER TABLE webhooks DROP COLUMN mode;

ALTER TABLE webhooks DROP COLUMN campaign_ids;

ALTER TABLE webhooks DROP COLUMN connection_ids;

ALTER TABLE webhooks DROP COLUMN description;

ALTER TABLE webhook_deliveries DROP CONSTRAINT webhook_deliveries_workspace_id_event_id_fkey;

ALTER TABLE webhook_deliveries DROP CONSTRAINT webhook_deliveries_webhook_id_event_id_key;

DROP INDEX idx_deliveries_event;

DROP INDEX idx_deliveries_due;

DROP INDEX idx_deliveries_created;

ALTER TABLE webhook_deliveries DROP COLUMN finished_at;

ALTER TABLE webhook_deliveries DROP COLUMN turn;

ALTER TABLE webhook_deliveries DROP COLUMN manual;

ALTER TABLE webhook_deliveries DROP COLUMN next_attempt_at;

ALTER TABLE webhook_deliveries DROP COLUMN attempts_before;

ALTER TABLE webhook_deliveries DROP COLUMN error_code;

ALTER TABLE webhook_deliveries DROP COLUMN event_id;

ALTER TABLE recurring_posts DROP CONSTRAINT recurring_posts_created_by_fkey;

ALTER TABLE recurring_posts DROP CONSTRAINT recurring_posts_updated_by_fkey;

DROP INDEX idx_recurring_ws;

DROP INDEX idx_recurring_visit;

DROP INDEX idx_recurring_timezone;

ALTER TABLE recurring_posts DROP COLUMN updated_by;

ALTER TABLE recurring_posts DROP COLUMN created_by;

ALTER TABLE recurring_posts DROP COLUMN visit_at;

ALTER TABLE recurring_posts DROP COLUMN cursor_index;

ALTER TABLE recurring_posts DROP COLUMN cursor_fold;

ALTER TABLE recurring_posts DROP COLUMN cursor_local;

ALTER TABLE recurring_posts DROP COLUMN mode;

ALTER TABLE recurring_posts DROP COLUMN priority;

ALTER TABLE recurring_posts DROP COLUMN needs_approval;

ALTER TABLE recurring_posts DROP COLUMN misfire_grace_minutes;

ALTER TABLE recurring_posts DROP COLUMN misfire_policy;

ALTER TABLE recurring_posts DROP COLUMN minimum_gap_days;

ALTER TABLE recurring_posts DROP COLUMN timezone;

ALTER TABLE publications DROP CONSTRAINT publications_recurring_post_fkey;

DROP INDEX idx_pub_recurring;

ALTER TABLE publications DROP COLUMN queued;

ALTER TABLE publications DROP COLUMN recurring_post_id;

ALTER TABLE outbox_events DROP COLUMN campaign_id;

ALTER TABLE outbox_events DROP COLUMN connection_ids;

ALTER TABLE outbox_events DROP COLUMN mode;

ALTER TABLE outbox_events DROP COLUMN sequence;

ALTER TABLE outbox_events DROP COLUMN resource_id;

ALTER TABLE mails DROP COLUMN webhook_id;

DROP INDEX idx_occurrences_ws;

DROP INDEX idx_occurrences_publication;

DROP INDEX idx_occurrences_planned;

DROP INDEX idx_occurrences_passing;

DROP TABLE recurring_occurrences;

DROP INDEX idx_imported_events_recurring_post;

DROP INDEX idx_imported_events_publication;

DROP TABLE imported_events;

DROP TABLE webhook_attempts;

DROP INDEX idx_recurring_contents;

DROP TABLE recurring_post_contents;

DROP TABLE slot_plans;

DROP INDEX idx_events_ws;

DROP INDEX idx_events_created;

DROP TABLE events;

DROP TABLE event_sequences;

DROP INDEX idx_calendar_feeds_ws;

DROP TABLE calendar_feeds;

ALTER TABLE webhook_deliveries DROP CONSTRAINT webhook_deliveries_workspace_id_id_key;

ALTER TABLE mails ADD CONSTRAINT mails_kind_check CHECK (kind IN ('sign_up', 'reset_password', 'change_email', 'invitation', 'password_changed', 'email_changed', 'account_deleted'));

ALTER TABLE publications ADD CONSTRAINT publications_late_policy_check CHECK (late_policy IN ('send', 'skip', 'ask'));

GRANT INSERT, SELECT ON TABLE outbox_events TO lamplighter_app;

GRANT SELECT (id, previous_secret, secret, workspace_id), UPDATE (previous_secret, secret) ON TABLE webhooks TO lamplighter_rotator;

GRANT SELECT (id, name) ON TABLE workspaces TO lamplighter_mailer;

UPDATE alembic_version SET version_num='0003' WHERE alembic_version.version_num = '0004';

COMMIT;
