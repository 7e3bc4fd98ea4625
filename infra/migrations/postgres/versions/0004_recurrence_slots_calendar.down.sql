BEGIN;

-- Running downgrade 0004 -> 0003

SET LOCAL ROLE lamplighter_owner;

ALTER TABLE publications NO FORCE ROW LEVEL SECURITY;

UPDATE publications SET late_policy = 'send' WHERE late_policy = 'latest';

ALTER TABLE publications FORCE ROW LEVEL SECURITY;

ALTER TABLE publications DROP CONSTRAINT publications_late_policy_check;

ALTER TABLE recurring_posts DROP CONSTRAINT recurring_posts_cursor_check;

ALTER TABLE recurring_posts DROP CONSTRAINT recurring_posts_cursor_fold_check;

ALTER TABLE recurring_posts DROP CONSTRAINT recurring_posts_cursor_index_check;

ALTER TABLE recurring_posts DROP CONSTRAINT recurring_posts_minimum_gap_days_check;

ALTER TABLE recurring_posts DROP CONSTRAINT recurring_posts_misfire_grace_minutes_check;

ALTER TABLE recurring_posts DROP CONSTRAINT recurring_posts_misfire_policy_check;

ALTER TABLE recurring_posts DROP CONSTRAINT recurring_posts_mode_check;

ALTER TABLE recurring_posts DROP CONSTRAINT recurring_posts_priority_check;

DROP POLICY eraser ON calendar_feeds;

DROP POLICY eraser ON imported_events;

DROP POLICY spawner_tells ON outbox_events;

DROP POLICY eraser ON recurring_occurrences;

DROP POLICY eraser ON recurring_post_contents;

DROP POLICY spawner_selects ON recurring_posts;

DROP POLICY spawner_updates ON recurring_posts;

DROP POLICY eraser ON slot_plans;

SET LOCAL ROLE lamplighter_lookup;

DROP FUNCTION find_calendar_feed(text);

SET LOCAL ROLE lamplighter_owner;

REVOKE ALL ON TABLE outbox_events FROM lamplighter_spawner;

REVOKE ALL ON TABLE recurring_posts FROM lamplighter_spawner;

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

DROP INDEX idx_occurrences_ws;

DROP INDEX idx_occurrences_publication;

DROP INDEX idx_occurrences_planned;

DROP INDEX idx_occurrences_passing;

DROP TABLE recurring_occurrences;

DROP INDEX idx_imported_events_recurring_post;

DROP INDEX idx_imported_events_publication;

DROP TABLE imported_events;

DROP INDEX idx_recurring_contents;

DROP TABLE recurring_post_contents;

DROP TABLE slot_plans;

DROP INDEX idx_calendar_feeds_ws;

DROP TABLE calendar_feeds;

ALTER TABLE publications ADD CONSTRAINT publications_late_policy_check CHECK (late_policy IN ('send', 'skip', 'ask'));

UPDATE alembic_version SET version_num='0003' WHERE alembic_version.version_num = '0004';

COMMIT;
