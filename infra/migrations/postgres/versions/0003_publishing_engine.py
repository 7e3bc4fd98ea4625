"""publishing engine."""

# ruff: noqa: E501, PLR0915  # SQL as the catalog spells it, one step after the other
import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.execute("SET LOCAL ROLE lamplighter_owner")
    op.execute("ALTER TABLE audit_log DROP CONSTRAINT audit_log_actor_kind_check")
    op.execute("ALTER TABLE publication_attempts DROP CONSTRAINT publication_attempts_status_check")
    op.execute("ALTER TABLE publication_platforms DROP CONSTRAINT publication_platforms_status_check")
    op.execute("ALTER TABLE publications DROP CONSTRAINT publications_status_check")
    op.execute("REVOKE ALL ON TABLE dispatches FROM lamplighter_dispatcher")
    op.execute("REVOKE ALL ON TABLE publication_attempts FROM lamplighter_app")
    op.execute("REVOKE ALL ON TABLE workspaces FROM lamplighter_app")
    op.create_table(
        "connection_gates",
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("failures", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("closed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("probing_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("slow_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("booked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error_code", sa.String(length=100), nullable=True),
        sa.CheckConstraint("failures >= 0", name=op.f("connection_gates_failures_check")),
        sa.ForeignKeyConstraint(
            ["workspace_id", "connection_id"],
            ["platform_connections.workspace_id", "platform_connections.id"],
            name=op.f("connection_gates_workspace_id_connection_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=op.f("connection_gates_workspace_id_fkey")
        ),
        sa.PrimaryKeyConstraint("connection_id", name=op.f("connection_gates_pkey")),
        comment="How an account's network behaves just now: its breaker, and whether it is slow.",
        postgresql_with={"fillfactor": 70},
    )
    op.create_table(
        "approval_links",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("publication_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("recipient", sa.String(length=255), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name=op.f("approval_links_created_by_fkey")),
        sa.ForeignKeyConstraint(
            ["workspace_id", "publication_id"],
            ["publications.workspace_id", "publications.id"],
            name=op.f("approval_links_workspace_id_publication_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=op.f("approval_links_workspace_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("approval_links_pkey")),
        sa.UniqueConstraint("token_hash", name=op.f("approval_links_token_hash_key")),
        comment="A link with which somebody outside the organization approves or rejects.",
    )
    op.create_index(
        "idx_approval_links_publication",
        "approval_links",
        ["workspace_id", "publication_id", "id"],
        unique=False,
    )
    op.create_table(
        "approvals",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("publication_id", sa.Uuid(), nullable=False),
        sa.Column("action", sa.String(length=20), nullable=False),
        sa.Column("approval_hash", sa.String(length=64), nullable=False),
        sa.Column("actor_kind", sa.String(length=20), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "action IN ('requested', 'approved', 'rejected', 'revoked', 'reset')",
            name=op.f("approvals_action_check"),
        ),
        sa.CheckConstraint(
            "actor_kind IN ('user', 'api_key', 'system', 'approval_link')",
            name=op.f("approvals_actor_kind_check"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "publication_id"],
            ["publications.workspace_id", "publications.id"],
            name=op.f("approvals_workspace_id_publication_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=op.f("approvals_workspace_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("approvals_pkey")),
        comment="What was decided about a publication, by whom, about which content: appended to.",
    )
    op.create_index(
        "idx_approvals_publication", "approvals", ["workspace_id", "publication_id", "id"], unique=False
    )
    op.alter_column(
        "audit_log",
        "actor_kind",
        existing_type=sa.VARCHAR(length=10),
        type_=sa.String(length=20),
        existing_nullable=False,
    )
    op.create_index(
        "idx_audit_log_target",
        "audit_log",
        ["workspace_id", "target_id", "id"],
        unique=False,
        postgresql_where=sa.text("workspace_id IS NOT NULL"),
    )
    op.add_column(
        "content",
        sa.Column(
            "segments",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            server_default=sa.text("'[]'"),
            nullable=False,
        ),
    )
    op.add_column("content", sa.Column("updated_by", sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f("content_updated_by_fkey"), "content", "users", ["updated_by"], ["id"])
    op.add_column(
        "dispatches", sa.Column("lane", sa.SmallInteger(), server_default=sa.text("0"), nullable=False)
    )
    op.add_column(
        "dispatches", sa.Column("wakes", sa.SmallInteger(), server_default=sa.text("0"), nullable=False)
    )
    op.add_column("platform_connections", sa.Column("daily_cap", sa.Integer(), nullable=True))
    op.add_column("publication_attempts", sa.Column("connection_id", sa.Uuid(), nullable=True))
    op.add_column(
        "publication_attempts",
        sa.Column("task", sa.String(length=10), server_default="publish", nullable=False),
    )
    op.add_column(
        "publication_attempts",
        sa.Column("segment", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
    )
    op.add_column("publication_attempts", sa.Column("digest", sa.String(length=64), nullable=True))
    op.add_column(
        "publication_attempts",
        sa.Column("waits", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
    )
    op.add_column(
        "publication_attempts",
        sa.Column("reference", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    )
    op.create_index(
        "idx_attempts_open",
        "publication_attempts",
        ["connection_id", "claimed_at"],
        unique=False,
        postgresql_where=sa.text("status IN ('claimed', 'prepared', 'sending')"),
    )
    op.create_index(
        "idx_attempts_remote",
        "publication_attempts",
        ["connection_id", "remote_id"],
        unique=True,
        postgresql_where=sa.text("status = 'published' AND task = 'publish' AND remote_id IS NOT NULL"),
    )
    op.create_index(
        "idx_attempts_sent",
        "publication_attempts",
        ["connection_id", "sending_at"],
        unique=False,
        postgresql_where=sa.text("status IN ('sending', 'published', 'unknown') AND sending_at IS NOT NULL"),
    )
    op.add_column("publication_platforms", sa.Column("change", sa.String(length=10), nullable=True))
    op.add_column("publication_platforms", sa.Column("fingerprint", sa.String(length=64), nullable=True))
    op.add_column("publication_platforms", sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "publication_platforms", sa.Column("released_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.add_column(
        "publication_platforms",
        sa.Column("attempts_before", sa.Integer(), server_default=sa.text("0"), nullable=False),
    )
    op.create_index(
        "idx_pub_platforms_fingerprint",
        "publication_platforms",
        ["connection_id", "fingerprint"],
        unique=False,
    )
    op.add_column("publications", sa.Column("approval_hash", sa.String(length=64), nullable=True))
    op.add_column("publications", sa.Column("updated_by", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("publications_updated_by_fkey"), "publications", "users", ["updated_by"], ["id"]
    )
    op.add_column(
        "workspaces",
        sa.Column("approval_required", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.add_column(
        "workspaces",
        sa.Column("author_may_approve", sa.Boolean(), server_default=sa.text("true"), nullable=False),
    )
    op.add_column(
        "workspaces",
        sa.Column("duplicate_window_hours", sa.Integer(), server_default=sa.text("24"), nullable=False),
    )
    op.add_column("faults", sa.Column("calls", sa.Text(), nullable=True), schema="sandbox")
    op.add_column(
        "posts", sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True), schema="sandbox"
    )
    op.execute("ALTER TABLE approval_links ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE approval_links FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE approvals ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE approvals FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE connection_gates ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE connection_gates FORCE ROW LEVEL SECURITY")
    op.execute(
        "ALTER TABLE audit_log ADD CONSTRAINT audit_log_actor_kind_check CHECK (actor_kind IN ('user', 'api_key', 'system', 'approval_link'))"
    )
    op.execute(
        "ALTER TABLE content ADD CONSTRAINT content_segments_check CHECK ((jsonb_typeof(segments) = 'array'::text))"
    )
    op.execute(
        "ALTER TABLE dispatches ADD CONSTRAINT dispatches_lane_check CHECK (((lane >= 0) AND (lane <= 1)))"
    )
    op.execute(
        "ALTER TABLE platform_connections ADD CONSTRAINT platform_connections_daily_cap_check CHECK ((daily_cap >= 0))"
    )
    op.execute(
        "ALTER TABLE publication_attempts ADD CONSTRAINT publication_attempts_segment_check CHECK ((segment >= 0))"
    )
    op.execute(
        "ALTER TABLE publication_attempts ADD CONSTRAINT publication_attempts_status_check CHECK (status IN ('claimed', 'prepared', 'waiting', 'sending', 'published', 'rejected', 'not_sent', 'unknown', 'abandoned', 'done'))"
    )
    op.execute(
        "ALTER TABLE publication_attempts ADD CONSTRAINT publication_attempts_task_check CHECK (task IN ('publish', 'remove', 'edit'))"
    )
    op.execute(
        "ALTER TABLE publication_attempts ADD CONSTRAINT publication_attempts_waits_check CHECK ((waits >= 0))"
    )
    op.execute(
        "ALTER TABLE publication_platforms ADD CONSTRAINT publication_platforms_attempts_before_check CHECK ((attempts_before >= 0))"
    )
    op.execute(
        "ALTER TABLE publication_platforms ADD CONSTRAINT publication_platforms_change_check CHECK (change IN ('remove', 'edit'))"
    )
    op.execute(
        "ALTER TABLE publication_platforms ADD CONSTRAINT publication_platforms_status_check CHECK (status IN ('pending', 'publishing', 'published', 'failed', 'unknown', 'cancelled', 'skipped', 'held', 'removed'))"
    )
    op.execute(
        "ALTER TABLE publications ADD CONSTRAINT publications_status_check CHECK (status IN ('scheduled', 'publishing', 'published', 'partially_published', 'failed', 'cancelled', 'missed', 'needs_review', 'removed'))"
    )
    op.execute(
        "ALTER TABLE workspaces ADD CONSTRAINT workspaces_duplicate_window_hours_check CHECK ((duplicate_window_hours >= 0))"
    )
    op.execute(
        "CREATE POLICY eraser ON approval_links AS PERMISSIVE FOR ALL TO lamplighter_eraser USING (((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) AND (EXISTS ( SELECT FROM workspaces w WHERE (w.id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid)))))"
    )
    op.execute(
        "CREATE POLICY lookup ON approval_links AS PERMISSIVE FOR SELECT TO lamplighter_lookup USING (true)"
    )
    op.execute(
        "CREATE POLICY tenant ON approval_links AS PERMISSIVE FOR ALL TO lamplighter_app USING ((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid))"
    )
    op.execute(
        "CREATE POLICY eraser ON approvals AS PERMISSIVE FOR ALL TO lamplighter_eraser USING (((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) AND (EXISTS ( SELECT FROM workspaces w WHERE (w.id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid)))))"
    )
    op.execute(
        "CREATE POLICY tenant ON approvals AS PERMISSIVE FOR ALL TO lamplighter_app USING ((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid))"
    )
    op.execute(
        "CREATE POLICY eraser ON connection_gates AS PERMISSIVE FOR ALL TO lamplighter_eraser USING (((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) AND (EXISTS ( SELECT FROM workspaces w WHERE (w.id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid)))))"
    )
    op.execute(
        "CREATE POLICY tenant ON connection_gates AS PERMISSIVE FOR ALL TO lamplighter_app USING ((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid))"
    )
    op.execute("SET LOCAL ROLE lamplighter_lookup")
    op.execute(
        """
    CREATE OR REPLACE FUNCTION public.find_approval_link(hash text)
     RETURNS TABLE(id uuid, workspace_id uuid, organization_id uuid, publication_id uuid, recipient character varying, expires_at timestamp with time zone, revoked_at timestamp with time zone, personal_key text)
     LANGUAGE sql
     STABLE SECURITY DEFINER ROWS 1
     SET search_path TO 'pg_catalog', 'pg_temp'
    AS $function$
        SELECT l.id, l.workspace_id, w.organization_id, l.publication_id, l.recipient, l.expires_at, l.revoked_at,
               k.wrapped
          FROM public.approval_links l
          JOIN public.workspaces w ON w.id = l.workspace_id AND w.deleted_at IS NULL
          LEFT JOIN public.personal_keys k ON k.owner_id = l.workspace_id
         WHERE l.token_hash = hash
    $function$
        """
    )
    op.execute("REVOKE ALL ON FUNCTION find_approval_link(text) FROM PUBLIC")
    op.execute("SET LOCAL ROLE lamplighter_owner")
    op.execute("SET LOCAL ROLE lamplighter_lookup")
    op.execute("GRANT EXECUTE ON FUNCTION find_approval_link(text) TO lamplighter_app")
    op.execute("SET LOCAL ROLE lamplighter_owner")
    op.execute("SET LOCAL ROLE lamplighter_lookup")
    op.execute("GRANT EXECUTE ON FUNCTION take(text,double precision,integer) TO lamplighter_app")
    op.execute("SET LOCAL ROLE lamplighter_owner")
    op.execute(
        "GRANT INSERT, SELECT, UPDATE (decided_at, revoked_at) ON TABLE approval_links TO lamplighter_app"
    )
    op.execute("GRANT DELETE, SELECT (id, workspace_id) ON TABLE approval_links TO lamplighter_eraser")
    op.execute(
        "GRANT SELECT (expires_at, id, publication_id, recipient, revoked_at, token_hash, workspace_id) ON TABLE approval_links TO lamplighter_lookup"
    )
    op.execute("GRANT INSERT, SELECT ON TABLE approvals TO lamplighter_app")
    op.execute("GRANT DELETE, SELECT (id, workspace_id) ON TABLE approvals TO lamplighter_eraser")
    op.execute("GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE connection_gates TO lamplighter_app")
    op.execute(
        "GRANT DELETE, SELECT (connection_id, workspace_id) ON TABLE connection_gates TO lamplighter_eraser"
    )
    op.execute(
        "GRANT SELECT, UPDATE (fence, lease_until, wakes) ON TABLE dispatches TO lamplighter_dispatcher"
    )
    op.execute(
        "GRANT INSERT, SELECT, UPDATE (error_code, error_message, fence, finished_at, prepared, prepared_at, reference, remote_id, sending_at, status, url, waits) ON TABLE publication_attempts TO lamplighter_app"
    )
    op.execute(
        "GRANT INSERT, SELECT, UPDATE (approval_required, author_may_approve, deleted_at, duplicate_window_hours, industry, name, settings, slug, updated_at, version) ON TABLE workspaces TO lamplighter_app"
    )


def downgrade() -> None:
    op.execute("SET LOCAL ROLE lamplighter_owner")
    # What 0002 has no word for becomes what it would have called it.
    for table in ("audit_log", "publication_attempts", "publication_platforms", "publications"):
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute("UPDATE publications SET status = 'published' WHERE status = 'removed'")
    op.execute("UPDATE publication_platforms SET status = 'published' WHERE status = 'removed'")
    op.execute("UPDATE publication_attempts SET status = 'abandoned' WHERE status IN ('waiting', 'done')")
    op.execute("UPDATE audit_log SET actor_kind = 'system' WHERE actor_kind = 'approval_link'")
    for table in ("audit_log", "publication_attempts", "publication_platforms", "publications"):
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE audit_log DROP CONSTRAINT audit_log_actor_kind_check")
    op.execute("ALTER TABLE content DROP CONSTRAINT content_segments_check")
    op.execute("ALTER TABLE dispatches DROP CONSTRAINT dispatches_lane_check")
    op.execute("ALTER TABLE platform_connections DROP CONSTRAINT platform_connections_daily_cap_check")
    op.execute("ALTER TABLE publication_attempts DROP CONSTRAINT publication_attempts_segment_check")
    op.execute("ALTER TABLE publication_attempts DROP CONSTRAINT publication_attempts_status_check")
    op.execute("ALTER TABLE publication_attempts DROP CONSTRAINT publication_attempts_task_check")
    op.execute("ALTER TABLE publication_attempts DROP CONSTRAINT publication_attempts_waits_check")
    op.execute(
        "ALTER TABLE publication_platforms DROP CONSTRAINT publication_platforms_attempts_before_check"
    )
    op.execute("ALTER TABLE publication_platforms DROP CONSTRAINT publication_platforms_change_check")
    op.execute("ALTER TABLE publication_platforms DROP CONSTRAINT publication_platforms_status_check")
    op.execute("ALTER TABLE publications DROP CONSTRAINT publications_status_check")
    op.execute("ALTER TABLE workspaces DROP CONSTRAINT workspaces_duplicate_window_hours_check")
    op.execute("DROP POLICY eraser ON approval_links")
    op.execute("DROP POLICY eraser ON approvals")
    op.execute("DROP POLICY eraser ON connection_gates")
    op.execute("SET LOCAL ROLE lamplighter_lookup")
    op.execute("DROP FUNCTION find_approval_link(text)")
    op.execute("SET LOCAL ROLE lamplighter_owner")
    op.execute("SET LOCAL ROLE lamplighter_lookup")
    op.execute("REVOKE ALL ON FUNCTION take(text,double precision,integer) FROM lamplighter_app")
    op.execute("SET LOCAL ROLE lamplighter_owner")
    op.execute("REVOKE ALL ON TABLE dispatches FROM lamplighter_dispatcher")
    op.execute("REVOKE ALL ON TABLE publication_attempts FROM lamplighter_app")
    op.execute("REVOKE ALL ON TABLE workspaces FROM lamplighter_app")
    op.drop_column("posts", "edited_at", schema="sandbox")
    op.drop_column("faults", "calls", schema="sandbox")
    op.drop_column("workspaces", "duplicate_window_hours")
    op.drop_column("workspaces", "author_may_approve")
    op.drop_column("workspaces", "approval_required")
    op.drop_constraint(op.f("publications_updated_by_fkey"), "publications", type_="foreignkey")
    op.drop_column("publications", "updated_by")
    op.drop_column("publications", "approval_hash")
    op.drop_index("idx_pub_platforms_fingerprint", table_name="publication_platforms")
    op.drop_column("publication_platforms", "attempts_before")
    op.drop_column("publication_platforms", "released_at")
    op.drop_column("publication_platforms", "removed_at")
    op.drop_column("publication_platforms", "fingerprint")
    op.drop_column("publication_platforms", "change")
    op.drop_index(
        "idx_attempts_sent",
        table_name="publication_attempts",
        postgresql_where=sa.text("status IN ('sending', 'published', 'unknown') AND sending_at IS NOT NULL"),
    )
    op.drop_index(
        "idx_attempts_remote",
        table_name="publication_attempts",
        postgresql_where=sa.text("status = 'published' AND task = 'publish' AND remote_id IS NOT NULL"),
    )
    op.drop_index(
        "idx_attempts_open",
        table_name="publication_attempts",
        postgresql_where=sa.text("status IN ('claimed', 'prepared', 'sending')"),
    )
    op.drop_column("publication_attempts", "reference")
    op.drop_column("publication_attempts", "waits")
    op.drop_column("publication_attempts", "digest")
    op.drop_column("publication_attempts", "segment")
    op.drop_column("publication_attempts", "task")
    op.drop_column("publication_attempts", "connection_id")
    op.drop_column("platform_connections", "daily_cap")
    op.drop_column("dispatches", "wakes")
    op.drop_column("dispatches", "lane")
    op.drop_constraint(op.f("content_updated_by_fkey"), "content", type_="foreignkey")
    op.drop_column("content", "updated_by")
    op.drop_column("content", "segments")
    op.drop_index(
        "idx_audit_log_target", table_name="audit_log", postgresql_where=sa.text("workspace_id IS NOT NULL")
    )
    op.alter_column(
        "audit_log",
        "actor_kind",
        existing_type=sa.String(length=20),
        type_=sa.VARCHAR(length=10),
        existing_nullable=False,
    )
    op.drop_index("idx_approvals_publication", table_name="approvals")
    op.drop_table("approvals")
    op.drop_index("idx_approval_links_publication", table_name="approval_links")
    op.drop_table("approval_links")
    op.drop_table("connection_gates")
    op.execute(
        "ALTER TABLE audit_log ADD CONSTRAINT audit_log_actor_kind_check CHECK (actor_kind IN ('user', 'api_key', 'system'))"
    )
    op.execute(
        "ALTER TABLE publication_attempts ADD CONSTRAINT publication_attempts_status_check CHECK (status IN ('claimed', 'prepared', 'sending', 'published', 'rejected', 'not_sent', 'unknown', 'abandoned'))"
    )
    op.execute(
        "ALTER TABLE publication_platforms ADD CONSTRAINT publication_platforms_status_check CHECK (status IN ('pending', 'publishing', 'published', 'failed', 'unknown', 'cancelled', 'skipped', 'held'))"
    )
    op.execute(
        "ALTER TABLE publications ADD CONSTRAINT publications_status_check CHECK (status IN ('scheduled', 'publishing', 'published', 'partially_published', 'failed', 'cancelled', 'missed', 'needs_review'))"
    )
    op.execute("GRANT SELECT, UPDATE (fence, lease_until) ON TABLE dispatches TO lamplighter_dispatcher")
    op.execute(
        "GRANT INSERT, SELECT, UPDATE (error_code, error_message, finished_at, prepared, prepared_at, remote_id, sending_at, status, url) ON TABLE publication_attempts TO lamplighter_app"
    )
    op.execute(
        "GRANT INSERT, SELECT, UPDATE (deleted_at, industry, name, settings, slug, updated_at, version) ON TABLE workspaces TO lamplighter_app"
    )
