BEGIN;

-- Running upgrade 0003 -> 0004

DO $$ BEGIN CREATE ROLE lamplighter_spawner NOLOGIN NOINHERIT; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;

DO $$ BEGIN CREATE ROLE lamplighter_relay NOLOGIN NOINHERIT; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;

DO $$ BEGIN CREATE ROLE lamplighter_spawn_recurring LOGIN NOINHERIT; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;

DO $$ BEGIN CREATE ROLE lamplighter_rezone_recurring LOGIN NOINHERIT; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;

DO $$ BEGIN CREATE ROLE lamplighter_relay_outbox LOGIN NOINHERIT; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;

GRANT lamplighter_spawner TO lamplighter_spawn_recurring;

GRANT lamplighter_spawner, lamplighter_app TO lamplighter_rezone_recurring;

GRANT lamplighter_relay TO lamplighter_relay_outbox;

SET LOCAL ROLE lamplighter_owner;

ALTER TABLE mails DROP CONSTRAINT mails_kind_check;

ALTER TABLE publications DROP CONSTRAINT publications_late_policy_check;

REVOKE ALL ON TABLE outbox_events FROM lamplighter_app;

REVOKE ALL ON TABLE webhooks FROM lamplighter_rotator;

REVOKE ALL ON TABLE workspaces FROM lamplighter_mailer;

ALTER TABLE webhook_deliveries ADD CONSTRAINT webhook_deliveries_workspace_id_id_key UNIQUE (workspace_id, id);

CREATE TABLE calendar_feeds (
    id UUID NOT NULL,
    workspace_id UUID NOT NULL,
    name VARCHAR(255) NOT NULL,
    token_hash VARCHAR(64) NOT NULL,
    mode VARCHAR(10) DEFAULT 'live' NOT NULL,
    connection_ids UUID[],
    created_by UUID,
    revoked_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT calendar_feeds_pkey PRIMARY KEY (id),
    CONSTRAINT calendar_feeds_mode_check CHECK (mode IN ('live', 'test')),
    CONSTRAINT calendar_feeds_created_by_fkey FOREIGN KEY(created_by) REFERENCES users (id),
    CONSTRAINT calendar_feeds_workspace_id_fkey FOREIGN KEY(workspace_id) REFERENCES workspaces (id),
    CONSTRAINT calendar_feeds_token_hash_key UNIQUE (token_hash)
);

COMMENT ON TABLE calendar_feeds IS 'An address at which calendar programs read what goes out.';

CREATE INDEX idx_calendar_feeds_ws ON calendar_feeds (workspace_id, id);

CREATE TABLE event_sequences (
    workspace_id UUID NOT NULL,
    resource_id UUID NOT NULL,
    sequence BIGINT NOT NULL,
    CONSTRAINT event_sequences_pkey PRIMARY KEY (workspace_id, resource_id),
    CONSTRAINT event_sequences_workspace_id_fkey FOREIGN KEY(workspace_id) REFERENCES workspaces (id)
)
 WITH (fillfactor = 70);

COMMENT ON TABLE event_sequences IS 'How many events have told of a resource: what receivers put them in order by.';

CREATE TABLE events (
    id UUID NOT NULL,
    workspace_id UUID NOT NULL,
    type VARCHAR(100) NOT NULL,
    resource_id UUID,
    sequence BIGINT NOT NULL,
    mode VARCHAR(10) NOT NULL,
    connection_ids UUID[],
    campaign_id UUID,
    payload JSONB NOT NULL,
    endpoints INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT events_pkey PRIMARY KEY (id),
    CONSTRAINT events_payload_check CHECK (jsonb_typeof(payload) = 'object'),
    CONSTRAINT events_mode_check CHECK (mode IN ('live', 'test')),
    CONSTRAINT events_endpoints_check CHECK (endpoints >= 0),
    CONSTRAINT events_workspace_id_fkey FOREIGN KEY(workspace_id) REFERENCES workspaces (id),
    CONSTRAINT events_workspace_id_id_key UNIQUE (workspace_id, id)
);

COMMENT ON TABLE events IS 'What has happened and was handed to the endpoints that want it; kept for 30 days.';

CREATE INDEX idx_events_created ON events (created_at);

CREATE INDEX idx_events_ws ON events (workspace_id, created_at, id);

CREATE TABLE slot_plans (
    id UUID NOT NULL,
    workspace_id UUID NOT NULL,
    connection_id UUID,
    timezone VARCHAR(50) NOT NULL,
    weekly JSONB NOT NULL,
    quiet_hours JSONB DEFAULT '[]' NOT NULL,
    min_gap_minutes SMALLINT DEFAULT 0 NOT NULL,
    daily_cap SMALLINT,
    created_by UUID,
    updated_by UUID,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    version INTEGER DEFAULT 1 NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT slot_plans_pkey PRIMARY KEY (id),
    CONSTRAINT slot_plans_quiet_hours_check CHECK (jsonb_typeof(quiet_hours) = 'array'),
    CONSTRAINT slot_plans_weekly_check CHECK (jsonb_typeof(weekly) = 'object'),
    CONSTRAINT slot_plans_daily_cap_check CHECK (daily_cap >= 1),
    CONSTRAINT slot_plans_min_gap_minutes_check CHECK (min_gap_minutes BETWEEN 0 AND 1440),
    CONSTRAINT slot_plans_created_by_fkey FOREIGN KEY(created_by) REFERENCES users (id),
    CONSTRAINT slot_plans_updated_by_fkey FOREIGN KEY(updated_by) REFERENCES users (id),
    CONSTRAINT slot_plans_connection_fkey FOREIGN KEY(workspace_id, connection_id) REFERENCES platform_connections (workspace_id, id) ON DELETE CASCADE,
    CONSTRAINT slot_plans_workspace_id_fkey FOREIGN KEY(workspace_id) REFERENCES workspaces (id),
    CONSTRAINT slot_plans_account_key UNIQUE NULLS NOT DISTINCT (workspace_id, connection_id)
);

COMMENT ON TABLE slot_plans IS 'The weekly times of a queue: of one account, or of all that have no plan of their own.';

CREATE TABLE recurring_post_contents (
    workspace_id UUID NOT NULL,
    recurring_post_id UUID NOT NULL,
    content_id UUID NOT NULL,
    position INTEGER NOT NULL,
    variation_of UUID,
    last_used_at TIMESTAMP WITH TIME ZONE,
    uses INTEGER DEFAULT 0 NOT NULL,
    CONSTRAINT recurring_post_contents_pkey PRIMARY KEY (recurring_post_id, content_id),
    CONSTRAINT recurring_post_contents_position_check CHECK (position >= 0),
    CONSTRAINT recurring_post_contents_uses_check CHECK (uses >= 0),
    CONSTRAINT recurring_post_contents_content_fkey FOREIGN KEY(workspace_id, content_id) REFERENCES content (workspace_id, id),
    CONSTRAINT recurring_post_contents_recurring_post_fkey FOREIGN KEY(workspace_id, recurring_post_id) REFERENCES recurring_posts (workspace_id, id) ON DELETE CASCADE,
    CONSTRAINT recurring_post_contents_workspace_id_fkey FOREIGN KEY(workspace_id) REFERENCES workspaces (id)
);

COMMENT ON TABLE recurring_post_contents IS 'What a recurring post posts: one content, or a pool in turns.';

CREATE INDEX idx_recurring_contents ON recurring_post_contents (content_id, workspace_id);

CREATE TABLE webhook_attempts (
    id UUID NOT NULL,
    workspace_id UUID NOT NULL,
    delivery_id UUID NOT NULL,
    number INTEGER NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    duration_ms INTEGER NOT NULL,
    status_code INTEGER,
    response TEXT,
    error_code VARCHAR(100),
    manual BOOLEAN DEFAULT false NOT NULL,
    CONSTRAINT webhook_attempts_pkey PRIMARY KEY (id),
    CONSTRAINT webhook_attempts_number_check CHECK (number >= 1),
    CONSTRAINT webhook_attempts_workspace_id_delivery_id_fkey FOREIGN KEY(workspace_id, delivery_id) REFERENCES webhook_deliveries (workspace_id, id) ON DELETE CASCADE,
    CONSTRAINT webhook_attempts_workspace_id_fkey FOREIGN KEY(workspace_id) REFERENCES workspaces (id),
    CONSTRAINT webhook_attempts_delivery_id_number_key UNIQUE (delivery_id, number)
);

COMMENT ON TABLE webhook_attempts IS 'One try at a delivery: when, how long it took, and what the receiver said.';

CREATE TABLE imported_events (
    id UUID NOT NULL,
    workspace_id UUID NOT NULL,
    mode VARCHAR(10) DEFAULT 'live' NOT NULL,
    uid VARCHAR(255) NOT NULL,
    publication_id UUID,
    recurring_post_id UUID,
    created_by UUID,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT imported_events_pkey PRIMARY KEY (id),
    CONSTRAINT imported_events_mode_check CHECK (mode IN ('live', 'test')),
    CONSTRAINT imported_events_created_by_fkey FOREIGN KEY(created_by) REFERENCES users (id),
    CONSTRAINT imported_events_publication_fkey FOREIGN KEY(workspace_id, publication_id) REFERENCES publications (workspace_id, id) ON DELETE SET NULL (publication_id),
    CONSTRAINT imported_events_recurring_post_fkey FOREIGN KEY(workspace_id, recurring_post_id) REFERENCES recurring_posts (workspace_id, id) ON DELETE SET NULL (recurring_post_id),
    CONSTRAINT imported_events_workspace_id_fkey FOREIGN KEY(workspace_id) REFERENCES workspaces (id),
    CONSTRAINT imported_events_uid_key UNIQUE (workspace_id, mode, uid)
);

COMMENT ON TABLE imported_events IS 'An event of somebody''s calendar file, and what was made of it: it is taken once.';

CREATE INDEX idx_imported_events_publication ON imported_events (publication_id, workspace_id);

CREATE INDEX idx_imported_events_recurring_post ON imported_events (recurring_post_id, workspace_id);

CREATE TABLE recurring_occurrences (
    workspace_id UUID NOT NULL,
    recurring_post_id UUID NOT NULL,
    local_time TIMESTAMP WITHOUT TIME ZONE NOT NULL,
    fold SMALLINT NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE NOT NULL,
    moved BOOLEAN DEFAULT false NOT NULL,
    content_id UUID,
    status VARCHAR(20) DEFAULT 'planned' NOT NULL,
    code VARCHAR(100),
    publication_id UUID,
    made_at TIMESTAMP WITH TIME ZONE,
    counted BOOLEAN DEFAULT false NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT recurring_occurrences_pkey PRIMARY KEY (recurring_post_id, local_time, fold),
    CONSTRAINT recurring_occurrences_made_check CHECK (status <> 'made' OR made_at IS NOT NULL),
    CONSTRAINT recurring_occurrences_status_check CHECK (status IN ('planned', 'made', 'skipped', 'failed')),
    CONSTRAINT recurring_occurrences_fold_check CHECK (fold IN (0, 1)),
    CONSTRAINT recurring_occurrences_content_fkey FOREIGN KEY(workspace_id, content_id) REFERENCES content (workspace_id, id) ON DELETE SET NULL (content_id),
    CONSTRAINT recurring_occurrences_publication_fkey FOREIGN KEY(workspace_id, publication_id) REFERENCES publications (workspace_id, id) ON DELETE SET NULL (publication_id),
    CONSTRAINT recurring_occurrences_recurring_post_fkey FOREIGN KEY(workspace_id, recurring_post_id) REFERENCES recurring_posts (workspace_id, id) ON DELETE CASCADE,
    CONSTRAINT recurring_occurrences_workspace_id_fkey FOREIGN KEY(workspace_id) REFERENCES workspaces (id)
);

COMMENT ON TABLE recurring_occurrences IS 'One time at which a recurring post goes out, known by its original local time.';

CREATE INDEX idx_occurrences_passing ON recurring_occurrences (recurring_post_id, due_at) WHERE status IN ('planned', 'made') AND NOT counted;

CREATE INDEX idx_occurrences_planned ON recurring_occurrences (due_at) WHERE status = 'planned';

CREATE INDEX idx_occurrences_publication ON recurring_occurrences (publication_id, workspace_id) WHERE publication_id IS NOT NULL;

CREATE INDEX idx_occurrences_ws ON recurring_occurrences (workspace_id, due_at);

ALTER TABLE mails ADD COLUMN webhook_id UUID;

ALTER TABLE outbox_events ADD COLUMN resource_id UUID;

ALTER TABLE outbox_events ADD COLUMN sequence BIGINT DEFAULT 0 NOT NULL;

ALTER TABLE outbox_events ADD COLUMN mode VARCHAR(10) DEFAULT 'live' NOT NULL;

ALTER TABLE outbox_events ADD COLUMN connection_ids UUID[];

ALTER TABLE outbox_events ADD COLUMN campaign_id UUID;

ALTER TABLE publications ADD COLUMN recurring_post_id UUID;

ALTER TABLE publications ADD COLUMN queued BOOLEAN DEFAULT false NOT NULL;

CREATE INDEX idx_pub_recurring ON publications (recurring_post_id, scheduled_at) WHERE recurring_post_id IS NOT NULL;

ALTER TABLE publications ADD CONSTRAINT publications_recurring_post_fkey FOREIGN KEY(workspace_id, recurring_post_id) REFERENCES recurring_posts (workspace_id, id) ON DELETE SET NULL (recurring_post_id);

ALTER TABLE recurring_posts ADD COLUMN timezone VARCHAR(50) DEFAULT 'UTC' NOT NULL;

ALTER TABLE recurring_posts ADD COLUMN minimum_gap_days INTEGER DEFAULT 0 NOT NULL;

ALTER TABLE recurring_posts ADD COLUMN misfire_policy VARCHAR(20) DEFAULT 'run_once' NOT NULL;

ALTER TABLE recurring_posts ADD COLUMN misfire_grace_minutes INTEGER DEFAULT 60 NOT NULL;

ALTER TABLE recurring_posts ADD COLUMN needs_approval BOOLEAN;

ALTER TABLE recurring_posts ADD COLUMN priority VARCHAR(20) DEFAULT 'normal' NOT NULL;

ALTER TABLE recurring_posts ADD COLUMN mode VARCHAR(10) DEFAULT 'live' NOT NULL;

ALTER TABLE recurring_posts ADD COLUMN cursor_local TIMESTAMP WITHOUT TIME ZONE;

ALTER TABLE recurring_posts ADD COLUMN cursor_fold SMALLINT;

ALTER TABLE recurring_posts ADD COLUMN cursor_index INTEGER DEFAULT 0 NOT NULL;

ALTER TABLE recurring_posts ADD COLUMN visit_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL;

ALTER TABLE recurring_posts ADD COLUMN created_by UUID;

ALTER TABLE recurring_posts ADD COLUMN updated_by UUID;

CREATE INDEX idx_recurring_timezone ON recurring_posts (timezone, id) WHERE status = 'active';

CREATE INDEX idx_recurring_visit ON recurring_posts (visit_at, id) WHERE status = 'active';

CREATE INDEX idx_recurring_ws ON recurring_posts (workspace_id, id);

ALTER TABLE recurring_posts ADD CONSTRAINT recurring_posts_updated_by_fkey FOREIGN KEY(updated_by) REFERENCES users (id);

ALTER TABLE recurring_posts ADD CONSTRAINT recurring_posts_created_by_fkey FOREIGN KEY(created_by) REFERENCES users (id);

ALTER TABLE webhook_deliveries ADD COLUMN event_id UUID;

ALTER TABLE webhook_deliveries ADD COLUMN error_code VARCHAR(100);

ALTER TABLE webhook_deliveries ADD COLUMN attempts_before INTEGER DEFAULT 0 NOT NULL;

ALTER TABLE webhook_deliveries ADD COLUMN next_attempt_at TIMESTAMP WITH TIME ZONE;

ALTER TABLE webhook_deliveries ADD COLUMN manual BOOLEAN DEFAULT false NOT NULL;

ALTER TABLE webhook_deliveries ADD COLUMN turn INTEGER DEFAULT 0 NOT NULL;

ALTER TABLE webhook_deliveries ADD COLUMN finished_at TIMESTAMP WITH TIME ZONE;

CREATE INDEX idx_deliveries_created ON webhook_deliveries (created_at);

CREATE INDEX idx_deliveries_due ON webhook_deliveries (webhook_id, next_attempt_at) WHERE status = 'pending';

CREATE INDEX idx_deliveries_event ON webhook_deliveries (event_id, workspace_id);

ALTER TABLE webhook_deliveries ADD CONSTRAINT webhook_deliveries_webhook_id_event_id_key UNIQUE (webhook_id, event_id);

ALTER TABLE webhook_deliveries ADD CONSTRAINT webhook_deliveries_workspace_id_event_id_fkey FOREIGN KEY(workspace_id, event_id) REFERENCES events (workspace_id, id) ON DELETE CASCADE;

ALTER TABLE webhooks ADD COLUMN description VARCHAR(255);

ALTER TABLE webhooks ADD COLUMN connection_ids UUID[];

ALTER TABLE webhooks ADD COLUMN campaign_ids UUID[];

ALTER TABLE webhooks ADD COLUMN mode VARCHAR(10) DEFAULT 'live' NOT NULL;

ALTER TABLE webhooks ADD COLUMN headers_secret TEXT;

ALTER TABLE webhooks ADD COLUMN header_names VARCHAR(100)[] DEFAULT '{}' NOT NULL;

ALTER TABLE webhooks ADD COLUMN rate_per_minute INTEGER;

ALTER TABLE webhooks ADD COLUMN disabled_because VARCHAR(20);

ALTER TABLE webhooks ADD COLUMN disabled_at TIMESTAMP WITH TIME ZONE;

ALTER TABLE webhooks ADD COLUMN deleted_at TIMESTAMP WITH TIME ZONE;

ALTER TABLE webhooks ADD COLUMN created_by UUID;

ALTER TABLE webhooks ADD COLUMN failing_since TIMESTAMP WITH TIME ZONE;

ALTER TABLE webhooks ADD COLUMN failures INTEGER DEFAULT 0 NOT NULL;

ALTER TABLE webhooks ADD COLUMN warned_at TIMESTAMP WITH TIME ZONE;

ALTER TABLE webhooks ADD COLUMN tat TIMESTAMP WITH TIME ZONE;

ALTER TABLE webhooks ADD COLUMN lease_until TIMESTAMP WITH TIME ZONE;

ALTER TABLE webhooks ADD COLUMN fence BIGINT DEFAULT 0 NOT NULL;

ALTER TABLE webhooks ADD CONSTRAINT webhooks_created_by_fkey FOREIGN KEY(created_by) REFERENCES users (id);

ALTER TABLE calendar_feeds ENABLE ROW LEVEL SECURITY;

ALTER TABLE calendar_feeds FORCE ROW LEVEL SECURITY;

ALTER TABLE event_sequences ENABLE ROW LEVEL SECURITY;

ALTER TABLE event_sequences FORCE ROW LEVEL SECURITY;

ALTER TABLE events ENABLE ROW LEVEL SECURITY;

ALTER TABLE events FORCE ROW LEVEL SECURITY;

ALTER TABLE imported_events ENABLE ROW LEVEL SECURITY;

ALTER TABLE imported_events FORCE ROW LEVEL SECURITY;

ALTER TABLE recurring_occurrences ENABLE ROW LEVEL SECURITY;

ALTER TABLE recurring_occurrences FORCE ROW LEVEL SECURITY;

ALTER TABLE recurring_post_contents ENABLE ROW LEVEL SECURITY;

ALTER TABLE recurring_post_contents FORCE ROW LEVEL SECURITY;

ALTER TABLE slot_plans ENABLE ROW LEVEL SECURITY;

ALTER TABLE slot_plans FORCE ROW LEVEL SECURITY;

ALTER TABLE webhook_attempts ENABLE ROW LEVEL SECURITY;

ALTER TABLE webhook_attempts FORCE ROW LEVEL SECURITY;

ALTER TABLE mails ADD CONSTRAINT mails_kind_check CHECK (kind IN ('sign_up', 'reset_password', 'change_email', 'invitation', 'password_changed', 'email_changed', 'account_deleted', 'webhook_failing', 'webhook_disabled'));

ALTER TABLE outbox_events ADD CONSTRAINT outbox_events_mode_check CHECK (mode IN ('live', 'test'));

ALTER TABLE publications ADD CONSTRAINT publications_late_policy_check CHECK (late_policy IN ('send', 'skip', 'ask', 'latest'));

ALTER TABLE recurring_posts ADD CONSTRAINT recurring_posts_cursor_check CHECK (((cursor_local IS NULL) = (cursor_fold IS NULL)));

ALTER TABLE recurring_posts ADD CONSTRAINT recurring_posts_cursor_fold_check CHECK ((cursor_fold = ANY (ARRAY[0, 1])));

ALTER TABLE recurring_posts ADD CONSTRAINT recurring_posts_cursor_index_check CHECK ((cursor_index >= 0));

ALTER TABLE recurring_posts ADD CONSTRAINT recurring_posts_minimum_gap_days_check CHECK ((minimum_gap_days >= 0));

ALTER TABLE recurring_posts ADD CONSTRAINT recurring_posts_misfire_grace_minutes_check CHECK ((misfire_grace_minutes >= 1));

ALTER TABLE recurring_posts ADD CONSTRAINT recurring_posts_misfire_policy_check CHECK (misfire_policy IN ('run_once', 'skip', 'catch_up'));

ALTER TABLE recurring_posts ADD CONSTRAINT recurring_posts_mode_check CHECK (mode IN ('live', 'test'));

ALTER TABLE recurring_posts ADD CONSTRAINT recurring_posts_priority_check CHECK (priority IN ('normal', 'high', 'low'));

ALTER TABLE webhook_deliveries ADD CONSTRAINT webhook_deliveries_attempts_before_check CHECK ((attempts_before >= 0));

ALTER TABLE webhooks ADD CONSTRAINT webhooks_disabled_because_check CHECK (disabled_because IN ('person', 'failing', 'gone'));

ALTER TABLE webhooks ADD CONSTRAINT webhooks_failures_check CHECK ((failures >= 0));

ALTER TABLE webhooks ADD CONSTRAINT webhooks_mode_check CHECK (mode IN ('live', 'test'));

ALTER TABLE webhooks ADD CONSTRAINT webhooks_rate_per_minute_check CHECK ((rate_per_minute >= 1));

CREATE POLICY eraser ON calendar_feeds AS PERMISSIVE FOR ALL TO lamplighter_eraser USING (((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) AND (EXISTS ( SELECT FROM workspaces w WHERE (w.id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid)))));

CREATE POLICY lookup ON calendar_feeds AS PERMISSIVE FOR SELECT TO lamplighter_lookup USING (true);

CREATE POLICY tenant ON calendar_feeds AS PERMISSIVE FOR ALL TO lamplighter_app USING ((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid));

CREATE POLICY accounts_count ON event_sequences AS PERMISSIVE FOR ALL TO lamplighter_accounts USING ((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid));

CREATE POLICY eraser ON event_sequences AS PERMISSIVE FOR ALL TO lamplighter_eraser USING (((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) AND (EXISTS ( SELECT FROM workspaces w WHERE (w.id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid)))));

CREATE POLICY spawner_counts ON event_sequences AS PERMISSIVE FOR ALL TO lamplighter_spawner USING (true);

CREATE POLICY tenant ON event_sequences AS PERMISSIVE FOR ALL TO lamplighter_app USING ((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid));

CREATE POLICY eraser ON events AS PERMISSIVE FOR ALL TO lamplighter_eraser USING (((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) AND (EXISTS ( SELECT FROM workspaces w WHERE (w.id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid)))));

CREATE POLICY pruner ON events AS PERMISSIVE FOR ALL TO lamplighter_pruner USING (true);

CREATE POLICY tenant ON events AS PERMISSIVE FOR ALL TO lamplighter_app USING ((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid));

CREATE POLICY eraser ON imported_events AS PERMISSIVE FOR ALL TO lamplighter_eraser USING (((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) AND (EXISTS ( SELECT FROM workspaces w WHERE (w.id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid)))));

CREATE POLICY tenant ON imported_events AS PERMISSIVE FOR ALL TO lamplighter_app USING ((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid));

CREATE POLICY warns ON mails AS PERMISSIVE FOR INSERT TO lamplighter_app WITH CHECK (((((kind)::text = 'webhook_failing'::text) OR ((kind)::text = 'webhook_disabled'::text)) AND (invitation_id IS NULL) AND (EXISTS ( SELECT FROM webhooks w WHERE (w.id = mails.webhook_id))) AND (EXISTS ( SELECT FROM users u WHERE ((u.id = mails.user_id) AND ((u.email)::text = (mails.email)::text))))));

CREATE POLICY accounts_tell ON outbox_events AS PERMISSIVE FOR INSERT TO lamplighter_accounts WITH CHECK (((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) AND ((type)::text = 'member.added'::text)));

CREATE POLICY relay ON outbox_events AS PERMISSIVE FOR SELECT TO lamplighter_relay USING (true);

CREATE POLICY spawner_tells ON outbox_events AS PERMISSIVE FOR INSERT TO lamplighter_spawner WITH CHECK ((((type)::text = 'recurring_post.completed'::text) OR ((type)::text = 'recurring_post.failed'::text)));

CREATE POLICY eraser ON recurring_occurrences AS PERMISSIVE FOR ALL TO lamplighter_eraser USING (((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) AND (EXISTS ( SELECT FROM workspaces w WHERE (w.id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid)))));

CREATE POLICY spawner ON recurring_occurrences AS PERMISSIVE FOR ALL TO lamplighter_spawner USING (true);

CREATE POLICY tenant ON recurring_occurrences AS PERMISSIVE FOR ALL TO lamplighter_app USING ((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid));

CREATE POLICY eraser ON recurring_post_contents AS PERMISSIVE FOR ALL TO lamplighter_eraser USING (((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) AND (EXISTS ( SELECT FROM workspaces w WHERE (w.id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid)))));

CREATE POLICY tenant ON recurring_post_contents AS PERMISSIVE FOR ALL TO lamplighter_app USING ((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid));

CREATE POLICY spawner_selects ON recurring_posts AS PERMISSIVE FOR SELECT TO lamplighter_spawner USING (true);

CREATE POLICY spawner_updates ON recurring_posts AS PERMISSIVE FOR UPDATE TO lamplighter_spawner USING (true);

CREATE POLICY eraser ON slot_plans AS PERMISSIVE FOR ALL TO lamplighter_eraser USING (((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) AND (EXISTS ( SELECT FROM workspaces w WHERE (w.id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid)))));

CREATE POLICY tenant ON slot_plans AS PERMISSIVE FOR ALL TO lamplighter_app USING ((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid));

CREATE POLICY eraser ON webhook_attempts AS PERMISSIVE FOR ALL TO lamplighter_eraser USING (((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) AND (EXISTS ( SELECT FROM workspaces w WHERE (w.id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid)))));

CREATE POLICY tenant ON webhook_attempts AS PERMISSIVE FOR ALL TO lamplighter_app USING ((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid));

CREATE POLICY pruner ON webhook_deliveries AS PERMISSIVE FOR ALL TO lamplighter_pruner USING (true);

CREATE POLICY relay ON webhook_deliveries AS PERMISSIVE FOR SELECT TO lamplighter_relay USING (true);

CREATE POLICY mailer ON webhooks AS PERMISSIVE FOR SELECT TO lamplighter_mailer USING (true);

CREATE POLICY relay ON webhooks AS PERMISSIVE FOR SELECT TO lamplighter_relay USING (true);

SET LOCAL ROLE lamplighter_lookup;

CREATE OR REPLACE FUNCTION public.find_calendar_feed(hash text)
     RETURNS TABLE(id uuid, workspace_id uuid, organization_id uuid, name character varying, mode character varying, connection_ids uuid[], revoked_at timestamp with time zone)
     LANGUAGE sql
     STABLE SECURITY DEFINER ROWS 1
     SET search_path TO 'pg_catalog', 'pg_temp'
    AS $function$
        SELECT f.id, f.workspace_id, w.organization_id, f.name, f.mode, f.connection_ids, f.revoked_at
          FROM public.calendar_feeds f
          JOIN public.workspaces w ON w.id = f.workspace_id AND w.deleted_at IS NULL
         WHERE f.token_hash = hash
    $function$;

REVOKE ALL ON FUNCTION find_calendar_feed(text) FROM PUBLIC;

SET LOCAL ROLE lamplighter_owner;

SET LOCAL ROLE lamplighter_lookup;

GRANT EXECUTE ON FUNCTION find_calendar_feed(text) TO lamplighter_app;

SET LOCAL ROLE lamplighter_owner;

GRANT INSERT, SELECT, UPDATE (revoked_at) ON TABLE calendar_feeds TO lamplighter_app;

GRANT DELETE, SELECT (id, workspace_id) ON TABLE calendar_feeds TO lamplighter_eraser;

GRANT SELECT (connection_ids, id, mode, name, revoked_at, token_hash, workspace_id) ON TABLE calendar_feeds TO lamplighter_lookup;

GRANT INSERT, SELECT, UPDATE (sequence) ON TABLE event_sequences TO lamplighter_accounts;

GRANT INSERT, SELECT, UPDATE (sequence) ON TABLE event_sequences TO lamplighter_app;

GRANT DELETE, SELECT (resource_id, workspace_id) ON TABLE event_sequences TO lamplighter_eraser;

GRANT INSERT, SELECT, UPDATE (sequence) ON TABLE event_sequences TO lamplighter_spawner;

GRANT INSERT, SELECT, UPDATE (endpoints) ON TABLE events TO lamplighter_app;

GRANT DELETE, SELECT (id, workspace_id) ON TABLE events TO lamplighter_eraser;

GRANT DELETE, SELECT (created_at, id) ON TABLE events TO lamplighter_pruner;

GRANT INSERT, SELECT ON TABLE imported_events TO lamplighter_app;

GRANT DELETE, SELECT (id, workspace_id) ON TABLE imported_events TO lamplighter_eraser;

GRANT INSERT ON TABLE outbox_events TO lamplighter_accounts;

GRANT DELETE, INSERT, SELECT ON TABLE outbox_events TO lamplighter_app;

GRANT SELECT (created_at, workspace_id) ON TABLE outbox_events TO lamplighter_relay;

GRANT INSERT ON TABLE outbox_events TO lamplighter_spawner;

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE recurring_occurrences TO lamplighter_app;

GRANT DELETE, SELECT (fold, local_time, recurring_post_id, workspace_id) ON TABLE recurring_occurrences TO lamplighter_eraser;

GRANT INSERT, SELECT, UPDATE (code, counted, due_at, status) ON TABLE recurring_occurrences TO lamplighter_spawner;

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE recurring_post_contents TO lamplighter_app;

GRANT DELETE, SELECT (content_id, recurring_post_id, workspace_id) ON TABLE recurring_post_contents TO lamplighter_eraser;

GRANT SELECT (cursor_fold, cursor_index, cursor_local, id, misfire_grace_minutes, misfire_policy, mode, next_run_at, run_count, schedule_config, schedule_type, status, timezone, visit_at, workspace_id), UPDATE (cursor_fold, cursor_index, cursor_local, next_run_at, run_count, status, visit_at) ON TABLE recurring_posts TO lamplighter_spawner;

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE slot_plans TO lamplighter_app;

GRANT DELETE, SELECT (id, workspace_id) ON TABLE slot_plans TO lamplighter_eraser;

GRANT INSERT, SELECT ON TABLE webhook_attempts TO lamplighter_app;

GRANT DELETE, SELECT (id, workspace_id) ON TABLE webhook_attempts TO lamplighter_eraser;

GRANT DELETE, SELECT (created_at, id) ON TABLE webhook_deliveries TO lamplighter_pruner;

GRANT SELECT (next_attempt_at, status, webhook_id, workspace_id) ON TABLE webhook_deliveries TO lamplighter_relay;

GRANT SELECT (deleted_at, id, workspace_id) ON TABLE webhooks TO lamplighter_mailer;

GRANT SELECT (id, lease_until, workspace_id) ON TABLE webhooks TO lamplighter_relay;

GRANT SELECT (headers_secret, id, previous_secret, secret, workspace_id), UPDATE (headers_secret, previous_secret, secret) ON TABLE webhooks TO lamplighter_rotator;

GRANT SELECT (id, name, organization_id) ON TABLE workspaces TO lamplighter_mailer;

UPDATE alembic_version SET version_num='0004' WHERE alembic_version.version_num = '0003';

COMMIT;
