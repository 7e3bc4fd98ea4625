"""expiring connections and leavers."""

# ruff: noqa: E501  # SQL as the catalog spells it, one step after the other
import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.execute(
        "DO $$ BEGIN CREATE ROLE lamplighter_watcher NOLOGIN NOINHERIT; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
    )
    op.execute(
        "DO $$ BEGIN CREATE ROLE lamplighter_tell_expiring LOGIN NOINHERIT; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
    )
    op.execute("GRANT lamplighter_watcher, lamplighter_app TO lamplighter_tell_expiring")
    op.execute("SET LOCAL ROLE lamplighter_owner")
    op.execute("DROP POLICY accounts_tell ON outbox_events")
    op.add_column("platform_connections", sa.Column("expiry_told", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "idx_connections_expiry",
        "platform_connections",
        ["token_expires_at"],
        unique=False,
        postgresql_where=sa.text("status = 'active'"),
    )
    op.execute(
        "CREATE POLICY accounts_tell ON outbox_events AS PERMISSIVE FOR INSERT TO lamplighter_accounts WITH CHECK (((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) AND (((type)::text = 'member.added'::text) OR ((type)::text = 'member.removed'::text))))"
    )
    op.execute(
        "CREATE POLICY watcher ON platform_connections AS PERMISSIVE FOR SELECT TO lamplighter_watcher USING (true)"
    )
    op.execute(
        "GRANT SELECT (expiry_told, id, status, token_expires_at, workspace_id) ON TABLE platform_connections TO lamplighter_watcher"
    )


def downgrade() -> None:
    op.execute("SET LOCAL ROLE lamplighter_owner")
    op.execute("DROP POLICY accounts_tell ON outbox_events")
    op.execute("DROP POLICY watcher ON platform_connections")
    op.execute("REVOKE ALL ON TABLE platform_connections FROM lamplighter_watcher")
    op.drop_index(
        "idx_connections_expiry",
        table_name="platform_connections",
        postgresql_where=sa.text("status = 'active'"),
    )
    op.drop_column("platform_connections", "expiry_told")
    op.execute(
        "CREATE POLICY accounts_tell ON outbox_events AS PERMISSIVE FOR INSERT TO lamplighter_accounts WITH CHECK (((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) AND ((type)::text = 'member.added'::text)))"
    )
