"""Foundation."""

# ruff: noqa: E501, PLR0915  # SQL as the catalog spells it, one step after the other
import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.execute(
        "DO $$ BEGIN CREATE ROLE lamplighter_owner NOLOGIN NOINHERIT; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
    )
    op.execute(
        "DO $$ BEGIN CREATE ROLE lamplighter_lookup NOLOGIN NOINHERIT; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
    )
    op.execute(
        "DO $$ BEGIN CREATE ROLE lamplighter_dispatcher NOLOGIN NOINHERIT; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
    )
    op.execute(
        "DO $$ BEGIN CREATE ROLE lamplighter_app LOGIN NOINHERIT; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
    )
    op.execute(
        "DO $$ BEGIN CREATE ROLE lamplighter_publish_due LOGIN NOINHERIT; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
    )
    op.execute(
        "DO $$ BEGIN CREATE ROLE lamplighter_sandbox LOGIN NOINHERIT; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
    )
    op.execute("GRANT lamplighter_dispatcher TO lamplighter_publish_due")
    op.execute("GRANT lamplighter_lookup TO lamplighter_owner")
    op.execute("GRANT lamplighter_owner TO CURRENT_USER")
    op.execute(
        "DO $$ BEGIN EXECUTE 'GRANT CREATE ON DATABASE ' || quote_ident(current_database()) || ' TO lamplighter_owner'; END $$"
    )
    op.execute("GRANT CREATE ON SCHEMA public TO lamplighter_owner, lamplighter_lookup")
    op.execute("ALTER TABLE alembic_version OWNER TO lamplighter_owner")
    op.execute("SET LOCAL ROLE lamplighter_owner")
    op.execute("CREATE SCHEMA sandbox")
    op.create_table(
        "calls",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("idempotency_key", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("post_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("calls_pkey")),
        schema="sandbox",
        comment="Every call the sandbox network received, and what it did with it.",
    )
    op.create_index(
        "idx_sandbox_calls_account", "calls", ["account", "received_at"], unique=False, schema="sandbox"
    )
    op.create_index("idx_sandbox_calls_post", "calls", ["post_id"], unique=False, schema="sandbox")
    op.create_index("idx_sandbox_calls_received", "calls", ["received_at"], unique=False, schema="sandbox")
    op.create_table(
        "faults",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("latency_ms", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("fault", sa.Text(), nullable=True),
        sa.Column("remaining", sa.Integer(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("latency_ms >= 0", name=op.f("faults_latency_ms_check")),
        sa.CheckConstraint("remaining >= 0", name=op.f("faults_remaining_check")),
        sa.PrimaryKeyConstraint("account", name=op.f("faults_pkey")),
        schema="sandbox",
        comment="The latency and faults switched on for an account ('*': for all).",
    )
    op.create_table(
        "media",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("mime", sa.Text(), nullable=False),
        sa.Column("bytes", sa.LargeBinary(), nullable=True),
        sa.Column("byte_size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("byte_size >= 0", name=op.f("media_byte_size_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("media_pkey")),
        schema="sandbox",
        comment="An image uploaded to the sandbox network.",
    )
    op.create_table(
        "posts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("handle", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column(
            "media",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            server_default=sa.text("'[]'"),
            nullable=False,
        ),
        sa.Column("idempotency_key", sa.Text(), nullable=True),
        sa.Column("reply_to", sa.Uuid(), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("jsonb_typeof(media) = 'array'", name=op.f("posts_media_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("posts_pkey")),
        sa.UniqueConstraint("account", "idempotency_key", name=op.f("posts_account_idempotency_key_key")),
        schema="sandbox",
        comment="A post the sandbox network accepted.",
    )
    op.create_index("idx_sandbox_posts_accepted", "posts", ["accepted_at"], unique=False, schema="sandbox")
    op.create_index(
        "idx_sandbox_posts_account", "posts", ["account", "accepted_at"], unique=False, schema="sandbox"
    )
    op.create_table(
        "users",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.String(length=255), nullable=False),
        sa.Column("email_verified", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("password_hash", sa.String(length=255), nullable=True),
        sa.Column("name", sa.String(length=255), nullable=True),
        sa.Column("avatar_url", sa.String(length=512), nullable=True),
        sa.Column("timezone", sa.String(length=50), server_default="UTC", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("email = lower(email)", name=op.f("users_email_lower_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("users_pkey")),
        sa.UniqueConstraint("email", name=op.f("users_email_key")),
        comment="A person, known by a lower-case e-mail address; kept as a tombstone when deleted.",
    )
    op.create_index("idx_users_email", "users", ["email"], unique=False)
    op.create_table(
        "organizations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("slug", sa.String(length=100), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("plan_id", sa.String(length=50), server_default="starter", nullable=False),
        sa.Column("billing_status", sa.String(length=20), server_default="active", nullable=False),
        sa.Column("stripe_customer_id", sa.String(length=100), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "billing_status IN ('active', 'trialing', 'past_due', 'unpaid', 'incomplete', 'incomplete_expired', 'paused', 'canceled')",
            name=op.f("organizations_billing_status_check"),
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("organizations_owner_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("organizations_pkey")),
        sa.UniqueConstraint("slug", name=op.f("organizations_slug_key")),
        sa.UniqueConstraint("stripe_customer_id", name=op.f("organizations_stripe_customer_id_key")),
        comment="Who pays: a plan, a state of billing and the workspaces under it.",
    )
    op.create_index("idx_org_owner", "organizations", ["owner_id"], unique=False)
    op.create_table(
        "organization_members",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("invited_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "role IN ('owner', 'admin', 'billing', 'member')", name=op.f("organization_members_role_check")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("organization_members_organization_id_fkey")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("organization_members_user_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("organization_members_pkey")),
        sa.UniqueConstraint(
            "organization_id", "user_id", name=op.f("organization_members_organization_id_user_id_key")
        ),
        comment="A person's role in an organization; owners and admins administer all its workspaces.",
    )
    op.create_index("idx_org_members_user", "organization_members", ["user_id"], unique=False)
    op.create_table(
        "workspaces",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("slug", sa.String(length=100), nullable=False),
        sa.Column("industry", sa.String(length=50), nullable=True),
        sa.Column(
            "settings",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("jsonb_typeof(settings) = 'object'", name=op.f("workspaces_settings_check")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("workspaces_organization_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("workspaces_pkey")),
        sa.UniqueConstraint("organization_id", "slug", name=op.f("workspaces_organization_id_slug_key")),
        comment="The tenant: everything else belongs to one, and row level security keeps them apart.",
    )
    op.create_index("idx_ws_org", "workspaces", ["organization_id"], unique=False)
    op.create_table(
        "ab_tests",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("platform", sa.String(length=50), nullable=False),
        sa.Column("test_type", sa.String(length=20), nullable=False),
        sa.Column("variants", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("status", sa.String(length=20), server_default="draft", nullable=False),
        sa.Column("winner_id", sa.String(length=100), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "status IN ('draft', 'running', 'completed', 'cancelled')", name=op.f("ab_tests_status_check")
        ),
        sa.CheckConstraint(
            "test_type IN ('text', 'media', 'timing', 'hashtags')", name=op.f("ab_tests_test_type_check")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("ab_tests_workspace_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("ab_tests_pkey")),
        comment="Variants of a post on one network, and which of them won.",
    )
    op.create_index("idx_ab_tests_ws", "ab_tests", ["workspace_id", "id"], unique=False)
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("key_hash", sa.String(length=255), nullable=False),
        sa.Column("pepper_version", sa.Integer(), nullable=False),
        sa.Column("key_prefix", sa.String(length=20), nullable=False),
        sa.Column("type", sa.String(length=10), server_default="live", nullable=False),
        sa.Column(
            "permissions", sa.ARRAY(sa.String(length=50)), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.Column("connection_ids", sa.ARRAY(sa.Uuid()), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "permissions <@ ARRAY['workspaces:read', 'workspaces:write', 'members:read', 'members:write', 'content:read', 'content:write', 'media:read', 'media:write', 'templates:read', 'templates:write', 'brand_voices:read', 'brand_voices:write', 'connections:read', 'connections:write', 'publications:read', 'publications:write', 'campaigns:read', 'campaigns:write', 'ab_tests:read', 'ab_tests:write', 'recurring_posts:read', 'recurring_posts:write', 'analytics:read', 'analytics:write', 'api_keys:read', 'api_keys:write', 'webhooks:read', 'webhooks:write']::varchar[]",
            name=op.f("api_keys_permissions_check"),
        ),
        sa.CheckConstraint("type IN ('live', 'test')", name=op.f("api_keys_type_check")),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name=op.f("api_keys_created_by_fkey")),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("api_keys_workspace_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("api_keys_pkey")),
        sa.UniqueConstraint("key_hash", name=op.f("api_keys_key_hash_key")),
        comment="A program's key, stored as an HMAC under a versioned pepper, and what it may do.",
    )
    op.create_index("idx_api_keys_ws", "api_keys", ["workspace_id", "id"], unique=False)
    op.create_table(
        "brand_voices",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("config", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("jsonb_typeof(config) = 'object'", name=op.f("brand_voices_config_check")),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=op.f("brand_voices_workspace_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("brand_voices_pkey")),
        sa.UniqueConstraint("workspace_id", name=op.f("brand_voices_workspace_id_key")),
        comment="How a workspace sounds: one configuration for what is generated.",
    )
    op.create_table(
        "campaigns",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("type", sa.String(length=50), nullable=False),
        sa.Column("start_date", sa.Date(), nullable=False),
        sa.Column("end_date", sa.Date(), nullable=True),
        sa.Column("channels", sa.ARRAY(sa.String(length=50)), nullable=True),
        sa.Column("status", sa.String(length=20), server_default="draft", nullable=False),
        sa.Column("metrics", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "status IN ('draft', 'active', 'paused', 'completed', 'archived')",
            name=op.f("campaigns_status_check"),
        ),
        sa.CheckConstraint("end_date >= start_date", name=op.f("campaigns_dates_check")),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=op.f("campaigns_workspace_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("campaigns_pkey")),
        sa.UniqueConstraint("workspace_id", "id", name=op.f("campaigns_workspace_id_id_key")),
        comment="Content that belongs together, over a span of days.",
    )
    op.create_index("idx_camp_dates", "campaigns", ["start_date", "end_date"], unique=False)
    op.create_index("idx_camp_ws", "campaigns", ["workspace_id", "start_date"], unique=False)
    op.create_table(
        "media",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(length=20), server_default="pending", nullable=False),
        sa.Column("object_key", sa.Text(), nullable=False),
        sa.Column("file_name", sa.String(length=255), nullable=True),
        sa.Column("mime", sa.String(length=100), nullable=True),
        sa.Column("byte_size", sa.BigInteger(), nullable=True),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("rejection", sa.Text(), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("status IN ('pending', 'ready', 'rejected')", name=op.f("media_status_check")),
        sa.CheckConstraint("byte_size >= 0", name=op.f("media_byte_size_check")),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name=op.f("media_created_by_fkey")),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("media_workspace_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("media_pkey")),
        sa.UniqueConstraint("object_key", name=op.f("media_object_key_key")),
        sa.UniqueConstraint("workspace_id", "id", name=op.f("media_workspace_id_id_key")),
        comment="An uploaded file: where its bytes lie and what they were found to be.",
    )
    op.create_table(
        "outbox_events",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.String(length=100), nullable=False),
        sa.Column("payload", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("jsonb_typeof(payload) = 'object'", name=op.f("outbox_events_payload_check")),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=op.f("outbox_events_workspace_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("outbox_events_pkey")),
        comment="A domain event that is still to be relayed.",
    )
    op.create_index("idx_outbox_ws", "outbox_events", ["workspace_id"], unique=False)
    op.create_table(
        "platform_connections",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("platform", sa.String(length=50), nullable=False),
        sa.Column("base_url", sa.Text(), nullable=False),
        sa.Column("access_token", sa.Text(), nullable=False),
        sa.Column("refresh_token", sa.Text(), nullable=True),
        sa.Column("token_expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refresh_lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("scopes", postgresql.ARRAY(sa.String(length=100)), nullable=True),
        sa.Column("platform_username", sa.String(length=255), nullable=True),
        sa.Column("display_name", sa.String(length=255), nullable=True),
        sa.Column("channel_id", sa.String(length=255), nullable=True),
        sa.Column(
            "limits",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column("status", sa.String(length=20), server_default="active", nullable=False),
        sa.Column("error_code", sa.String(length=100), nullable=True),
        sa.Column("error_message", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("jsonb_typeof(limits) = 'object'", name=op.f("platform_connections_limits_check")),
        sa.CheckConstraint(
            "status IN ('active', 'needs_reconnect', 'disconnected')",
            name=op.f("platform_connections_status_check"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=op.f("platform_connections_workspace_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("platform_connections_pkey")),
        sa.UniqueConstraint("workspace_id", "id", name=op.f("platform_connections_workspace_id_id_key")),
        sa.UniqueConstraint(
            "workspace_id",
            "platform",
            "base_url",
            "channel_id",
            name="platform_connections_account_key",
            postgresql_nulls_not_distinct=True,
        ),
        comment="An account on a network, its tokens sealed with the workspace's key.",
    )
    op.create_table(
        "recurring_posts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("schedule_type", sa.String(length=20), nullable=False),
        sa.Column(
            "schedule_config", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column("content_type", sa.String(length=20), nullable=False),
        sa.Column("platforms", sa.ARRAY(sa.String(length=50)), nullable=True),
        sa.Column("status", sa.String(length=20), server_default="active", nullable=False),
        sa.Column("next_run_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("run_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "content_type IN ('fixed', 'rotation', 'template', 'generated')",
            name=op.f("recurring_posts_content_type_check"),
        ),
        sa.CheckConstraint(
            "jsonb_typeof(schedule_config) = 'object'", name=op.f("recurring_posts_schedule_config_check")
        ),
        sa.CheckConstraint(
            "schedule_type IN ('daily', 'weekly', 'monthly', 'cron', 'rrule')",
            name=op.f("recurring_posts_schedule_type_check"),
        ),
        sa.CheckConstraint(
            "status IN ('active', 'paused', 'completed')", name=op.f("recurring_posts_status_check")
        ),
        sa.CheckConstraint("run_count >= 0", name=op.f("recurring_posts_run_count_check")),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=op.f("recurring_posts_workspace_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("recurring_posts_pkey")),
        sa.UniqueConstraint("workspace_id", "id", name=op.f("recurring_posts_workspace_id_id_key")),
        comment="A rule that makes a publication at each of its occurrences.",
    )
    op.create_index(
        "idx_recurring_next",
        "recurring_posts",
        ["next_run_at"],
        unique=False,
        postgresql_where=sa.text("status = 'active'"),
    )
    op.create_table(
        "templates",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("category", sa.String(length=100), nullable=True),
        sa.Column("platforms", sa.ARRAY(sa.String(length=50)), nullable=True),
        sa.Column("variables", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("structure", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("is_system", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "is_system = (workspace_id IS NULL)", name=op.f("templates_system_or_owned_check")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=op.f("templates_workspace_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("templates_pkey")),
        comment="A reusable shape of content; without a workspace it is the system's, for all to read.",
    )
    op.create_index("idx_templates_ws", "templates", ["workspace_id", "id"], unique=False)
    op.create_table(
        "webhooks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("url", sa.String(length=512), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("previous_secret", sa.Text(), nullable=True),
        sa.Column("previous_secret_expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("events", sa.ARRAY(sa.String(length=100)), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("status", sa.String(length=20), server_default="active", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("status IN ('active', 'disabled')", name=op.f("webhooks_status_check")),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("webhooks_workspace_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("webhooks_pkey")),
        sa.UniqueConstraint("workspace_id", "id", name=op.f("webhooks_workspace_id_id_key")),
        comment="An address that is told of events, its secret sealed, for a while the last one too.",
    )
    op.create_table(
        "workspace_keys",
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=op.f("workspace_keys_workspace_id_fkey")
        ),
        sa.PrimaryKeyConstraint("workspace_id", "version", name=op.f("workspace_keys_pkey")),
        comment="A workspace's data keys, each wrapped by KMS; deleting them destroys what they sealed.",
    )
    op.create_table(
        "workspace_members",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("invited_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "role IN ('admin', 'editor', 'approver', 'viewer')", name=op.f("workspace_members_role_check")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("workspace_members_user_id_fkey")),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=op.f("workspace_members_workspace_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("workspace_members_pkey")),
        sa.UniqueConstraint(
            "workspace_id", "user_id", name=op.f("workspace_members_workspace_id_user_id_key")
        ),
        comment="A person's role in a workspace.",
    )
    op.create_index("idx_ws_members_user", "workspace_members", ["user_id"], unique=False)
    op.create_table(
        "content",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("original_text", sa.Text(), nullable=False),
        sa.Column(
            "adapted_versions",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column(
            "media",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            server_default=sa.text("'[]'"),
            nullable=False,
        ),
        sa.Column("content_type", sa.String(length=50), nullable=True),
        sa.Column("strategy", sa.String(length=50), nullable=True),
        sa.Column("language", sa.String(length=20), nullable=True),
        sa.Column("template_id", sa.Uuid(), nullable=True),
        sa.Column("campaign_id", sa.Uuid(), nullable=True),
        sa.Column("ai_generated", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("status", sa.String(length=20), server_default="draft", nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "jsonb_typeof(adapted_versions) = 'object'", name=op.f("content_adapted_versions_check")
        ),
        sa.CheckConstraint("jsonb_typeof(media) = 'array'", name=op.f("content_media_check")),
        sa.CheckConstraint("status IN ('draft', 'ready', 'archived')", name=op.f("content_status_check")),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name=op.f("content_created_by_fkey")),
        sa.ForeignKeyConstraint(
            ["template_id"],
            ["templates.id"],
            name=op.f("content_template_id_fkey"),
            ondelete="SET NULL (template_id)",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "campaign_id"],
            ["campaigns.workspace_id", "campaigns.id"],
            name=op.f("content_workspace_id_campaign_id_fkey"),
            ondelete="SET NULL (campaign_id)",
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("content_workspace_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("content_pkey")),
        sa.UniqueConstraint("workspace_id", "id", name=op.f("content_workspace_id_id_key")),
        comment="A text with its media, and how it reads on each network.",
    )
    op.create_index(
        "idx_content_campaign",
        "content",
        ["campaign_id"],
        unique=False,
        postgresql_where=sa.text("campaign_id IS NOT NULL"),
    )
    op.create_index("idx_content_status", "content", ["status", "workspace_id", "id"], unique=False)
    op.create_index(
        "idx_content_template",
        "content",
        ["template_id"],
        unique=False,
        postgresql_where=sa.text("template_id IS NOT NULL"),
    )
    op.create_index("idx_content_ws", "content", ["workspace_id", "created_at", "id"], unique=False)
    op.create_table(
        "recurring_post_connections",
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("recurring_post_id", sa.Uuid(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "connection_id"],
            ["platform_connections.workspace_id", "platform_connections.id"],
            name="recurring_post_connections_connection_fkey",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "recurring_post_id"],
            ["recurring_posts.workspace_id", "recurring_posts.id"],
            name="recurring_post_connections_recurring_post_fkey",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=op.f("recurring_post_connections_workspace_id_fkey")
        ),
        sa.PrimaryKeyConstraint(
            "recurring_post_id", "connection_id", name=op.f("recurring_post_connections_pkey")
        ),
        comment="The accounts a recurring post goes to.",
    )
    op.create_index(
        "idx_recurring_connections",
        "recurring_post_connections",
        ["connection_id", "workspace_id"],
        unique=False,
    )
    op.create_table(
        "webhook_deliveries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("webhook_id", sa.Uuid(), nullable=False),
        sa.Column("event", sa.String(length=100), nullable=False),
        sa.Column("payload", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("status", sa.String(length=20), server_default="pending", nullable=False),
        sa.Column("response_status", sa.Integer(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("jsonb_typeof(payload) = 'object'", name=op.f("webhook_deliveries_payload_check")),
        sa.CheckConstraint(
            "status IN ('pending', 'delivered', 'failed', 'cancelled')",
            name=op.f("webhook_deliveries_status_check"),
        ),
        sa.CheckConstraint("attempts >= 0", name=op.f("webhook_deliveries_attempts_check")),
        sa.ForeignKeyConstraint(
            ["workspace_id", "webhook_id"],
            ["webhooks.workspace_id", "webhooks.id"],
            name=op.f("webhook_deliveries_workspace_id_webhook_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=op.f("webhook_deliveries_workspace_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("webhook_deliveries_pkey")),
        comment="One event on its way to one webhook.",
    )
    op.create_index(
        "idx_deliveries_webhook",
        "webhook_deliveries",
        ["webhook_id", "workspace_id", "created_at"],
        unique=False,
    )
    op.create_table(
        "publications",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("content_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(length=20), server_default="scheduled", nullable=False),
        sa.Column("priority", sa.String(length=20), server_default="normal", nullable=False),
        sa.Column("mode", sa.String(length=10), server_default="live", nullable=False),
        sa.Column("scheduled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("late_policy", sa.String(length=10), server_default="send", nullable=False),
        sa.Column("late_after_minutes", sa.Integer(), nullable=True),
        sa.Column("approval_status", sa.String(length=20), nullable=True),
        sa.Column("approved_by", sa.Uuid(), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "approval_status IN ('pending', 'approved', 'rejected')",
            name=op.f("publications_approval_status_check"),
        ),
        sa.CheckConstraint(
            "late_policy <> 'skip' OR late_after_minutes IS NOT NULL",
            name=op.f("publications_skip_after_check"),
        ),
        sa.CheckConstraint(
            "late_policy IN ('send', 'skip', 'ask')", name=op.f("publications_late_policy_check")
        ),
        sa.CheckConstraint("mode IN ('live', 'test')", name=op.f("publications_mode_check")),
        sa.CheckConstraint("priority IN ('normal', 'high', 'low')", name=op.f("publications_priority_check")),
        sa.CheckConstraint(
            "status IN ('scheduled', 'publishing', 'published', 'partially_published', 'failed', 'cancelled', 'missed', 'needs_review')",
            name=op.f("publications_status_check"),
        ),
        sa.CheckConstraint("late_after_minutes >= 0", name=op.f("publications_late_after_minutes_check")),
        sa.ForeignKeyConstraint(["approved_by"], ["users.id"], name=op.f("publications_approved_by_fkey")),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name=op.f("publications_created_by_fkey")),
        sa.ForeignKeyConstraint(
            ["workspace_id", "content_id"],
            ["content.workspace_id", "content.id"],
            name=op.f("publications_workspace_id_content_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=op.f("publications_workspace_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("publications_pkey")),
        sa.UniqueConstraint("workspace_id", "id", name=op.f("publications_workspace_id_id_key")),
        comment="Content that is to go out at a time, to one or more accounts.",
    )
    op.create_index("idx_pub_content", "publications", ["content_id", "workspace_id"], unique=False)
    op.create_index(
        "idx_pub_scheduled",
        "publications",
        ["scheduled_at"],
        unique=False,
        postgresql_where=sa.text("status = 'scheduled'"),
    )
    op.create_index(
        "idx_pub_status", "publications", ["status", "workspace_id", "scheduled_at", "id"], unique=False
    )
    op.create_index(
        "idx_pub_test",
        "publications",
        ["workspace_id", "id"],
        unique=False,
        postgresql_where=sa.text("mode = 'test'"),
    )
    op.create_index("idx_pub_ws", "publications", ["workspace_id", "scheduled_at", "id"], unique=False)
    op.create_table(
        "publication_platforms",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("publication_id", sa.Uuid(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("platform", sa.String(length=50), nullable=False),
        sa.Column("status", sa.String(length=20), server_default="pending", nullable=False),
        sa.Column("intent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("platform_post_id", sa.Text(), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error_code", sa.String(length=100), nullable=True),
        sa.Column("error_message", sa.Text(), nullable=True),
        sa.Column("retry_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "status IN ('pending', 'publishing', 'published', 'failed', 'unknown', 'cancelled', 'skipped', 'held')",
            name=op.f("publication_platforms_status_check"),
        ),
        sa.CheckConstraint("retry_count >= 0", name=op.f("publication_platforms_retry_count_check")),
        sa.ForeignKeyConstraint(
            ["workspace_id", "connection_id"],
            ["platform_connections.workspace_id", "platform_connections.id"],
            name=op.f("publication_platforms_workspace_id_connection_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "publication_id"],
            ["publications.workspace_id", "publications.id"],
            name=op.f("publication_platforms_workspace_id_publication_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=op.f("publication_platforms_workspace_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("publication_platforms_pkey")),
        sa.UniqueConstraint("workspace_id", "id", name=op.f("publication_platforms_workspace_id_id_key")),
        sa.UniqueConstraint(
            "workspace_id", "publication_id", "connection_id", name="publication_platforms_connection_key"
        ),
        comment="A publication on one account: its state and where it can be seen.",
    )
    op.create_index(
        "idx_pub_platforms_connection",
        "publication_platforms",
        ["connection_id", "workspace_id", "published_at"],
        unique=False,
    )
    op.create_table(
        "dispatches",
        sa.Column("publication_platform_id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("priority", sa.SmallInteger(), server_default=sa.text("1"), nullable=False),
        sa.Column("fence", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("fence >= 0", name=op.f("dispatches_fence_check")),
        sa.CheckConstraint("priority BETWEEN 0 AND 2", name=op.f("dispatches_priority_check")),
        sa.ForeignKeyConstraint(
            ["workspace_id", "publication_platform_id"],
            ["publication_platforms.workspace_id", "publication_platforms.id"],
            name=op.f("dispatches_workspace_id_publication_platform_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=op.f("dispatches_workspace_id_fkey")
        ),
        sa.PrimaryKeyConstraint("publication_platform_id", name=op.f("dispatches_pkey")),
        comment="What is still to be done: narrow rows that ticks claim and that their end deletes.",
        postgresql_with={"fillfactor": 70},
    )
    op.create_index("idx_dispatches_claim", "dispatches", ["priority", "due_at"], unique=False)
    op.create_index(
        "idx_dispatches_ws", "dispatches", ["workspace_id", "publication_platform_id"], unique=False
    )
    op.create_table(
        "publication_attempts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("publication_platform_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(length=20), server_default="claimed", nullable=False),
        sa.Column("reconciles", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("prepared", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("claimed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("prepared_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sending_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error_code", sa.String(length=100), nullable=True),
        sa.Column("error_message", sa.Text(), nullable=True),
        sa.Column("remote_id", sa.Text(), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "status IN ('claimed', 'prepared', 'sending', 'published', 'rejected', 'not_sent', 'unknown', 'abandoned')",
            name=op.f("publication_attempts_status_check"),
        ),
        sa.CheckConstraint("number >= 1", name=op.f("publication_attempts_number_check")),
        sa.ForeignKeyConstraint(
            ["workspace_id", "publication_platform_id"],
            ["publication_platforms.workspace_id", "publication_platforms.id"],
            name="publication_attempts_publication_platform_fkey",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=op.f("publication_attempts_workspace_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("publication_attempts_pkey")),
        sa.UniqueConstraint(
            "workspace_id", "publication_platform_id", "number", name="publication_attempts_number_key"
        ),
        comment="The ledger of tries: appended to and carried forward, never deleted.",
    )
    op.execute("ALTER TABLE ab_tests ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE ab_tests FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE api_keys ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE api_keys FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE brand_voices ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE brand_voices FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE campaigns ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE campaigns FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE content ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE content FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE dispatches ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE dispatches FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE media ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE media FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE organization_members ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE organization_members FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE organizations ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE organizations FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE outbox_events ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE outbox_events FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE platform_connections ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE platform_connections FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE publication_attempts ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE publication_attempts FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE publication_platforms ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE publication_platforms FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE publications ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE publications FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE recurring_post_connections ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE recurring_post_connections FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE recurring_posts ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE recurring_posts FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE templates ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE templates FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE users ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE users FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE webhook_deliveries ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE webhook_deliveries FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE webhooks ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE webhooks FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE workspace_keys ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE workspace_keys FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE workspace_members ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE workspace_members FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE workspaces ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE workspaces FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY tenant ON ab_tests AS PERMISSIVE FOR ALL TO lamplighter_app USING ((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid))"
    )
    op.execute("CREATE POLICY lookup ON api_keys AS PERMISSIVE FOR SELECT TO lamplighter_lookup USING (true)")
    op.execute(
        "CREATE POLICY tenant ON api_keys AS PERMISSIVE FOR ALL TO lamplighter_app USING ((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid))"
    )
    op.execute(
        "CREATE POLICY tenant ON brand_voices AS PERMISSIVE FOR ALL TO lamplighter_app USING ((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid))"
    )
    op.execute(
        "CREATE POLICY tenant ON campaigns AS PERMISSIVE FOR ALL TO lamplighter_app USING ((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid))"
    )
    op.execute(
        "CREATE POLICY tenant ON content AS PERMISSIVE FOR ALL TO lamplighter_app USING ((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid)) WITH CHECK (((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) AND ((template_id IS NULL) OR (EXISTS ( SELECT FROM templates t WHERE (t.id = content.template_id))))))"
    )
    op.execute(
        "CREATE POLICY dispatcher_leases ON dispatches AS PERMISSIVE FOR UPDATE TO lamplighter_dispatcher USING (true)"
    )
    op.execute(
        "CREATE POLICY dispatcher_reads ON dispatches AS PERMISSIVE FOR SELECT TO lamplighter_dispatcher USING (true)"
    )
    op.execute(
        "CREATE POLICY tenant ON dispatches AS PERMISSIVE FOR ALL TO lamplighter_app USING ((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid))"
    )
    op.execute(
        "CREATE POLICY tenant ON media AS PERMISSIVE FOR ALL TO lamplighter_app USING ((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid))"
    )
    op.execute(
        "CREATE POLICY lookup ON organization_members AS PERMISSIVE FOR SELECT TO lamplighter_lookup USING (true)"
    )
    op.execute(
        "CREATE POLICY own ON organization_members AS PERMISSIVE FOR ALL TO lamplighter_app USING ((organization_id = (NULLIF(current_setting('app.organization_id'::text, true), ''::text))::uuid))"
    )
    op.execute(
        "CREATE POLICY own ON organizations AS PERMISSIVE FOR ALL TO lamplighter_app USING ((id = (NULLIF(current_setting('app.organization_id'::text, true), ''::text))::uuid))"
    )
    op.execute(
        "CREATE POLICY tenant ON outbox_events AS PERMISSIVE FOR ALL TO lamplighter_app USING ((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid))"
    )
    op.execute(
        "CREATE POLICY tenant ON platform_connections AS PERMISSIVE FOR ALL TO lamplighter_app USING ((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid))"
    )
    op.execute(
        "CREATE POLICY tenant ON publication_attempts AS PERMISSIVE FOR ALL TO lamplighter_app USING ((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid))"
    )
    op.execute(
        "CREATE POLICY tenant ON publication_platforms AS PERMISSIVE FOR ALL TO lamplighter_app USING ((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid))"
    )
    op.execute(
        "CREATE POLICY tenant ON publications AS PERMISSIVE FOR ALL TO lamplighter_app USING ((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid))"
    )
    op.execute(
        "CREATE POLICY tenant ON recurring_post_connections AS PERMISSIVE FOR ALL TO lamplighter_app USING ((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid))"
    )
    op.execute(
        "CREATE POLICY tenant ON recurring_posts AS PERMISSIVE FOR ALL TO lamplighter_app USING ((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid))"
    )
    op.execute(
        "CREATE POLICY system ON templates AS PERMISSIVE FOR SELECT TO lamplighter_app USING ((workspace_id IS NULL))"
    )
    op.execute(
        "CREATE POLICY tenant ON templates AS PERMISSIVE FOR ALL TO lamplighter_app USING ((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid))"
    )
    op.execute(
        "CREATE POLICY own ON users AS PERMISSIVE FOR ALL TO lamplighter_app USING ((id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid))"
    )
    op.execute(
        "CREATE POLICY tenant ON webhook_deliveries AS PERMISSIVE FOR ALL TO lamplighter_app USING ((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid))"
    )
    op.execute(
        "CREATE POLICY tenant ON webhooks AS PERMISSIVE FOR ALL TO lamplighter_app USING ((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid))"
    )
    op.execute(
        "CREATE POLICY tenant ON workspace_keys AS PERMISSIVE FOR ALL TO lamplighter_app USING ((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid))"
    )
    op.execute(
        "CREATE POLICY lookup ON workspace_members AS PERMISSIVE FOR SELECT TO lamplighter_lookup USING (true)"
    )
    op.execute(
        "CREATE POLICY tenant ON workspace_members AS PERMISSIVE FOR ALL TO lamplighter_app USING ((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid))"
    )
    op.execute(
        "CREATE POLICY changed ON workspaces AS PERMISSIVE FOR UPDATE TO lamplighter_app USING (((id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) OR (organization_id = (NULLIF(current_setting('app.organization_id'::text, true), ''::text))::uuid)))"
    )
    op.execute(
        "CREATE POLICY founded ON workspaces AS PERMISSIVE FOR INSERT TO lamplighter_app WITH CHECK ((organization_id = (NULLIF(current_setting('app.organization_id'::text, true), ''::text))::uuid))"
    )
    op.execute(
        "CREATE POLICY lookup ON workspaces AS PERMISSIVE FOR SELECT TO lamplighter_lookup USING (true)"
    )
    op.execute(
        "CREATE POLICY visible ON workspaces AS PERMISSIVE FOR SELECT TO lamplighter_app USING (((id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) OR (organization_id = (NULLIF(current_setting('app.organization_id'::text, true), ''::text))::uuid)))"
    )
    op.execute("SET LOCAL ROLE lamplighter_lookup")
    op.execute(
        """
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
    $function$
        """
    )
    op.execute("REVOKE ALL ON FUNCTION authenticate_key(text[]) FROM PUBLIC")
    op.execute("SET LOCAL ROLE lamplighter_owner")
    op.execute("SET LOCAL ROLE lamplighter_lookup")
    op.execute(
        """
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
    $function$
        """
    )
    op.execute("REVOKE ALL ON FUNCTION my_workspaces() FROM PUBLIC")
    op.execute("SET LOCAL ROLE lamplighter_owner")
    op.execute("SET LOCAL ROLE lamplighter_lookup")
    op.execute("GRANT EXECUTE ON FUNCTION authenticate_key(text[]) TO lamplighter_app")
    op.execute("SET LOCAL ROLE lamplighter_owner")
    op.execute("SET LOCAL ROLE lamplighter_lookup")
    op.execute("GRANT EXECUTE ON FUNCTION my_workspaces() TO lamplighter_app")
    op.execute("SET LOCAL ROLE lamplighter_owner")
    op.execute("GRANT USAGE ON SCHEMA sandbox TO lamplighter_sandbox")
    op.execute("GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE ab_tests TO lamplighter_app")
    op.execute("GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE api_keys TO lamplighter_app")
    op.execute(
        "GRANT SELECT (connection_ids, expires_at, id, key_hash, permissions, revoked_at, type, workspace_id) ON TABLE api_keys TO lamplighter_lookup"
    )
    op.execute("GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE brand_voices TO lamplighter_app")
    op.execute("GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE campaigns TO lamplighter_app")
    op.execute("GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE content TO lamplighter_app")
    op.execute("GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE dispatches TO lamplighter_app")
    op.execute("GRANT SELECT, UPDATE (fence, lease_until) ON TABLE dispatches TO lamplighter_dispatcher")
    op.execute("GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE media TO lamplighter_app")
    op.execute("GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE organization_members TO lamplighter_app")
    op.execute(
        "GRANT SELECT (joined_at, organization_id, role, user_id) ON TABLE organization_members TO lamplighter_lookup"
    )
    op.execute("GRANT INSERT, SELECT, UPDATE ON TABLE organizations TO lamplighter_app")
    op.execute("GRANT INSERT, SELECT ON TABLE outbox_events TO lamplighter_app")
    op.execute("GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE platform_connections TO lamplighter_app")
    op.execute(
        "GRANT INSERT, SELECT, UPDATE (error_code, error_message, finished_at, prepared, prepared_at, remote_id, sending_at, status, url) ON TABLE publication_attempts TO lamplighter_app"
    )
    op.execute("GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE publication_platforms TO lamplighter_app")
    op.execute("GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE publications TO lamplighter_app")
    op.execute("GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE recurring_post_connections TO lamplighter_app")
    op.execute("GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE recurring_posts TO lamplighter_app")
    op.execute("GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE sandbox.calls TO lamplighter_sandbox")
    op.execute("GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE sandbox.faults TO lamplighter_sandbox")
    op.execute("GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE sandbox.media TO lamplighter_sandbox")
    op.execute("GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE sandbox.posts TO lamplighter_sandbox")
    op.execute("GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE templates TO lamplighter_app")
    op.execute("GRANT INSERT, SELECT, UPDATE ON TABLE users TO lamplighter_app")
    op.execute("GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE webhook_deliveries TO lamplighter_app")
    op.execute("GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE webhooks TO lamplighter_app")
    op.execute(
        "GRANT DELETE, INSERT, SELECT, UPDATE (retired_at, wrapped_key) ON TABLE workspace_keys TO lamplighter_app"
    )
    op.execute("GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE workspace_members TO lamplighter_app")
    op.execute(
        "GRANT SELECT (joined_at, role, user_id, workspace_id) ON TABLE workspace_members TO lamplighter_lookup"
    )
    op.execute(
        "GRANT INSERT, SELECT, UPDATE (industry, name, settings, slug, updated_at, version) ON TABLE workspaces TO lamplighter_app"
    )
    op.execute("GRANT SELECT (id, name, organization_id, slug) ON TABLE workspaces TO lamplighter_lookup")


def downgrade() -> None:
    op.execute("SET LOCAL ROLE lamplighter_owner")
    op.execute("SET LOCAL ROLE lamplighter_lookup")
    op.execute("DROP FUNCTION authenticate_key(text[])")
    op.execute("SET LOCAL ROLE lamplighter_owner")
    op.execute("SET LOCAL ROLE lamplighter_lookup")
    op.execute("DROP FUNCTION my_workspaces()")
    op.execute("SET LOCAL ROLE lamplighter_owner")
    op.drop_table("publication_attempts")
    op.drop_index("idx_dispatches_ws", table_name="dispatches")
    op.drop_index("idx_dispatches_claim", table_name="dispatches")
    op.drop_table("dispatches")
    op.drop_index("idx_pub_platforms_connection", table_name="publication_platforms")
    op.drop_table("publication_platforms")
    op.drop_index("idx_pub_ws", table_name="publications")
    op.drop_index("idx_pub_test", table_name="publications", postgresql_where=sa.text("mode = 'test'"))
    op.drop_index("idx_pub_status", table_name="publications")
    op.drop_index(
        "idx_pub_scheduled", table_name="publications", postgresql_where=sa.text("status = 'scheduled'")
    )
    op.drop_index("idx_pub_content", table_name="publications")
    op.drop_table("publications")
    op.drop_index("idx_deliveries_webhook", table_name="webhook_deliveries")
    op.drop_table("webhook_deliveries")
    op.drop_index("idx_recurring_connections", table_name="recurring_post_connections")
    op.drop_table("recurring_post_connections")
    op.drop_index("idx_content_ws", table_name="content")
    op.drop_index(
        "idx_content_template", table_name="content", postgresql_where=sa.text("template_id IS NOT NULL")
    )
    op.drop_index("idx_content_status", table_name="content")
    op.drop_index(
        "idx_content_campaign", table_name="content", postgresql_where=sa.text("campaign_id IS NOT NULL")
    )
    op.drop_table("content")
    op.drop_index("idx_ws_members_user", table_name="workspace_members")
    op.drop_table("workspace_members")
    op.drop_table("workspace_keys")
    op.drop_table("webhooks")
    op.drop_index("idx_templates_ws", table_name="templates")
    op.drop_table("templates")
    op.drop_index(
        "idx_recurring_next", table_name="recurring_posts", postgresql_where=sa.text("status = 'active'")
    )
    op.drop_table("recurring_posts")
    op.drop_table("platform_connections")
    op.drop_index("idx_outbox_ws", table_name="outbox_events")
    op.drop_table("outbox_events")
    op.drop_table("media")
    op.drop_index("idx_camp_ws", table_name="campaigns")
    op.drop_index("idx_camp_dates", table_name="campaigns")
    op.drop_table("campaigns")
    op.drop_table("brand_voices")
    op.drop_index("idx_api_keys_ws", table_name="api_keys")
    op.drop_table("api_keys")
    op.drop_index("idx_ab_tests_ws", table_name="ab_tests")
    op.drop_table("ab_tests")
    op.drop_index("idx_ws_org", table_name="workspaces")
    op.drop_table("workspaces")
    op.drop_index("idx_org_members_user", table_name="organization_members")
    op.drop_table("organization_members")
    op.drop_index("idx_org_owner", table_name="organizations")
    op.drop_table("organizations")
    op.drop_index("idx_users_email", table_name="users")
    op.drop_table("users")
    op.drop_index("idx_sandbox_posts_account", table_name="posts", schema="sandbox")
    op.drop_index("idx_sandbox_posts_accepted", table_name="posts", schema="sandbox")
    op.drop_table("posts", schema="sandbox")
    op.drop_table("media", schema="sandbox")
    op.drop_table("faults", schema="sandbox")
    op.drop_index("idx_sandbox_calls_received", table_name="calls", schema="sandbox")
    op.drop_index("idx_sandbox_calls_post", table_name="calls", schema="sandbox")
    op.drop_index("idx_sandbox_calls_account", table_name="calls", schema="sandbox")
    op.drop_table("calls", schema="sandbox")
    op.execute("DROP SCHEMA sandbox")
    op.execute("SET LOCAL ROLE NONE")
    op.execute("REVOKE CREATE ON SCHEMA public FROM lamplighter_owner, lamplighter_lookup")
    op.execute(
        "DO $$ BEGIN EXECUTE 'REVOKE CREATE ON DATABASE ' || quote_ident(current_database()) || ' FROM lamplighter_owner'; END $$"
    )
