BEGIN;

CREATE TABLE alembic_version (
    version_num VARCHAR(32) NOT NULL,
    CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);

-- Running upgrade  -> 0001

DO $$ BEGIN CREATE ROLE lamplighter_owner NOLOGIN NOINHERIT; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;

DO $$ BEGIN CREATE ROLE lamplighter_lookup NOLOGIN NOINHERIT; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;

DO $$ BEGIN CREATE ROLE lamplighter_dispatcher NOLOGIN NOINHERIT; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;

DO $$ BEGIN CREATE ROLE lamplighter_app LOGIN NOINHERIT; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;

DO $$ BEGIN CREATE ROLE lamplighter_publish_due LOGIN NOINHERIT; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;

DO $$ BEGIN CREATE ROLE lamplighter_sandbox LOGIN NOINHERIT; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;

GRANT lamplighter_dispatcher TO lamplighter_publish_due;

GRANT lamplighter_lookup TO lamplighter_owner;

GRANT lamplighter_owner TO CURRENT_USER;

DO $$ BEGIN EXECUTE 'GRANT CREATE ON DATABASE ' || quote_ident(current_database()) || ' TO lamplighter_owner'; END $$;

GRANT CREATE ON SCHEMA public TO lamplighter_owner, lamplighter_lookup;

ALTER TABLE alembic_version OWNER TO lamplighter_owner;

SET LOCAL ROLE lamplighter_owner;

CREATE SCHEMA sandbox;

CREATE TABLE sandbox.calls (
    id UUID NOT NULL,
    account TEXT NOT NULL,
    method TEXT NOT NULL,
    route TEXT NOT NULL,
    idempotency_key TEXT,
    outcome TEXT NOT NULL,
    status INTEGER NOT NULL,
    received_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    post_id UUID,
    CONSTRAINT calls_pkey PRIMARY KEY (id)
);

COMMENT ON TABLE sandbox.calls IS 'Every call the sandbox network received, and what it did with it.';

CREATE INDEX idx_sandbox_calls_account ON sandbox.calls (account, received_at);

CREATE INDEX idx_sandbox_calls_post ON sandbox.calls (post_id);

CREATE INDEX idx_sandbox_calls_received ON sandbox.calls (received_at);

CREATE TABLE sandbox.faults (
    account TEXT NOT NULL,
    latency_ms INTEGER DEFAULT 0 NOT NULL,
    fault TEXT,
    remaining INTEGER,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT faults_pkey PRIMARY KEY (account),
    CONSTRAINT faults_latency_ms_check CHECK (latency_ms >= 0),
    CONSTRAINT faults_remaining_check CHECK (remaining >= 0)
);

COMMENT ON TABLE sandbox.faults IS 'The latency and faults switched on for an account (''*'': for all).';

CREATE TABLE sandbox.media (
    id UUID NOT NULL,
    account TEXT NOT NULL,
    mime TEXT NOT NULL,
    bytes BYTEA,
    byte_size BIGINT NOT NULL,
    sha256 TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT media_pkey PRIMARY KEY (id),
    CONSTRAINT media_byte_size_check CHECK (byte_size >= 0)
);

COMMENT ON TABLE sandbox.media IS 'An image uploaded to the sandbox network.';

CREATE TABLE sandbox.posts (
    id UUID NOT NULL,
    account TEXT NOT NULL,
    handle TEXT NOT NULL,
    text TEXT NOT NULL,
    media JSONB DEFAULT '[]' NOT NULL,
    idempotency_key TEXT,
    reply_to UUID,
    accepted_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    deleted_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT posts_pkey PRIMARY KEY (id),
    CONSTRAINT posts_media_check CHECK (jsonb_typeof(media) = 'array'),
    CONSTRAINT posts_account_idempotency_key_key UNIQUE (account, idempotency_key)
);

COMMENT ON TABLE sandbox.posts IS 'A post the sandbox network accepted.';

CREATE INDEX idx_sandbox_posts_accepted ON sandbox.posts (accepted_at);

CREATE INDEX idx_sandbox_posts_account ON sandbox.posts (account, accepted_at);

CREATE TABLE users (
    id UUID NOT NULL,
    email VARCHAR(255) NOT NULL,
    email_verified BOOLEAN DEFAULT false NOT NULL,
    password_hash VARCHAR(255),
    name VARCHAR(255),
    avatar_url VARCHAR(512),
    timezone VARCHAR(50) DEFAULT 'UTC' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    version INTEGER DEFAULT 1 NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT users_pkey PRIMARY KEY (id),
    CONSTRAINT users_email_lower_check CHECK (email = lower(email)),
    CONSTRAINT users_email_key UNIQUE (email)
);

COMMENT ON TABLE users IS 'A person, known by a lower-case e-mail address; kept as a tombstone when deleted.';

CREATE INDEX idx_users_email ON users (email);

CREATE TABLE organizations (
    id UUID NOT NULL,
    name VARCHAR(255) NOT NULL,
    slug VARCHAR(100) NOT NULL,
    owner_id UUID,
    plan_id VARCHAR(50) DEFAULT 'starter' NOT NULL,
    billing_status VARCHAR(20) DEFAULT 'active' NOT NULL,
    stripe_customer_id VARCHAR(100),
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    version INTEGER DEFAULT 1 NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT organizations_pkey PRIMARY KEY (id),
    CONSTRAINT organizations_billing_status_check CHECK (billing_status IN ('active', 'trialing', 'past_due', 'unpaid', 'incomplete', 'incomplete_expired', 'paused', 'canceled')),
    CONSTRAINT organizations_owner_id_fkey FOREIGN KEY(owner_id) REFERENCES users (id),
    CONSTRAINT organizations_slug_key UNIQUE (slug),
    CONSTRAINT organizations_stripe_customer_id_key UNIQUE (stripe_customer_id)
);

COMMENT ON TABLE organizations IS 'Who pays: a plan, a state of billing and the workspaces under it.';

CREATE INDEX idx_org_owner ON organizations (owner_id);

CREATE TABLE organization_members (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    user_id UUID NOT NULL,
    role VARCHAR(20) NOT NULL,
    invited_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    joined_at TIMESTAMP WITH TIME ZONE,
    version INTEGER DEFAULT 1 NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT organization_members_pkey PRIMARY KEY (id),
    CONSTRAINT organization_members_role_check CHECK (role IN ('owner', 'admin', 'billing', 'member')),
    CONSTRAINT organization_members_organization_id_fkey FOREIGN KEY(organization_id) REFERENCES organizations (id),
    CONSTRAINT organization_members_user_id_fkey FOREIGN KEY(user_id) REFERENCES users (id),
    CONSTRAINT organization_members_organization_id_user_id_key UNIQUE (organization_id, user_id)
);

COMMENT ON TABLE organization_members IS 'A person''s role in an organization; owners and admins administer all its workspaces.';

CREATE INDEX idx_org_members_user ON organization_members (user_id);

CREATE TABLE workspaces (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    name VARCHAR(255) NOT NULL,
    slug VARCHAR(100) NOT NULL,
    industry VARCHAR(50),
    settings JSONB DEFAULT '{}' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    version INTEGER DEFAULT 1 NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT workspaces_pkey PRIMARY KEY (id),
    CONSTRAINT workspaces_settings_check CHECK (jsonb_typeof(settings) = 'object'),
    CONSTRAINT workspaces_organization_id_fkey FOREIGN KEY(organization_id) REFERENCES organizations (id),
    CONSTRAINT workspaces_organization_id_slug_key UNIQUE (organization_id, slug)
);

COMMENT ON TABLE workspaces IS 'The tenant: everything else belongs to one, and row level security keeps them apart.';

CREATE INDEX idx_ws_org ON workspaces (organization_id);

CREATE TABLE ab_tests (
    id UUID NOT NULL,
    workspace_id UUID NOT NULL,
    name VARCHAR(255) NOT NULL,
    platform VARCHAR(50) NOT NULL,
    test_type VARCHAR(20) NOT NULL,
    variants JSONB NOT NULL,
    status VARCHAR(20) DEFAULT 'draft' NOT NULL,
    winner_id VARCHAR(100),
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    version INTEGER DEFAULT 1 NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT ab_tests_pkey PRIMARY KEY (id),
    CONSTRAINT ab_tests_status_check CHECK (status IN ('draft', 'running', 'completed', 'cancelled')),
    CONSTRAINT ab_tests_test_type_check CHECK (test_type IN ('text', 'media', 'timing', 'hashtags')),
    CONSTRAINT ab_tests_workspace_id_fkey FOREIGN KEY(workspace_id) REFERENCES workspaces (id)
);

COMMENT ON TABLE ab_tests IS 'Variants of a post on one network, and which of them won.';

CREATE INDEX idx_ab_tests_ws ON ab_tests (workspace_id, id);

CREATE TABLE api_keys (
    id UUID NOT NULL,
    workspace_id UUID NOT NULL,
    name VARCHAR(255) NOT NULL,
    key_hash VARCHAR(255) NOT NULL,
    pepper_version INTEGER NOT NULL,
    key_prefix VARCHAR(20) NOT NULL,
    type VARCHAR(10) DEFAULT 'live' NOT NULL,
    permissions VARCHAR(50)[] DEFAULT '{}' NOT NULL,
    connection_ids UUID[],
    last_used_at TIMESTAMP WITH TIME ZONE,
    expires_at TIMESTAMP WITH TIME ZONE,
    revoked_at TIMESTAMP WITH TIME ZONE,
    created_by UUID,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    version INTEGER DEFAULT 1 NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT api_keys_pkey PRIMARY KEY (id),
    CONSTRAINT api_keys_permissions_check CHECK (permissions <@ ARRAY['workspaces:read', 'workspaces:write', 'members:read', 'members:write', 'content:read', 'content:write', 'media:read', 'media:write', 'templates:read', 'templates:write', 'brand_voices:read', 'brand_voices:write', 'connections:read', 'connections:write', 'publications:read', 'publications:write', 'campaigns:read', 'campaigns:write', 'ab_tests:read', 'ab_tests:write', 'recurring_posts:read', 'recurring_posts:write', 'analytics:read', 'analytics:write', 'api_keys:read', 'api_keys:write', 'webhooks:read', 'webhooks:write']::varchar[]),
    CONSTRAINT api_keys_type_check CHECK (type IN ('live', 'test')),
    CONSTRAINT api_keys_created_by_fkey FOREIGN KEY(created_by) REFERENCES users (id),
    CONSTRAINT api_keys_workspace_id_fkey FOREIGN KEY(workspace_id) REFERENCES workspaces (id),
    CONSTRAINT api_keys_key_hash_key UNIQUE (key_hash)
);

COMMENT ON TABLE api_keys IS 'A program''s key, stored as an HMAC under a versioned pepper, and what it may do.';

CREATE INDEX idx_api_keys_ws ON api_keys (workspace_id, id);

CREATE TABLE brand_voices (
    id UUID NOT NULL,
    workspace_id UUID NOT NULL,
    config JSONB NOT NULL,
    version INTEGER DEFAULT 1 NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT brand_voices_pkey PRIMARY KEY (id),
    CONSTRAINT brand_voices_config_check CHECK (jsonb_typeof(config) = 'object'),
    CONSTRAINT brand_voices_workspace_id_fkey FOREIGN KEY(workspace_id) REFERENCES workspaces (id),
    CONSTRAINT brand_voices_workspace_id_key UNIQUE (workspace_id)
);

COMMENT ON TABLE brand_voices IS 'How a workspace sounds: one configuration for what is generated.';

CREATE TABLE campaigns (
    id UUID NOT NULL,
    workspace_id UUID NOT NULL,
    name VARCHAR(255) NOT NULL,
    type VARCHAR(50) NOT NULL,
    start_date DATE NOT NULL,
    end_date DATE,
    channels VARCHAR(50)[],
    status VARCHAR(20) DEFAULT 'draft' NOT NULL,
    metrics JSONB,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    version INTEGER DEFAULT 1 NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT campaigns_pkey PRIMARY KEY (id),
    CONSTRAINT campaigns_status_check CHECK (status IN ('draft', 'active', 'paused', 'completed', 'archived')),
    CONSTRAINT campaigns_dates_check CHECK (end_date >= start_date),
    CONSTRAINT campaigns_workspace_id_fkey FOREIGN KEY(workspace_id) REFERENCES workspaces (id),
    CONSTRAINT campaigns_workspace_id_id_key UNIQUE (workspace_id, id)
);

COMMENT ON TABLE campaigns IS 'Content that belongs together, over a span of days.';

CREATE INDEX idx_camp_dates ON campaigns (start_date, end_date);

CREATE INDEX idx_camp_ws ON campaigns (workspace_id, start_date);

CREATE TABLE media (
    id UUID NOT NULL,
    workspace_id UUID NOT NULL,
    status VARCHAR(20) DEFAULT 'pending' NOT NULL,
    object_key TEXT NOT NULL,
    file_name VARCHAR(255),
    mime VARCHAR(100),
    byte_size BIGINT,
    width INTEGER,
    height INTEGER,
    sha256 VARCHAR(64),
    rejection TEXT,
    created_by UUID,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    version INTEGER DEFAULT 1 NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT media_pkey PRIMARY KEY (id),
    CONSTRAINT media_status_check CHECK (status IN ('pending', 'ready', 'rejected')),
    CONSTRAINT media_byte_size_check CHECK (byte_size >= 0),
    CONSTRAINT media_created_by_fkey FOREIGN KEY(created_by) REFERENCES users (id),
    CONSTRAINT media_workspace_id_fkey FOREIGN KEY(workspace_id) REFERENCES workspaces (id),
    CONSTRAINT media_object_key_key UNIQUE (object_key),
    CONSTRAINT media_workspace_id_id_key UNIQUE (workspace_id, id)
);

COMMENT ON TABLE media IS 'An uploaded file: where its bytes lie and what they were found to be.';

CREATE TABLE outbox_events (
    id UUID NOT NULL,
    workspace_id UUID NOT NULL,
    type VARCHAR(100) NOT NULL,
    payload JSONB NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT outbox_events_pkey PRIMARY KEY (id),
    CONSTRAINT outbox_events_payload_check CHECK (jsonb_typeof(payload) = 'object'),
    CONSTRAINT outbox_events_workspace_id_fkey FOREIGN KEY(workspace_id) REFERENCES workspaces (id)
);

COMMENT ON TABLE outbox_events IS 'A domain event that is still to be relayed.';

CREATE INDEX idx_outbox_ws ON outbox_events (workspace_id);

CREATE TABLE platform_connections (
    id UUID NOT NULL,
    workspace_id UUID NOT NULL,
    platform VARCHAR(50) NOT NULL,
    base_url TEXT NOT NULL,
    access_token TEXT NOT NULL,
    refresh_token TEXT,
    token_expires_at TIMESTAMP WITH TIME ZONE,
    refresh_lease_until TIMESTAMP WITH TIME ZONE,
    scopes VARCHAR(100)[],
    platform_username VARCHAR(255),
    display_name VARCHAR(255),
    channel_id VARCHAR(255),
    limits JSONB DEFAULT '{}' NOT NULL,
    status VARCHAR(20) DEFAULT 'active' NOT NULL,
    error_code VARCHAR(100),
    error_message TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    version INTEGER DEFAULT 1 NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT platform_connections_pkey PRIMARY KEY (id),
    CONSTRAINT platform_connections_limits_check CHECK (jsonb_typeof(limits) = 'object'),
    CONSTRAINT platform_connections_status_check CHECK (status IN ('active', 'needs_reconnect', 'disconnected')),
    CONSTRAINT platform_connections_workspace_id_fkey FOREIGN KEY(workspace_id) REFERENCES workspaces (id),
    CONSTRAINT platform_connections_workspace_id_id_key UNIQUE (workspace_id, id),
    CONSTRAINT platform_connections_account_key UNIQUE NULLS NOT DISTINCT (workspace_id, platform, base_url, channel_id)
);

COMMENT ON TABLE platform_connections IS 'An account on a network, its tokens sealed with the workspace''s key.';

CREATE TABLE recurring_posts (
    id UUID NOT NULL,
    workspace_id UUID NOT NULL,
    name VARCHAR(255) NOT NULL,
    schedule_type VARCHAR(20) NOT NULL,
    schedule_config JSONB NOT NULL,
    content_type VARCHAR(20) NOT NULL,
    platforms VARCHAR(50)[],
    status VARCHAR(20) DEFAULT 'active' NOT NULL,
    next_run_at TIMESTAMP WITH TIME ZONE NOT NULL,
    run_count INTEGER DEFAULT 0 NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    version INTEGER DEFAULT 1 NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT recurring_posts_pkey PRIMARY KEY (id),
    CONSTRAINT recurring_posts_content_type_check CHECK (content_type IN ('fixed', 'rotation', 'template', 'generated')),
    CONSTRAINT recurring_posts_schedule_config_check CHECK (jsonb_typeof(schedule_config) = 'object'),
    CONSTRAINT recurring_posts_schedule_type_check CHECK (schedule_type IN ('daily', 'weekly', 'monthly', 'cron', 'rrule')),
    CONSTRAINT recurring_posts_status_check CHECK (status IN ('active', 'paused', 'completed')),
    CONSTRAINT recurring_posts_run_count_check CHECK (run_count >= 0),
    CONSTRAINT recurring_posts_workspace_id_fkey FOREIGN KEY(workspace_id) REFERENCES workspaces (id),
    CONSTRAINT recurring_posts_workspace_id_id_key UNIQUE (workspace_id, id)
);

COMMENT ON TABLE recurring_posts IS 'A rule that makes a publication at each of its occurrences.';

CREATE INDEX idx_recurring_next ON recurring_posts (next_run_at) WHERE status = 'active';

CREATE TABLE templates (
    id UUID NOT NULL,
    workspace_id UUID,
    name VARCHAR(255) NOT NULL,
    category VARCHAR(100),
    platforms VARCHAR(50)[],
    variables JSONB NOT NULL,
    structure JSONB NOT NULL,
    is_system BOOLEAN DEFAULT false NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    version INTEGER DEFAULT 1 NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT templates_pkey PRIMARY KEY (id),
    CONSTRAINT templates_system_or_owned_check CHECK (is_system = (workspace_id IS NULL)),
    CONSTRAINT templates_workspace_id_fkey FOREIGN KEY(workspace_id) REFERENCES workspaces (id)
);

COMMENT ON TABLE templates IS 'A reusable shape of content; without a workspace it is the system''s, for all to read.';

CREATE INDEX idx_templates_ws ON templates (workspace_id, id);

CREATE TABLE webhooks (
    id UUID NOT NULL,
    workspace_id UUID NOT NULL,
    url VARCHAR(512) NOT NULL,
    secret TEXT NOT NULL,
    previous_secret TEXT,
    previous_secret_expires_at TIMESTAMP WITH TIME ZONE,
    events VARCHAR(100)[] DEFAULT '{}' NOT NULL,
    status VARCHAR(20) DEFAULT 'active' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    version INTEGER DEFAULT 1 NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT webhooks_pkey PRIMARY KEY (id),
    CONSTRAINT webhooks_status_check CHECK (status IN ('active', 'disabled')),
    CONSTRAINT webhooks_workspace_id_fkey FOREIGN KEY(workspace_id) REFERENCES workspaces (id),
    CONSTRAINT webhooks_workspace_id_id_key UNIQUE (workspace_id, id)
);

COMMENT ON TABLE webhooks IS 'An address that is told of events, its secret sealed, for a while the last one too.';

CREATE TABLE workspace_keys (
    workspace_id UUID NOT NULL,
    version INTEGER NOT NULL,
    wrapped_key BYTEA NOT NULL,
    retired_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT workspace_keys_pkey PRIMARY KEY (workspace_id, version),
    CONSTRAINT workspace_keys_workspace_id_fkey FOREIGN KEY(workspace_id) REFERENCES workspaces (id)
);

COMMENT ON TABLE workspace_keys IS 'A workspace''s data keys, each wrapped by KMS; deleting them destroys what they sealed.';

CREATE TABLE workspace_members (
    id UUID NOT NULL,
    workspace_id UUID NOT NULL,
    user_id UUID NOT NULL,
    role VARCHAR(20) NOT NULL,
    invited_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    joined_at TIMESTAMP WITH TIME ZONE,
    version INTEGER DEFAULT 1 NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT workspace_members_pkey PRIMARY KEY (id),
    CONSTRAINT workspace_members_role_check CHECK (role IN ('admin', 'editor', 'approver', 'viewer')),
    CONSTRAINT workspace_members_user_id_fkey FOREIGN KEY(user_id) REFERENCES users (id),
    CONSTRAINT workspace_members_workspace_id_fkey FOREIGN KEY(workspace_id) REFERENCES workspaces (id),
    CONSTRAINT workspace_members_workspace_id_user_id_key UNIQUE (workspace_id, user_id)
);

COMMENT ON TABLE workspace_members IS 'A person''s role in a workspace.';

CREATE INDEX idx_ws_members_user ON workspace_members (user_id);

CREATE TABLE content (
    id UUID NOT NULL,
    workspace_id UUID NOT NULL,
    original_text TEXT NOT NULL,
    adapted_versions JSONB DEFAULT '{}' NOT NULL,
    media JSONB DEFAULT '[]' NOT NULL,
    content_type VARCHAR(50),
    strategy VARCHAR(50),
    language VARCHAR(20),
    template_id UUID,
    campaign_id UUID,
    ai_generated BOOLEAN DEFAULT false NOT NULL,
    status VARCHAR(20) DEFAULT 'draft' NOT NULL,
    created_by UUID,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    version INTEGER DEFAULT 1 NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT content_pkey PRIMARY KEY (id),
    CONSTRAINT content_adapted_versions_check CHECK (jsonb_typeof(adapted_versions) = 'object'),
    CONSTRAINT content_media_check CHECK (jsonb_typeof(media) = 'array'),
    CONSTRAINT content_status_check CHECK (status IN ('draft', 'ready', 'archived')),
    CONSTRAINT content_created_by_fkey FOREIGN KEY(created_by) REFERENCES users (id),
    CONSTRAINT content_template_id_fkey FOREIGN KEY(template_id) REFERENCES templates (id) ON DELETE SET NULL (template_id),
    CONSTRAINT content_workspace_id_campaign_id_fkey FOREIGN KEY(workspace_id, campaign_id) REFERENCES campaigns (workspace_id, id) ON DELETE SET NULL (campaign_id),
    CONSTRAINT content_workspace_id_fkey FOREIGN KEY(workspace_id) REFERENCES workspaces (id),
    CONSTRAINT content_workspace_id_id_key UNIQUE (workspace_id, id)
);

COMMENT ON TABLE content IS 'A text with its media, and how it reads on each network.';

CREATE INDEX idx_content_campaign ON content (campaign_id) WHERE campaign_id IS NOT NULL;

CREATE INDEX idx_content_status ON content (status, workspace_id, id);

CREATE INDEX idx_content_template ON content (template_id) WHERE template_id IS NOT NULL;

CREATE INDEX idx_content_ws ON content (workspace_id, created_at, id);

CREATE TABLE recurring_post_connections (
    workspace_id UUID NOT NULL,
    recurring_post_id UUID NOT NULL,
    connection_id UUID NOT NULL,
    CONSTRAINT recurring_post_connections_pkey PRIMARY KEY (recurring_post_id, connection_id),
    CONSTRAINT recurring_post_connections_connection_fkey FOREIGN KEY(workspace_id, connection_id) REFERENCES platform_connections (workspace_id, id) ON DELETE CASCADE,
    CONSTRAINT recurring_post_connections_recurring_post_fkey FOREIGN KEY(workspace_id, recurring_post_id) REFERENCES recurring_posts (workspace_id, id) ON DELETE CASCADE,
    CONSTRAINT recurring_post_connections_workspace_id_fkey FOREIGN KEY(workspace_id) REFERENCES workspaces (id)
);

COMMENT ON TABLE recurring_post_connections IS 'The accounts a recurring post goes to.';

CREATE INDEX idx_recurring_connections ON recurring_post_connections (connection_id, workspace_id);

CREATE TABLE webhook_deliveries (
    id UUID NOT NULL,
    workspace_id UUID NOT NULL,
    webhook_id UUID NOT NULL,
    event VARCHAR(100) NOT NULL,
    payload JSONB NOT NULL,
    status VARCHAR(20) DEFAULT 'pending' NOT NULL,
    response_status INTEGER,
    attempts INTEGER DEFAULT 0 NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT webhook_deliveries_pkey PRIMARY KEY (id),
    CONSTRAINT webhook_deliveries_payload_check CHECK (jsonb_typeof(payload) = 'object'),
    CONSTRAINT webhook_deliveries_status_check CHECK (status IN ('pending', 'delivered', 'failed', 'cancelled')),
    CONSTRAINT webhook_deliveries_attempts_check CHECK (attempts >= 0),
    CONSTRAINT webhook_deliveries_workspace_id_webhook_id_fkey FOREIGN KEY(workspace_id, webhook_id) REFERENCES webhooks (workspace_id, id) ON DELETE CASCADE,
    CONSTRAINT webhook_deliveries_workspace_id_fkey FOREIGN KEY(workspace_id) REFERENCES workspaces (id)
);

COMMENT ON TABLE webhook_deliveries IS 'One event on its way to one webhook.';

CREATE INDEX idx_deliveries_webhook ON webhook_deliveries (webhook_id, workspace_id, created_at);

CREATE TABLE publications (
    id UUID NOT NULL,
    workspace_id UUID NOT NULL,
    content_id UUID NOT NULL,
    status VARCHAR(20) DEFAULT 'scheduled' NOT NULL,
    priority VARCHAR(20) DEFAULT 'normal' NOT NULL,
    mode VARCHAR(10) DEFAULT 'live' NOT NULL,
    scheduled_at TIMESTAMP WITH TIME ZONE NOT NULL,
    late_policy VARCHAR(10) DEFAULT 'send' NOT NULL,
    late_after_minutes INTEGER,
    approval_status VARCHAR(20),
    approved_by UUID,
    created_by UUID,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    version INTEGER DEFAULT 1 NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT publications_pkey PRIMARY KEY (id),
    CONSTRAINT publications_approval_status_check CHECK (approval_status IN ('pending', 'approved', 'rejected')),
    CONSTRAINT publications_skip_after_check CHECK (late_policy <> 'skip' OR late_after_minutes IS NOT NULL),
    CONSTRAINT publications_late_policy_check CHECK (late_policy IN ('send', 'skip', 'ask')),
    CONSTRAINT publications_mode_check CHECK (mode IN ('live', 'test')),
    CONSTRAINT publications_priority_check CHECK (priority IN ('normal', 'high', 'low')),
    CONSTRAINT publications_status_check CHECK (status IN ('scheduled', 'publishing', 'published', 'partially_published', 'failed', 'cancelled', 'missed', 'needs_review')),
    CONSTRAINT publications_late_after_minutes_check CHECK (late_after_minutes >= 0),
    CONSTRAINT publications_approved_by_fkey FOREIGN KEY(approved_by) REFERENCES users (id),
    CONSTRAINT publications_created_by_fkey FOREIGN KEY(created_by) REFERENCES users (id),
    CONSTRAINT publications_workspace_id_content_id_fkey FOREIGN KEY(workspace_id, content_id) REFERENCES content (workspace_id, id),
    CONSTRAINT publications_workspace_id_fkey FOREIGN KEY(workspace_id) REFERENCES workspaces (id),
    CONSTRAINT publications_workspace_id_id_key UNIQUE (workspace_id, id)
);

COMMENT ON TABLE publications IS 'Content that is to go out at a time, to one or more accounts.';

CREATE INDEX idx_pub_content ON publications (content_id, workspace_id);

CREATE INDEX idx_pub_scheduled ON publications (scheduled_at) WHERE status = 'scheduled';

CREATE INDEX idx_pub_status ON publications (status, workspace_id, scheduled_at, id);

CREATE INDEX idx_pub_test ON publications (workspace_id, id) WHERE mode = 'test';

CREATE INDEX idx_pub_ws ON publications (workspace_id, scheduled_at, id);

CREATE TABLE publication_platforms (
    id UUID NOT NULL,
    workspace_id UUID NOT NULL,
    publication_id UUID NOT NULL,
    connection_id UUID NOT NULL,
    platform VARCHAR(50) NOT NULL,
    status VARCHAR(20) DEFAULT 'pending' NOT NULL,
    intent_at TIMESTAMP WITH TIME ZONE,
    platform_post_id TEXT,
    url TEXT,
    published_at TIMESTAMP WITH TIME ZONE,
    error_code VARCHAR(100),
    error_message TEXT,
    retry_count INTEGER DEFAULT 0 NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT publication_platforms_pkey PRIMARY KEY (id),
    CONSTRAINT publication_platforms_status_check CHECK (status IN ('pending', 'publishing', 'published', 'failed', 'unknown', 'cancelled', 'skipped', 'held')),
    CONSTRAINT publication_platforms_retry_count_check CHECK (retry_count >= 0),
    CONSTRAINT publication_platforms_workspace_id_connection_id_fkey FOREIGN KEY(workspace_id, connection_id) REFERENCES platform_connections (workspace_id, id),
    CONSTRAINT publication_platforms_workspace_id_publication_id_fkey FOREIGN KEY(workspace_id, publication_id) REFERENCES publications (workspace_id, id),
    CONSTRAINT publication_platforms_workspace_id_fkey FOREIGN KEY(workspace_id) REFERENCES workspaces (id),
    CONSTRAINT publication_platforms_workspace_id_id_key UNIQUE (workspace_id, id),
    CONSTRAINT publication_platforms_connection_key UNIQUE (workspace_id, publication_id, connection_id)
);

COMMENT ON TABLE publication_platforms IS 'A publication on one account: its state and where it can be seen.';

CREATE INDEX idx_pub_platforms_connection ON publication_platforms (connection_id, workspace_id, published_at);

CREATE TABLE dispatches (
    publication_platform_id UUID NOT NULL,
    workspace_id UUID NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE NOT NULL,
    priority SMALLINT DEFAULT 1 NOT NULL,
    fence BIGINT DEFAULT 0 NOT NULL,
    lease_until TIMESTAMP WITH TIME ZONE,
    CONSTRAINT dispatches_pkey PRIMARY KEY (publication_platform_id),
    CONSTRAINT dispatches_fence_check CHECK (fence >= 0),
    CONSTRAINT dispatches_priority_check CHECK (priority BETWEEN 0 AND 2),
    CONSTRAINT dispatches_workspace_id_publication_platform_id_fkey FOREIGN KEY(workspace_id, publication_platform_id) REFERENCES publication_platforms (workspace_id, id) ON DELETE CASCADE,
    CONSTRAINT dispatches_workspace_id_fkey FOREIGN KEY(workspace_id) REFERENCES workspaces (id)
)
 WITH (fillfactor = 70);

COMMENT ON TABLE dispatches IS 'What is still to be done: narrow rows that ticks claim and that their end deletes.';

CREATE INDEX idx_dispatches_claim ON dispatches (priority, due_at);

CREATE INDEX idx_dispatches_ws ON dispatches (workspace_id, publication_platform_id);

CREATE TABLE publication_attempts (
    id UUID NOT NULL,
    workspace_id UUID NOT NULL,
    publication_platform_id UUID NOT NULL,
    number INTEGER NOT NULL,
    fence BIGINT NOT NULL,
    status VARCHAR(20) DEFAULT 'claimed' NOT NULL,
    reconciles BOOLEAN DEFAULT false NOT NULL,
    prepared JSONB,
    claimed_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    prepared_at TIMESTAMP WITH TIME ZONE,
    sending_at TIMESTAMP WITH TIME ZONE,
    finished_at TIMESTAMP WITH TIME ZONE,
    error_code VARCHAR(100),
    error_message TEXT,
    remote_id TEXT,
    url TEXT,
    CONSTRAINT publication_attempts_pkey PRIMARY KEY (id),
    CONSTRAINT publication_attempts_status_check CHECK (status IN ('claimed', 'prepared', 'sending', 'published', 'rejected', 'not_sent', 'unknown', 'abandoned')),
    CONSTRAINT publication_attempts_number_check CHECK (number >= 1),
    CONSTRAINT publication_attempts_publication_platform_fkey FOREIGN KEY(workspace_id, publication_platform_id) REFERENCES publication_platforms (workspace_id, id),
    CONSTRAINT publication_attempts_workspace_id_fkey FOREIGN KEY(workspace_id) REFERENCES workspaces (id),
    CONSTRAINT publication_attempts_number_key UNIQUE (workspace_id, publication_platform_id, number)
);

COMMENT ON TABLE publication_attempts IS 'The ledger of tries: appended to and carried forward, never deleted.';

ALTER TABLE ab_tests ENABLE ROW LEVEL SECURITY;

ALTER TABLE ab_tests FORCE ROW LEVEL SECURITY;

ALTER TABLE api_keys ENABLE ROW LEVEL SECURITY;

ALTER TABLE api_keys FORCE ROW LEVEL SECURITY;

ALTER TABLE brand_voices ENABLE ROW LEVEL SECURITY;

ALTER TABLE brand_voices FORCE ROW LEVEL SECURITY;

ALTER TABLE campaigns ENABLE ROW LEVEL SECURITY;

ALTER TABLE campaigns FORCE ROW LEVEL SECURITY;

ALTER TABLE content ENABLE ROW LEVEL SECURITY;

ALTER TABLE content FORCE ROW LEVEL SECURITY;

ALTER TABLE dispatches ENABLE ROW LEVEL SECURITY;

ALTER TABLE dispatches FORCE ROW LEVEL SECURITY;

ALTER TABLE media ENABLE ROW LEVEL SECURITY;

ALTER TABLE media FORCE ROW LEVEL SECURITY;

ALTER TABLE organization_members ENABLE ROW LEVEL SECURITY;

ALTER TABLE organization_members FORCE ROW LEVEL SECURITY;

ALTER TABLE organizations ENABLE ROW LEVEL SECURITY;

ALTER TABLE organizations FORCE ROW LEVEL SECURITY;

ALTER TABLE outbox_events ENABLE ROW LEVEL SECURITY;

ALTER TABLE outbox_events FORCE ROW LEVEL SECURITY;

ALTER TABLE platform_connections ENABLE ROW LEVEL SECURITY;

ALTER TABLE platform_connections FORCE ROW LEVEL SECURITY;

ALTER TABLE publication_attempts ENABLE ROW LEVEL SECURITY;

ALTER TABLE publication_attempts FORCE ROW LEVEL SECURITY;

ALTER TABLE publication_platforms ENABLE ROW LEVEL SECURITY;

ALTER TABLE publication_platforms FORCE ROW LEVEL SECURITY;

ALTER TABLE publications ENABLE ROW LEVEL SECURITY;

ALTER TABLE publications FORCE ROW LEVEL SECURITY;

ALTER TABLE recurring_post_connections ENABLE ROW LEVEL SECURITY;

ALTER TABLE recurring_post_connections FORCE ROW LEVEL SECURITY;

ALTER TABLE recurring_posts ENABLE ROW LEVEL SECURITY;

ALTER TABLE recurring_posts FORCE ROW LEVEL SECURITY;

ALTER TABLE templates ENABLE ROW LEVEL SECURITY;

ALTER TABLE templates FORCE ROW LEVEL SECURITY;

ALTER TABLE users ENABLE ROW LEVEL SECURITY;

ALTER TABLE users FORCE ROW LEVEL SECURITY;

ALTER TABLE webhook_deliveries ENABLE ROW LEVEL SECURITY;

ALTER TABLE webhook_deliveries FORCE ROW LEVEL SECURITY;

ALTER TABLE webhooks ENABLE ROW LEVEL SECURITY;

ALTER TABLE webhooks FORCE ROW LEVEL SECURITY;

ALTER TABLE workspace_keys ENABLE ROW LEVEL SECURITY;

ALTER TABLE workspace_keys FORCE ROW LEVEL SECURITY;

ALTER TABLE workspace_members ENABLE ROW LEVEL SECURITY;

ALTER TABLE workspace_members FORCE ROW LEVEL SECURITY;

ALTER TABLE workspaces ENABLE ROW LEVEL SECURITY;

ALTER TABLE workspaces FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON ab_tests AS PERMISSIVE FOR ALL TO lamplighter_app USING ((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid));

CREATE POLICY lookup ON api_keys AS PERMISSIVE FOR SELECT TO lamplighter_lookup USING (true);

CREATE POLICY tenant ON api_keys AS PERMISSIVE FOR ALL TO lamplighter_app USING ((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON brand_voices AS PERMISSIVE FOR ALL TO lamplighter_app USING ((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON campaigns AS PERMISSIVE FOR ALL TO lamplighter_app USING ((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON content AS PERMISSIVE FOR ALL TO lamplighter_app USING ((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid)) WITH CHECK (((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) AND ((template_id IS NULL) OR (EXISTS ( SELECT FROM templates t WHERE (t.id = content.template_id))))));

CREATE POLICY dispatcher_leases ON dispatches AS PERMISSIVE FOR UPDATE TO lamplighter_dispatcher USING (true);

CREATE POLICY dispatcher_reads ON dispatches AS PERMISSIVE FOR SELECT TO lamplighter_dispatcher USING (true);

CREATE POLICY tenant ON dispatches AS PERMISSIVE FOR ALL TO lamplighter_app USING ((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON media AS PERMISSIVE FOR ALL TO lamplighter_app USING ((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid));

CREATE POLICY lookup ON organization_members AS PERMISSIVE FOR SELECT TO lamplighter_lookup USING (true);

CREATE POLICY own ON organization_members AS PERMISSIVE FOR ALL TO lamplighter_app USING ((organization_id = (NULLIF(current_setting('app.organization_id'::text, true), ''::text))::uuid));

CREATE POLICY own ON organizations AS PERMISSIVE FOR ALL TO lamplighter_app USING ((id = (NULLIF(current_setting('app.organization_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON outbox_events AS PERMISSIVE FOR ALL TO lamplighter_app USING ((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON platform_connections AS PERMISSIVE FOR ALL TO lamplighter_app USING ((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON publication_attempts AS PERMISSIVE FOR ALL TO lamplighter_app USING ((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON publication_platforms AS PERMISSIVE FOR ALL TO lamplighter_app USING ((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON publications AS PERMISSIVE FOR ALL TO lamplighter_app USING ((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON recurring_post_connections AS PERMISSIVE FOR ALL TO lamplighter_app USING ((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON recurring_posts AS PERMISSIVE FOR ALL TO lamplighter_app USING ((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid));

CREATE POLICY system ON templates AS PERMISSIVE FOR SELECT TO lamplighter_app USING ((workspace_id IS NULL));

CREATE POLICY tenant ON templates AS PERMISSIVE FOR ALL TO lamplighter_app USING ((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid));

CREATE POLICY own ON users AS PERMISSIVE FOR ALL TO lamplighter_app USING ((id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON webhook_deliveries AS PERMISSIVE FOR ALL TO lamplighter_app USING ((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON webhooks AS PERMISSIVE FOR ALL TO lamplighter_app USING ((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant ON workspace_keys AS PERMISSIVE FOR ALL TO lamplighter_app USING ((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid));

CREATE POLICY lookup ON workspace_members AS PERMISSIVE FOR SELECT TO lamplighter_lookup USING (true);

CREATE POLICY tenant ON workspace_members AS PERMISSIVE FOR ALL TO lamplighter_app USING ((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid));

CREATE POLICY changed ON workspaces AS PERMISSIVE FOR UPDATE TO lamplighter_app USING (((id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) OR (organization_id = (NULLIF(current_setting('app.organization_id'::text, true), ''::text))::uuid)));

CREATE POLICY founded ON workspaces AS PERMISSIVE FOR INSERT TO lamplighter_app WITH CHECK ((organization_id = (NULLIF(current_setting('app.organization_id'::text, true), ''::text))::uuid));

CREATE POLICY lookup ON workspaces AS PERMISSIVE FOR SELECT TO lamplighter_lookup USING (true);

CREATE POLICY visible ON workspaces AS PERMISSIVE FOR SELECT TO lamplighter_app USING (((id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) OR (organization_id = (NULLIF(current_setting('app.organization_id'::text, true), ''::text))::uuid)));

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

SET LOCAL ROLE lamplighter_lookup;

GRANT EXECUTE ON FUNCTION my_workspaces() TO lamplighter_app;

SET LOCAL ROLE lamplighter_owner;

GRANT USAGE ON SCHEMA sandbox TO lamplighter_sandbox;

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE ab_tests TO lamplighter_app;

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE api_keys TO lamplighter_app;

GRANT SELECT (connection_ids, expires_at, id, key_hash, permissions, revoked_at, type, workspace_id) ON TABLE api_keys TO lamplighter_lookup;

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE brand_voices TO lamplighter_app;

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE campaigns TO lamplighter_app;

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE content TO lamplighter_app;

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE dispatches TO lamplighter_app;

GRANT SELECT, UPDATE (fence, lease_until) ON TABLE dispatches TO lamplighter_dispatcher;

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE media TO lamplighter_app;

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE organization_members TO lamplighter_app;

GRANT SELECT (joined_at, organization_id, role, user_id) ON TABLE organization_members TO lamplighter_lookup;

GRANT INSERT, SELECT, UPDATE ON TABLE organizations TO lamplighter_app;

GRANT INSERT, SELECT ON TABLE outbox_events TO lamplighter_app;

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE platform_connections TO lamplighter_app;

GRANT INSERT, SELECT, UPDATE (error_code, error_message, finished_at, prepared, prepared_at, remote_id, sending_at, status, url) ON TABLE publication_attempts TO lamplighter_app;

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE publication_platforms TO lamplighter_app;

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE publications TO lamplighter_app;

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE recurring_post_connections TO lamplighter_app;

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE recurring_posts TO lamplighter_app;

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE sandbox.calls TO lamplighter_sandbox;

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE sandbox.faults TO lamplighter_sandbox;

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE sandbox.media TO lamplighter_sandbox;

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE sandbox.posts TO lamplighter_sandbox;

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE templates TO lamplighter_app;

GRANT INSERT, SELECT, UPDATE ON TABLE users TO lamplighter_app;

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE webhook_deliveries TO lamplighter_app;

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE webhooks TO lamplighter_app;

GRANT DELETE, INSERT, SELECT, UPDATE (retired_at, wrapped_key) ON TABLE workspace_keys TO lamplighter_app;

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE workspace_members TO lamplighter_app;

GRANT SELECT (joined_at, role, user_id, workspace_id) ON TABLE workspace_members TO lamplighter_lookup;

GRANT INSERT, SELECT, UPDATE (industry, name, settings, slug, updated_at, version) ON TABLE workspaces TO lamplighter_app;

GRANT SELECT (id, name, organization_id, slug) ON TABLE workspaces TO lamplighter_lookup;

INSERT INTO alembic_version (version_num) VALUES ('0001') RETURNING alembic_version.version_num;

COMMIT;
