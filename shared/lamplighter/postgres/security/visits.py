"""The SQL of what every request asks first: who it is, and whether they ask too fast."""

GCRA = """
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
"""

TAKE = """
    SELECT g.allowed, g.remaining, g.reset_s, g.retry_after_s
      FROM public.gcra('attempts:' || bucket, per_minute, burst) g
"""

_LIMITS = """-- The principal's own bucket, then the workspace's; the tighter one is reported.
    rates := coalesce(plans -> plan_id, plans -> 'starter');
    taken := public.gcra($principal,
                         (rates #>> '{principal,0}')::float8, (rates #>> '{principal,1}')::int);
    policy := 'principal';
    IF taken.allowed AND $in_workspace THEN
        shared := public.gcra('workspace:' || $workspace,
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
    RETURN NEXT;"""


def _limits(principal: str, in_workspace: str, workspace: str) -> str:
    """Takes from the principal's bucket and, where the condition holds, from the workspace's."""
    sql = _LIMITS.replace("$principal", principal).replace("$in_workspace", in_workspace)
    return sql.replace("$workspace", workspace)


AUTHENTICATE_KEY = """
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
    $limits
END
""".replace("$limits", _limits("'key:' || key_id", "true", "workspace_id"))

AUTHENTICATE_USER = """
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
    $limits
END
""".replace("$limits", _limits("'user:' || user_id", "workspace_role IS NOT NULL", "workspace"))
