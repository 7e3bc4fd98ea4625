BEGIN;

-- Running upgrade 0001 -> 0002

DO $$ BEGIN CREATE ROLE lamplighter_mailer NOLOGIN NOINHERIT; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;

DO $$ BEGIN CREATE ROLE lamplighter_pruner NOLOGIN NOINHERIT; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;

DO $$ BEGIN CREATE ROLE lamplighter_eraser NOLOGIN NOINHERIT; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;

DO $$ BEGIN CREATE ROLE lamplighter_rotator NOLOGIN NOINHERIT; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;

DO $$ BEGIN CREATE ROLE lamplighter_accounts LOGIN NOINHERIT; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;

DO $$ BEGIN CREATE ROLE lamplighter_send_mail LOGIN NOINHERIT; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;

DO $$ BEGIN CREATE ROLE lamplighter_prune LOGIN NOINHERIT; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;

DO $$ BEGIN CREATE ROLE lamplighter_erase LOGIN NOINHERIT; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;

DO $$ BEGIN CREATE ROLE lamplighter_rotate_keys LOGIN NOINHERIT; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;

DO $$ BEGIN CREATE ROLE lamplighter_write_export LOGIN NOINHERIT; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;

GRANT lamplighter_mailer TO lamplighter_send_mail;

GRANT lamplighter_pruner TO lamplighter_prune;

GRANT lamplighter_eraser TO lamplighter_erase;

GRANT lamplighter_rotator TO lamplighter_rotate_keys;

GRANT lamplighter_app, lamplighter_accounts TO lamplighter_write_export;

SET LOCAL ROLE lamplighter_owner;

ALTER TABLE api_keys DROP CONSTRAINT api_keys_permissions_check;

DROP POLICY own ON users;

DROP POLICY tenant ON workspace_keys;

SET LOCAL ROLE lamplighter_lookup;

DROP FUNCTION authenticate_key(text[]);

SET LOCAL ROLE lamplighter_owner;

REVOKE ALL ON TABLE api_keys FROM lamplighter_lookup;

REVOKE ALL ON TABLE organizations FROM lamplighter_app;

REVOKE ALL ON TABLE users FROM lamplighter_app;

REVOKE ALL ON TABLE workspace_keys FROM lamplighter_app;

REVOKE ALL ON TABLE workspaces FROM lamplighter_app;

REVOKE ALL ON TABLE workspaces FROM lamplighter_lookup;

ALTER TABLE api_keys ADD CONSTRAINT api_keys_workspace_id_id_key UNIQUE (workspace_id, id);

ALTER TABLE workspaces ADD CONSTRAINT workspaces_organization_id_id_key UNIQUE (organization_id, id);

CREATE TABLE audit_log (
    id UUID NOT NULL,
    at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    organization_id UUID,
    workspace_id UUID,
    user_id UUID,
    actor_kind VARCHAR(10) NOT NULL,
    actor_id UUID,
    action VARCHAR(100) NOT NULL,
    target_kind VARCHAR(50) NOT NULL,
    target_id UUID,
    before JSONB,
    after JSONB,
    personal TEXT,
    personal_owner UUID,
    request_id TEXT,
    CONSTRAINT audit_log_pkey PRIMARY KEY (id),
    CONSTRAINT audit_log_actor_kind_check CHECK (actor_kind IN ('user', 'api_key', 'system')),
    CONSTRAINT audit_log_after_check CHECK (jsonb_typeof(after) = 'object'),
    CONSTRAINT audit_log_before_check CHECK (jsonb_typeof(before) = 'object'),
    CONSTRAINT audit_log_scope_check CHECK (num_nonnulls(organization_id, user_id) = 1),
    CONSTRAINT audit_log_workspace_check CHECK (workspace_id IS NULL OR organization_id IS NOT NULL)
);

COMMENT ON TABLE audit_log IS 'What was done, by whom and on what; ids alone, so that it outlives what they name.';

CREATE INDEX idx_audit_log_org ON audit_log (organization_id, id) WHERE organization_id IS NOT NULL;

CREATE INDEX idx_audit_log_personal ON audit_log (personal_owner, organization_id, workspace_id) WHERE personal_owner IS NOT NULL;

CREATE INDEX idx_audit_log_user ON audit_log (user_id, id) WHERE user_id IS NOT NULL;

CREATE INDEX idx_audit_log_ws ON audit_log (workspace_id, id) WHERE workspace_id IS NOT NULL;

CREATE TABLE idempotency_keys (
    scope_id UUID NOT NULL,
    principal_id UUID NOT NULL,
    method VARCHAR(10) NOT NULL,
    route VARCHAR(200) NOT NULL,
    key VARCHAR(255) NOT NULL,
    fingerprint BYTEA NOT NULL,
    status SMALLINT,
    response TEXT,
    sealed BOOLEAN DEFAULT false NOT NULL,
    locked_until TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT idempotency_keys_pkey PRIMARY KEY (scope_id, principal_id, method, route, key)
);

COMMENT ON TABLE idempotency_keys IS 'A request that was made with an Idempotency-Key, and the answer to give again.';

CREATE INDEX idx_idempotency_keys_created ON idempotency_keys (created_at);

CREATE TABLE mail_tokens (
    id UUID NOT NULL,
    user_id UUID NOT NULL,
    email VARCHAR(255) NOT NULL,
    purpose VARCHAR(20) NOT NULL,
    token_hash TEXT NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    used_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT mail_tokens_pkey PRIMARY KEY (id),
    CONSTRAINT mail_tokens_purpose_check CHECK (purpose IN ('sign_up', 'reset_password', 'change_email')),
    CONSTRAINT mail_tokens_email_lower_check CHECK (email = lower(email)),
    CONSTRAINT mail_tokens_token_hash_key UNIQUE (token_hash)
);

COMMENT ON TABLE mail_tokens IS 'What a link in a mail proves; before sign-up its person has an id and no row yet.';

CREATE INDEX idx_mail_tokens_expires ON mail_tokens (expires_at);

CREATE INDEX idx_mail_tokens_user ON mail_tokens (user_id);

CREATE TABLE mails (
    id UUID NOT NULL,
    kind VARCHAR(30) NOT NULL,
    email VARCHAR(255) NOT NULL,
    user_id UUID,
    invitation_id UUID,
    claimed_until TIMESTAMP WITH TIME ZONE,
    sent_at TIMESTAMP WITH TIME ZONE,
    attempts INTEGER DEFAULT 0 NOT NULL,
    error TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT mails_pkey PRIMARY KEY (id),
    CONSTRAINT mails_kind_check CHECK (kind IN ('sign_up', 'reset_password', 'change_email', 'invitation', 'password_changed', 'email_changed', 'account_deleted')),
    CONSTRAINT mails_attempts_check CHECK (attempts >= 0),
    CONSTRAINT mails_email_lower_check CHECK (email = lower(email))
);

COMMENT ON TABLE mails IS 'A mail that somebody asked for. It holds no token: the sender makes one as it writes.';

CREATE INDEX idx_mails_waiting ON mails (created_at) WHERE sent_at IS NULL;

CREATE TABLE personal_keys (
    owner_id UUID NOT NULL,
    wrapped TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT personal_keys_pkey PRIMARY KEY (owner_id)
);

COMMENT ON TABLE personal_keys IS 'The key of a person''s, or of a workspace''s programs'', sealed fields in the audit log.';

CREATE UNLOGGED TABLE rate_limits (
    bucket TEXT NOT NULL,
    tat TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT rate_limits_pkey PRIMARY KEY (bucket)
)
 WITH (fillfactor = 50);

COMMENT ON TABLE rate_limits IS 'When each bucket is full again (GCRA); a crash of the database forgets it.';

CREATE TABLE token_keys (
    kid VARCHAR(20) NOT NULL,
    public_key BYTEA NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT token_keys_pkey PRIMARY KEY (kid)
);

COMMENT ON TABLE token_keys IS 'The public halves of the keys that sign access tokens.';

CREATE TABLE oidc_identities (
    id UUID NOT NULL,
    user_id UUID NOT NULL,
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    last_used_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT oidc_identities_pkey PRIMARY KEY (id),
    CONSTRAINT oidc_identities_user_id_fkey FOREIGN KEY(user_id) REFERENCES users (id),
    CONSTRAINT oidc_identities_issuer_subject_key UNIQUE (issuer, subject)
);

COMMENT ON TABLE oidc_identities IS 'An account at an OIDC provider that opens a person''s account here.';

CREATE INDEX idx_oidc_identities_user ON oidc_identities (user_id);

CREATE TABLE sessions (
    id UUID NOT NULL,
    user_id UUID NOT NULL,
    last_used_at TIMESTAMP WITH TIME ZONE,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    revoked_at TIMESTAMP WITH TIME ZONE,
    user_agent VARCHAR(255),
    address VARCHAR(45),
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT sessions_pkey PRIMARY KEY (id),
    CONSTRAINT sessions_user_id_fkey FOREIGN KEY(user_id) REFERENCES users (id),
    CONSTRAINT sessions_user_id_id_key UNIQUE (user_id, id)
);

COMMENT ON TABLE sessions IS 'A person signed in on a device; its end ends its access tokens at once.';

CREATE INDEX idx_sessions_expires ON sessions (expires_at);

CREATE TABLE refresh_tokens (
    id UUID NOT NULL,
    session_id UUID NOT NULL,
    user_id UUID NOT NULL,
    token_hash TEXT NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    used_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT refresh_tokens_pkey PRIMARY KEY (id),
    CONSTRAINT refresh_tokens_user_id_session_id_fkey FOREIGN KEY(user_id, session_id) REFERENCES sessions (user_id, id) ON DELETE CASCADE,
    CONSTRAINT refresh_tokens_token_hash_key UNIQUE (token_hash)
);

COMMENT ON TABLE refresh_tokens IS 'One link in a session''s chain of refresh tokens; a used one that comes again ends it.';

CREATE INDEX idx_refresh_tokens_expires ON refresh_tokens (expires_at);

CREATE INDEX idx_refresh_tokens_session ON refresh_tokens (user_id, session_id);

CREATE TABLE exports (
    id UUID NOT NULL,
    workspace_id UUID,
    user_id UUID,
    requested_by UUID,
    status VARCHAR(20) DEFAULT 'pending' NOT NULL,
    object_key TEXT,
    byte_size BIGINT,
    error TEXT,
    finished_at TIMESTAMP WITH TIME ZONE,
    expires_at TIMESTAMP WITH TIME ZONE,
    claimed_until TIMESTAMP WITH TIME ZONE,
    attempts INTEGER DEFAULT 0 NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT exports_pkey PRIMARY KEY (id),
    CONSTRAINT exports_status_check CHECK (status IN ('pending', 'running', 'ready', 'failed', 'expired')),
    CONSTRAINT exports_attempts_check CHECK (attempts >= 0),
    CONSTRAINT exports_byte_size_check CHECK (byte_size >= 0),
    CONSTRAINT exports_of_one_check CHECK (num_nonnulls(workspace_id, user_id) = 1),
    CONSTRAINT exports_user_id_fkey FOREIGN KEY(user_id) REFERENCES users (id),
    CONSTRAINT exports_workspace_id_fkey FOREIGN KEY(workspace_id) REFERENCES workspaces (id)
);

COMMENT ON TABLE exports IS 'An archive of everything of a workspace or a person: asked for, then written.';

CREATE UNIQUE INDEX idx_exports_open ON exports (workspace_id, user_id) NULLS NOT DISTINCT WHERE status IN ('pending', 'running');

CREATE INDEX idx_exports_user ON exports (user_id, id) WHERE user_id IS NOT NULL;

CREATE INDEX idx_exports_waiting ON exports (created_at) WHERE status IN ('pending', 'running');

CREATE INDEX idx_exports_ws ON exports (workspace_id, id) WHERE workspace_id IS NOT NULL;

CREATE TABLE invitations (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    workspace_id UUID,
    email VARCHAR(255) NOT NULL,
    role VARCHAR(20) NOT NULL,
    token_hash TEXT,
    invited_by UUID,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    accepted_at TIMESTAMP WITH TIME ZONE,
    revoked_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    version INTEGER DEFAULT 1 NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT invitations_pkey PRIMARY KEY (id),
    CONSTRAINT invitations_role_check CHECK (CASE WHEN workspace_id IS NULL THEN role IN ('owner', 'admin', 'billing', 'member') ELSE role IN ('admin', 'editor', 'approver', 'viewer') END),
    CONSTRAINT invitations_email_lower_check CHECK (email = lower(email)),
    CONSTRAINT invitations_invited_by_fkey FOREIGN KEY(invited_by) REFERENCES users (id),
    CONSTRAINT invitations_organization_id_workspace_id_fkey FOREIGN KEY(organization_id, workspace_id) REFERENCES workspaces (organization_id, id),
    CONSTRAINT invitations_organization_id_fkey FOREIGN KEY(organization_id) REFERENCES organizations (id),
    CONSTRAINT invitations_token_hash_key UNIQUE (token_hash)
);

COMMENT ON TABLE invitations IS 'A role offered to an address, in an organization or in one of its workspaces.';

CREATE INDEX idx_invitations_email ON invitations (email);

CREATE UNIQUE INDEX idx_invitations_open ON invitations (organization_id, workspace_id, email) NULLS NOT DISTINCT WHERE accepted_at IS NULL AND revoked_at IS NULL;

CREATE INDEX idx_invitations_org ON invitations (organization_id, id);

CREATE INDEX idx_invitations_ws ON invitations (workspace_id, id) WHERE workspace_id IS NOT NULL;

ALTER TABLE api_keys ADD COLUMN rolled_from UUID;

DROP INDEX idx_api_keys_ws;

ALTER TABLE api_keys ADD CONSTRAINT api_keys_workspace_id_rolled_from_key UNIQUE (workspace_id, rolled_from);

ALTER TABLE api_keys ADD CONSTRAINT api_keys_workspace_id_rolled_from_fkey FOREIGN KEY(workspace_id, rolled_from) REFERENCES api_keys (workspace_id, id);

CREATE INDEX idx_media_unready ON media (created_at) WHERE status <> 'ready';

ALTER TABLE organizations ADD COLUMN deleted_at TIMESTAMP WITH TIME ZONE;

ALTER TABLE users ADD COLUMN deleted_at TIMESTAMP WITH TIME ZONE;

ALTER TABLE workspaces ADD COLUMN deleted_at TIMESTAMP WITH TIME ZONE;

ALTER TABLE workspaces ADD COLUMN erased_at TIMESTAMP WITH TIME ZONE;

ALTER TABLE audit_log ENABLE ROW LEVEL SECURITY;

ALTER TABLE audit_log FORCE ROW LEVEL SECURITY;

ALTER TABLE exports ENABLE ROW LEVEL SECURITY;

ALTER TABLE exports FORCE ROW LEVEL SECURITY;

ALTER TABLE idempotency_keys ENABLE ROW LEVEL SECURITY;

ALTER TABLE idempotency_keys FORCE ROW LEVEL SECURITY;

ALTER TABLE invitations ENABLE ROW LEVEL SECURITY;

ALTER TABLE invitations FORCE ROW LEVEL SECURITY;

ALTER TABLE mail_tokens ENABLE ROW LEVEL SECURITY;

ALTER TABLE mail_tokens FORCE ROW LEVEL SECURITY;

ALTER TABLE mails ENABLE ROW LEVEL SECURITY;

ALTER TABLE mails FORCE ROW LEVEL SECURITY;

ALTER TABLE oidc_identities ENABLE ROW LEVEL SECURITY;

ALTER TABLE oidc_identities FORCE ROW LEVEL SECURITY;

ALTER TABLE personal_keys ENABLE ROW LEVEL SECURITY;

ALTER TABLE personal_keys FORCE ROW LEVEL SECURITY;

ALTER TABLE rate_limits ENABLE ROW LEVEL SECURITY;

ALTER TABLE rate_limits FORCE ROW LEVEL SECURITY;

ALTER TABLE refresh_tokens ENABLE ROW LEVEL SECURITY;

ALTER TABLE refresh_tokens FORCE ROW LEVEL SECURITY;

ALTER TABLE sessions ENABLE ROW LEVEL SECURITY;

ALTER TABLE sessions FORCE ROW LEVEL SECURITY;

ALTER TABLE token_keys ENABLE ROW LEVEL SECURITY;

ALTER TABLE token_keys FORCE ROW LEVEL SECURITY;

ALTER TABLE api_keys ADD CONSTRAINT api_keys_permissions_check CHECK ((permissions <@ ARRAY['workspaces:read'::character varying, 'workspaces:write'::character varying, 'members:read'::character varying, 'members:write'::character varying, 'content:read'::character varying, 'content:write'::character varying, 'media:read'::character varying, 'media:write'::character varying, 'templates:read'::character varying, 'templates:write'::character varying, 'brand_voices:read'::character varying, 'brand_voices:write'::character varying, 'connections:read'::character varying, 'connections:write'::character varying, 'publications:read'::character varying, 'publications:write'::character varying, 'campaigns:read'::character varying, 'campaigns:write'::character varying, 'ab_tests:read'::character varying, 'ab_tests:write'::character varying, 'recurring_posts:read'::character varying, 'recurring_posts:write'::character varying, 'analytics:read'::character varying, 'analytics:write'::character varying, 'api_keys:read'::character varying, 'api_keys:write'::character varying, 'webhooks:read'::character varying, 'webhooks:write'::character varying, 'audit_log:read'::character varying, 'audit_log:write'::character varying, 'exports:read'::character varying, 'exports:write'::character varying]));

CREATE POLICY eraser ON ab_tests AS PERMISSIVE FOR ALL TO lamplighter_eraser USING (((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) AND (EXISTS ( SELECT FROM workspaces w WHERE (w.id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid)))));

CREATE POLICY eraser ON api_keys AS PERMISSIVE FOR ALL TO lamplighter_eraser USING (((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) AND (EXISTS ( SELECT FROM workspaces w WHERE (w.id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid)))));

CREATE POLICY lookup_updates ON api_keys AS PERMISSIVE FOR UPDATE TO lamplighter_lookup USING (true);

CREATE POLICY accounts ON audit_log AS PERMISSIVE FOR SELECT TO lamplighter_accounts USING ((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid));

CREATE POLICY appended ON audit_log AS PERMISSIVE FOR INSERT TO lamplighter_accounts, lamplighter_app WITH CHECK ( CASE WHEN (workspace_id IS NULL) THEN ((organization_id = (NULLIF(current_setting('app.organization_id'::text, true), ''::text))::uuid) OR (user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid)) ELSE (EXISTS ( SELECT FROM workspaces w WHERE ((w.id = audit_log.workspace_id) AND (w.organization_id = audit_log.organization_id)))) END);

CREATE POLICY lookup ON audit_log AS PERMISSIVE FOR SELECT TO lamplighter_lookup USING (true);

CREATE POLICY reads ON audit_log AS PERMISSIVE FOR SELECT TO lamplighter_app USING (COALESCE(((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) OR (organization_id = (NULLIF(current_setting('app.organization_id'::text, true), ''::text))::uuid) OR (user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid)), false));

CREATE POLICY eraser ON brand_voices AS PERMISSIVE FOR ALL TO lamplighter_eraser USING (((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) AND (EXISTS ( SELECT FROM workspaces w WHERE (w.id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid)))));

CREATE POLICY eraser ON campaigns AS PERMISSIVE FOR ALL TO lamplighter_eraser USING (((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) AND (EXISTS ( SELECT FROM workspaces w WHERE (w.id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid)))));

CREATE POLICY eraser ON content AS PERMISSIVE FOR ALL TO lamplighter_eraser USING (((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) AND (EXISTS ( SELECT FROM workspaces w WHERE (w.id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid)))));

CREATE POLICY eraser ON dispatches AS PERMISSIVE FOR ALL TO lamplighter_eraser USING (((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) AND (EXISTS ( SELECT FROM workspaces w WHERE (w.id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid)))));

CREATE POLICY accounts ON exports AS PERMISSIVE FOR ALL TO lamplighter_accounts USING ((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid));

CREATE POLICY eraser ON exports AS PERMISSIVE FOR ALL TO lamplighter_eraser USING (((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) AND (EXISTS ( SELECT FROM workspaces w WHERE (w.id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid)))));

CREATE POLICY lookup ON exports AS PERMISSIVE FOR SELECT TO lamplighter_lookup USING (true);

CREATE POLICY lookup_updates ON exports AS PERMISSIVE FOR UPDATE TO lamplighter_lookup USING (true);

CREATE POLICY pruner ON exports AS PERMISSIVE FOR ALL TO lamplighter_pruner USING (true);

CREATE POLICY tenant ON exports AS PERMISSIVE FOR ALL TO lamplighter_app USING ((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid));

CREATE POLICY eraser ON idempotency_keys AS PERMISSIVE FOR ALL TO lamplighter_eraser USING (((scope_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) AND (EXISTS ( SELECT FROM workspaces w WHERE (w.id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid)))));

CREATE POLICY pruner ON idempotency_keys AS PERMISSIVE FOR ALL TO lamplighter_pruner USING (true);

CREATE POLICY scope ON idempotency_keys AS PERMISSIVE FOR ALL TO lamplighter_accounts, lamplighter_app USING ((scope_id = ANY (ARRAY[(NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid, (NULLIF(current_setting('app.organization_id'::text, true), ''::text))::uuid, (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid])));

CREATE POLICY accounts ON invitations AS PERMISSIVE FOR SELECT TO lamplighter_accounts USING (((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) OR (organization_id = (NULLIF(current_setting('app.organization_id'::text, true), ''::text))::uuid)));

CREATE POLICY accounts_accept ON invitations AS PERMISSIVE FOR UPDATE TO lamplighter_accounts USING (((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) OR (organization_id = (NULLIF(current_setting('app.organization_id'::text, true), ''::text))::uuid)));

CREATE POLICY eraser ON invitations AS PERMISSIVE FOR ALL TO lamplighter_eraser USING (((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) AND (EXISTS ( SELECT FROM workspaces w WHERE (w.id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid)))));

CREATE POLICY lookup ON invitations AS PERMISSIVE FOR SELECT TO lamplighter_lookup USING (true);

CREATE POLICY lookup_deletes ON invitations AS PERMISSIVE FOR DELETE TO lamplighter_lookup USING (true);

CREATE POLICY mailer ON invitations AS PERMISSIVE FOR ALL TO lamplighter_mailer USING (true);

CREATE POLICY pruner ON invitations AS PERMISSIVE FOR ALL TO lamplighter_pruner USING (true);

CREATE POLICY tenant ON invitations AS PERMISSIVE FOR ALL TO lamplighter_app USING (((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) OR (organization_id = (NULLIF(current_setting('app.organization_id'::text, true), ''::text))::uuid)));

CREATE POLICY accounts ON mail_tokens AS PERMISSIVE FOR ALL TO lamplighter_accounts USING ((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid));

CREATE POLICY lookup ON mail_tokens AS PERMISSIVE FOR SELECT TO lamplighter_lookup USING (true);

CREATE POLICY lookup_deletes ON mail_tokens AS PERMISSIVE FOR DELETE TO lamplighter_lookup USING (true);

CREATE POLICY mailer ON mail_tokens AS PERMISSIVE FOR ALL TO lamplighter_mailer USING (true);

CREATE POLICY pruner ON mail_tokens AS PERMISSIVE FOR ALL TO lamplighter_pruner USING (true);

CREATE POLICY accounts ON mails AS PERMISSIVE FOR INSERT TO lamplighter_accounts WITH CHECK (((invitation_id IS NULL) AND ((user_id IS NULL) OR (user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid))));

CREATE POLICY invites ON mails AS PERMISSIVE FOR INSERT TO lamplighter_app WITH CHECK ((((kind)::text = 'invitation'::text) AND (user_id IS NULL) AND (EXISTS ( SELECT FROM invitations i WHERE ((i.id = mails.invitation_id) AND ((i.email)::text = (mails.email)::text))))));

CREATE POLICY lookup ON mails AS PERMISSIVE FOR SELECT TO lamplighter_lookup USING (true);

CREATE POLICY lookup_deletes ON mails AS PERMISSIVE FOR DELETE TO lamplighter_lookup USING (true);

CREATE POLICY mailer ON mails AS PERMISSIVE FOR ALL TO lamplighter_mailer USING (true);

CREATE POLICY pruner ON mails AS PERMISSIVE FOR ALL TO lamplighter_pruner USING (true);

CREATE POLICY eraser ON media AS PERMISSIVE FOR ALL TO lamplighter_eraser USING (((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) AND (EXISTS ( SELECT FROM workspaces w WHERE (w.id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid)))));

CREATE POLICY pruner ON media AS PERMISSIVE FOR ALL TO lamplighter_pruner USING (((status)::text <> 'ready'::text));

CREATE POLICY accounts ON oidc_identities AS PERMISSIVE FOR ALL TO lamplighter_accounts USING ((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid));

CREATE POLICY lookup ON oidc_identities AS PERMISSIVE FOR SELECT TO lamplighter_lookup USING (true);

CREATE POLICY accounts ON organization_members AS PERMISSIVE FOR SELECT TO lamplighter_accounts USING ((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid));

CREATE POLICY accounts_join ON organization_members AS PERMISSIVE FOR INSERT TO lamplighter_accounts WITH CHECK (((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid) AND (organization_id = (NULLIF(current_setting('app.organization_id'::text, true), ''::text))::uuid)));

CREATE POLICY accounts_leave ON organization_members AS PERMISSIVE FOR DELETE TO lamplighter_accounts USING ((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid));

CREATE POLICY accounts ON organizations AS PERMISSIVE FOR SELECT TO lamplighter_accounts USING ((id = (NULLIF(current_setting('app.organization_id'::text, true), ''::text))::uuid));

CREATE POLICY lookup ON organizations AS PERMISSIVE FOR SELECT TO lamplighter_lookup USING (true);

CREATE POLICY lookup_updates ON organizations AS PERMISSIVE FOR UPDATE TO lamplighter_lookup USING (true);

CREATE POLICY mailer ON organizations AS PERMISSIVE FOR SELECT TO lamplighter_mailer USING (true);

CREATE POLICY eraser ON outbox_events AS PERMISSIVE FOR ALL TO lamplighter_eraser USING (((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) AND (EXISTS ( SELECT FROM workspaces w WHERE (w.id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid)))));

CREATE POLICY accounts ON personal_keys AS PERMISSIVE FOR ALL TO lamplighter_accounts USING ((owner_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid));

CREATE POLICY destroys ON personal_keys AS PERMISSIVE FOR DELETE TO lamplighter_app USING ((owner_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid));

CREATE POLICY eraser ON personal_keys AS PERMISSIVE FOR ALL TO lamplighter_eraser USING (((owner_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) AND (EXISTS ( SELECT FROM workspaces w WHERE (w.id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid)))));

CREATE POLICY lookup ON personal_keys AS PERMISSIVE FOR SELECT TO lamplighter_lookup USING (true);

CREATE POLICY makes ON personal_keys AS PERMISSIVE FOR INSERT TO lamplighter_app WITH CHECK ((owner_id = ANY (ARRAY[(NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid, (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid])));

CREATE POLICY opens ON personal_keys AS PERMISSIVE FOR SELECT TO lamplighter_app USING (((owner_id = ANY (ARRAY[(NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid, (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid])) OR (EXISTS ( SELECT FROM audit_log a WHERE ((a.personal_owner = personal_keys.owner_id) AND (a.organization_id = (NULLIF(current_setting('app.organization_id'::text, true), ''::text))::uuid)) OFFSET 0)) OR (EXISTS ( SELECT FROM (workspaces w JOIN audit_log a ON (((a.personal_owner = personal_keys.owner_id) AND (a.organization_id = w.organization_id) AND (a.workspace_id = w.id)))) WHERE (w.id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid)))));

CREATE POLICY eraser ON platform_connections AS PERMISSIVE FOR ALL TO lamplighter_eraser USING (((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) AND (EXISTS ( SELECT FROM workspaces w WHERE (w.id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid)))));

CREATE POLICY rotator ON platform_connections AS PERMISSIVE FOR ALL TO lamplighter_rotator USING ((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid));

CREATE POLICY eraser ON publication_attempts AS PERMISSIVE FOR ALL TO lamplighter_eraser USING (((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) AND (EXISTS ( SELECT FROM workspaces w WHERE (w.id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid)))));

CREATE POLICY eraser ON publication_platforms AS PERMISSIVE FOR ALL TO lamplighter_eraser USING (((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) AND (EXISTS ( SELECT FROM workspaces w WHERE (w.id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid)))));

CREATE POLICY eraser ON publications AS PERMISSIVE FOR ALL TO lamplighter_eraser USING (((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) AND (EXISTS ( SELECT FROM workspaces w WHERE (w.id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid)))));

CREATE POLICY lookup ON rate_limits AS PERMISSIVE FOR SELECT TO lamplighter_lookup USING (true);

CREATE POLICY lookup_inserts ON rate_limits AS PERMISSIVE FOR INSERT TO lamplighter_lookup WITH CHECK (true);

CREATE POLICY lookup_updates ON rate_limits AS PERMISSIVE FOR UPDATE TO lamplighter_lookup USING (true);

CREATE POLICY pruner ON rate_limits AS PERMISSIVE FOR ALL TO lamplighter_pruner USING (true);

CREATE POLICY eraser ON recurring_post_connections AS PERMISSIVE FOR ALL TO lamplighter_eraser USING (((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) AND (EXISTS ( SELECT FROM workspaces w WHERE (w.id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid)))));

CREATE POLICY eraser ON recurring_posts AS PERMISSIVE FOR ALL TO lamplighter_eraser USING (((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) AND (EXISTS ( SELECT FROM workspaces w WHERE (w.id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid)))));

CREATE POLICY accounts ON refresh_tokens AS PERMISSIVE FOR ALL TO lamplighter_accounts USING ((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid));

CREATE POLICY lookup ON refresh_tokens AS PERMISSIVE FOR SELECT TO lamplighter_lookup USING (true);

CREATE POLICY pruner ON refresh_tokens AS PERMISSIVE FOR ALL TO lamplighter_pruner USING (true);

CREATE POLICY accounts ON sessions AS PERMISSIVE FOR ALL TO lamplighter_accounts USING ((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid));

CREATE POLICY lookup ON sessions AS PERMISSIVE FOR SELECT TO lamplighter_lookup USING (true);

CREATE POLICY lookup_updates ON sessions AS PERMISSIVE FOR UPDATE TO lamplighter_lookup USING (true);

CREATE POLICY pruner ON sessions AS PERMISSIVE FOR ALL TO lamplighter_pruner USING (true);

CREATE POLICY eraser ON templates AS PERMISSIVE FOR ALL TO lamplighter_eraser USING (((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) AND (EXISTS ( SELECT FROM workspaces w WHERE (w.id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid)))));

CREATE POLICY accounts_sign ON token_keys AS PERMISSIVE FOR INSERT TO lamplighter_accounts WITH CHECK (true);

CREATE POLICY public ON token_keys AS PERMISSIVE FOR SELECT TO lamplighter_accounts, lamplighter_app USING (true);

CREATE POLICY accounts ON users AS PERMISSIVE FOR ALL TO lamplighter_accounts USING ((id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid));

CREATE POLICY known ON users AS PERMISSIVE FOR SELECT TO lamplighter_app USING (((id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid) OR (EXISTS ( SELECT FROM organization_members m WHERE ((m.user_id = users.id) AND (m.organization_id = (NULLIF(current_setting('app.organization_id'::text, true), ''::text))::uuid)))) OR (EXISTS ( SELECT FROM workspace_members m WHERE ((m.user_id = users.id) AND (m.workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid))))));

CREATE POLICY lookup ON users AS PERMISSIVE FOR SELECT TO lamplighter_lookup USING (true);

CREATE POLICY mailer ON users AS PERMISSIVE FOR SELECT TO lamplighter_mailer USING (true);

CREATE POLICY eraser ON webhook_deliveries AS PERMISSIVE FOR ALL TO lamplighter_eraser USING (((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) AND (EXISTS ( SELECT FROM workspaces w WHERE (w.id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid)))));

CREATE POLICY eraser ON webhooks AS PERMISSIVE FOR ALL TO lamplighter_eraser USING (((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) AND (EXISTS ( SELECT FROM workspaces w WHERE (w.id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid)))));

CREATE POLICY rotator ON webhooks AS PERMISSIVE FOR ALL TO lamplighter_rotator USING ((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid));

CREATE POLICY eraser ON workspace_keys AS PERMISSIVE FOR ALL TO lamplighter_eraser USING (((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) AND (EXISTS ( SELECT FROM workspaces w WHERE (w.id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid)))));

CREATE POLICY rotator ON workspace_keys AS PERMISSIVE FOR ALL TO lamplighter_rotator USING ((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid));

CREATE POLICY rotator_finds ON workspace_keys AS PERMISSIVE FOR SELECT TO lamplighter_rotator USING (true);

CREATE POLICY tenant ON workspace_keys AS PERMISSIVE FOR SELECT TO lamplighter_app USING ((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant_adds ON workspace_keys AS PERMISSIVE FOR INSERT TO lamplighter_app WITH CHECK ((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid));

CREATE POLICY tenant_ends ON workspace_keys AS PERMISSIVE FOR DELETE TO lamplighter_app USING (((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) AND (EXISTS ( SELECT FROM workspaces w WHERE ((w.id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) AND (w.deleted_at IS NOT NULL))))));

CREATE POLICY accounts ON workspace_members AS PERMISSIVE FOR SELECT TO lamplighter_accounts USING ((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid));

CREATE POLICY accounts_join ON workspace_members AS PERMISSIVE FOR INSERT TO lamplighter_accounts WITH CHECK (((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid) AND (workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid)));

CREATE POLICY accounts_leave ON workspace_members AS PERMISSIVE FOR DELETE TO lamplighter_accounts USING ((user_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::uuid));

CREATE POLICY eraser ON workspace_members AS PERMISSIVE FOR ALL TO lamplighter_eraser USING (((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) AND (EXISTS ( SELECT FROM workspaces w WHERE (w.id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid)))));

CREATE POLICY accounts ON workspaces AS PERMISSIVE FOR SELECT TO lamplighter_accounts USING (((id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) OR (organization_id = (NULLIF(current_setting('app.organization_id'::text, true), ''::text))::uuid)));

CREATE POLICY eraser ON workspaces AS PERMISSIVE FOR ALL TO lamplighter_eraser USING ((deleted_at IS NOT NULL));

CREATE POLICY mailer ON workspaces AS PERMISSIVE FOR SELECT TO lamplighter_mailer USING (true);

CREATE POLICY rotator ON workspaces AS PERMISSIVE FOR SELECT TO lamplighter_rotator USING (true);

SET LOCAL ROLE lamplighter_lookup;

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
    $function$;

REVOKE ALL ON FUNCTION authenticate_key(text[],jsonb) FROM PUBLIC;

SET LOCAL ROLE lamplighter_owner;

SET LOCAL ROLE lamplighter_lookup;

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
    $function$;

REVOKE ALL ON FUNCTION authenticate_user(uuid,uuid,uuid,uuid,jsonb) FROM PUBLIC;

SET LOCAL ROLE lamplighter_owner;

SET LOCAL ROLE lamplighter_lookup;

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
    $function$;

REVOKE ALL ON FUNCTION find_identity(text,text) FROM PUBLIC;

SET LOCAL ROLE lamplighter_owner;

SET LOCAL ROLE lamplighter_lookup;

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
    $function$;

REVOKE ALL ON FUNCTION find_invitation(text) FROM PUBLIC;

SET LOCAL ROLE lamplighter_owner;

SET LOCAL ROLE lamplighter_lookup;

CREATE OR REPLACE FUNCTION public.find_login(address text)
     RETURNS TABLE(user_id uuid, password_hash character varying)
     LANGUAGE sql
     STABLE SECURITY DEFINER ROWS 1
     SET search_path TO 'pg_catalog', 'pg_temp'
    AS $function$
        SELECT u.id, u.password_hash FROM public.users u WHERE u.email = address AND u.deleted_at IS NULL
    $function$;

REVOKE ALL ON FUNCTION find_login(text) FROM PUBLIC;

SET LOCAL ROLE lamplighter_owner;

SET LOCAL ROLE lamplighter_lookup;

CREATE OR REPLACE FUNCTION public.find_mail_token(hash text, wanted text)
     RETURNS TABLE(id uuid, user_id uuid)
     LANGUAGE sql
     STABLE SECURITY DEFINER ROWS 1
     SET search_path TO 'pg_catalog', 'pg_temp'
    AS $function$
        SELECT t.id, t.user_id FROM public.mail_tokens t WHERE t.token_hash = hash AND t.purpose = wanted
    $function$;

REVOKE ALL ON FUNCTION find_mail_token(text,text) FROM PUBLIC;

SET LOCAL ROLE lamplighter_owner;

SET LOCAL ROLE lamplighter_lookup;

CREATE OR REPLACE FUNCTION public.find_refresh(hash text)
     RETURNS TABLE(user_id uuid, session_id uuid, refresh_id uuid)
     LANGUAGE sql
     STABLE SECURITY DEFINER ROWS 1
     SET search_path TO 'pg_catalog', 'pg_temp'
    AS $function$
        SELECT t.user_id, t.session_id, t.id FROM public.refresh_tokens t WHERE t.token_hash = hash
    $function$;

REVOKE ALL ON FUNCTION find_refresh(text) FROM PUBLIC;

SET LOCAL ROLE lamplighter_owner;

SET LOCAL ROLE lamplighter_lookup;

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
    $function$;

REVOKE ALL ON FUNCTION forget_email(text) FROM PUBLIC;

SET LOCAL ROLE lamplighter_owner;

SET LOCAL ROLE lamplighter_lookup;

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
    $function$;

REVOKE ALL ON FUNCTION forget_in_archives() FROM PUBLIC;

SET LOCAL ROLE lamplighter_owner;

SET LOCAL ROLE lamplighter_lookup;

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
    $function$;

REVOKE ALL ON FUNCTION gcra(text,double precision,integer) FROM PUBLIC;

SET LOCAL ROLE lamplighter_owner;

SET LOCAL ROLE lamplighter_lookup;

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
    $function$;

REVOKE ALL ON FUNCTION hand_over_ownerships() FROM PUBLIC;

SET LOCAL ROLE lamplighter_owner;

SET LOCAL ROLE lamplighter_lookup;

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
    $function$;

REVOKE ALL ON FUNCTION my_organizations() FROM PUBLIC;

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
          JOIN public.workspaces w ON w.id = mine.workspace_id AND w.deleted_at IS NULL
          JOIN public.organizations o ON o.id = w.organization_id AND o.deleted_at IS NULL
         ORDER BY w.id, mine.role <> 'admin'
    $function$;

REVOKE ALL ON FUNCTION my_workspaces() FROM PUBLIC;

SET LOCAL ROLE lamplighter_owner;

SET LOCAL ROLE lamplighter_lookup;

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
    $function$;

REVOKE ALL ON FUNCTION sole_ownerships() FROM PUBLIC;

SET LOCAL ROLE lamplighter_owner;

SET LOCAL ROLE lamplighter_lookup;

CREATE OR REPLACE FUNCTION public.take(bucket text, per_minute double precision, burst integer)
     RETURNS TABLE(allowed boolean, remaining integer, reset_s integer, retry_after_s integer)
     LANGUAGE sql
     SECURITY DEFINER ROWS 1
     SET search_path TO 'pg_catalog', 'pg_temp'
    AS $function$
        SELECT g.allowed, g.remaining, g.reset_s, g.retry_after_s
          FROM public.gcra('attempts:' || bucket, per_minute, burst) g
    $function$;

REVOKE ALL ON FUNCTION take(text,double precision,integer) FROM PUBLIC;

SET LOCAL ROLE lamplighter_owner;

SET LOCAL ROLE lamplighter_lookup;

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
    $function$;

REVOKE ALL ON FUNCTION waiting_exports(integer) FROM PUBLIC;

SET LOCAL ROLE lamplighter_owner;

SET LOCAL ROLE lamplighter_lookup;

GRANT EXECUTE ON FUNCTION authenticate_key(text[],jsonb) TO lamplighter_accounts;

SET LOCAL ROLE lamplighter_owner;

SET LOCAL ROLE lamplighter_lookup;

GRANT EXECUTE ON FUNCTION authenticate_key(text[],jsonb) TO lamplighter_app;

SET LOCAL ROLE lamplighter_owner;

SET LOCAL ROLE lamplighter_lookup;

GRANT EXECUTE ON FUNCTION authenticate_user(uuid,uuid,uuid,uuid,jsonb) TO lamplighter_accounts;

SET LOCAL ROLE lamplighter_owner;

SET LOCAL ROLE lamplighter_lookup;

GRANT EXECUTE ON FUNCTION authenticate_user(uuid,uuid,uuid,uuid,jsonb) TO lamplighter_app;

SET LOCAL ROLE lamplighter_owner;

SET LOCAL ROLE lamplighter_lookup;

GRANT EXECUTE ON FUNCTION find_identity(text,text) TO lamplighter_accounts;

SET LOCAL ROLE lamplighter_owner;

SET LOCAL ROLE lamplighter_lookup;

GRANT EXECUTE ON FUNCTION find_invitation(text) TO lamplighter_accounts;

SET LOCAL ROLE lamplighter_owner;

SET LOCAL ROLE lamplighter_lookup;

GRANT EXECUTE ON FUNCTION find_login(text) TO lamplighter_accounts;

SET LOCAL ROLE lamplighter_owner;

SET LOCAL ROLE lamplighter_lookup;

GRANT EXECUTE ON FUNCTION find_mail_token(text,text) TO lamplighter_accounts;

SET LOCAL ROLE lamplighter_owner;

SET LOCAL ROLE lamplighter_lookup;

GRANT EXECUTE ON FUNCTION find_refresh(text) TO lamplighter_accounts;

SET LOCAL ROLE lamplighter_owner;

SET LOCAL ROLE lamplighter_lookup;

GRANT EXECUTE ON FUNCTION forget_email(text) TO lamplighter_accounts;

SET LOCAL ROLE lamplighter_owner;

SET LOCAL ROLE lamplighter_lookup;

GRANT EXECUTE ON FUNCTION forget_in_archives() TO lamplighter_accounts;

SET LOCAL ROLE lamplighter_owner;

SET LOCAL ROLE lamplighter_lookup;

GRANT EXECUTE ON FUNCTION hand_over_ownerships() TO lamplighter_accounts;

SET LOCAL ROLE lamplighter_owner;

SET LOCAL ROLE lamplighter_lookup;

GRANT EXECUTE ON FUNCTION my_organizations() TO lamplighter_accounts;

SET LOCAL ROLE lamplighter_owner;

SET LOCAL ROLE lamplighter_lookup;

GRANT EXECUTE ON FUNCTION my_organizations() TO lamplighter_app;

SET LOCAL ROLE lamplighter_owner;

SET LOCAL ROLE lamplighter_lookup;

GRANT EXECUTE ON FUNCTION my_workspaces() TO lamplighter_accounts;

SET LOCAL ROLE lamplighter_owner;

SET LOCAL ROLE lamplighter_lookup;

GRANT EXECUTE ON FUNCTION sole_ownerships() TO lamplighter_accounts;

SET LOCAL ROLE lamplighter_owner;

SET LOCAL ROLE lamplighter_lookup;

GRANT EXECUTE ON FUNCTION take(text,double precision,integer) TO lamplighter_accounts;

SET LOCAL ROLE lamplighter_owner;

SET LOCAL ROLE lamplighter_lookup;

GRANT EXECUTE ON FUNCTION waiting_exports(integer) TO lamplighter_write_export;

SET LOCAL ROLE lamplighter_owner;

GRANT DELETE, SELECT (id, workspace_id) ON TABLE ab_tests TO lamplighter_eraser;

GRANT DELETE, SELECT (id, workspace_id) ON TABLE api_keys TO lamplighter_eraser;

GRANT SELECT (connection_ids, expires_at, id, key_hash, last_used_at, permissions, revoked_at, type, workspace_id), UPDATE (last_used_at) ON TABLE api_keys TO lamplighter_lookup;

GRANT INSERT, SELECT ON TABLE audit_log TO lamplighter_accounts;

GRANT INSERT, SELECT ON TABLE audit_log TO lamplighter_app;

GRANT SELECT (organization_id, personal_owner, workspace_id) ON TABLE audit_log TO lamplighter_lookup;

GRANT DELETE, SELECT (id, workspace_id) ON TABLE brand_voices TO lamplighter_eraser;

GRANT DELETE, SELECT (id, workspace_id) ON TABLE campaigns TO lamplighter_eraser;

GRANT DELETE, SELECT (id, workspace_id) ON TABLE content TO lamplighter_eraser;

GRANT DELETE, SELECT (publication_platform_id, workspace_id) ON TABLE dispatches TO lamplighter_eraser;

GRANT DELETE, INSERT, SELECT, UPDATE (attempts, byte_size, claimed_until, error, expires_at, finished_at, object_key, status) ON TABLE exports TO lamplighter_accounts;

GRANT INSERT, SELECT, UPDATE (attempts, byte_size, claimed_until, error, expires_at, finished_at, object_key, status) ON TABLE exports TO lamplighter_app;

GRANT DELETE, SELECT (id, object_key, workspace_id) ON TABLE exports TO lamplighter_eraser;

GRANT SELECT (claimed_until, created_at, id, status, user_id, workspace_id), UPDATE (expires_at) ON TABLE exports TO lamplighter_lookup;

GRANT DELETE, SELECT (created_at, expires_at, id, object_key, status), UPDATE (object_key, status) ON TABLE exports TO lamplighter_pruner;

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE idempotency_keys TO lamplighter_accounts;

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE idempotency_keys TO lamplighter_app;

GRANT DELETE, SELECT (scope_id) ON TABLE idempotency_keys TO lamplighter_eraser;

GRANT DELETE, SELECT (created_at, key, method, principal_id, route, scope_id) ON TABLE idempotency_keys TO lamplighter_pruner;

GRANT SELECT (accepted_at, created_at, email, expires_at, id, invited_by, organization_id, revoked_at, role, updated_at, version, workspace_id), UPDATE (accepted_at, updated_at, version) ON TABLE invitations TO lamplighter_accounts;

GRANT DELETE, INSERT (accepted_at, created_at, email, expires_at, id, invited_by, organization_id, revoked_at, role, updated_at, version, workspace_id), SELECT (accepted_at, created_at, email, expires_at, id, invited_by, organization_id, revoked_at, role, updated_at, version, workspace_id), UPDATE (expires_at, revoked_at, role, updated_at, version) ON TABLE invitations TO lamplighter_app;

GRANT DELETE, SELECT (id, workspace_id) ON TABLE invitations TO lamplighter_eraser;

GRANT DELETE, SELECT (email, id, organization_id, token_hash, workspace_id) ON TABLE invitations TO lamplighter_lookup;

GRANT SELECT (accepted_at, created_at, email, expires_at, id, invited_by, organization_id, revoked_at, role, updated_at, version, workspace_id), UPDATE (token_hash) ON TABLE invitations TO lamplighter_mailer;

GRANT DELETE, SELECT (accepted_at, expires_at, id, revoked_at) ON TABLE invitations TO lamplighter_pruner;

GRANT DELETE, SELECT, UPDATE (used_at) ON TABLE mail_tokens TO lamplighter_accounts;

GRANT DELETE, SELECT (email, id, purpose, token_hash, user_id) ON TABLE mail_tokens TO lamplighter_lookup;

GRANT DELETE, INSERT, SELECT (created_at, email, expires_at, id, purpose, used_at, user_id) ON TABLE mail_tokens TO lamplighter_mailer;

GRANT DELETE, SELECT (expires_at, id, used_at) ON TABLE mail_tokens TO lamplighter_pruner;

GRANT INSERT ON TABLE mails TO lamplighter_accounts;

GRANT INSERT ON TABLE mails TO lamplighter_app;

GRANT DELETE, SELECT (email, user_id) ON TABLE mails TO lamplighter_lookup;

GRANT SELECT, UPDATE (attempts, claimed_until, error, sent_at) ON TABLE mails TO lamplighter_mailer;

GRANT DELETE, SELECT (created_at, id, kind, sent_at) ON TABLE mails TO lamplighter_pruner;

GRANT DELETE, SELECT (id, object_key, workspace_id) ON TABLE media TO lamplighter_eraser;

GRANT DELETE, SELECT (created_at, id, object_key, status), UPDATE (rejection, status) ON TABLE media TO lamplighter_pruner;

GRANT DELETE, INSERT, SELECT, UPDATE (last_used_at) ON TABLE oidc_identities TO lamplighter_accounts;

GRANT SELECT (issuer, subject, user_id) ON TABLE oidc_identities TO lamplighter_lookup;

GRANT DELETE, INSERT, SELECT ON TABLE organization_members TO lamplighter_accounts;

GRANT SELECT (deleted_at, id, name, plan_id, slug) ON TABLE organizations TO lamplighter_accounts;

GRANT INSERT, SELECT, UPDATE (deleted_at, name, owner_id, slug, updated_at, version) ON TABLE organizations TO lamplighter_app;

GRANT SELECT (deleted_at, id, name, owner_id, plan_id, slug, version), UPDATE (owner_id, updated_at, version) ON TABLE organizations TO lamplighter_lookup;

GRANT SELECT (id, name) ON TABLE organizations TO lamplighter_mailer;

GRANT DELETE, SELECT (id, workspace_id) ON TABLE outbox_events TO lamplighter_eraser;

GRANT DELETE, INSERT, SELECT ON TABLE personal_keys TO lamplighter_accounts;

GRANT DELETE, INSERT, SELECT ON TABLE personal_keys TO lamplighter_app;

GRANT DELETE, SELECT (owner_id) ON TABLE personal_keys TO lamplighter_eraser;

GRANT SELECT (owner_id, wrapped) ON TABLE personal_keys TO lamplighter_lookup;

GRANT DELETE, SELECT (id, workspace_id) ON TABLE platform_connections TO lamplighter_eraser;

GRANT SELECT (access_token, id, refresh_lease_until, refresh_token, workspace_id), UPDATE (access_token, refresh_token) ON TABLE platform_connections TO lamplighter_rotator;

GRANT DELETE, SELECT (id, workspace_id) ON TABLE publication_attempts TO lamplighter_eraser;

GRANT DELETE, SELECT (id, workspace_id) ON TABLE publication_platforms TO lamplighter_eraser;

GRANT DELETE, SELECT (id, workspace_id) ON TABLE publications TO lamplighter_eraser;

GRANT INSERT, SELECT (bucket, tat), UPDATE (tat) ON TABLE rate_limits TO lamplighter_lookup;

GRANT DELETE, SELECT (bucket, tat) ON TABLE rate_limits TO lamplighter_pruner;

GRANT DELETE, SELECT (connection_id, recurring_post_id, workspace_id) ON TABLE recurring_post_connections TO lamplighter_eraser;

GRANT DELETE, SELECT (id, workspace_id) ON TABLE recurring_posts TO lamplighter_eraser;

GRANT DELETE, INSERT, SELECT, UPDATE (used_at) ON TABLE refresh_tokens TO lamplighter_accounts;

GRANT SELECT (id, session_id, token_hash, user_id) ON TABLE refresh_tokens TO lamplighter_lookup;

GRANT DELETE, SELECT (expires_at, id, session_id, used_at) ON TABLE refresh_tokens TO lamplighter_pruner;

GRANT DELETE, INSERT, SELECT, UPDATE (address, expires_at, last_used_at, revoked_at, user_agent) ON TABLE sessions TO lamplighter_accounts;

GRANT SELECT (expires_at, id, last_used_at, revoked_at, user_id), UPDATE (last_used_at) ON TABLE sessions TO lamplighter_lookup;

GRANT DELETE, SELECT (expires_at, id, revoked_at) ON TABLE sessions TO lamplighter_pruner;

GRANT DELETE, SELECT (id, workspace_id) ON TABLE templates TO lamplighter_eraser;

GRANT INSERT, SELECT ON TABLE token_keys TO lamplighter_accounts;

GRANT SELECT ON TABLE token_keys TO lamplighter_app;

GRANT INSERT, SELECT, UPDATE (avatar_url, deleted_at, email, email_verified, name, password_hash, timezone, updated_at, version) ON TABLE users TO lamplighter_accounts;

GRANT SELECT (avatar_url, created_at, deleted_at, email, email_verified, id, name, timezone, updated_at, version) ON TABLE users TO lamplighter_app;

GRANT SELECT (deleted_at, email, id, password_hash) ON TABLE users TO lamplighter_lookup;

GRANT SELECT (deleted_at, email, id, name) ON TABLE users TO lamplighter_mailer;

GRANT DELETE, SELECT (id, workspace_id) ON TABLE webhook_deliveries TO lamplighter_eraser;

GRANT DELETE, SELECT (id, workspace_id) ON TABLE webhooks TO lamplighter_eraser;

GRANT SELECT (id, previous_secret, secret, workspace_id), UPDATE (previous_secret, secret) ON TABLE webhooks TO lamplighter_rotator;

GRANT DELETE, INSERT, SELECT ON TABLE workspace_keys TO lamplighter_app;

GRANT DELETE, SELECT (version, workspace_id) ON TABLE workspace_keys TO lamplighter_eraser;

GRANT DELETE, INSERT, SELECT, UPDATE (retired_at) ON TABLE workspace_keys TO lamplighter_rotator;

GRANT DELETE, INSERT, SELECT ON TABLE workspace_members TO lamplighter_accounts;

GRANT DELETE, SELECT (id, workspace_id) ON TABLE workspace_members TO lamplighter_eraser;

GRANT SELECT (deleted_at, id, name, organization_id, slug) ON TABLE workspaces TO lamplighter_accounts;

GRANT INSERT, SELECT, UPDATE (deleted_at, industry, name, settings, slug, updated_at, version) ON TABLE workspaces TO lamplighter_app;

GRANT SELECT (deleted_at, erased_at, id, organization_id), UPDATE (erased_at, industry, name, settings, slug) ON TABLE workspaces TO lamplighter_eraser;

GRANT SELECT (deleted_at, id, name, organization_id, slug) ON TABLE workspaces TO lamplighter_lookup;

GRANT SELECT (id, name) ON TABLE workspaces TO lamplighter_mailer;

GRANT SELECT (deleted_at, id) ON TABLE workspaces TO lamplighter_rotator;

UPDATE alembic_version SET version_num='0002' WHERE alembic_version.version_num = '0001';

COMMIT;
