"""People, programs, tenants."""

# ruff: noqa: E501, PLR0915  # SQL as the catalog spells it, one step after the other
import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute(
        "DO $$ BEGIN CREATE ROLE lamplighter_mailer NOLOGIN NOINHERIT; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
    )
    op.execute(
        "DO $$ BEGIN CREATE ROLE lamplighter_pruner NOLOGIN NOINHERIT; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
    )
    op.execute(
        "DO $$ BEGIN CREATE ROLE lamplighter_eraser NOLOGIN NOINHERIT; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
    )
    op.execute(
        "DO $$ BEGIN CREATE ROLE lamplighter_rotator NOLOGIN NOINHERIT; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
    )
    op.execute(
        "DO $$ BEGIN CREATE ROLE lamplighter_accounts LOGIN NOINHERIT; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
    )
    op.execute(
        "DO $$ BEGIN CREATE ROLE lamplighter_send_mail LOGIN NOINHERIT; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
    )
    op.execute(
        "DO $$ BEGIN CREATE ROLE lamplighter_prune LOGIN NOINHERIT; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
    )
    op.execute(
        "DO $$ BEGIN CREATE ROLE lamplighter_erase LOGIN NOINHERIT; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
    )
    op.execute(
        "DO $$ BEGIN CREATE ROLE lamplighter_rotate_keys LOGIN NOINHERIT; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
    )
    op.execute(
        "DO $$ BEGIN CREATE ROLE lamplighter_write_export LOGIN NOINHERIT; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
    )
    op.execute("GRANT lamplighter_mailer TO lamplighter_send_mail")
    op.execute("GRANT lamplighter_pruner TO lamplighter_prune")
    op.execute("GRANT lamplighter_eraser TO lamplighter_erase")
    op.execute("GRANT lamplighter_rotator TO lamplighter_rotate_keys")
    op.execute("GRANT lamplighter_app, lamplighter_accounts TO lamplighter_write_export")
    op.execute("SET LOCAL ROLE lamplighter_owner")
    op.execute("ALTER TABLE api_keys DROP CONSTRAINT api_keys_permissions_check")
    op.execute("DROP POLICY own ON users")
    op.execute("DROP POLICY tenant ON workspace_keys")
    op.execute("SET LOCAL ROLE lamplighter_lookup")
    op.execute("DROP FUNCTION authenticate_key(text[])")
    op.execute("SET LOCAL ROLE lamplighter_owner")
    op.execute("REVOKE ALL ON TABLE api_keys FROM lamplighter_lookup")
    op.execute("REVOKE ALL ON TABLE organizations FROM lamplighter_app")
    op.execute("REVOKE ALL ON TABLE users FROM lamplighter_app")
    op.execute("REVOKE ALL ON TABLE workspace_keys FROM lamplighter_app")
    op.execute("REVOKE ALL ON TABLE workspaces FROM lamplighter_app")
    op.execute("REVOKE ALL ON TABLE workspaces FROM lamplighter_lookup")
    op.create_unique_constraint(op.f("api_keys_workspace_id_id_key"), "api_keys", ["workspace_id", "id"])
    op.create_unique_constraint(
        op.f("workspaces_organization_id_id_key"), "workspaces", ["organization_id", "id"]
    )
    op.create_table(
        "audit_log",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=True),
        sa.Column("workspace_id", sa.Uuid(), nullable=True),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("actor_kind", sa.String(length=10), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("action", sa.String(length=100), nullable=False),
        sa.Column("target_kind", sa.String(length=50), nullable=False),
        sa.Column("target_id", sa.Uuid(), nullable=True),
        sa.Column("before", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("after", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("personal", sa.Text(), nullable=True),
        sa.Column("personal_owner", sa.Uuid(), nullable=True),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "actor_kind IN ('user', 'api_key', 'system')", name=op.f("audit_log_actor_kind_check")
        ),
        sa.CheckConstraint("jsonb_typeof(after) = 'object'", name=op.f("audit_log_after_check")),
        sa.CheckConstraint("jsonb_typeof(before) = 'object'", name=op.f("audit_log_before_check")),
        sa.CheckConstraint("num_nonnulls(organization_id, user_id) = 1", name=op.f("audit_log_scope_check")),
        sa.CheckConstraint(
            "workspace_id IS NULL OR organization_id IS NOT NULL", name=op.f("audit_log_workspace_check")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("audit_log_pkey")),
        comment="What was done, by whom and on what; ids alone, so that it outlives what they name.",
    )
    op.create_index(
        "idx_audit_log_org",
        "audit_log",
        ["organization_id", "id"],
        unique=False,
        postgresql_where=sa.text("organization_id IS NOT NULL"),
    )
    op.create_index(
        "idx_audit_log_personal",
        "audit_log",
        ["personal_owner", "organization_id", "workspace_id"],
        unique=False,
        postgresql_where=sa.text("personal_owner IS NOT NULL"),
    )
    op.create_index(
        "idx_audit_log_user",
        "audit_log",
        ["user_id", "id"],
        unique=False,
        postgresql_where=sa.text("user_id IS NOT NULL"),
    )
    op.create_index(
        "idx_audit_log_ws",
        "audit_log",
        ["workspace_id", "id"],
        unique=False,
        postgresql_where=sa.text("workspace_id IS NOT NULL"),
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("scope_id", sa.Uuid(), nullable=False),
        sa.Column("principal_id", sa.Uuid(), nullable=False),
        sa.Column("method", sa.String(length=10), nullable=False),
        sa.Column("route", sa.String(length=200), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=True),
        sa.Column("response", sa.Text(), nullable=True),
        sa.Column("sealed", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint(
            "scope_id", "principal_id", "method", "route", "key", name=op.f("idempotency_keys_pkey")
        ),
        comment="A request that was made with an Idempotency-Key, and the answer to give again.",
    )
    op.create_index("idx_idempotency_keys_created", "idempotency_keys", ["created_at"], unique=False)
    op.create_table(
        "mail_tokens",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.String(length=255), nullable=False),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "purpose IN ('sign_up', 'reset_password', 'change_email')", name=op.f("mail_tokens_purpose_check")
        ),
        sa.CheckConstraint("email = lower(email)", name=op.f("mail_tokens_email_lower_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("mail_tokens_pkey")),
        sa.UniqueConstraint("token_hash", name=op.f("mail_tokens_token_hash_key")),
        comment="What a link in a mail proves; before sign-up its person has an id and no row yet.",
    )
    op.create_index("idx_mail_tokens_expires", "mail_tokens", ["expires_at"], unique=False)
    op.create_index("idx_mail_tokens_user", "mail_tokens", ["user_id"], unique=False)
    op.create_table(
        "mails",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("email", sa.String(length=255), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("invitation_id", sa.Uuid(), nullable=True),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "kind IN ('sign_up', 'reset_password', 'change_email', 'invitation', 'password_changed', 'email_changed', 'account_deleted')",
            name=op.f("mails_kind_check"),
        ),
        sa.CheckConstraint("attempts >= 0", name=op.f("mails_attempts_check")),
        sa.CheckConstraint("email = lower(email)", name=op.f("mails_email_lower_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("mails_pkey")),
        comment="A mail that somebody asked for. It holds no token: the sender makes one as it writes.",
    )
    op.create_index(
        "idx_mails_waiting",
        "mails",
        ["created_at"],
        unique=False,
        postgresql_where=sa.text("sent_at IS NULL"),
    )
    op.create_table(
        "personal_keys",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("wrapped", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("owner_id", name=op.f("personal_keys_pkey")),
        comment="The key of a person's, or of a workspace's programs', sealed fields in the audit log.",
    )
    op.create_table(
        "rate_limits",
        sa.Column("bucket", sa.Text(), nullable=False),
        sa.Column("tat", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("bucket", name=op.f("rate_limits_pkey")),
        comment="When each bucket is full again (GCRA); a crash of the database forgets it.",
        postgresql_with={"fillfactor": 50},
        prefixes=["UNLOGGED"],
    )
    op.create_table(
        "token_keys",
        sa.Column("kid", sa.String(length=20), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("kid", name=op.f("token_keys_pkey")),
        comment="The public halves of the keys that sign access tokens.",
    )
    op.create_table(
        "oidc_identities",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("oidc_identities_user_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("oidc_identities_pkey")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("oidc_identities_issuer_subject_key")),
        comment="An account at an OIDC provider that opens a person's account here.",
    )
    op.create_index("idx_oidc_identities_user", "oidc_identities", ["user_id"], unique=False)
    op.create_table(
        "sessions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("user_agent", sa.String(length=255), nullable=True),
        sa.Column("address", sa.String(length=45), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("sessions_user_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("sessions_pkey")),
        sa.UniqueConstraint("user_id", "id", name=op.f("sessions_user_id_id_key")),
        comment="A person signed in on a device; its end ends its access tokens at once.",
    )
    op.create_index("idx_sessions_expires", "sessions", ["expires_at"], unique=False)
    op.create_table(
        "refresh_tokens",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id", "session_id"],
            ["sessions.user_id", "sessions.id"],
            name=op.f("refresh_tokens_user_id_session_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("refresh_tokens_pkey")),
        sa.UniqueConstraint("token_hash", name=op.f("refresh_tokens_token_hash_key")),
        comment="One link in a session's chain of refresh tokens; a used one that comes again ends it.",
    )
    op.create_index("idx_refresh_tokens_expires", "refresh_tokens", ["expires_at"], unique=False)
    op.create_index("idx_refresh_tokens_session", "refresh_tokens", ["user_id", "session_id"], unique=False)
    op.create_table(
        "exports",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=True),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("requested_by", sa.Uuid(), nullable=True),
        sa.Column("status", sa.String(length=20), server_default="pending", nullable=False),
        sa.Column("object_key", sa.Text(), nullable=True),
        sa.Column("byte_size", sa.BigInteger(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "status IN ('pending', 'running', 'ready', 'failed', 'expired')",
            name=op.f("exports_status_check"),
        ),
        sa.CheckConstraint("attempts >= 0", name=op.f("exports_attempts_check")),
        sa.CheckConstraint("byte_size >= 0", name=op.f("exports_byte_size_check")),
        sa.CheckConstraint("num_nonnulls(workspace_id, user_id) = 1", name=op.f("exports_of_one_check")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("exports_user_id_fkey")),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("exports_workspace_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("exports_pkey")),
        comment="An archive of everything of a workspace or a person: asked for, then written.",
    )
    op.create_index(
        "idx_exports_open",
        "exports",
        ["workspace_id", "user_id"],
        unique=True,
        postgresql_where=sa.text("status IN ('pending', 'running')"),
        postgresql_nulls_not_distinct=True,
    )
    op.create_index(
        "idx_exports_user",
        "exports",
        ["user_id", "id"],
        unique=False,
        postgresql_where=sa.text("user_id IS NOT NULL"),
    )
    op.create_index(
        "idx_exports_waiting",
        "exports",
        ["created_at"],
        unique=False,
        postgresql_where=sa.text("status IN ('pending', 'running')"),
    )
    op.create_index(
        "idx_exports_ws",
        "exports",
        ["workspace_id", "id"],
        unique=False,
        postgresql_where=sa.text("workspace_id IS NOT NULL"),
    )
    op.create_table(
        "invitations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=True),
        sa.Column("email", sa.String(length=255), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("token_hash", sa.Text(), server_default=sa.FetchedValue(), nullable=True),
        sa.Column("invited_by", sa.Uuid(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "CASE WHEN workspace_id IS NULL THEN role IN ('owner', 'admin', 'billing', 'member') ELSE role IN ('admin', 'editor', 'approver', 'viewer') END",
            name=op.f("invitations_role_check"),
        ),
        sa.CheckConstraint("email = lower(email)", name=op.f("invitations_email_lower_check")),
        sa.ForeignKeyConstraint(["invited_by"], ["users.id"], name=op.f("invitations_invited_by_fkey")),
        sa.ForeignKeyConstraint(
            ["organization_id", "workspace_id"],
            ["workspaces.organization_id", "workspaces.id"],
            name=op.f("invitations_organization_id_workspace_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("invitations_organization_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("invitations_pkey")),
        sa.UniqueConstraint("token_hash", name=op.f("invitations_token_hash_key")),
        comment="A role offered to an address, in an organization or in one of its workspaces.",
    )
    op.create_index("idx_invitations_email", "invitations", ["email"], unique=False)
    op.create_index(
        "idx_invitations_open",
        "invitations",
        ["organization_id", "workspace_id", "email"],
        unique=True,
        postgresql_where=sa.text("accepted_at IS NULL AND revoked_at IS NULL"),
        postgresql_nulls_not_distinct=True,
    )
    op.create_index("idx_invitations_org", "invitations", ["organization_id", "id"], unique=False)
    op.create_index(
        "idx_invitations_ws",
        "invitations",
        ["workspace_id", "id"],
        unique=False,
        postgresql_where=sa.text("workspace_id IS NOT NULL"),
    )
    op.add_column("api_keys", sa.Column("rolled_from", sa.Uuid(), nullable=True))
    op.drop_index(op.f("idx_api_keys_ws"), table_name="api_keys")
    op.create_unique_constraint(
        op.f("api_keys_workspace_id_rolled_from_key"), "api_keys", ["workspace_id", "rolled_from"]
    )
    op.create_foreign_key(
        op.f("api_keys_workspace_id_rolled_from_fkey"),
        "api_keys",
        "api_keys",
        ["workspace_id", "rolled_from"],
        ["workspace_id", "id"],
    )
    op.create_index(
        "idx_media_unready",
        "media",
        ["created_at"],
        unique=False,
        postgresql_where=sa.text("status <> 'ready'"),
    )
    op.add_column("organizations", sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("users", sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("workspaces", sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("workspaces", sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("ALTER TABLE audit_log ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE audit_log FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE exports ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE exports FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE idempotency_keys ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE idempotency_keys FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE invitations ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE invitations FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE mail_tokens ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE mail_tokens FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE mails ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE mails FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE oidc_identities ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE oidc_identities FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE personal_keys ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE personal_keys FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE rate_limits ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE rate_limits FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE refresh_tokens ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE refresh_tokens FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE sessions ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE sessions FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE token_keys ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE token_keys FORCE ROW LEVEL SECURITY")
    op.execute(
        "ALTER TABLE api_keys ADD CONSTRAINT api_keys_permissions_check CHECK ((permissions <@ ARRAY['workspaces:read'::character varying, 'workspaces:write'::character varying, 'members:read'::character varying, 'members:write'::character varying, 'content:read'::character varying, 'content:write'::character varying, 'media:read'::character varying, 'media:write'::character varying, 'templates:read'::character varying, 'templates:write'::character varying, 'brand_voices:read'::character varying, 'brand_voices:write'::character varying, 'connections:read'::character varying, 'connections:write'::character varying, 'publications:read'::character varying, 'publications:write'::character varying, 'campaigns:read'::character varying, 'campaigns:write'::character varying, 'ab_tests:read'::character varying, 'ab_tests:write'::character varying, 'recurring_posts:read'::character varying, 'recurring_posts:write'::character varying, 'analytics:read'::character varying, 'analytics:write'::character varying, 'api_keys:read'::character varying, 'api_keys:write'::character varying, 'webhooks:read'::character varying, 'webhooks:write'::character varying, 'audit_log:read'::character varying, 'audit_log:write'::character varying, 'exports:read'::character varying, 'exports:write'::character varying]))"
    )
    op.execute(
        "CREATE POLICY eraser ON ab_tests AS PERMISSIVE FOR ALL TO lamplighter_eraser USING (((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) AND (EXISTS ( SELECT FROM workspaces w WHERE (w.id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid)))))"
    )
    op.execute(
        "CREATE POLICY eraser ON api_keys AS PERMISSIVE FOR ALL TO lamplighter_eraser USING (((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) AND (EXISTS ( SELECT FROM workspaces w WHERE (w.id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid)))))"
    )
    op.execute(
        "CREATE POLICY lookup_updates ON api_keys AS PERMISSIVE FOR UPDATE TO lamplighter_lookup USING (true)"
    )
    op.execute(
        "CREATE POLICY accounts ON audit_log AS PERMISSIVE FOR SELECT TO lamplighter_accounts USING ((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid))"
    )
    op.execute(
        "CREATE POLICY appended ON audit_log AS PERMISSIVE FOR INSERT TO lamplighter_accounts, lamplighter_app WITH CHECK ( CASE WHEN (workspace_id IS NULL) THEN ((organization_id = (NULLIF(current_setting('app.organization_id'::text, true), ''::text))::uuid) OR (user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid)) ELSE (EXISTS ( SELECT FROM workspaces w WHERE ((w.id = audit_log.workspace_id) AND (w.organization_id = audit_log.organization_id)))) END)"
    )
    op.execute(
        "CREATE POLICY lookup ON audit_log AS PERMISSIVE FOR SELECT TO lamplighter_lookup USING (true)"
    )
    op.execute(
        "CREATE POLICY reads ON audit_log AS PERMISSIVE FOR SELECT TO lamplighter_app USING (COALESCE(((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) OR (organization_id = (NULLIF(current_setting('app.organization_id'::text, true), ''::text))::uuid) OR (user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid)), false))"
    )
    op.execute(
        "CREATE POLICY eraser ON brand_voices AS PERMISSIVE FOR ALL TO lamplighter_eraser USING (((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) AND (EXISTS ( SELECT FROM workspaces w WHERE (w.id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid)))))"
    )
    op.execute(
        "CREATE POLICY eraser ON campaigns AS PERMISSIVE FOR ALL TO lamplighter_eraser USING (((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) AND (EXISTS ( SELECT FROM workspaces w WHERE (w.id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid)))))"
    )
    op.execute(
        "CREATE POLICY eraser ON content AS PERMISSIVE FOR ALL TO lamplighter_eraser USING (((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) AND (EXISTS ( SELECT FROM workspaces w WHERE (w.id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid)))))"
    )
    op.execute(
        "CREATE POLICY eraser ON dispatches AS PERMISSIVE FOR ALL TO lamplighter_eraser USING (((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) AND (EXISTS ( SELECT FROM workspaces w WHERE (w.id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid)))))"
    )
    op.execute(
        "CREATE POLICY accounts ON exports AS PERMISSIVE FOR ALL TO lamplighter_accounts USING ((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid))"
    )
    op.execute(
        "CREATE POLICY eraser ON exports AS PERMISSIVE FOR ALL TO lamplighter_eraser USING (((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) AND (EXISTS ( SELECT FROM workspaces w WHERE (w.id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid)))))"
    )
    op.execute("CREATE POLICY lookup ON exports AS PERMISSIVE FOR SELECT TO lamplighter_lookup USING (true)")
    op.execute(
        "CREATE POLICY lookup_updates ON exports AS PERMISSIVE FOR UPDATE TO lamplighter_lookup USING (true)"
    )
    op.execute("CREATE POLICY pruner ON exports AS PERMISSIVE FOR ALL TO lamplighter_pruner USING (true)")
    op.execute(
        "CREATE POLICY tenant ON exports AS PERMISSIVE FOR ALL TO lamplighter_app USING ((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid))"
    )
    op.execute(
        "CREATE POLICY eraser ON idempotency_keys AS PERMISSIVE FOR ALL TO lamplighter_eraser USING (((scope_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) AND (EXISTS ( SELECT FROM workspaces w WHERE (w.id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid)))))"
    )
    op.execute(
        "CREATE POLICY pruner ON idempotency_keys AS PERMISSIVE FOR ALL TO lamplighter_pruner USING (true)"
    )
    op.execute(
        "CREATE POLICY scope ON idempotency_keys AS PERMISSIVE FOR ALL TO lamplighter_accounts, lamplighter_app USING ((scope_id = ANY (ARRAY[(NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid, (NULLIF(current_setting('app.organization_id'::text, true), ''::text))::uuid, (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid])))"
    )
    op.execute(
        "CREATE POLICY accounts ON invitations AS PERMISSIVE FOR SELECT TO lamplighter_accounts USING (((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) OR (organization_id = (NULLIF(current_setting('app.organization_id'::text, true), ''::text))::uuid)))"
    )
    op.execute(
        "CREATE POLICY accounts_accept ON invitations AS PERMISSIVE FOR UPDATE TO lamplighter_accounts USING (((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) OR (organization_id = (NULLIF(current_setting('app.organization_id'::text, true), ''::text))::uuid)))"
    )
    op.execute(
        "CREATE POLICY eraser ON invitations AS PERMISSIVE FOR ALL TO lamplighter_eraser USING (((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) AND (EXISTS ( SELECT FROM workspaces w WHERE (w.id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid)))))"
    )
    op.execute(
        "CREATE POLICY lookup ON invitations AS PERMISSIVE FOR SELECT TO lamplighter_lookup USING (true)"
    )
    op.execute(
        "CREATE POLICY lookup_deletes ON invitations AS PERMISSIVE FOR DELETE TO lamplighter_lookup USING (true)"
    )
    op.execute("CREATE POLICY mailer ON invitations AS PERMISSIVE FOR ALL TO lamplighter_mailer USING (true)")
    op.execute("CREATE POLICY pruner ON invitations AS PERMISSIVE FOR ALL TO lamplighter_pruner USING (true)")
    op.execute(
        "CREATE POLICY tenant ON invitations AS PERMISSIVE FOR ALL TO lamplighter_app USING (((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) OR (organization_id = (NULLIF(current_setting('app.organization_id'::text, true), ''::text))::uuid)))"
    )
    op.execute(
        "CREATE POLICY accounts ON mail_tokens AS PERMISSIVE FOR ALL TO lamplighter_accounts USING ((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid))"
    )
    op.execute(
        "CREATE POLICY lookup ON mail_tokens AS PERMISSIVE FOR SELECT TO lamplighter_lookup USING (true)"
    )
    op.execute(
        "CREATE POLICY lookup_deletes ON mail_tokens AS PERMISSIVE FOR DELETE TO lamplighter_lookup USING (true)"
    )
    op.execute("CREATE POLICY mailer ON mail_tokens AS PERMISSIVE FOR ALL TO lamplighter_mailer USING (true)")
    op.execute("CREATE POLICY pruner ON mail_tokens AS PERMISSIVE FOR ALL TO lamplighter_pruner USING (true)")
    op.execute(
        "CREATE POLICY accounts ON mails AS PERMISSIVE FOR INSERT TO lamplighter_accounts WITH CHECK (((invitation_id IS NULL) AND ((user_id IS NULL) OR (user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid))))"
    )
    op.execute(
        "CREATE POLICY invites ON mails AS PERMISSIVE FOR INSERT TO lamplighter_app WITH CHECK ((((kind)::text = 'invitation'::text) AND (user_id IS NULL) AND (EXISTS ( SELECT FROM invitations i WHERE ((i.id = mails.invitation_id) AND ((i.email)::text = (mails.email)::text))))))"
    )
    op.execute("CREATE POLICY lookup ON mails AS PERMISSIVE FOR SELECT TO lamplighter_lookup USING (true)")
    op.execute(
        "CREATE POLICY lookup_deletes ON mails AS PERMISSIVE FOR DELETE TO lamplighter_lookup USING (true)"
    )
    op.execute("CREATE POLICY mailer ON mails AS PERMISSIVE FOR ALL TO lamplighter_mailer USING (true)")
    op.execute("CREATE POLICY pruner ON mails AS PERMISSIVE FOR ALL TO lamplighter_pruner USING (true)")
    op.execute(
        "CREATE POLICY eraser ON media AS PERMISSIVE FOR ALL TO lamplighter_eraser USING (((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) AND (EXISTS ( SELECT FROM workspaces w WHERE (w.id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid)))))"
    )
    op.execute(
        "CREATE POLICY pruner ON media AS PERMISSIVE FOR ALL TO lamplighter_pruner USING (((status)::text <> 'ready'::text))"
    )
    op.execute(
        "CREATE POLICY accounts ON oidc_identities AS PERMISSIVE FOR ALL TO lamplighter_accounts USING ((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid))"
    )
    op.execute(
        "CREATE POLICY lookup ON oidc_identities AS PERMISSIVE FOR SELECT TO lamplighter_lookup USING (true)"
    )
    op.execute(
        "CREATE POLICY accounts ON organization_members AS PERMISSIVE FOR SELECT TO lamplighter_accounts USING ((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid))"
    )
    op.execute(
        "CREATE POLICY accounts_join ON organization_members AS PERMISSIVE FOR INSERT TO lamplighter_accounts WITH CHECK (((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid) AND (organization_id = (NULLIF(current_setting('app.organization_id'::text, true), ''::text))::uuid)))"
    )
    op.execute(
        "CREATE POLICY accounts_leave ON organization_members AS PERMISSIVE FOR DELETE TO lamplighter_accounts USING ((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid))"
    )
    op.execute(
        "CREATE POLICY accounts ON organizations AS PERMISSIVE FOR SELECT TO lamplighter_accounts USING ((id = (NULLIF(current_setting('app.organization_id'::text, true), ''::text))::uuid))"
    )
    op.execute(
        "CREATE POLICY lookup ON organizations AS PERMISSIVE FOR SELECT TO lamplighter_lookup USING (true)"
    )
    op.execute(
        "CREATE POLICY lookup_updates ON organizations AS PERMISSIVE FOR UPDATE TO lamplighter_lookup USING (true)"
    )
    op.execute(
        "CREATE POLICY mailer ON organizations AS PERMISSIVE FOR SELECT TO lamplighter_mailer USING (true)"
    )
    op.execute(
        "CREATE POLICY eraser ON outbox_events AS PERMISSIVE FOR ALL TO lamplighter_eraser USING (((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) AND (EXISTS ( SELECT FROM workspaces w WHERE (w.id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid)))))"
    )
    op.execute(
        "CREATE POLICY accounts ON personal_keys AS PERMISSIVE FOR ALL TO lamplighter_accounts USING ((owner_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid))"
    )
    op.execute(
        "CREATE POLICY destroys ON personal_keys AS PERMISSIVE FOR DELETE TO lamplighter_app USING ((owner_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid))"
    )
    op.execute(
        "CREATE POLICY eraser ON personal_keys AS PERMISSIVE FOR ALL TO lamplighter_eraser USING (((owner_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) AND (EXISTS ( SELECT FROM workspaces w WHERE (w.id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid)))))"
    )
    op.execute(
        "CREATE POLICY lookup ON personal_keys AS PERMISSIVE FOR SELECT TO lamplighter_lookup USING (true)"
    )
    op.execute(
        "CREATE POLICY makes ON personal_keys AS PERMISSIVE FOR INSERT TO lamplighter_app WITH CHECK ((owner_id = ANY (ARRAY[(NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid, (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid])))"
    )
    op.execute(
        "CREATE POLICY opens ON personal_keys AS PERMISSIVE FOR SELECT TO lamplighter_app USING (((owner_id = ANY (ARRAY[(NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid, (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid])) OR (EXISTS ( SELECT FROM audit_log a WHERE ((a.personal_owner = personal_keys.owner_id) AND (a.organization_id = (NULLIF(current_setting('app.organization_id'::text, true), ''::text))::uuid)) OFFSET 0)) OR (EXISTS ( SELECT FROM (workspaces w JOIN audit_log a ON (((a.personal_owner = personal_keys.owner_id) AND (a.organization_id = w.organization_id) AND (a.workspace_id = w.id)))) WHERE (w.id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid)))))"
    )
    op.execute(
        "CREATE POLICY eraser ON platform_connections AS PERMISSIVE FOR ALL TO lamplighter_eraser USING (((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) AND (EXISTS ( SELECT FROM workspaces w WHERE (w.id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid)))))"
    )
    op.execute(
        "CREATE POLICY rotator ON platform_connections AS PERMISSIVE FOR ALL TO lamplighter_rotator USING ((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid))"
    )
    op.execute(
        "CREATE POLICY eraser ON publication_attempts AS PERMISSIVE FOR ALL TO lamplighter_eraser USING (((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) AND (EXISTS ( SELECT FROM workspaces w WHERE (w.id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid)))))"
    )
    op.execute(
        "CREATE POLICY eraser ON publication_platforms AS PERMISSIVE FOR ALL TO lamplighter_eraser USING (((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) AND (EXISTS ( SELECT FROM workspaces w WHERE (w.id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid)))))"
    )
    op.execute(
        "CREATE POLICY eraser ON publications AS PERMISSIVE FOR ALL TO lamplighter_eraser USING (((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) AND (EXISTS ( SELECT FROM workspaces w WHERE (w.id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid)))))"
    )
    op.execute(
        "CREATE POLICY lookup ON rate_limits AS PERMISSIVE FOR SELECT TO lamplighter_lookup USING (true)"
    )
    op.execute(
        "CREATE POLICY lookup_inserts ON rate_limits AS PERMISSIVE FOR INSERT TO lamplighter_lookup WITH CHECK (true)"
    )
    op.execute(
        "CREATE POLICY lookup_updates ON rate_limits AS PERMISSIVE FOR UPDATE TO lamplighter_lookup USING (true)"
    )
    op.execute("CREATE POLICY pruner ON rate_limits AS PERMISSIVE FOR ALL TO lamplighter_pruner USING (true)")
    op.execute(
        "CREATE POLICY eraser ON recurring_post_connections AS PERMISSIVE FOR ALL TO lamplighter_eraser USING (((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) AND (EXISTS ( SELECT FROM workspaces w WHERE (w.id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid)))))"
    )
    op.execute(
        "CREATE POLICY eraser ON recurring_posts AS PERMISSIVE FOR ALL TO lamplighter_eraser USING (((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) AND (EXISTS ( SELECT FROM workspaces w WHERE (w.id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid)))))"
    )
    op.execute(
        "CREATE POLICY accounts ON refresh_tokens AS PERMISSIVE FOR ALL TO lamplighter_accounts USING ((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid))"
    )
    op.execute(
        "CREATE POLICY lookup ON refresh_tokens AS PERMISSIVE FOR SELECT TO lamplighter_lookup USING (true)"
    )
    op.execute(
        "CREATE POLICY pruner ON refresh_tokens AS PERMISSIVE FOR ALL TO lamplighter_pruner USING (true)"
    )
    op.execute(
        "CREATE POLICY accounts ON sessions AS PERMISSIVE FOR ALL TO lamplighter_accounts USING ((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid))"
    )
    op.execute("CREATE POLICY lookup ON sessions AS PERMISSIVE FOR SELECT TO lamplighter_lookup USING (true)")
    op.execute(
        "CREATE POLICY lookup_updates ON sessions AS PERMISSIVE FOR UPDATE TO lamplighter_lookup USING (true)"
    )
    op.execute("CREATE POLICY pruner ON sessions AS PERMISSIVE FOR ALL TO lamplighter_pruner USING (true)")
    op.execute(
        "CREATE POLICY eraser ON templates AS PERMISSIVE FOR ALL TO lamplighter_eraser USING (((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) AND (EXISTS ( SELECT FROM workspaces w WHERE (w.id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid)))))"
    )
    op.execute(
        "CREATE POLICY accounts_sign ON token_keys AS PERMISSIVE FOR INSERT TO lamplighter_accounts WITH CHECK (true)"
    )
    op.execute(
        "CREATE POLICY public ON token_keys AS PERMISSIVE FOR SELECT TO lamplighter_accounts, lamplighter_app USING (true)"
    )
    op.execute(
        "CREATE POLICY accounts ON users AS PERMISSIVE FOR ALL TO lamplighter_accounts USING ((id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid))"
    )
    op.execute(
        "CREATE POLICY known ON users AS PERMISSIVE FOR SELECT TO lamplighter_app USING (((id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid) OR (EXISTS ( SELECT FROM organization_members m WHERE ((m.user_id = users.id) AND (m.organization_id = (NULLIF(current_setting('app.organization_id'::text, true), ''::text))::uuid)))) OR (EXISTS ( SELECT FROM workspace_members m WHERE ((m.user_id = users.id) AND (m.workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid))))))"
    )
    op.execute("CREATE POLICY lookup ON users AS PERMISSIVE FOR SELECT TO lamplighter_lookup USING (true)")
    op.execute("CREATE POLICY mailer ON users AS PERMISSIVE FOR SELECT TO lamplighter_mailer USING (true)")
    op.execute(
        "CREATE POLICY eraser ON webhook_deliveries AS PERMISSIVE FOR ALL TO lamplighter_eraser USING (((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) AND (EXISTS ( SELECT FROM workspaces w WHERE (w.id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid)))))"
    )
    op.execute(
        "CREATE POLICY eraser ON webhooks AS PERMISSIVE FOR ALL TO lamplighter_eraser USING (((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) AND (EXISTS ( SELECT FROM workspaces w WHERE (w.id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid)))))"
    )
    op.execute(
        "CREATE POLICY rotator ON webhooks AS PERMISSIVE FOR ALL TO lamplighter_rotator USING ((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid))"
    )
    op.execute(
        "CREATE POLICY eraser ON workspace_keys AS PERMISSIVE FOR ALL TO lamplighter_eraser USING (((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) AND (EXISTS ( SELECT FROM workspaces w WHERE (w.id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid)))))"
    )
    op.execute(
        "CREATE POLICY rotator ON workspace_keys AS PERMISSIVE FOR ALL TO lamplighter_rotator USING ((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid))"
    )
    op.execute(
        "CREATE POLICY rotator_finds ON workspace_keys AS PERMISSIVE FOR SELECT TO lamplighter_rotator USING (true)"
    )
    op.execute(
        "CREATE POLICY tenant ON workspace_keys AS PERMISSIVE FOR SELECT TO lamplighter_app USING ((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid))"
    )
    op.execute(
        "CREATE POLICY tenant_adds ON workspace_keys AS PERMISSIVE FOR INSERT TO lamplighter_app WITH CHECK ((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid))"
    )
    op.execute(
        "CREATE POLICY tenant_ends ON workspace_keys AS PERMISSIVE FOR DELETE TO lamplighter_app USING (((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) AND (EXISTS ( SELECT FROM workspaces w WHERE ((w.id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) AND (w.deleted_at IS NOT NULL))))))"
    )
    op.execute(
        "CREATE POLICY accounts ON workspace_members AS PERMISSIVE FOR SELECT TO lamplighter_accounts USING ((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid))"
    )
    op.execute(
        "CREATE POLICY accounts_join ON workspace_members AS PERMISSIVE FOR INSERT TO lamplighter_accounts WITH CHECK (((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid) AND (workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid)))"
    )
    op.execute(
        "CREATE POLICY accounts_leave ON workspace_members AS PERMISSIVE FOR DELETE TO lamplighter_accounts USING ((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid))"
    )
    op.execute(
        "CREATE POLICY eraser ON workspace_members AS PERMISSIVE FOR ALL TO lamplighter_eraser USING (((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) AND (EXISTS ( SELECT FROM workspaces w WHERE (w.id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid)))))"
    )
    op.execute(
        "CREATE POLICY accounts ON workspaces AS PERMISSIVE FOR SELECT TO lamplighter_accounts USING (((id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) OR (organization_id = (NULLIF(current_setting('app.organization_id'::text, true), ''::text))::uuid)))"
    )
    op.execute(
        "CREATE POLICY eraser ON workspaces AS PERMISSIVE FOR ALL TO lamplighter_eraser USING ((deleted_at IS NOT NULL))"
    )
    op.execute(
        "CREATE POLICY mailer ON workspaces AS PERMISSIVE FOR SELECT TO lamplighter_mailer USING (true)"
    )
    op.execute(
        "CREATE POLICY rotator ON workspaces AS PERMISSIVE FOR SELECT TO lamplighter_rotator USING (true)"
    )
    op.execute("SET LOCAL ROLE lamplighter_lookup")
    op.execute(
        """
    CREATE OR REPLACE FUNCTION public.authenticate_key(hashes text[], plans jsonb)
     RETURNS TABLE(key_id uuid, workspace_id uuid, organization_id uuid, type character varying, permissions character varying[], connection_ids uuid[], expires_at timestamp with time zone, revoked_at timestamp with time zone, personal_key text, plan_id character varying, allowed boolean, policy text, quota integer, window_s integer, remaining integer, reset_s integer, retry_after_s integer)
     LANGUAGE plpgsql
     SECURITY DEFINER ROWS 1
     SET search_path TO 'pg_catalog', 'pg_temp'
    AS $function$
    DECLARE
        hash text;
        used timestamptz;
        rates jsonb;
        taken record;
        shared record;
    BEGIN
        -- One hash at a time: for a list of unknown length every call would be planned anew.
        FOREACH hash IN ARRAY hashes LOOP
            SELECT k.id, k.workspace_id, w.organization_id, k.type, k.permissions, k.connection_ids,
                   k.expires_at, k.revoked_at, p.wrapped, o.plan_id, k.last_used_at
              INTO key_id, workspace_id, organization_id, type, permissions, connection_ids,
                   expires_at, revoked_at, personal_key, plan_id, used
              FROM public.api_keys k
              JOIN public.workspaces w ON w.id = k.workspace_id AND w.deleted_at IS NULL
              JOIN public.organizations o ON o.id = w.organization_id AND o.deleted_at IS NULL
              LEFT JOIN public.personal_keys p ON p.owner_id = w.id
             WHERE k.key_hash = hash;
            EXIT WHEN FOUND;
        END LOOP;
        IF key_id IS NULL THEN
            RETURN;
        END IF;
        IF revoked_at IS NOT NULL OR expires_at <= clock_timestamp() THEN
            RETURN NEXT;
            RETURN;
        END IF;
        IF used IS NULL OR used < clock_timestamp() - interval '1 minute' THEN
            -- Whoever changes the key meanwhile holds its row: the next request notes the time.
            UPDATE public.api_keys k SET last_used_at = clock_timestamp()
             WHERE k.id = (SELECT l.id FROM public.api_keys l
                            WHERE l.id = key_id AND l.last_used_at IS NOT DISTINCT FROM used
                              FOR NO KEY UPDATE SKIP LOCKED);
        END IF;
        -- The principal's own bucket, then the workspace's; the tighter one is reported.
        rates := coalesce(plans -> plan_id, plans -> 'starter');
        taken := public.gcra('key:' || key_id,
                             (rates #>> '{principal,0}')::float8, (rates #>> '{principal,1}')::int);
        policy := 'principal';
        IF taken.allowed AND true THEN
            shared := public.gcra('workspace:' || workspace_id,
                                  (rates #>> '{workspace,0}')::float8, (rates #>> '{workspace,1}')::int);
            IF NOT shared.allowed OR shared.remaining < taken.remaining THEN
                taken := shared;
                policy := 'workspace';
            END IF;
        END IF;
        allowed := taken.allowed;
        quota := (rates -> policy ->> 1)::int;
        window_s := ceil(60 * quota / (rates -> policy ->> 0)::float8);
        remaining := taken.remaining;
        reset_s := taken.reset_s;
        retry_after_s := taken.retry_after_s;
        RETURN NEXT;
    END
    $function$
        """
    )
    op.execute("REVOKE ALL ON FUNCTION authenticate_key(text[],jsonb) FROM PUBLIC")
    op.execute("SET LOCAL ROLE lamplighter_owner")
    op.execute("SET LOCAL ROLE lamplighter_lookup")
    op.execute(
        """
    CREATE OR REPLACE FUNCTION public.authenticate_user(session uuid, person uuid, workspace uuid, organization uuid, plans jsonb)
     RETURNS TABLE(user_id uuid, session_id uuid, organization_id uuid, organization_role character varying, workspace_role character varying, personal_key text, plan_id character varying, allowed boolean, policy text, quota integer, window_s integer, remaining integer, reset_s integer, retry_after_s integer)
     LANGUAGE plpgsql
     SECURITY DEFINER ROWS 1
     SET search_path TO 'pg_catalog', 'pg_temp'
    AS $function$
    DECLARE
        used timestamptz;
        rates jsonb;
        taken record;
        shared record;
    BEGIN
        SELECT s.user_id, s.id, o.id, om.role, p.wrapped, s.last_used_at,
               CASE WHEN w.id IS NULL OR o.id IS NULL THEN NULL
                    WHEN om.role IN ('owner', 'admin') THEN 'admin'
                    ELSE wm.role END,
               CASE WHEN om.role IS NOT NULL OR wm.role IS NOT NULL THEN o.plan_id END
          INTO user_id, session_id, organization_id, organization_role, personal_key, used,
               workspace_role, plan_id
          FROM public.sessions s
          JOIN public.users u ON u.id = s.user_id AND u.deleted_at IS NULL
          LEFT JOIN public.workspaces w ON w.id = workspace AND w.deleted_at IS NULL
          LEFT JOIN public.organizations o ON o.deleted_at IS NULL
                AND o.id = CASE WHEN workspace IS NULL THEN organization ELSE w.organization_id END
          LEFT JOIN public.organization_members om
            ON om.organization_id = o.id AND om.user_id = s.user_id AND om.joined_at IS NOT NULL
          LEFT JOIN public.workspace_members wm
            ON wm.workspace_id = w.id AND wm.user_id = s.user_id AND wm.joined_at IS NOT NULL
          LEFT JOIN public.personal_keys p ON p.owner_id = s.user_id
         WHERE s.id = session AND s.user_id = person AND s.revoked_at IS NULL
           AND s.expires_at > clock_timestamp();
        IF NOT FOUND THEN
            RETURN;
        END IF;
        IF used IS NULL OR used < clock_timestamp() - interval '1 minute' THEN
            UPDATE public.sessions s SET last_used_at = clock_timestamp()
             WHERE s.id = (SELECT l.id FROM public.sessions l
                            WHERE l.id = session_id AND l.last_used_at IS NOT DISTINCT FROM used
                              FOR NO KEY UPDATE SKIP LOCKED);
        END IF;
        -- The principal's own bucket, then the workspace's; the tighter one is reported.
        rates := coalesce(plans -> plan_id, plans -> 'starter');
        taken := public.gcra('user:' || user_id,
                             (rates #>> '{principal,0}')::float8, (rates #>> '{principal,1}')::int);
        policy := 'principal';
        IF taken.allowed AND workspace_role IS NOT NULL THEN
            shared := public.gcra('workspace:' || workspace,
                                  (rates #>> '{workspace,0}')::float8, (rates #>> '{workspace,1}')::int);
            IF NOT shared.allowed OR shared.remaining < taken.remaining THEN
                taken := shared;
                policy := 'workspace';
            END IF;
        END IF;
        allowed := taken.allowed;
        quota := (rates -> policy ->> 1)::int;
        window_s := ceil(60 * quota / (rates -> policy ->> 0)::float8);
        remaining := taken.remaining;
        reset_s := taken.reset_s;
        retry_after_s := taken.retry_after_s;
        RETURN NEXT;
    END
    $function$
        """
    )
    op.execute("REVOKE ALL ON FUNCTION authenticate_user(uuid,uuid,uuid,uuid,jsonb) FROM PUBLIC")
    op.execute("SET LOCAL ROLE lamplighter_owner")
    op.execute("SET LOCAL ROLE lamplighter_lookup")
    op.execute(
        """
    CREATE OR REPLACE FUNCTION public.find_identity(issued_by text, known_as text)
     RETURNS TABLE(user_id uuid)
     LANGUAGE sql
     STABLE SECURITY DEFINER ROWS 1
     SET search_path TO 'pg_catalog', 'pg_temp'
    AS $function$
        SELECT i.user_id
          FROM public.oidc_identities i
          JOIN public.users u ON u.id = i.user_id AND u.deleted_at IS NULL
         WHERE i.issuer = issued_by AND i.subject = known_as
    $function$
        """
    )
    op.execute("REVOKE ALL ON FUNCTION find_identity(text,text) FROM PUBLIC")
    op.execute("SET LOCAL ROLE lamplighter_owner")
    op.execute("SET LOCAL ROLE lamplighter_lookup")
    op.execute(
        """
    CREATE OR REPLACE FUNCTION public.find_invitation(hash text)
     RETURNS TABLE(id uuid, organization_id uuid, workspace_id uuid, user_id uuid)
     LANGUAGE sql
     STABLE SECURITY DEFINER ROWS 1
     SET search_path TO 'pg_catalog', 'pg_temp'
    AS $function$
        SELECT i.id, i.organization_id, i.workspace_id, u.id
          FROM public.invitations i
          JOIN public.organizations o ON o.id = i.organization_id AND o.deleted_at IS NULL
          LEFT JOIN public.workspaces w ON w.id = i.workspace_id
          LEFT JOIN public.users u ON u.email = i.email AND u.deleted_at IS NULL
         WHERE i.token_hash = hash AND w.deleted_at IS NULL
    $function$
        """
    )
    op.execute("REVOKE ALL ON FUNCTION find_invitation(text) FROM PUBLIC")
    op.execute("SET LOCAL ROLE lamplighter_owner")
    op.execute("SET LOCAL ROLE lamplighter_lookup")
    op.execute(
        """
    CREATE OR REPLACE FUNCTION public.find_login(address text)
     RETURNS TABLE(user_id uuid, password_hash character varying)
     LANGUAGE sql
     STABLE SECURITY DEFINER ROWS 1
     SET search_path TO 'pg_catalog', 'pg_temp'
    AS $function$
        SELECT u.id, u.password_hash FROM public.users u WHERE u.email = address AND u.deleted_at IS NULL
    $function$
        """
    )
    op.execute("REVOKE ALL ON FUNCTION find_login(text) FROM PUBLIC")
    op.execute("SET LOCAL ROLE lamplighter_owner")
    op.execute("SET LOCAL ROLE lamplighter_lookup")
    op.execute(
        """
    CREATE OR REPLACE FUNCTION public.find_mail_token(hash text, wanted text)
     RETURNS TABLE(id uuid, user_id uuid)
     LANGUAGE sql
     STABLE SECURITY DEFINER ROWS 1
     SET search_path TO 'pg_catalog', 'pg_temp'
    AS $function$
        SELECT t.id, t.user_id FROM public.mail_tokens t WHERE t.token_hash = hash AND t.purpose = wanted
    $function$
        """
    )
    op.execute("REVOKE ALL ON FUNCTION find_mail_token(text,text) FROM PUBLIC")
    op.execute("SET LOCAL ROLE lamplighter_owner")
    op.execute("SET LOCAL ROLE lamplighter_lookup")
    op.execute(
        """
    CREATE OR REPLACE FUNCTION public.find_refresh(hash text)
     RETURNS TABLE(user_id uuid, session_id uuid, refresh_id uuid)
     LANGUAGE sql
     STABLE SECURITY DEFINER ROWS 1
     SET search_path TO 'pg_catalog', 'pg_temp'
    AS $function$
        SELECT t.user_id, t.session_id, t.id FROM public.refresh_tokens t WHERE t.token_hash = hash
    $function$
        """
    )
    op.execute("REVOKE ALL ON FUNCTION find_refresh(text) FROM PUBLIC")
    op.execute("SET LOCAL ROLE lamplighter_owner")
    op.execute("SET LOCAL ROLE lamplighter_lookup")
    op.execute(
        """
    CREATE OR REPLACE FUNCTION public.forget_email(address text)
     RETURNS void
     LANGUAGE sql
     SECURITY DEFINER
     SET search_path TO 'pg_catalog', 'pg_temp'
    AS $function$
        WITH own AS (SELECT u.email FROM public.users u WHERE u.id = nullif(current_setting('app.user_id', true), '')::uuid AND u.email = address),
             invited AS (DELETE FROM public.invitations i USING own WHERE i.email = own.email),
             proving AS (DELETE FROM public.mail_tokens t USING own WHERE t.email = own.email)
        DELETE FROM public.mails m USING own WHERE m.email = own.email OR m.user_id = nullif(current_setting('app.user_id', true), '')::uuid
    $function$
        """
    )
    op.execute("REVOKE ALL ON FUNCTION forget_email(text) FROM PUBLIC")
    op.execute("SET LOCAL ROLE lamplighter_owner")
    op.execute("SET LOCAL ROLE lamplighter_lookup")
    op.execute(
        """
    CREATE OR REPLACE FUNCTION public.forget_in_archives()
     RETURNS void
     LANGUAGE sql
     SECURITY DEFINER
     SET search_path TO 'pg_catalog', 'pg_temp'
    AS $function$
        UPDATE public.exports e SET expires_at = clock_timestamp()
         WHERE e.workspace_id IS NOT NULL AND e.status IN ('running', 'ready')
           AND (EXISTS (SELECT FROM public.workspace_members m
                         WHERE m.workspace_id = e.workspace_id AND m.user_id = nullif(current_setting('app.user_id', true), '')::uuid)
             OR EXISTS (SELECT FROM public.workspaces w
                         JOIN public.audit_log a
                           ON a.personal_owner = nullif(current_setting('app.user_id', true), '')::uuid AND a.organization_id = w.organization_id
                          AND a.workspace_id = w.id
                        WHERE w.id = e.workspace_id)
             OR EXISTS (SELECT FROM public.invitations i
                         JOIN public.users u ON u.id = nullif(current_setting('app.user_id', true), '')::uuid AND u.email = i.email
                         WHERE i.workspace_id = e.workspace_id))
    $function$
        """
    )
    op.execute("REVOKE ALL ON FUNCTION forget_in_archives() FROM PUBLIC")
    op.execute("SET LOCAL ROLE lamplighter_owner")
    op.execute("SET LOCAL ROLE lamplighter_lookup")
    op.execute(
        """
    CREATE OR REPLACE FUNCTION public.gcra(bucket text, per_minute double precision, burst integer, OUT allowed boolean, OUT remaining integer, OUT reset_s integer, OUT retry_after_s integer)
     RETURNS record
     LANGUAGE plpgsql
    AS $function$
    #variable_conflict use_column
    DECLARE
        step_s CONSTANT double precision := 60 / gcra.per_minute;
        step CONSTANT interval := make_interval(secs => step_s);
        room CONSTANT interval := step * gcra.burst;
        full_at timestamptz;
        wait_s double precision;
    BEGIN
        -- The clock is read under the row's lock: who waited for it asks later than who held it.
        INSERT INTO public.rate_limits AS r (bucket, tat)
        VALUES (gcra.bucket, clock_timestamp() + step)
            ON CONFLICT (bucket) DO UPDATE SET tat = greatest(r.tat, clock_timestamp()) + step
               WHERE greatest(r.tat, clock_timestamp()) + step <= clock_timestamp() + room
        RETURNING r.tat INTO full_at;
        allowed := FOUND;
        IF NOT allowed THEN
            SELECT r.tat INTO full_at FROM public.rate_limits r WHERE r.bucket = gcra.bucket;
        END IF;
        wait_s := greatest(date_part('epoch', full_at - clock_timestamp()), 0);
        remaining := greatest(floor(gcra.burst - wait_s / step_s + 1e-6), 0);
        reset_s := ceil(wait_s);
        retry_after_s := CASE WHEN allowed THEN 0 ELSE greatest(ceil(wait_s - (gcra.burst - 1) * step_s), 1) END;
    END
    $function$
        """
    )
    op.execute("REVOKE ALL ON FUNCTION gcra(text,double precision,integer) FROM PUBLIC")
    op.execute("SET LOCAL ROLE lamplighter_owner")
    op.execute("SET LOCAL ROLE lamplighter_lookup")
    op.execute(
        """
    CREATE OR REPLACE FUNCTION public.hand_over_ownerships()
     RETURNS void
     LANGUAGE sql
     SECURITY DEFINER
     SET search_path TO 'pg_catalog', 'pg_temp'
    AS $function$
        UPDATE public.organizations o
           SET owner_id = (SELECT m.user_id FROM public.organization_members m
                            WHERE m.organization_id = o.id AND m.user_id <> o.owner_id
                              AND m.role = 'owner' AND m.joined_at IS NOT NULL
                            ORDER BY m.joined_at, m.user_id LIMIT 1),
               version = o.version + 1,
               updated_at = clock_timestamp()
         WHERE o.owner_id = nullif(current_setting('app.user_id', true), '')::uuid AND o.deleted_at IS NULL
    $function$
        """
    )
    op.execute("REVOKE ALL ON FUNCTION hand_over_ownerships() FROM PUBLIC")
    op.execute("SET LOCAL ROLE lamplighter_owner")
    op.execute("SET LOCAL ROLE lamplighter_lookup")
    op.execute(
        """
    CREATE OR REPLACE FUNCTION public.my_organizations()
     RETURNS TABLE(id uuid, name character varying, slug character varying, role character varying, plan_id character varying)
     LANGUAGE sql
     STABLE SECURITY DEFINER
     SET search_path TO 'pg_catalog', 'pg_temp'
    AS $function$
        SELECT o.id, o.name, o.slug, m.role, o.plan_id
          FROM public.organization_members m
          JOIN public.organizations o ON o.id = m.organization_id AND o.deleted_at IS NULL
         WHERE m.user_id = nullif(current_setting('app.user_id', true), '')::uuid AND m.joined_at IS NOT NULL
         ORDER BY o.id
    $function$
        """
    )
    op.execute("REVOKE ALL ON FUNCTION my_organizations() FROM PUBLIC")
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
          JOIN public.workspaces w ON w.id = mine.workspace_id AND w.deleted_at IS NULL
          JOIN public.organizations o ON o.id = w.organization_id AND o.deleted_at IS NULL
         ORDER BY w.id, mine.role <> 'admin'
    $function$
        """
    )
    op.execute("REVOKE ALL ON FUNCTION my_workspaces() FROM PUBLIC")
    op.execute("SET LOCAL ROLE lamplighter_owner")
    op.execute("SET LOCAL ROLE lamplighter_lookup")
    op.execute(
        """
    CREATE OR REPLACE FUNCTION public.sole_ownerships()
     RETURNS TABLE(organization_id uuid)
     LANGUAGE sql
     SECURITY DEFINER
     SET search_path TO 'pg_catalog', 'pg_temp'
    AS $function$
        SELECT FROM public.organizations o
         WHERE o.deleted_at IS NULL
           AND o.id IN (SELECT m.organization_id FROM public.organization_members m WHERE m.user_id = nullif(current_setting('app.user_id', true), '')::uuid)
         ORDER BY o.id
           FOR NO KEY UPDATE;
        SELECT m.organization_id
          FROM public.organization_members m
          JOIN public.organizations o ON o.id = m.organization_id AND o.deleted_at IS NULL
         WHERE m.user_id = nullif(current_setting('app.user_id', true), '')::uuid AND m.role = 'owner' AND m.joined_at IS NOT NULL
           AND NOT EXISTS (SELECT FROM public.organization_members other
                            WHERE other.organization_id = m.organization_id AND other.user_id <> m.user_id
                              AND other.role = 'owner' AND other.joined_at IS NOT NULL)
         ORDER BY m.organization_id
    $function$
        """
    )
    op.execute("REVOKE ALL ON FUNCTION sole_ownerships() FROM PUBLIC")
    op.execute("SET LOCAL ROLE lamplighter_owner")
    op.execute("SET LOCAL ROLE lamplighter_lookup")
    op.execute(
        """
    CREATE OR REPLACE FUNCTION public.take(bucket text, per_minute double precision, burst integer)
     RETURNS TABLE(allowed boolean, remaining integer, reset_s integer, retry_after_s integer)
     LANGUAGE sql
     SECURITY DEFINER ROWS 1
     SET search_path TO 'pg_catalog', 'pg_temp'
    AS $function$
        SELECT g.allowed, g.remaining, g.reset_s, g.retry_after_s
          FROM public.gcra('attempts:' || bucket, per_minute, burst) g
    $function$
        """
    )
    op.execute("REVOKE ALL ON FUNCTION take(text,double precision,integer) FROM PUBLIC")
    op.execute("SET LOCAL ROLE lamplighter_owner")
    op.execute("SET LOCAL ROLE lamplighter_lookup")
    op.execute(
        """
    CREATE OR REPLACE FUNCTION public.waiting_exports(most integer)
     RETURNS TABLE(id uuid, workspace_id uuid, user_id uuid)
     LANGUAGE sql
     SECURITY DEFINER
     SET search_path TO 'pg_catalog', 'pg_temp'
    AS $function$
        SELECT e.id, e.workspace_id, e.user_id
          FROM public.exports e
         WHERE e.status IN ('pending', 'running')
           AND (e.claimed_until IS NULL OR e.claimed_until < clock_timestamp())
         ORDER BY e.created_at
         LIMIT most
    $function$
        """
    )
    op.execute("REVOKE ALL ON FUNCTION waiting_exports(integer) FROM PUBLIC")
    op.execute("SET LOCAL ROLE lamplighter_owner")
    op.execute("SET LOCAL ROLE lamplighter_lookup")
    op.execute("GRANT EXECUTE ON FUNCTION authenticate_key(text[],jsonb) TO lamplighter_accounts")
    op.execute("SET LOCAL ROLE lamplighter_owner")
    op.execute("SET LOCAL ROLE lamplighter_lookup")
    op.execute("GRANT EXECUTE ON FUNCTION authenticate_key(text[],jsonb) TO lamplighter_app")
    op.execute("SET LOCAL ROLE lamplighter_owner")
    op.execute("SET LOCAL ROLE lamplighter_lookup")
    op.execute(
        "GRANT EXECUTE ON FUNCTION authenticate_user(uuid,uuid,uuid,uuid,jsonb) TO lamplighter_accounts"
    )
    op.execute("SET LOCAL ROLE lamplighter_owner")
    op.execute("SET LOCAL ROLE lamplighter_lookup")
    op.execute("GRANT EXECUTE ON FUNCTION authenticate_user(uuid,uuid,uuid,uuid,jsonb) TO lamplighter_app")
    op.execute("SET LOCAL ROLE lamplighter_owner")
    op.execute("SET LOCAL ROLE lamplighter_lookup")
    op.execute("GRANT EXECUTE ON FUNCTION find_identity(text,text) TO lamplighter_accounts")
    op.execute("SET LOCAL ROLE lamplighter_owner")
    op.execute("SET LOCAL ROLE lamplighter_lookup")
    op.execute("GRANT EXECUTE ON FUNCTION find_invitation(text) TO lamplighter_accounts")
    op.execute("SET LOCAL ROLE lamplighter_owner")
    op.execute("SET LOCAL ROLE lamplighter_lookup")
    op.execute("GRANT EXECUTE ON FUNCTION find_login(text) TO lamplighter_accounts")
    op.execute("SET LOCAL ROLE lamplighter_owner")
    op.execute("SET LOCAL ROLE lamplighter_lookup")
    op.execute("GRANT EXECUTE ON FUNCTION find_mail_token(text,text) TO lamplighter_accounts")
    op.execute("SET LOCAL ROLE lamplighter_owner")
    op.execute("SET LOCAL ROLE lamplighter_lookup")
    op.execute("GRANT EXECUTE ON FUNCTION find_refresh(text) TO lamplighter_accounts")
    op.execute("SET LOCAL ROLE lamplighter_owner")
    op.execute("SET LOCAL ROLE lamplighter_lookup")
    op.execute("GRANT EXECUTE ON FUNCTION forget_email(text) TO lamplighter_accounts")
    op.execute("SET LOCAL ROLE lamplighter_owner")
    op.execute("SET LOCAL ROLE lamplighter_lookup")
    op.execute("GRANT EXECUTE ON FUNCTION forget_in_archives() TO lamplighter_accounts")
    op.execute("SET LOCAL ROLE lamplighter_owner")
    op.execute("SET LOCAL ROLE lamplighter_lookup")
    op.execute("GRANT EXECUTE ON FUNCTION hand_over_ownerships() TO lamplighter_accounts")
    op.execute("SET LOCAL ROLE lamplighter_owner")
    op.execute("SET LOCAL ROLE lamplighter_lookup")
    op.execute("GRANT EXECUTE ON FUNCTION my_organizations() TO lamplighter_accounts")
    op.execute("SET LOCAL ROLE lamplighter_owner")
    op.execute("SET LOCAL ROLE lamplighter_lookup")
    op.execute("GRANT EXECUTE ON FUNCTION my_organizations() TO lamplighter_app")
    op.execute("SET LOCAL ROLE lamplighter_owner")
    op.execute("SET LOCAL ROLE lamplighter_lookup")
    op.execute("GRANT EXECUTE ON FUNCTION my_workspaces() TO lamplighter_accounts")
    op.execute("SET LOCAL ROLE lamplighter_owner")
    op.execute("SET LOCAL ROLE lamplighter_lookup")
    op.execute("GRANT EXECUTE ON FUNCTION sole_ownerships() TO lamplighter_accounts")
    op.execute("SET LOCAL ROLE lamplighter_owner")
    op.execute("SET LOCAL ROLE lamplighter_lookup")
    op.execute("GRANT EXECUTE ON FUNCTION take(text,double precision,integer) TO lamplighter_accounts")
    op.execute("SET LOCAL ROLE lamplighter_owner")
    op.execute("SET LOCAL ROLE lamplighter_lookup")
    op.execute("GRANT EXECUTE ON FUNCTION waiting_exports(integer) TO lamplighter_write_export")
    op.execute("SET LOCAL ROLE lamplighter_owner")
    op.execute("GRANT DELETE, SELECT (id, workspace_id) ON TABLE ab_tests TO lamplighter_eraser")
    op.execute("GRANT DELETE, SELECT (id, workspace_id) ON TABLE api_keys TO lamplighter_eraser")
    op.execute(
        "GRANT SELECT (connection_ids, expires_at, id, key_hash, last_used_at, permissions, revoked_at, type, workspace_id), UPDATE (last_used_at) ON TABLE api_keys TO lamplighter_lookup"
    )
    op.execute("GRANT INSERT, SELECT ON TABLE audit_log TO lamplighter_accounts")
    op.execute("GRANT INSERT, SELECT ON TABLE audit_log TO lamplighter_app")
    op.execute(
        "GRANT SELECT (organization_id, personal_owner, workspace_id) ON TABLE audit_log TO lamplighter_lookup"
    )
    op.execute("GRANT DELETE, SELECT (id, workspace_id) ON TABLE brand_voices TO lamplighter_eraser")
    op.execute("GRANT DELETE, SELECT (id, workspace_id) ON TABLE campaigns TO lamplighter_eraser")
    op.execute("GRANT DELETE, SELECT (id, workspace_id) ON TABLE content TO lamplighter_eraser")
    op.execute(
        "GRANT DELETE, SELECT (publication_platform_id, workspace_id) ON TABLE dispatches TO lamplighter_eraser"
    )
    op.execute(
        "GRANT DELETE, INSERT, SELECT, UPDATE (attempts, byte_size, claimed_until, error, expires_at, finished_at, object_key, status) ON TABLE exports TO lamplighter_accounts"
    )
    op.execute(
        "GRANT INSERT, SELECT, UPDATE (attempts, byte_size, claimed_until, error, expires_at, finished_at, object_key, status) ON TABLE exports TO lamplighter_app"
    )
    op.execute("GRANT DELETE, SELECT (id, object_key, workspace_id) ON TABLE exports TO lamplighter_eraser")
    op.execute(
        "GRANT SELECT (claimed_until, created_at, id, status, user_id, workspace_id), UPDATE (expires_at) ON TABLE exports TO lamplighter_lookup"
    )
    op.execute(
        "GRANT DELETE, SELECT (created_at, expires_at, id, object_key, status), UPDATE (object_key, status) ON TABLE exports TO lamplighter_pruner"
    )
    op.execute("GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE idempotency_keys TO lamplighter_accounts")
    op.execute("GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE idempotency_keys TO lamplighter_app")
    op.execute("GRANT DELETE, SELECT (scope_id) ON TABLE idempotency_keys TO lamplighter_eraser")
    op.execute(
        "GRANT DELETE, SELECT (created_at, key, method, principal_id, route, scope_id) ON TABLE idempotency_keys TO lamplighter_pruner"
    )
    op.execute(
        "GRANT SELECT (accepted_at, created_at, email, expires_at, id, invited_by, organization_id, revoked_at, role, updated_at, version, workspace_id), UPDATE (accepted_at, updated_at, version) ON TABLE invitations TO lamplighter_accounts"
    )
    op.execute(
        "GRANT DELETE, INSERT (accepted_at, created_at, email, expires_at, id, invited_by, organization_id, revoked_at, role, updated_at, version, workspace_id), SELECT (accepted_at, created_at, email, expires_at, id, invited_by, organization_id, revoked_at, role, updated_at, version, workspace_id), UPDATE (expires_at, revoked_at, role, updated_at, version) ON TABLE invitations TO lamplighter_app"
    )
    op.execute("GRANT DELETE, SELECT (id, workspace_id) ON TABLE invitations TO lamplighter_eraser")
    op.execute(
        "GRANT DELETE, SELECT (email, id, organization_id, token_hash, workspace_id) ON TABLE invitations TO lamplighter_lookup"
    )
    op.execute(
        "GRANT SELECT (accepted_at, created_at, email, expires_at, id, invited_by, organization_id, revoked_at, role, updated_at, version, workspace_id), UPDATE (token_hash) ON TABLE invitations TO lamplighter_mailer"
    )
    op.execute(
        "GRANT DELETE, SELECT (accepted_at, expires_at, id, revoked_at) ON TABLE invitations TO lamplighter_pruner"
    )
    op.execute("GRANT DELETE, SELECT, UPDATE (used_at) ON TABLE mail_tokens TO lamplighter_accounts")
    op.execute(
        "GRANT DELETE, SELECT (email, id, purpose, token_hash, user_id) ON TABLE mail_tokens TO lamplighter_lookup"
    )
    op.execute(
        "GRANT DELETE, INSERT, SELECT (created_at, email, expires_at, id, purpose, used_at, user_id) ON TABLE mail_tokens TO lamplighter_mailer"
    )
    op.execute("GRANT DELETE, SELECT (expires_at, id, used_at) ON TABLE mail_tokens TO lamplighter_pruner")
    op.execute("GRANT INSERT ON TABLE mails TO lamplighter_accounts")
    op.execute("GRANT INSERT ON TABLE mails TO lamplighter_app")
    op.execute("GRANT DELETE, SELECT (email, user_id) ON TABLE mails TO lamplighter_lookup")
    op.execute(
        "GRANT SELECT, UPDATE (attempts, claimed_until, error, sent_at) ON TABLE mails TO lamplighter_mailer"
    )
    op.execute("GRANT DELETE, SELECT (created_at, id, kind, sent_at) ON TABLE mails TO lamplighter_pruner")
    op.execute("GRANT DELETE, SELECT (id, object_key, workspace_id) ON TABLE media TO lamplighter_eraser")
    op.execute(
        "GRANT DELETE, SELECT (created_at, id, object_key, status), UPDATE (rejection, status) ON TABLE media TO lamplighter_pruner"
    )
    op.execute(
        "GRANT DELETE, INSERT, SELECT, UPDATE (last_used_at) ON TABLE oidc_identities TO lamplighter_accounts"
    )
    op.execute("GRANT SELECT (issuer, subject, user_id) ON TABLE oidc_identities TO lamplighter_lookup")
    op.execute("GRANT DELETE, INSERT, SELECT ON TABLE organization_members TO lamplighter_accounts")
    op.execute(
        "GRANT SELECT (deleted_at, id, name, plan_id, slug) ON TABLE organizations TO lamplighter_accounts"
    )
    op.execute(
        "GRANT INSERT, SELECT, UPDATE (deleted_at, name, owner_id, slug, updated_at, version) ON TABLE organizations TO lamplighter_app"
    )
    op.execute(
        "GRANT SELECT (deleted_at, id, name, owner_id, plan_id, slug, version), UPDATE (owner_id, updated_at, version) ON TABLE organizations TO lamplighter_lookup"
    )
    op.execute("GRANT SELECT (id, name) ON TABLE organizations TO lamplighter_mailer")
    op.execute("GRANT DELETE, SELECT (id, workspace_id) ON TABLE outbox_events TO lamplighter_eraser")
    op.execute("GRANT DELETE, INSERT, SELECT ON TABLE personal_keys TO lamplighter_accounts")
    op.execute("GRANT DELETE, INSERT, SELECT ON TABLE personal_keys TO lamplighter_app")
    op.execute("GRANT DELETE, SELECT (owner_id) ON TABLE personal_keys TO lamplighter_eraser")
    op.execute("GRANT SELECT (owner_id, wrapped) ON TABLE personal_keys TO lamplighter_lookup")
    op.execute("GRANT DELETE, SELECT (id, workspace_id) ON TABLE platform_connections TO lamplighter_eraser")
    op.execute(
        "GRANT SELECT (access_token, id, refresh_lease_until, refresh_token, workspace_id), UPDATE (access_token, refresh_token) ON TABLE platform_connections TO lamplighter_rotator"
    )
    op.execute("GRANT DELETE, SELECT (id, workspace_id) ON TABLE publication_attempts TO lamplighter_eraser")
    op.execute("GRANT DELETE, SELECT (id, workspace_id) ON TABLE publication_platforms TO lamplighter_eraser")
    op.execute("GRANT DELETE, SELECT (id, workspace_id) ON TABLE publications TO lamplighter_eraser")
    op.execute("GRANT INSERT, SELECT (bucket, tat), UPDATE (tat) ON TABLE rate_limits TO lamplighter_lookup")
    op.execute("GRANT DELETE, SELECT (bucket, tat) ON TABLE rate_limits TO lamplighter_pruner")
    op.execute(
        "GRANT DELETE, SELECT (connection_id, recurring_post_id, workspace_id) ON TABLE recurring_post_connections TO lamplighter_eraser"
    )
    op.execute("GRANT DELETE, SELECT (id, workspace_id) ON TABLE recurring_posts TO lamplighter_eraser")
    op.execute(
        "GRANT DELETE, INSERT, SELECT, UPDATE (used_at) ON TABLE refresh_tokens TO lamplighter_accounts"
    )
    op.execute(
        "GRANT SELECT (id, session_id, token_hash, user_id) ON TABLE refresh_tokens TO lamplighter_lookup"
    )
    op.execute(
        "GRANT DELETE, SELECT (expires_at, id, session_id, used_at) ON TABLE refresh_tokens TO lamplighter_pruner"
    )
    op.execute(
        "GRANT DELETE, INSERT, SELECT, UPDATE (address, expires_at, last_used_at, revoked_at, user_agent) ON TABLE sessions TO lamplighter_accounts"
    )
    op.execute(
        "GRANT SELECT (expires_at, id, last_used_at, revoked_at, user_id), UPDATE (last_used_at) ON TABLE sessions TO lamplighter_lookup"
    )
    op.execute("GRANT DELETE, SELECT (expires_at, id, revoked_at) ON TABLE sessions TO lamplighter_pruner")
    op.execute("GRANT DELETE, SELECT (id, workspace_id) ON TABLE templates TO lamplighter_eraser")
    op.execute("GRANT INSERT, SELECT ON TABLE token_keys TO lamplighter_accounts")
    op.execute("GRANT SELECT ON TABLE token_keys TO lamplighter_app")
    op.execute(
        "GRANT INSERT, SELECT, UPDATE (avatar_url, deleted_at, email, email_verified, name, password_hash, timezone, updated_at, version) ON TABLE users TO lamplighter_accounts"
    )
    op.execute(
        "GRANT SELECT (avatar_url, created_at, deleted_at, email, email_verified, id, name, timezone, updated_at, version) ON TABLE users TO lamplighter_app"
    )
    op.execute("GRANT SELECT (deleted_at, email, id, password_hash) ON TABLE users TO lamplighter_lookup")
    op.execute("GRANT SELECT (deleted_at, email, id, name) ON TABLE users TO lamplighter_mailer")
    op.execute("GRANT DELETE, SELECT (id, workspace_id) ON TABLE webhook_deliveries TO lamplighter_eraser")
    op.execute("GRANT DELETE, SELECT (id, workspace_id) ON TABLE webhooks TO lamplighter_eraser")
    op.execute(
        "GRANT SELECT (id, previous_secret, secret, workspace_id), UPDATE (previous_secret, secret) ON TABLE webhooks TO lamplighter_rotator"
    )
    op.execute("GRANT DELETE, INSERT, SELECT ON TABLE workspace_keys TO lamplighter_app")
    op.execute("GRANT DELETE, SELECT (version, workspace_id) ON TABLE workspace_keys TO lamplighter_eraser")
    op.execute(
        "GRANT DELETE, INSERT, SELECT, UPDATE (retired_at) ON TABLE workspace_keys TO lamplighter_rotator"
    )
    op.execute("GRANT DELETE, INSERT, SELECT ON TABLE workspace_members TO lamplighter_accounts")
    op.execute("GRANT DELETE, SELECT (id, workspace_id) ON TABLE workspace_members TO lamplighter_eraser")
    op.execute(
        "GRANT SELECT (deleted_at, id, name, organization_id, slug) ON TABLE workspaces TO lamplighter_accounts"
    )
    op.execute(
        "GRANT INSERT, SELECT, UPDATE (deleted_at, industry, name, settings, slug, updated_at, version) ON TABLE workspaces TO lamplighter_app"
    )
    op.execute(
        "GRANT SELECT (deleted_at, erased_at, id, organization_id), UPDATE (erased_at, industry, name, settings, slug) ON TABLE workspaces TO lamplighter_eraser"
    )
    op.execute(
        "GRANT SELECT (deleted_at, id, name, organization_id, slug) ON TABLE workspaces TO lamplighter_lookup"
    )
    op.execute("GRANT SELECT (id, name) ON TABLE workspaces TO lamplighter_mailer")
    op.execute("GRANT SELECT (deleted_at, id) ON TABLE workspaces TO lamplighter_rotator")


def downgrade() -> None:
    op.execute("SET LOCAL ROLE lamplighter_owner")
    op.execute("ALTER TABLE api_keys DROP CONSTRAINT api_keys_permissions_check")
    # What keys may do beyond what 0001 knows is taken from them.
    op.execute("ALTER TABLE api_keys NO FORCE ROW LEVEL SECURITY")
    op.execute(
        """
        UPDATE api_keys
           SET permissions = ARRAY(SELECT p FROM unnest(permissions) AS p
                                    WHERE split_part(p, ':', 1) NOT IN ('audit_log', 'exports'))
         WHERE permissions && ARRAY['audit_log:read', 'audit_log:write', 'exports:read', 'exports:write']::varchar[]
        """
    )
    op.execute("ALTER TABLE api_keys FORCE ROW LEVEL SECURITY")
    op.execute("DROP POLICY eraser ON ab_tests")
    op.execute("DROP POLICY eraser ON api_keys")
    op.execute("DROP POLICY lookup_updates ON api_keys")
    op.execute("DROP POLICY appended ON audit_log")
    op.execute("DROP POLICY eraser ON brand_voices")
    op.execute("DROP POLICY eraser ON campaigns")
    op.execute("DROP POLICY eraser ON content")
    op.execute("DROP POLICY eraser ON dispatches")
    op.execute("DROP POLICY eraser ON exports")
    op.execute("DROP POLICY eraser ON idempotency_keys")
    op.execute("DROP POLICY eraser ON invitations")
    op.execute("DROP POLICY invites ON mails")
    op.execute("DROP POLICY eraser ON media")
    op.execute("DROP POLICY pruner ON media")
    op.execute("DROP POLICY accounts ON organization_members")
    op.execute("DROP POLICY accounts_join ON organization_members")
    op.execute("DROP POLICY accounts_leave ON organization_members")
    op.execute("DROP POLICY accounts ON organizations")
    op.execute("DROP POLICY lookup ON organizations")
    op.execute("DROP POLICY lookup_updates ON organizations")
    op.execute("DROP POLICY mailer ON organizations")
    op.execute("DROP POLICY eraser ON outbox_events")
    op.execute("DROP POLICY eraser ON personal_keys")
    op.execute("DROP POLICY opens ON personal_keys")
    op.execute("DROP POLICY eraser ON platform_connections")
    op.execute("DROP POLICY rotator ON platform_connections")
    op.execute("DROP POLICY eraser ON publication_attempts")
    op.execute("DROP POLICY eraser ON publication_platforms")
    op.execute("DROP POLICY eraser ON publications")
    op.execute("DROP POLICY eraser ON recurring_post_connections")
    op.execute("DROP POLICY eraser ON recurring_posts")
    op.execute("DROP POLICY eraser ON templates")
    op.execute("DROP POLICY accounts ON users")
    op.execute("DROP POLICY known ON users")
    op.execute("DROP POLICY lookup ON users")
    op.execute("DROP POLICY mailer ON users")
    op.execute("DROP POLICY eraser ON webhook_deliveries")
    op.execute("DROP POLICY eraser ON webhooks")
    op.execute("DROP POLICY rotator ON webhooks")
    op.execute("DROP POLICY eraser ON workspace_keys")
    op.execute("DROP POLICY rotator ON workspace_keys")
    op.execute("DROP POLICY rotator_finds ON workspace_keys")
    op.execute("DROP POLICY tenant ON workspace_keys")
    op.execute("DROP POLICY tenant_adds ON workspace_keys")
    op.execute("DROP POLICY tenant_ends ON workspace_keys")
    op.execute("DROP POLICY accounts ON workspace_members")
    op.execute("DROP POLICY accounts_join ON workspace_members")
    op.execute("DROP POLICY accounts_leave ON workspace_members")
    op.execute("DROP POLICY eraser ON workspace_members")
    op.execute("DROP POLICY accounts ON workspaces")
    op.execute("DROP POLICY eraser ON workspaces")
    op.execute("DROP POLICY mailer ON workspaces")
    op.execute("DROP POLICY rotator ON workspaces")
    op.execute("SET LOCAL ROLE lamplighter_lookup")
    op.execute("DROP FUNCTION authenticate_key(text[],jsonb)")
    op.execute("SET LOCAL ROLE lamplighter_owner")
    op.execute("SET LOCAL ROLE lamplighter_lookup")
    op.execute("DROP FUNCTION authenticate_user(uuid,uuid,uuid,uuid,jsonb)")
    op.execute("SET LOCAL ROLE lamplighter_owner")
    op.execute("SET LOCAL ROLE lamplighter_lookup")
    op.execute("DROP FUNCTION find_identity(text,text)")
    op.execute("SET LOCAL ROLE lamplighter_owner")
    op.execute("SET LOCAL ROLE lamplighter_lookup")
    op.execute("DROP FUNCTION find_invitation(text)")
    op.execute("SET LOCAL ROLE lamplighter_owner")
    op.execute("SET LOCAL ROLE lamplighter_lookup")
    op.execute("DROP FUNCTION find_login(text)")
    op.execute("SET LOCAL ROLE lamplighter_owner")
    op.execute("SET LOCAL ROLE lamplighter_lookup")
    op.execute("DROP FUNCTION find_mail_token(text,text)")
    op.execute("SET LOCAL ROLE lamplighter_owner")
    op.execute("SET LOCAL ROLE lamplighter_lookup")
    op.execute("DROP FUNCTION find_refresh(text)")
    op.execute("SET LOCAL ROLE lamplighter_owner")
    op.execute("SET LOCAL ROLE lamplighter_lookup")
    op.execute("DROP FUNCTION forget_email(text)")
    op.execute("SET LOCAL ROLE lamplighter_owner")
    op.execute("SET LOCAL ROLE lamplighter_lookup")
    op.execute("DROP FUNCTION forget_in_archives()")
    op.execute("SET LOCAL ROLE lamplighter_owner")
    op.execute("SET LOCAL ROLE lamplighter_lookup")
    op.execute("DROP FUNCTION gcra(text,double precision,integer)")
    op.execute("SET LOCAL ROLE lamplighter_owner")
    op.execute("SET LOCAL ROLE lamplighter_lookup")
    op.execute("DROP FUNCTION hand_over_ownerships()")
    op.execute("SET LOCAL ROLE lamplighter_owner")
    op.execute("SET LOCAL ROLE lamplighter_lookup")
    op.execute("DROP FUNCTION my_organizations()")
    op.execute("SET LOCAL ROLE lamplighter_owner")
    op.execute("SET LOCAL ROLE lamplighter_lookup")
    op.execute("DROP FUNCTION sole_ownerships()")
    op.execute("SET LOCAL ROLE lamplighter_owner")
    op.execute("SET LOCAL ROLE lamplighter_lookup")
    op.execute("DROP FUNCTION take(text,double precision,integer)")
    op.execute("SET LOCAL ROLE lamplighter_owner")
    op.execute("SET LOCAL ROLE lamplighter_lookup")
    op.execute("DROP FUNCTION waiting_exports(integer)")
    op.execute("SET LOCAL ROLE lamplighter_owner")
    op.execute("SET LOCAL ROLE lamplighter_lookup")
    op.execute("REVOKE ALL ON FUNCTION my_workspaces() FROM lamplighter_accounts")
    op.execute("SET LOCAL ROLE lamplighter_owner")
    op.execute("REVOKE ALL ON TABLE ab_tests FROM lamplighter_eraser")
    op.execute("REVOKE ALL ON TABLE api_keys FROM lamplighter_eraser")
    op.execute("REVOKE ALL ON TABLE api_keys FROM lamplighter_lookup")
    op.execute("REVOKE ALL ON TABLE brand_voices FROM lamplighter_eraser")
    op.execute("REVOKE ALL ON TABLE campaigns FROM lamplighter_eraser")
    op.execute("REVOKE ALL ON TABLE content FROM lamplighter_eraser")
    op.execute("REVOKE ALL ON TABLE dispatches FROM lamplighter_eraser")
    op.execute("REVOKE ALL ON TABLE media FROM lamplighter_eraser")
    op.execute("REVOKE ALL ON TABLE media FROM lamplighter_pruner")
    op.execute("REVOKE ALL ON TABLE organization_members FROM lamplighter_accounts")
    op.execute("REVOKE ALL ON TABLE organizations FROM lamplighter_accounts")
    op.execute("REVOKE ALL ON TABLE organizations FROM lamplighter_app")
    op.execute("REVOKE ALL ON TABLE organizations FROM lamplighter_lookup")
    op.execute("REVOKE ALL ON TABLE organizations FROM lamplighter_mailer")
    op.execute("REVOKE ALL ON TABLE outbox_events FROM lamplighter_eraser")
    op.execute("REVOKE ALL ON TABLE platform_connections FROM lamplighter_eraser")
    op.execute("REVOKE ALL ON TABLE platform_connections FROM lamplighter_rotator")
    op.execute("REVOKE ALL ON TABLE publication_attempts FROM lamplighter_eraser")
    op.execute("REVOKE ALL ON TABLE publication_platforms FROM lamplighter_eraser")
    op.execute("REVOKE ALL ON TABLE publications FROM lamplighter_eraser")
    op.execute("REVOKE ALL ON TABLE recurring_post_connections FROM lamplighter_eraser")
    op.execute("REVOKE ALL ON TABLE recurring_posts FROM lamplighter_eraser")
    op.execute("REVOKE ALL ON TABLE templates FROM lamplighter_eraser")
    op.execute("REVOKE ALL ON TABLE users FROM lamplighter_accounts")
    op.execute("REVOKE ALL ON TABLE users FROM lamplighter_app")
    op.execute("REVOKE ALL ON TABLE users FROM lamplighter_lookup")
    op.execute("REVOKE ALL ON TABLE users FROM lamplighter_mailer")
    op.execute("REVOKE ALL ON TABLE webhook_deliveries FROM lamplighter_eraser")
    op.execute("REVOKE ALL ON TABLE webhooks FROM lamplighter_eraser")
    op.execute("REVOKE ALL ON TABLE webhooks FROM lamplighter_rotator")
    op.execute("REVOKE ALL ON TABLE workspace_keys FROM lamplighter_app")
    op.execute("REVOKE ALL ON TABLE workspace_keys FROM lamplighter_eraser")
    op.execute("REVOKE ALL ON TABLE workspace_keys FROM lamplighter_rotator")
    op.execute("REVOKE ALL ON TABLE workspace_members FROM lamplighter_accounts")
    op.execute("REVOKE ALL ON TABLE workspace_members FROM lamplighter_eraser")
    op.execute("REVOKE ALL ON TABLE workspaces FROM lamplighter_accounts")
    op.execute("REVOKE ALL ON TABLE workspaces FROM lamplighter_app")
    op.execute("REVOKE ALL ON TABLE workspaces FROM lamplighter_eraser")
    op.execute("REVOKE ALL ON TABLE workspaces FROM lamplighter_lookup")
    op.execute("REVOKE ALL ON TABLE workspaces FROM lamplighter_mailer")
    op.execute("REVOKE ALL ON TABLE workspaces FROM lamplighter_rotator")
    op.drop_column("workspaces", "erased_at")
    op.drop_column("workspaces", "deleted_at")
    op.drop_column("users", "deleted_at")
    op.drop_column("organizations", "deleted_at")
    op.drop_index("idx_media_unready", table_name="media", postgresql_where=sa.text("status <> 'ready'"))
    op.drop_constraint(op.f("api_keys_workspace_id_rolled_from_fkey"), "api_keys", type_="foreignkey")
    op.drop_constraint(op.f("api_keys_workspace_id_rolled_from_key"), "api_keys", type_="unique")
    op.create_index(op.f("idx_api_keys_ws"), "api_keys", ["workspace_id", "id"], unique=False)
    op.drop_column("api_keys", "rolled_from")
    op.drop_index(
        "idx_invitations_ws", table_name="invitations", postgresql_where=sa.text("workspace_id IS NOT NULL")
    )
    op.drop_index("idx_invitations_org", table_name="invitations")
    op.drop_index(
        "idx_invitations_open",
        table_name="invitations",
        postgresql_where=sa.text("accepted_at IS NULL AND revoked_at IS NULL"),
        postgresql_nulls_not_distinct=True,
    )
    op.drop_index("idx_invitations_email", table_name="invitations")
    op.drop_table("invitations")
    op.drop_index(
        "idx_exports_ws", table_name="exports", postgresql_where=sa.text("workspace_id IS NOT NULL")
    )
    op.drop_index(
        "idx_exports_waiting",
        table_name="exports",
        postgresql_where=sa.text("status IN ('pending', 'running')"),
    )
    op.drop_index("idx_exports_user", table_name="exports", postgresql_where=sa.text("user_id IS NOT NULL"))
    op.drop_index(
        "idx_exports_open",
        table_name="exports",
        postgresql_where=sa.text("status IN ('pending', 'running')"),
        postgresql_nulls_not_distinct=True,
    )
    op.drop_table("exports")
    op.drop_index("idx_refresh_tokens_session", table_name="refresh_tokens")
    op.drop_index("idx_refresh_tokens_expires", table_name="refresh_tokens")
    op.drop_table("refresh_tokens")
    op.drop_index("idx_sessions_expires", table_name="sessions")
    op.drop_table("sessions")
    op.drop_index("idx_oidc_identities_user", table_name="oidc_identities")
    op.drop_table("oidc_identities")
    op.drop_table("token_keys")
    op.drop_table("rate_limits")
    op.drop_table("personal_keys")
    op.drop_index("idx_mails_waiting", table_name="mails", postgresql_where=sa.text("sent_at IS NULL"))
    op.drop_table("mails")
    op.drop_index("idx_mail_tokens_user", table_name="mail_tokens")
    op.drop_index("idx_mail_tokens_expires", table_name="mail_tokens")
    op.drop_table("mail_tokens")
    op.drop_index("idx_idempotency_keys_created", table_name="idempotency_keys")
    op.drop_table("idempotency_keys")
    op.drop_index(
        "idx_audit_log_ws", table_name="audit_log", postgresql_where=sa.text("workspace_id IS NOT NULL")
    )
    op.drop_index(
        "idx_audit_log_user", table_name="audit_log", postgresql_where=sa.text("user_id IS NOT NULL")
    )
    op.drop_index(
        "idx_audit_log_personal",
        table_name="audit_log",
        postgresql_where=sa.text("personal_owner IS NOT NULL"),
    )
    op.drop_index(
        "idx_audit_log_org", table_name="audit_log", postgresql_where=sa.text("organization_id IS NOT NULL")
    )
    op.drop_table("audit_log")
    op.drop_constraint(op.f("workspaces_organization_id_id_key"), "workspaces", type_="unique")
    op.drop_constraint(op.f("api_keys_workspace_id_id_key"), "api_keys", type_="unique")
    op.execute(
        "ALTER TABLE api_keys ADD CONSTRAINT api_keys_permissions_check CHECK ((permissions <@ ARRAY['workspaces:read'::character varying, 'workspaces:write'::character varying, 'members:read'::character varying, 'members:write'::character varying, 'content:read'::character varying, 'content:write'::character varying, 'media:read'::character varying, 'media:write'::character varying, 'templates:read'::character varying, 'templates:write'::character varying, 'brand_voices:read'::character varying, 'brand_voices:write'::character varying, 'connections:read'::character varying, 'connections:write'::character varying, 'publications:read'::character varying, 'publications:write'::character varying, 'campaigns:read'::character varying, 'campaigns:write'::character varying, 'ab_tests:read'::character varying, 'ab_tests:write'::character varying, 'recurring_posts:read'::character varying, 'recurring_posts:write'::character varying, 'analytics:read'::character varying, 'analytics:write'::character varying, 'api_keys:read'::character varying, 'api_keys:write'::character varying, 'webhooks:read'::character varying, 'webhooks:write'::character varying]))"
    )
    op.execute(
        "CREATE POLICY own ON users AS PERMISSIVE FOR ALL TO lamplighter_app USING ((id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid))"
    )
    op.execute(
        "CREATE POLICY tenant ON workspace_keys AS PERMISSIVE FOR ALL TO lamplighter_app USING ((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid))"
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
    op.execute(
        "GRANT SELECT (connection_ids, expires_at, id, key_hash, permissions, revoked_at, type, workspace_id) ON TABLE api_keys TO lamplighter_lookup"
    )
    op.execute("GRANT INSERT, SELECT, UPDATE ON TABLE organizations TO lamplighter_app")
    op.execute("GRANT INSERT, SELECT, UPDATE ON TABLE users TO lamplighter_app")
    op.execute(
        "GRANT DELETE, INSERT, SELECT, UPDATE (retired_at, wrapped_key) ON TABLE workspace_keys TO lamplighter_app"
    )
    op.execute(
        "GRANT INSERT, SELECT, UPDATE (industry, name, settings, slug, updated_at, version) ON TABLE workspaces TO lamplighter_app"
    )
    op.execute("GRANT SELECT (id, name, organization_id, slug) ON TABLE workspaces TO lamplighter_lookup")
