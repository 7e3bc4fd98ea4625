BEGIN;

-- Running upgrade 0002 -> 0003

SET LOCAL ROLE lamplighter_owner;

ALTER TABLE audit_log DROP CONSTRAINT audit_log_actor_kind_check;

ALTER TABLE publication_attempts DROP CONSTRAINT publication_attempts_status_check;

ALTER TABLE publication_platforms DROP CONSTRAINT publication_platforms_status_check;

ALTER TABLE publications DROP CONSTRAINT publications_status_check;

REVOKE ALL ON TABLE dispatches FROM lamplighter_dispatcher;

REVOKE ALL ON TABLE publication_attempts FROM lamplighter_app;

REVOKE ALL ON TABLE workspaces FROM lamplighter_app;

CREATE TABLE connection_gates (
    connection_id UUID NOT NULL,
    workspace_id UUID NOT NULL,
    failures INTEGER DEFAULT 0 NOT NULL,
    closed_until TIMESTAMP WITH TIME ZONE,
    probing_until TIMESTAMP WITH TIME ZONE,
    slow_until TIMESTAMP WITH TIME ZONE,
    booked_until TIMESTAMP WITH TIME ZONE,
    error_code VARCHAR(100),
    CONSTRAINT connection_gates_pkey PRIMARY KEY (connection_id),
    CONSTRAINT connection_gates_failures_check CHECK (failures >= 0),
    CONSTRAINT connection_gates_workspace_id_connection_id_fkey FOREIGN KEY(workspace_id, connection_id) REFERENCES platform_connections (workspace_id, id) ON DELETE CASCADE,
    CONSTRAINT connection_gates_workspace_id_fkey FOREIGN KEY(workspace_id) REFERENCES workspaces (id)
)
 WITH (fillfactor = 70);

COMMENT ON TABLE connection_gates IS 'How an account''s network behaves just now: its breaker, and whether it is slow.';

CREATE TABLE approval_links (
    id UUID NOT NULL,
    workspace_id UUID NOT NULL,
    publication_id UUID NOT NULL,
    token_hash VARCHAR(64) NOT NULL,
    recipient VARCHAR(255),
    created_by UUID,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    revoked_at TIMESTAMP WITH TIME ZONE,
    decided_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT approval_links_pkey PRIMARY KEY (id),
    CONSTRAINT approval_links_created_by_fkey FOREIGN KEY(created_by) REFERENCES users (id),
    CONSTRAINT approval_links_workspace_id_publication_id_fkey FOREIGN KEY(workspace_id, publication_id) REFERENCES publications (workspace_id, id),
    CONSTRAINT approval_links_workspace_id_fkey FOREIGN KEY(workspace_id) REFERENCES workspaces (id),
    CONSTRAINT approval_links_token_hash_key UNIQUE (token_hash)
);

COMMENT ON TABLE approval_links IS 'A link with which somebody outside the organization approves or rejects.';

CREATE INDEX idx_approval_links_publication ON approval_links (workspace_id, publication_id, id);

CREATE TABLE approvals (
    id UUID NOT NULL,
    workspace_id UUID NOT NULL,
    publication_id UUID NOT NULL,
    action VARCHAR(20) NOT NULL,
    approval_hash VARCHAR(64) NOT NULL,
    actor_kind VARCHAR(20) NOT NULL,
    actor_id UUID,
    comment TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT approvals_pkey PRIMARY KEY (id),
    CONSTRAINT approvals_action_check CHECK (action IN ('requested', 'approved', 'rejected', 'revoked', 'reset')),
    CONSTRAINT approvals_actor_kind_check CHECK (actor_kind IN ('user', 'api_key', 'system', 'approval_link')),
    CONSTRAINT approvals_workspace_id_publication_id_fkey FOREIGN KEY(workspace_id, publication_id) REFERENCES publications (workspace_id, id),
    CONSTRAINT approvals_workspace_id_fkey FOREIGN KEY(workspace_id) REFERENCES workspaces (id)
);

COMMENT ON TABLE approvals IS 'What was decided about a publication, by whom, about which content: appended to.';

CREATE INDEX idx_approvals_publication ON approvals (workspace_id, publication_id, id);

ALTER TABLE audit_log ALTER COLUMN actor_kind TYPE VARCHAR(20);

CREATE INDEX idx_audit_log_target ON audit_log (workspace_id, target_id, id) WHERE workspace_id IS NOT NULL;

ALTER TABLE content ADD COLUMN segments JSONB DEFAULT '[]' NOT NULL;

ALTER TABLE content ADD COLUMN updated_by UUID;

ALTER TABLE content ADD CONSTRAINT content_updated_by_fkey FOREIGN KEY(updated_by) REFERENCES users (id);

ALTER TABLE dispatches ADD COLUMN lane SMALLINT DEFAULT 0 NOT NULL;

ALTER TABLE dispatches ADD COLUMN wakes SMALLINT DEFAULT 0 NOT NULL;

ALTER TABLE platform_connections ADD COLUMN daily_cap INTEGER;

ALTER TABLE publication_attempts ADD COLUMN connection_id UUID;

ALTER TABLE publication_attempts ADD COLUMN task VARCHAR(10) DEFAULT 'publish' NOT NULL;

ALTER TABLE publication_attempts ADD COLUMN segment SMALLINT DEFAULT 0 NOT NULL;

ALTER TABLE publication_attempts ADD COLUMN digest VARCHAR(64);

ALTER TABLE publication_attempts ADD COLUMN waits SMALLINT DEFAULT 0 NOT NULL;

ALTER TABLE publication_attempts ADD COLUMN reference JSONB;

CREATE INDEX idx_attempts_open ON publication_attempts (connection_id, claimed_at) WHERE status IN ('claimed', 'prepared', 'sending');

CREATE UNIQUE INDEX idx_attempts_remote ON publication_attempts (connection_id, remote_id) WHERE status = 'published' AND task = 'publish' AND remote_id IS NOT NULL;

CREATE INDEX idx_attempts_sent ON publication_attempts (connection_id, sending_at) WHERE status IN ('sending', 'published', 'unknown') AND sending_at IS NOT NULL;

ALTER TABLE publication_platforms ADD COLUMN change VARCHAR(10);

ALTER TABLE publication_platforms ADD COLUMN fingerprint VARCHAR(64);

ALTER TABLE publication_platforms ADD COLUMN removed_at TIMESTAMP WITH TIME ZONE;

ALTER TABLE publication_platforms ADD COLUMN released_at TIMESTAMP WITH TIME ZONE;

ALTER TABLE publication_platforms ADD COLUMN attempts_before INTEGER DEFAULT 0 NOT NULL;

CREATE INDEX idx_pub_platforms_fingerprint ON publication_platforms (connection_id, fingerprint);

ALTER TABLE publications ADD COLUMN approval_hash VARCHAR(64);

ALTER TABLE publications ADD COLUMN updated_by UUID;

ALTER TABLE publications ADD CONSTRAINT publications_updated_by_fkey FOREIGN KEY(updated_by) REFERENCES users (id);

ALTER TABLE workspaces ADD COLUMN approval_required BOOLEAN DEFAULT false NOT NULL;

ALTER TABLE workspaces ADD COLUMN author_may_approve BOOLEAN DEFAULT true NOT NULL;

ALTER TABLE workspaces ADD COLUMN duplicate_window_hours INTEGER DEFAULT 24 NOT NULL;

ALTER TABLE sandbox.faults ADD COLUMN calls TEXT;

ALTER TABLE sandbox.posts ADD COLUMN edited_at TIMESTAMP WITH TIME ZONE;

ALTER TABLE approval_links ENABLE ROW LEVEL SECURITY;

ALTER TABLE approval_links FORCE ROW LEVEL SECURITY;

ALTER TABLE approvals ENABLE ROW LEVEL SECURITY;

ALTER TABLE approvals FORCE ROW LEVEL SECURITY;

ALTER TABLE connection_gates ENABLE ROW LEVEL SECURITY;

ALTER TABLE connection_gates FORCE ROW LEVEL SECURITY;

ALTER TABLE audit_log ADD CONSTRAINT audit_log_actor_kind_check CHECK (actor_kind IN ('user', 'api_key', 'system', 'approval_link'));

ALTER TABLE content ADD CONSTRAINT content_segments_check CHECK ((jsonb_typeof(segments) = 'array'::text));

ALTER TABLE dispatches ADD CONSTRAINT dispatches_lane_check CHECK (((lane >= 0) AND (lane <= 1)));

ALTER TABLE platform_connections ADD CONSTRAINT platform_connections_daily_cap_check CHECK ((daily_cap >= 0));

ALTER TABLE publication_attempts ADD CONSTRAINT publication_attempts_segment_check CHECK ((segment >= 0));

ALTER TABLE publication_attempts ADD CONSTRAINT publication_attempts_status_check CHECK (status IN ('claimed', 'prepared', 'waiting', 'sending', 'published', 'rejected', 'not_sent', 'unknown', 'abandoned', 'done'));

ALTER TABLE publication_attempts ADD CONSTRAINT publication_attempts_task_check CHECK (task IN ('publish', 'remove', 'edit'));

ALTER TABLE publication_attempts ADD CONSTRAINT publication_attempts_waits_check CHECK ((waits >= 0));

ALTER TABLE publication_platforms ADD CONSTRAINT publication_platforms_attempts_before_check CHECK ((attempts_before >= 0));

ALTER TABLE publication_platforms ADD CONSTRAINT publication_platforms_change_check CHECK (change IN ('remove', 'edit'));

ALTER TABLE publication_platforms ADD CONSTRAINT publication_platforms_status_check CHECK (status IN ('pending', 'publishing', 'published', 'failed', 'unknown', 'cancelled', 'skipped', 'held', 'removed'));

ALTER TABLE publications ADD CONSTRAINT publications_status_check CHECK (status IN ('scheduled', 'publishing', 'published', 'partially_published', 'failed', 'cancelled', 'missed', 'needs_review', 'removed'));

ALTER TABLE workspaces ADD CONSTRAINT workspaces_duplicate_window_hours_check CHECK ((duplicate_window_hours >= 0));

CREATE POLICY eraser ON approval_links AS PERMISSIVE FOR ALL TO lamplighter_eraser USING (((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) AND (EXISTS ( SELECT FROM workspaces w WHERE (w.id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid)))));

CREATE POLICY lookup ON approval_links AS PERMISSIVE FOR SELECT TO lamplighter_lookup USING (true);

CREATE POLICY tenant ON approval_links AS PERMISSIVE FOR ALL TO lamplighter_app USING ((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid));

CREATE POLICY eraser ON approvals AS PERMISSIVE FOR ALL TO lamplighter_eraser USING (((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) AND (EXISTS ( SELECT FROM workspaces w WHERE (w.id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid)))));

CREATE POLICY tenant ON approvals AS PERMISSIVE FOR ALL TO lamplighter_app USING ((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid));

CREATE POLICY eraser ON connection_gates AS PERMISSIVE FOR ALL TO lamplighter_eraser USING (((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid) AND (EXISTS ( SELECT FROM workspaces w WHERE (w.id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid)))));

CREATE POLICY tenant ON connection_gates AS PERMISSIVE FOR ALL TO lamplighter_app USING ((workspace_id = (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid));

SET LOCAL ROLE lamplighter_lookup;

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
    $function$;

REVOKE ALL ON FUNCTION find_approval_link(text) FROM PUBLIC;

SET LOCAL ROLE lamplighter_owner;

SET LOCAL ROLE lamplighter_lookup;

GRANT EXECUTE ON FUNCTION find_approval_link(text) TO lamplighter_app;

SET LOCAL ROLE lamplighter_owner;

SET LOCAL ROLE lamplighter_lookup;

GRANT EXECUTE ON FUNCTION take(text,double precision,integer) TO lamplighter_app;

SET LOCAL ROLE lamplighter_owner;

GRANT INSERT, SELECT, UPDATE (decided_at, revoked_at) ON TABLE approval_links TO lamplighter_app;

GRANT DELETE, SELECT (id, workspace_id) ON TABLE approval_links TO lamplighter_eraser;

GRANT SELECT (expires_at, id, publication_id, recipient, revoked_at, token_hash, workspace_id) ON TABLE approval_links TO lamplighter_lookup;

GRANT INSERT, SELECT ON TABLE approvals TO lamplighter_app;

GRANT DELETE, SELECT (id, workspace_id) ON TABLE approvals TO lamplighter_eraser;

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE connection_gates TO lamplighter_app;

GRANT DELETE, SELECT (connection_id, workspace_id) ON TABLE connection_gates TO lamplighter_eraser;

GRANT SELECT, UPDATE (fence, lease_until, wakes) ON TABLE dispatches TO lamplighter_dispatcher;

GRANT INSERT, SELECT, UPDATE (error_code, error_message, fence, finished_at, prepared, prepared_at, reference, remote_id, sending_at, status, url, waits) ON TABLE publication_attempts TO lamplighter_app;

GRANT INSERT, SELECT, UPDATE (approval_required, author_may_approve, deleted_at, duplicate_window_hours, industry, name, settings, slug, updated_at, version) ON TABLE workspaces TO lamplighter_app;

UPDATE alembic_version SET version_num='0003' WHERE alembic_version.version_num = '0002';

COMMIT;
