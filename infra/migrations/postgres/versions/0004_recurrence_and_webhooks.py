"""recurrence and webhooks."""

# ruff: noqa: E501, PLR0915  # SQL as the catalog spells it, one step after the other
import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.execute(
        "DO $$ BEGIN CREATE ROLE lamplighter_spawner NOLOGIN NOINHERIT; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
    )
    op.execute(
        "DO $$ BEGIN CREATE ROLE lamplighter_relay NOLOGIN NOINHERIT; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
    )
    op.execute(
        "DO $$ BEGIN CREATE ROLE lamplighter_spawn_recurring LOGIN NOINHERIT; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
    )
    op.execute(
        "DO $$ BEGIN CREATE ROLE lamplighter_rezone_recurring LOGIN NOINHERIT; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
    )
    op.execute(
        "DO $$ BEGIN CREATE ROLE lamplighter_relay_outbox LOGIN NOINHERIT; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
    )
    op.execute("GRANT lamplighter_spawner TO lamplighter_spawn_recurring")
    op.execute("GRANT lamplighter_spawner, lamplighter_app TO lamplighter_rezone_recurring")
    op.execute("GRANT lamplighter_relay TO lamplighter_relay_outbox")
    op.execute("SET LOCAL ROLE lamplighter_owner")
    op.execute("ALTER TABLE mails DROP CONSTRAINT mails_kind_check")
    op.execute("ALTER TABLE publications DROP CONSTRAINT publications_late_policy_check")
    op.execute("REVOKE ALL ON TABLE outbox_events FROM lamplighter_app")
    op.execute("REVOKE ALL ON TABLE webhooks FROM lamplighter_rotator")
    op.execute("REVOKE ALL ON TABLE workspaces FROM lamplighter_mailer")
    op.create_unique_constraint(
        op.f("webhook_deliveries_workspace_id_id_key"), "webhook_deliveries", ["workspace_id", "id"]
    )
    op.create_table(
        "calendar_feeds",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("mode", sa.String(length=10), server_default="live", nullable=False),
        sa.Column("connection_ids", sa.ARRAY(sa.Uuid()), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("mode IN ('live', 'test')", name=op.f("calendar_feeds_mode_check")),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name=op.f("calendar_feeds_created_by_fkey")),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=op.f("calendar_feeds_workspace_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("calendar_feeds_pkey")),
        sa.UniqueConstraint("token_hash", name=op.f("calendar_feeds_token_hash_key")),
        comment="An address at which calendar programs read what goes out.",
    )
    op.create_index("idx_calendar_feeds_ws", "calendar_feeds", ["workspace_id", "id"], unique=False)
    op.create_table(
        "event_sequences",
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=op.f("event_sequences_workspace_id_fkey")
        ),
        sa.PrimaryKeyConstraint("workspace_id", "resource_id", name=op.f("event_sequences_pkey")),
        comment="How many events have told of a resource: what receivers put them in order by.",
        postgresql_with={"fillfactor": 70},
    )
    op.create_table(
        "events",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.String(length=100), nullable=False),
        sa.Column("resource_id", sa.Uuid(), nullable=True),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("mode", sa.String(length=10), nullable=False),
        sa.Column("connection_ids", sa.ARRAY(sa.Uuid()), nullable=True),
        sa.Column("campaign_id", sa.Uuid(), nullable=True),
        sa.Column("payload", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("endpoints", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("jsonb_typeof(payload) = 'object'", name=op.f("events_payload_check")),
        sa.CheckConstraint("mode IN ('live', 'test')", name=op.f("events_mode_check")),
        sa.CheckConstraint("endpoints >= 0", name=op.f("events_endpoints_check")),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("events_workspace_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("events_pkey")),
        sa.UniqueConstraint("workspace_id", "id", name=op.f("events_workspace_id_id_key")),
        comment="What has happened and was handed to the endpoints that want it; kept for 30 days.",
    )
    op.create_index("idx_events_created", "events", ["created_at"], unique=False)
    op.create_index("idx_events_ws", "events", ["workspace_id", "created_at", "id"], unique=False)
    op.create_table(
        "slot_plans",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=True),
        sa.Column("timezone", sa.String(length=50), nullable=False),
        sa.Column("weekly", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column(
            "quiet_hours",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            server_default=sa.text("'[]'"),
            nullable=False,
        ),
        sa.Column("min_gap_minutes", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("daily_cap", sa.SmallInteger(), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("jsonb_typeof(quiet_hours) = 'array'", name=op.f("slot_plans_quiet_hours_check")),
        sa.CheckConstraint("jsonb_typeof(weekly) = 'object'", name=op.f("slot_plans_weekly_check")),
        sa.CheckConstraint("daily_cap >= 1", name=op.f("slot_plans_daily_cap_check")),
        sa.CheckConstraint(
            "min_gap_minutes BETWEEN 0 AND 1440", name=op.f("slot_plans_min_gap_minutes_check")
        ),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name=op.f("slot_plans_created_by_fkey")),
        sa.ForeignKeyConstraint(["updated_by"], ["users.id"], name=op.f("slot_plans_updated_by_fkey")),
        sa.ForeignKeyConstraint(
            ["workspace_id", "connection_id"],
            ["platform_connections.workspace_id", "platform_connections.id"],
            name="slot_plans_connection_fkey",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=op.f("slot_plans_workspace_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("slot_plans_pkey")),
        sa.UniqueConstraint(
            "workspace_id", "connection_id", name="slot_plans_account_key", postgresql_nulls_not_distinct=True
        ),
        comment="The weekly times of a queue: of one account, or of all that have no plan of their own.",
    )
    op.create_table(
        "recurring_post_contents",
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("recurring_post_id", sa.Uuid(), nullable=False),
        sa.Column("content_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("variation_of", sa.Uuid(), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("uses", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint("position >= 0", name=op.f("recurring_post_contents_position_check")),
        sa.CheckConstraint("uses >= 0", name=op.f("recurring_post_contents_uses_check")),
        sa.ForeignKeyConstraint(
            ["workspace_id", "content_id"],
            ["content.workspace_id", "content.id"],
            name="recurring_post_contents_content_fkey",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "recurring_post_id"],
            ["recurring_posts.workspace_id", "recurring_posts.id"],
            name="recurring_post_contents_recurring_post_fkey",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=op.f("recurring_post_contents_workspace_id_fkey")
        ),
        sa.PrimaryKeyConstraint("recurring_post_id", "content_id", name=op.f("recurring_post_contents_pkey")),
        comment="What a recurring post posts: one content, or a pool in turns.",
    )
    op.create_index(
        "idx_recurring_contents", "recurring_post_contents", ["content_id", "workspace_id"], unique=False
    )
    op.create_table(
        "webhook_attempts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("delivery_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("duration_ms", sa.Integer(), nullable=False),
        sa.Column("status_code", sa.Integer(), nullable=True),
        sa.Column("response", sa.Text(), nullable=True),
        sa.Column("error_code", sa.String(length=100), nullable=True),
        sa.Column("manual", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.CheckConstraint("number >= 1", name=op.f("webhook_attempts_number_check")),
        sa.ForeignKeyConstraint(
            ["workspace_id", "delivery_id"],
            ["webhook_deliveries.workspace_id", "webhook_deliveries.id"],
            name=op.f("webhook_attempts_workspace_id_delivery_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=op.f("webhook_attempts_workspace_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("webhook_attempts_pkey")),
        sa.UniqueConstraint("delivery_id", "number", name=op.f("webhook_attempts_delivery_id_number_key")),
        comment="One try at a delivery: when, how long it took, and what the receiver said.",
    )
    op.create_table(
        "imported_events",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("mode", sa.String(length=10), server_default="live", nullable=False),
        sa.Column("uid", sa.String(length=255), nullable=False),
        sa.Column("publication_id", sa.Uuid(), nullable=True),
        sa.Column("recurring_post_id", sa.Uuid(), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("mode IN ('live', 'test')", name=op.f("imported_events_mode_check")),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name=op.f("imported_events_created_by_fkey")),
        sa.ForeignKeyConstraint(
            ["workspace_id", "publication_id"],
            ["publications.workspace_id", "publications.id"],
            name="imported_events_publication_fkey",
            ondelete="SET NULL (publication_id)",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "recurring_post_id"],
            ["recurring_posts.workspace_id", "recurring_posts.id"],
            name="imported_events_recurring_post_fkey",
            ondelete="SET NULL (recurring_post_id)",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=op.f("imported_events_workspace_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("imported_events_pkey")),
        sa.UniqueConstraint("workspace_id", "mode", "uid", name="imported_events_uid_key"),
        comment="An event of somebody's calendar file, and what was made of it: it is taken once.",
    )
    op.create_index(
        "idx_imported_events_publication", "imported_events", ["publication_id", "workspace_id"], unique=False
    )
    op.create_index(
        "idx_imported_events_recurring_post",
        "imported_events",
        ["recurring_post_id", "workspace_id"],
        unique=False,
    )
    op.create_table(
        "recurring_occurrences",
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("recurring_post_id", sa.Uuid(), nullable=False),
        sa.Column("local_time", sa.DateTime(), nullable=False),
        sa.Column("fold", sa.SmallInteger(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("moved", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("content_id", sa.Uuid(), nullable=True),
        sa.Column("status", sa.String(length=20), server_default="planned", nullable=False),
        sa.Column("code", sa.String(length=100), nullable=True),
        sa.Column("publication_id", sa.Uuid(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("counted", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "status <> 'made' OR made_at IS NOT NULL", name=op.f("recurring_occurrences_made_check")
        ),
        sa.CheckConstraint(
            "status IN ('planned', 'made', 'skipped', 'failed')",
            name=op.f("recurring_occurrences_status_check"),
        ),
        sa.CheckConstraint("fold IN (0, 1)", name=op.f("recurring_occurrences_fold_check")),
        sa.ForeignKeyConstraint(
            ["workspace_id", "content_id"],
            ["content.workspace_id", "content.id"],
            name="recurring_occurrences_content_fkey",
            ondelete="SET NULL (content_id)",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "publication_id"],
            ["publications.workspace_id", "publications.id"],
            name="recurring_occurrences_publication_fkey",
            ondelete="SET NULL (publication_id)",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "recurring_post_id"],
            ["recurring_posts.workspace_id", "recurring_posts.id"],
            name="recurring_occurrences_recurring_post_fkey",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=op.f("recurring_occurrences_workspace_id_fkey")
        ),
        sa.PrimaryKeyConstraint(
            "recurring_post_id", "local_time", "fold", name=op.f("recurring_occurrences_pkey")
        ),
        comment="One time at which a recurring post goes out, known by its original local time.",
    )
    op.create_index(
        "idx_occurrences_passing",
        "recurring_occurrences",
        ["recurring_post_id", "due_at"],
        unique=False,
        postgresql_where=sa.text("status IN ('planned', 'made') AND NOT counted"),
    )
    op.create_index(
        "idx_occurrences_planned",
        "recurring_occurrences",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("status = 'planned'"),
    )
    op.create_index(
        "idx_occurrences_publication",
        "recurring_occurrences",
        ["publication_id", "workspace_id"],
        unique=False,
        postgresql_where=sa.text("publication_id IS NOT NULL"),
    )
    op.create_index("idx_occurrences_ws", "recurring_occurrences", ["workspace_id", "due_at"], unique=False)
    op.add_column("mails", sa.Column("webhook_id", sa.Uuid(), nullable=True))
    op.add_column("outbox_events", sa.Column("resource_id", sa.Uuid(), nullable=True))
    op.add_column(
        "outbox_events", sa.Column("sequence", sa.BigInteger(), server_default=sa.text("0"), nullable=False)
    )
    op.add_column(
        "outbox_events", sa.Column("mode", sa.String(length=10), server_default="live", nullable=False)
    )
    op.add_column("outbox_events", sa.Column("connection_ids", sa.ARRAY(sa.Uuid()), nullable=True))
    op.add_column("outbox_events", sa.Column("campaign_id", sa.Uuid(), nullable=True))
    op.add_column("publications", sa.Column("recurring_post_id", sa.Uuid(), nullable=True))
    op.add_column(
        "publications", sa.Column("queued", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.create_index(
        "idx_pub_recurring",
        "publications",
        ["recurring_post_id", "scheduled_at"],
        unique=False,
        postgresql_where=sa.text("recurring_post_id IS NOT NULL"),
    )
    op.create_foreign_key(
        "publications_recurring_post_fkey",
        "publications",
        "recurring_posts",
        ["workspace_id", "recurring_post_id"],
        ["workspace_id", "id"],
        ondelete="SET NULL (recurring_post_id)",
    )
    op.add_column(
        "recurring_posts", sa.Column("timezone", sa.String(length=50), server_default="UTC", nullable=False)
    )
    op.add_column(
        "recurring_posts",
        sa.Column("minimum_gap_days", sa.Integer(), server_default=sa.text("0"), nullable=False),
    )
    op.add_column(
        "recurring_posts",
        sa.Column("misfire_policy", sa.String(length=20), server_default="run_once", nullable=False),
    )
    op.add_column(
        "recurring_posts",
        sa.Column("misfire_grace_minutes", sa.Integer(), server_default=sa.text("60"), nullable=False),
    )
    op.add_column("recurring_posts", sa.Column("needs_approval", sa.Boolean(), nullable=True))
    op.add_column(
        "recurring_posts",
        sa.Column("priority", sa.String(length=20), server_default="normal", nullable=False),
    )
    op.add_column(
        "recurring_posts", sa.Column("mode", sa.String(length=10), server_default="live", nullable=False)
    )
    op.add_column("recurring_posts", sa.Column("cursor_local", sa.DateTime(), nullable=True))
    op.add_column("recurring_posts", sa.Column("cursor_fold", sa.SmallInteger(), nullable=True))
    op.add_column(
        "recurring_posts",
        sa.Column("cursor_index", sa.Integer(), server_default=sa.text("0"), nullable=False),
    )
    op.add_column(
        "recurring_posts",
        sa.Column("visit_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
    )
    op.add_column("recurring_posts", sa.Column("created_by", sa.Uuid(), nullable=True))
    op.add_column("recurring_posts", sa.Column("updated_by", sa.Uuid(), nullable=True))
    op.create_index(
        "idx_recurring_timezone",
        "recurring_posts",
        ["timezone", "id"],
        unique=False,
        postgresql_where=sa.text("status = 'active'"),
    )
    op.create_index(
        "idx_recurring_visit",
        "recurring_posts",
        ["visit_at", "id"],
        unique=False,
        postgresql_where=sa.text("status = 'active'"),
    )
    op.create_index("idx_recurring_ws", "recurring_posts", ["workspace_id", "id"], unique=False)
    op.create_foreign_key(
        op.f("recurring_posts_updated_by_fkey"), "recurring_posts", "users", ["updated_by"], ["id"]
    )
    op.create_foreign_key(
        op.f("recurring_posts_created_by_fkey"), "recurring_posts", "users", ["created_by"], ["id"]
    )
    op.add_column("webhook_deliveries", sa.Column("event_id", sa.Uuid(), nullable=True))
    op.add_column("webhook_deliveries", sa.Column("error_code", sa.String(length=100), nullable=True))
    op.add_column(
        "webhook_deliveries",
        sa.Column("attempts_before", sa.Integer(), server_default=sa.text("0"), nullable=False),
    )
    op.add_column(
        "webhook_deliveries", sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.add_column(
        "webhook_deliveries",
        sa.Column("manual", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.add_column(
        "webhook_deliveries", sa.Column("turn", sa.Integer(), server_default=sa.text("0"), nullable=False)
    )
    op.add_column("webhook_deliveries", sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index("idx_deliveries_created", "webhook_deliveries", ["created_at"], unique=False)
    op.create_index(
        "idx_deliveries_due",
        "webhook_deliveries",
        ["webhook_id", "next_attempt_at"],
        unique=False,
        postgresql_where=sa.text("status = 'pending'"),
    )
    op.create_index("idx_deliveries_event", "webhook_deliveries", ["event_id", "workspace_id"], unique=False)
    op.create_unique_constraint(
        op.f("webhook_deliveries_webhook_id_event_id_key"), "webhook_deliveries", ["webhook_id", "event_id"]
    )
    op.create_foreign_key(
        op.f("webhook_deliveries_workspace_id_event_id_fkey"),
        "webhook_deliveries",
        "events",
        ["workspace_id", "event_id"],
        ["workspace_id", "id"],
        ondelete="CASCADE",
    )
    op.add_column("webhooks", sa.Column("description", sa.String(length=255), nullable=True))
    op.add_column("webhooks", sa.Column("connection_ids", sa.ARRAY(sa.Uuid()), nullable=True))
    op.add_column("webhooks", sa.Column("campaign_ids", sa.ARRAY(sa.Uuid()), nullable=True))
    op.add_column("webhooks", sa.Column("mode", sa.String(length=10), server_default="live", nullable=False))
    op.add_column("webhooks", sa.Column("headers_secret", sa.Text(), nullable=True))
    op.add_column(
        "webhooks",
        sa.Column(
            "header_names", sa.ARRAY(sa.String(length=100)), server_default=sa.text("'{}'"), nullable=False
        ),
    )
    op.add_column("webhooks", sa.Column("rate_per_minute", sa.Integer(), nullable=True))
    op.add_column("webhooks", sa.Column("disabled_because", sa.String(length=20), nullable=True))
    op.add_column("webhooks", sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("webhooks", sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("webhooks", sa.Column("created_by", sa.Uuid(), nullable=True))
    op.add_column("webhooks", sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "webhooks", sa.Column("failures", sa.Integer(), server_default=sa.text("0"), nullable=False)
    )
    op.add_column("webhooks", sa.Column("warned_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("webhooks", sa.Column("tat", sa.DateTime(timezone=True), nullable=True))
    op.add_column("webhooks", sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "webhooks", sa.Column("fence", sa.BigInteger(), server_default=sa.text("0"), nullable=False)
    )
    op.create_foreign_key(op.f("webhooks_created_by_fkey"), "webhooks", "users", ["created_by"], ["id"])
    op.execute("ALTER TABLE calendar_feeds ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE calendar_feeds FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE event_sequences ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE event_sequences FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE events ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE events FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE imported_events ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE imported_events FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE recurring_occurrences ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE recurring_occurrences FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE recurring_post_contents ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE recurring_post_contents FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE slot_plans ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE slot_plans FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE webhook_attempts ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE webhook_attempts FORCE ROW LEVEL SECURITY")
    op.execute(
        "ALTER TABLE mails ADD CONSTRAINT mails_kind_check CHECK (kind IN ('sign_up', 'reset_password', 'change_email', 'invitation', 'password_changed', 'email_changed', 'account_deleted', 'webhook_failing', 'webhook_disabled'))"
    )
    op.execute(
        "ALTER TABLE outbox_events ADD CONSTRAINT outbox_events_mode_check CHECK (mode IN ('live', 'test'))"
    )
    op.execute(
        "ALTER TABLE publications ADD CONSTRAINT publications_late_policy_check CHECK (late_policy IN ('send', 'skip', 'ask', 'latest'))"
    )
    op.execute(
        "ALTER TABLE recurring_posts ADD CONSTRAINT recurring_posts_cursor_check CHECK (((cursor_local IS NULL) = (cursor_fold IS NULL)))"
    )
    op.execute(
        "ALTER TABLE recurring_posts ADD CONSTRAINT recurring_posts_cursor_fold_check CHECK ((cursor_fold = ANY (ARRAY[0, 1])))"
    )
    op.execute(
        "ALTER TABLE recurring_posts ADD CONSTRAINT recurring_posts_cursor_index_check CHECK ((cursor_index >= 0))"
    )
    op.execute(
        "ALTER TABLE recurring_posts ADD CONSTRAINT recurring_posts_minimum_gap_days_check CHECK ((minimum_gap_days >= 0))"
    )
    op.execute(
        "ALTER TABLE recurring_posts ADD CONSTRAINT recurring_posts_misfire_grace_minutes_check CHECK ((misfire_grace_minutes >= 1))"
    )
    op.execute(
        "ALTER TABLE recurring_posts ADD CONSTRAINT recurring_posts_misfire_policy_check CHECK (misfire_policy IN ('run_once', 'skip', 'catch_up'))"
    )
    op.execute(
        "ALTER TABLE recurring_posts ADD CONSTRAINT recurring_posts_mode_check CHECK (mode IN ('live', 'test'))"
    )
    op.execute(
        "ALTER TABLE recurring_posts ADD CONSTRAINT recurring_posts_priority_check CHECK (priority IN ('normal', 'high', 'low'))"
    )
    op.execute(
        "ALTER TABLE webhook_deliveries ADD CONSTRAINT webhook_deliveries_attempts_before_check CHECK ((attempts_before >= 0))"
    )
    op.execute(
        "ALTER TABLE webhooks ADD CONSTRAINT webhooks_disabled_because_check CHECK (disabled_because IN ('person', 'failing', 'gone'))"
    )
    op.execute("ALTER TABLE webhooks ADD CONSTRAINT webhooks_failures_check CHECK ((failures >= 0))")
    op.execute("ALTER TABLE webhooks ADD CONSTRAINT webhooks_mode_check CHECK (mode IN ('live', 'test'))")
    op.execute(
        "ALTER TABLE webhooks ADD CONSTRAINT webhooks_rate_per_minute_check CHECK ((rate_per_minute >= 1))"
    )
    op.execute(
        "CREATE POLICY eraser ON calendar_feeds AS PERMISSIVE FOR ALL TO lamplighter_eraser USING (((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) AND (EXISTS ( SELECT FROM workspaces w WHERE (w.id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid)))))"
    )
    op.execute(
        "CREATE POLICY lookup ON calendar_feeds AS PERMISSIVE FOR SELECT TO lamplighter_lookup USING (true)"
    )
    op.execute(
        "CREATE POLICY tenant ON calendar_feeds AS PERMISSIVE FOR ALL TO lamplighter_app USING ((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid))"
    )
    op.execute(
        "CREATE POLICY accounts_count ON event_sequences AS PERMISSIVE FOR ALL TO lamplighter_accounts USING ((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid))"
    )
    op.execute(
        "CREATE POLICY eraser ON event_sequences AS PERMISSIVE FOR ALL TO lamplighter_eraser USING (((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) AND (EXISTS ( SELECT FROM workspaces w WHERE (w.id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid)))))"
    )
    op.execute(
        "CREATE POLICY spawner_counts ON event_sequences AS PERMISSIVE FOR ALL TO lamplighter_spawner USING (true)"
    )
    op.execute(
        "CREATE POLICY tenant ON event_sequences AS PERMISSIVE FOR ALL TO lamplighter_app USING ((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid))"
    )
    op.execute(
        "CREATE POLICY eraser ON events AS PERMISSIVE FOR ALL TO lamplighter_eraser USING (((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) AND (EXISTS ( SELECT FROM workspaces w WHERE (w.id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid)))))"
    )
    op.execute("CREATE POLICY pruner ON events AS PERMISSIVE FOR ALL TO lamplighter_pruner USING (true)")
    op.execute(
        "CREATE POLICY tenant ON events AS PERMISSIVE FOR ALL TO lamplighter_app USING ((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid))"
    )
    op.execute(
        "CREATE POLICY eraser ON imported_events AS PERMISSIVE FOR ALL TO lamplighter_eraser USING (((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) AND (EXISTS ( SELECT FROM workspaces w WHERE (w.id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid)))))"
    )
    op.execute(
        "CREATE POLICY tenant ON imported_events AS PERMISSIVE FOR ALL TO lamplighter_app USING ((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid))"
    )
    op.execute(
        "CREATE POLICY warns ON mails AS PERMISSIVE FOR INSERT TO lamplighter_app WITH CHECK (((((kind)::text = 'webhook_failing'::text) OR ((kind)::text = 'webhook_disabled'::text)) AND (invitation_id IS NULL) AND (EXISTS ( SELECT FROM webhooks w WHERE (w.id = mails.webhook_id))) AND (EXISTS ( SELECT FROM users u WHERE ((u.id = mails.user_id) AND ((u.email)::text = (mails.email)::text))))))"
    )
    op.execute(
        "CREATE POLICY accounts_tell ON outbox_events AS PERMISSIVE FOR INSERT TO lamplighter_accounts WITH CHECK (((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) AND ((type)::text = 'member.added'::text)))"
    )
    op.execute(
        "CREATE POLICY relay ON outbox_events AS PERMISSIVE FOR SELECT TO lamplighter_relay USING (true)"
    )
    op.execute(
        "CREATE POLICY spawner_tells ON outbox_events AS PERMISSIVE FOR INSERT TO lamplighter_spawner WITH CHECK ((((type)::text = 'recurring_post.completed'::text) OR ((type)::text = 'recurring_post.failed'::text)))"
    )
    op.execute(
        "CREATE POLICY eraser ON recurring_occurrences AS PERMISSIVE FOR ALL TO lamplighter_eraser USING (((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) AND (EXISTS ( SELECT FROM workspaces w WHERE (w.id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid)))))"
    )
    op.execute(
        "CREATE POLICY spawner ON recurring_occurrences AS PERMISSIVE FOR ALL TO lamplighter_spawner USING (true)"
    )
    op.execute(
        "CREATE POLICY tenant ON recurring_occurrences AS PERMISSIVE FOR ALL TO lamplighter_app USING ((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid))"
    )
    op.execute(
        "CREATE POLICY eraser ON recurring_post_contents AS PERMISSIVE FOR ALL TO lamplighter_eraser USING (((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) AND (EXISTS ( SELECT FROM workspaces w WHERE (w.id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid)))))"
    )
    op.execute(
        "CREATE POLICY tenant ON recurring_post_contents AS PERMISSIVE FOR ALL TO lamplighter_app USING ((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid))"
    )
    op.execute(
        "CREATE POLICY spawner_selects ON recurring_posts AS PERMISSIVE FOR SELECT TO lamplighter_spawner USING (true)"
    )
    op.execute(
        "CREATE POLICY spawner_updates ON recurring_posts AS PERMISSIVE FOR UPDATE TO lamplighter_spawner USING (true)"
    )
    op.execute(
        "CREATE POLICY eraser ON slot_plans AS PERMISSIVE FOR ALL TO lamplighter_eraser USING (((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) AND (EXISTS ( SELECT FROM workspaces w WHERE (w.id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid)))))"
    )
    op.execute(
        "CREATE POLICY tenant ON slot_plans AS PERMISSIVE FOR ALL TO lamplighter_app USING ((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid))"
    )
    op.execute(
        "CREATE POLICY eraser ON webhook_attempts AS PERMISSIVE FOR ALL TO lamplighter_eraser USING (((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) AND (EXISTS ( SELECT FROM workspaces w WHERE (w.id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid)))))"
    )
    op.execute(
        "CREATE POLICY tenant ON webhook_attempts AS PERMISSIVE FOR ALL TO lamplighter_app USING ((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid))"
    )
    op.execute(
        "CREATE POLICY pruner ON webhook_deliveries AS PERMISSIVE FOR ALL TO lamplighter_pruner USING (true)"
    )
    op.execute(
        "CREATE POLICY relay ON webhook_deliveries AS PERMISSIVE FOR SELECT TO lamplighter_relay USING (true)"
    )
    op.execute("CREATE POLICY mailer ON webhooks AS PERMISSIVE FOR SELECT TO lamplighter_mailer USING (true)")
    op.execute("CREATE POLICY relay ON webhooks AS PERMISSIVE FOR SELECT TO lamplighter_relay USING (true)")
    op.execute("SET LOCAL ROLE lamplighter_lookup")
    op.execute(
        """
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
    $function$
        """
    )
    op.execute("REVOKE ALL ON FUNCTION find_calendar_feed(text) FROM PUBLIC")
    op.execute("SET LOCAL ROLE lamplighter_owner")
    op.execute("SET LOCAL ROLE lamplighter_lookup")
    op.execute("GRANT EXECUTE ON FUNCTION find_calendar_feed(text) TO lamplighter_app")
    op.execute("SET LOCAL ROLE lamplighter_owner")
    op.execute("GRANT INSERT, SELECT, UPDATE (revoked_at) ON TABLE calendar_feeds TO lamplighter_app")
    op.execute("GRANT DELETE, SELECT (id, workspace_id) ON TABLE calendar_feeds TO lamplighter_eraser")
    op.execute(
        "GRANT SELECT (connection_ids, id, mode, name, revoked_at, token_hash, workspace_id) ON TABLE calendar_feeds TO lamplighter_lookup"
    )
    op.execute("GRANT INSERT, SELECT, UPDATE (sequence) ON TABLE event_sequences TO lamplighter_accounts")
    op.execute("GRANT INSERT, SELECT, UPDATE (sequence) ON TABLE event_sequences TO lamplighter_app")
    op.execute(
        "GRANT DELETE, SELECT (resource_id, workspace_id) ON TABLE event_sequences TO lamplighter_eraser"
    )
    op.execute("GRANT INSERT, SELECT, UPDATE (sequence) ON TABLE event_sequences TO lamplighter_spawner")
    op.execute("GRANT INSERT, SELECT, UPDATE (endpoints) ON TABLE events TO lamplighter_app")
    op.execute("GRANT DELETE, SELECT (id, workspace_id) ON TABLE events TO lamplighter_eraser")
    op.execute("GRANT DELETE, SELECT (created_at, id) ON TABLE events TO lamplighter_pruner")
    op.execute("GRANT INSERT, SELECT ON TABLE imported_events TO lamplighter_app")
    op.execute("GRANT DELETE, SELECT (id, workspace_id) ON TABLE imported_events TO lamplighter_eraser")
    op.execute("GRANT INSERT ON TABLE outbox_events TO lamplighter_accounts")
    op.execute("GRANT DELETE, INSERT, SELECT ON TABLE outbox_events TO lamplighter_app")
    op.execute("GRANT SELECT (created_at, workspace_id) ON TABLE outbox_events TO lamplighter_relay")
    op.execute("GRANT INSERT ON TABLE outbox_events TO lamplighter_spawner")
    op.execute("GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE recurring_occurrences TO lamplighter_app")
    op.execute(
        "GRANT DELETE, SELECT (fold, local_time, recurring_post_id, workspace_id) ON TABLE recurring_occurrences TO lamplighter_eraser"
    )
    op.execute(
        "GRANT INSERT, SELECT, UPDATE (code, counted, due_at, status) ON TABLE recurring_occurrences TO lamplighter_spawner"
    )
    op.execute("GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE recurring_post_contents TO lamplighter_app")
    op.execute(
        "GRANT DELETE, SELECT (content_id, recurring_post_id, workspace_id) ON TABLE recurring_post_contents TO lamplighter_eraser"
    )
    op.execute(
        "GRANT SELECT (cursor_fold, cursor_index, cursor_local, id, misfire_grace_minutes, misfire_policy, mode, next_run_at, run_count, schedule_config, schedule_type, status, timezone, visit_at, workspace_id), UPDATE (cursor_fold, cursor_index, cursor_local, next_run_at, run_count, status, visit_at) ON TABLE recurring_posts TO lamplighter_spawner"
    )
    op.execute("GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE slot_plans TO lamplighter_app")
    op.execute("GRANT DELETE, SELECT (id, workspace_id) ON TABLE slot_plans TO lamplighter_eraser")
    op.execute("GRANT INSERT, SELECT ON TABLE webhook_attempts TO lamplighter_app")
    op.execute("GRANT DELETE, SELECT (id, workspace_id) ON TABLE webhook_attempts TO lamplighter_eraser")
    op.execute("GRANT DELETE, SELECT (created_at, id) ON TABLE webhook_deliveries TO lamplighter_pruner")
    op.execute(
        "GRANT SELECT (next_attempt_at, status, webhook_id, workspace_id) ON TABLE webhook_deliveries TO lamplighter_relay"
    )
    op.execute("GRANT SELECT (deleted_at, id, workspace_id) ON TABLE webhooks TO lamplighter_mailer")
    op.execute("GRANT SELECT (id, lease_until, workspace_id) ON TABLE webhooks TO lamplighter_relay")
    op.execute(
        "GRANT SELECT (headers_secret, id, previous_secret, secret, workspace_id), UPDATE (headers_secret, previous_secret, secret) ON TABLE webhooks TO lamplighter_rotator"
    )
    op.execute("GRANT SELECT (id, name, organization_id) ON TABLE workspaces TO lamplighter_mailer")


def downgrade() -> None:
    op.execute("SET LOCAL ROLE lamplighter_owner")
    # What 0003 has no word for becomes what comes closest.
    op.execute("ALTER TABLE publications NO FORCE ROW LEVEL SECURITY")
    op.execute("UPDATE publications SET late_policy = 'send' WHERE late_policy = 'latest'")
    op.execute("ALTER TABLE publications FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE mails NO FORCE ROW LEVEL SECURITY")
    op.execute("DELETE FROM mails WHERE kind IN ('webhook_failing', 'webhook_disabled')")
    op.execute("ALTER TABLE mails FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE mails DROP CONSTRAINT mails_kind_check")
    op.execute("ALTER TABLE outbox_events DROP CONSTRAINT outbox_events_mode_check")
    op.execute("ALTER TABLE publications DROP CONSTRAINT publications_late_policy_check")
    op.execute("ALTER TABLE recurring_posts DROP CONSTRAINT recurring_posts_cursor_check")
    op.execute("ALTER TABLE recurring_posts DROP CONSTRAINT recurring_posts_cursor_fold_check")
    op.execute("ALTER TABLE recurring_posts DROP CONSTRAINT recurring_posts_cursor_index_check")
    op.execute("ALTER TABLE recurring_posts DROP CONSTRAINT recurring_posts_minimum_gap_days_check")
    op.execute("ALTER TABLE recurring_posts DROP CONSTRAINT recurring_posts_misfire_grace_minutes_check")
    op.execute("ALTER TABLE recurring_posts DROP CONSTRAINT recurring_posts_misfire_policy_check")
    op.execute("ALTER TABLE recurring_posts DROP CONSTRAINT recurring_posts_mode_check")
    op.execute("ALTER TABLE recurring_posts DROP CONSTRAINT recurring_posts_priority_check")
    op.execute("ALTER TABLE webhook_deliveries DROP CONSTRAINT webhook_deliveries_attempts_before_check")
    op.execute("ALTER TABLE webhooks DROP CONSTRAINT webhooks_disabled_because_check")
    op.execute("ALTER TABLE webhooks DROP CONSTRAINT webhooks_failures_check")
    op.execute("ALTER TABLE webhooks DROP CONSTRAINT webhooks_mode_check")
    op.execute("ALTER TABLE webhooks DROP CONSTRAINT webhooks_rate_per_minute_check")
    op.execute("DROP POLICY eraser ON calendar_feeds")
    op.execute("DROP POLICY eraser ON event_sequences")
    op.execute("DROP POLICY eraser ON events")
    op.execute("DROP POLICY eraser ON imported_events")
    op.execute("DROP POLICY warns ON mails")
    op.execute("DROP POLICY accounts_tell ON outbox_events")
    op.execute("DROP POLICY relay ON outbox_events")
    op.execute("DROP POLICY spawner_tells ON outbox_events")
    op.execute("DROP POLICY eraser ON recurring_occurrences")
    op.execute("DROP POLICY eraser ON recurring_post_contents")
    op.execute("DROP POLICY spawner_selects ON recurring_posts")
    op.execute("DROP POLICY spawner_updates ON recurring_posts")
    op.execute("DROP POLICY eraser ON slot_plans")
    op.execute("DROP POLICY eraser ON webhook_attempts")
    op.execute("DROP POLICY pruner ON webhook_deliveries")
    op.execute("DROP POLICY relay ON webhook_deliveries")
    op.execute("DROP POLICY mailer ON webhooks")
    op.execute("DROP POLICY relay ON webhooks")
    op.execute("SET LOCAL ROLE lamplighter_lookup")
    op.execute("DROP FUNCTION find_calendar_feed(text)")
    op.execute("SET LOCAL ROLE lamplighter_owner")
    op.execute("REVOKE ALL ON TABLE outbox_events FROM lamplighter_accounts")
    op.execute("REVOKE ALL ON TABLE outbox_events FROM lamplighter_app")
    op.execute("REVOKE ALL ON TABLE outbox_events FROM lamplighter_relay")
    op.execute("REVOKE ALL ON TABLE outbox_events FROM lamplighter_spawner")
    op.execute("REVOKE ALL ON TABLE recurring_posts FROM lamplighter_spawner")
    op.execute("REVOKE ALL ON TABLE webhook_deliveries FROM lamplighter_pruner")
    op.execute("REVOKE ALL ON TABLE webhook_deliveries FROM lamplighter_relay")
    op.execute("REVOKE ALL ON TABLE webhooks FROM lamplighter_mailer")
    op.execute("REVOKE ALL ON TABLE webhooks FROM lamplighter_relay")
    op.execute("REVOKE ALL ON TABLE webhooks FROM lamplighter_rotator")
    op.execute("REVOKE ALL ON TABLE workspaces FROM lamplighter_mailer")
    op.drop_constraint(op.f("webhooks_created_by_fkey"), "webhooks", type_="foreignkey")
    op.drop_column("webhooks", "fence")
    op.drop_column("webhooks", "lease_until")
    op.drop_column("webhooks", "tat")
    op.drop_column("webhooks", "warned_at")
    op.drop_column("webhooks", "failures")
    op.drop_column("webhooks", "failing_since")
    op.drop_column("webhooks", "created_by")
    op.drop_column("webhooks", "deleted_at")
    op.drop_column("webhooks", "disabled_at")
    op.drop_column("webhooks", "disabled_because")
    op.drop_column("webhooks", "rate_per_minute")
    op.drop_column("webhooks", "header_names")
    op.drop_column("webhooks", "headers_secret")
    op.drop_column("webhooks", "mode")
    op.drop_column("webhooks", "campaign_ids")
    op.drop_column("webhooks", "connection_ids")
    op.drop_column("webhooks", "description")
    op.drop_constraint(
        op.f("webhook_deliveries_workspace_id_event_id_fkey"), "webhook_deliveries", type_="foreignkey"
    )
    op.drop_constraint(
        op.f("webhook_deliveries_webhook_id_event_id_key"), "webhook_deliveries", type_="unique"
    )
    op.drop_index("idx_deliveries_event", table_name="webhook_deliveries")
    op.drop_index(
        "idx_deliveries_due", table_name="webhook_deliveries", postgresql_where=sa.text("status = 'pending'")
    )
    op.drop_index("idx_deliveries_created", table_name="webhook_deliveries")
    op.drop_column("webhook_deliveries", "finished_at")
    op.drop_column("webhook_deliveries", "turn")
    op.drop_column("webhook_deliveries", "manual")
    op.drop_column("webhook_deliveries", "next_attempt_at")
    op.drop_column("webhook_deliveries", "attempts_before")
    op.drop_column("webhook_deliveries", "error_code")
    op.drop_column("webhook_deliveries", "event_id")
    op.drop_constraint(op.f("recurring_posts_created_by_fkey"), "recurring_posts", type_="foreignkey")
    op.drop_constraint(op.f("recurring_posts_updated_by_fkey"), "recurring_posts", type_="foreignkey")
    op.drop_index("idx_recurring_ws", table_name="recurring_posts")
    op.drop_index(
        "idx_recurring_visit", table_name="recurring_posts", postgresql_where=sa.text("status = 'active'")
    )
    op.drop_index(
        "idx_recurring_timezone", table_name="recurring_posts", postgresql_where=sa.text("status = 'active'")
    )
    op.drop_column("recurring_posts", "updated_by")
    op.drop_column("recurring_posts", "created_by")
    op.drop_column("recurring_posts", "visit_at")
    op.drop_column("recurring_posts", "cursor_index")
    op.drop_column("recurring_posts", "cursor_fold")
    op.drop_column("recurring_posts", "cursor_local")
    op.drop_column("recurring_posts", "mode")
    op.drop_column("recurring_posts", "priority")
    op.drop_column("recurring_posts", "needs_approval")
    op.drop_column("recurring_posts", "misfire_grace_minutes")
    op.drop_column("recurring_posts", "misfire_policy")
    op.drop_column("recurring_posts", "minimum_gap_days")
    op.drop_column("recurring_posts", "timezone")
    op.drop_constraint("publications_recurring_post_fkey", "publications", type_="foreignkey")
    op.drop_index(
        "idx_pub_recurring",
        table_name="publications",
        postgresql_where=sa.text("recurring_post_id IS NOT NULL"),
    )
    op.drop_column("publications", "queued")
    op.drop_column("publications", "recurring_post_id")
    op.drop_column("outbox_events", "campaign_id")
    op.drop_column("outbox_events", "connection_ids")
    op.drop_column("outbox_events", "mode")
    op.drop_column("outbox_events", "sequence")
    op.drop_column("outbox_events", "resource_id")
    op.drop_column("mails", "webhook_id")
    op.drop_index("idx_occurrences_ws", table_name="recurring_occurrences")
    op.drop_index(
        "idx_occurrences_publication",
        table_name="recurring_occurrences",
        postgresql_where=sa.text("publication_id IS NOT NULL"),
    )
    op.drop_index(
        "idx_occurrences_planned",
        table_name="recurring_occurrences",
        postgresql_where=sa.text("status = 'planned'"),
    )
    op.drop_index(
        "idx_occurrences_passing",
        table_name="recurring_occurrences",
        postgresql_where=sa.text("status IN ('planned', 'made') AND NOT counted"),
    )
    op.drop_table("recurring_occurrences")
    op.drop_index("idx_imported_events_recurring_post", table_name="imported_events")
    op.drop_index("idx_imported_events_publication", table_name="imported_events")
    op.drop_table("imported_events")
    op.drop_table("webhook_attempts")
    op.drop_index("idx_recurring_contents", table_name="recurring_post_contents")
    op.drop_table("recurring_post_contents")
    op.drop_table("slot_plans")
    op.drop_index("idx_events_ws", table_name="events")
    op.drop_index("idx_events_created", table_name="events")
    op.drop_table("events")
    op.drop_table("event_sequences")
    op.drop_index("idx_calendar_feeds_ws", table_name="calendar_feeds")
    op.drop_table("calendar_feeds")
    op.drop_constraint(op.f("webhook_deliveries_workspace_id_id_key"), "webhook_deliveries", type_="unique")
    op.execute(
        "ALTER TABLE mails ADD CONSTRAINT mails_kind_check CHECK (kind IN ('sign_up', 'reset_password', 'change_email', 'invitation', 'password_changed', 'email_changed', 'account_deleted'))"
    )
    op.execute(
        "ALTER TABLE publications ADD CONSTRAINT publications_late_policy_check CHECK (late_policy IN ('send', 'skip', 'ask'))"
    )
    op.execute("GRANT INSERT, SELECT ON TABLE outbox_events TO lamplighter_app")
    op.execute(
        "GRANT SELECT (id, previous_secret, secret, workspace_id), UPDATE (previous_secret, secret) ON TABLE webhooks TO lamplighter_rotator"
    )
    op.execute("GRANT SELECT (id, name) ON TABLE workspaces TO lamplighter_mailer")
