"""Functions that answer across tenants: each says little, to few, and only they may ask."""

from dataclasses import dataclass

from lamplighter.postgres.roles import ACCOUNTS, APP, WRITE_EXPORT
from lamplighter.postgres.security.visits import AUTHENTICATE_KEY, AUTHENTICATE_USER, GCRA, TAKE

LIMITS = (
    "allowed boolean, policy text, quota integer, window_s integer, remaining integer, reset_s integer,"
    " retry_after_s integer"
)


@dataclass(frozen=True, slots=True)
class Function:
    """A function owned by LOOKUP. SECURITY DEFINER with a fixed search path, unless nobody may call it but
    the others."""

    signature: str
    """With argument names; `identity` is without."""
    identity: str
    returns: str
    body: str
    """`$user` stands for the setting's SQL."""
    to: tuple[str, ...]
    volatility: str = "STABLE"
    language: str = "sql"
    rows: int | None = None
    """How many rows the planner should expect; None leaves Postgres' guess."""


FUNCTIONS = (
    Function(
        signature="gcra(bucket text, per_minute double precision, burst integer, OUT allowed boolean,"
        " OUT remaining integer, OUT reset_s integer, OUT retry_after_s integer)",
        identity="gcra(text, double precision, integer)",
        returns="record",
        body=GCRA,
        to=(),
        volatility="VOLATILE",
        language="plpgsql",
    ),
    Function(
        signature="take(bucket text, per_minute double precision, burst integer)",
        identity="take(text, double precision, integer)",
        returns="TABLE (allowed boolean, remaining integer, reset_s integer, retry_after_s integer)",
        body=TAKE,
        to=(ACCOUNTS, APP),
        volatility="VOLATILE",
        rows=1,
    ),
    Function(
        signature="authenticate_key(hashes text[], plans jsonb)",
        identity="authenticate_key(text[], jsonb)",
        returns="TABLE (key_id uuid, workspace_id uuid, organization_id uuid, type varchar,"
        " permissions varchar[], connection_ids uuid[], expires_at timestamptz, revoked_at timestamptz,"
        f" personal_key text, plan_id varchar, {LIMITS})",
        body=AUTHENTICATE_KEY,
        to=(ACCOUNTS, APP),
        volatility="VOLATILE",
        language="plpgsql",
        rows=1,
    ),
    Function(
        signature="authenticate_user(session uuid, person uuid, workspace uuid, organization uuid,"
        " plans jsonb)",
        identity="authenticate_user(uuid, uuid, uuid, uuid, jsonb)",
        returns="TABLE (user_id uuid, session_id uuid, organization_id uuid, organization_role varchar,"
        f" workspace_role varchar, personal_key text, plan_id varchar, {LIMITS})",
        body=AUTHENTICATE_USER,
        to=(ACCOUNTS, APP),
        volatility="VOLATILE",
        language="plpgsql",
        rows=1,
    ),
    Function(
        signature="find_login(address text)",
        identity="find_login(text)",
        returns="TABLE (user_id uuid, password_hash varchar)",
        body="""
    SELECT u.id, u.password_hash FROM public.users u WHERE u.email = address AND u.deleted_at IS NULL
""",
        to=(ACCOUNTS,),
        rows=1,
    ),
    Function(
        signature="find_refresh(hash text)",
        identity="find_refresh(text)",
        returns="TABLE (user_id uuid, session_id uuid, refresh_id uuid)",
        body="""
    SELECT t.user_id, t.session_id, t.id FROM public.refresh_tokens t WHERE t.token_hash = hash
""",
        to=(ACCOUNTS,),
        rows=1,
    ),
    Function(
        signature="find_mail_token(hash text, wanted text)",
        identity="find_mail_token(text, text)",
        returns="TABLE (id uuid, user_id uuid)",
        body="""
    SELECT t.id, t.user_id FROM public.mail_tokens t WHERE t.token_hash = hash AND t.purpose = wanted
""",
        to=(ACCOUNTS,),
        rows=1,
    ),
    Function(
        signature="find_identity(issued_by text, known_as text)",
        identity="find_identity(text, text)",
        returns="TABLE (user_id uuid)",
        body="""
    SELECT i.user_id
      FROM public.oidc_identities i
      JOIN public.users u ON u.id = i.user_id AND u.deleted_at IS NULL
     WHERE i.issuer = issued_by AND i.subject = known_as
""",
        to=(ACCOUNTS,),
        rows=1,
    ),
    Function(
        signature="find_invitation(hash text)",
        identity="find_invitation(text)",
        returns="TABLE (id uuid, organization_id uuid, workspace_id uuid, user_id uuid)",
        body="""
    SELECT i.id, i.organization_id, i.workspace_id, u.id
      FROM public.invitations i
      JOIN public.organizations o ON o.id = i.organization_id AND o.deleted_at IS NULL
      LEFT JOIN public.workspaces w ON w.id = i.workspace_id
      LEFT JOIN public.users u ON u.email = i.email AND u.deleted_at IS NULL
     WHERE i.token_hash = hash AND w.deleted_at IS NULL
""",
        to=(ACCOUNTS,),
        rows=1,
    ),
    Function(
        signature="find_approval_link(hash text)",
        identity="find_approval_link(text)",
        returns="TABLE (id uuid, workspace_id uuid, organization_id uuid, publication_id uuid,"
        " recipient varchar, expires_at timestamptz, revoked_at timestamptz, personal_key text)",
        body="""
    SELECT l.id, l.workspace_id, w.organization_id, l.publication_id, l.recipient, l.expires_at, l.revoked_at,
           k.wrapped
      FROM public.approval_links l
      JOIN public.workspaces w ON w.id = l.workspace_id AND w.deleted_at IS NULL
      LEFT JOIN public.personal_keys k ON k.owner_id = l.workspace_id
     WHERE l.token_hash = hash
""",
        to=(APP,),
        rows=1,
    ),
    Function(
        signature="find_calendar_feed(hash text)",
        identity="find_calendar_feed(text)",
        returns="TABLE (id uuid, workspace_id uuid, organization_id uuid, name varchar, mode varchar,"
        " connection_ids uuid[], revoked_at timestamptz)",
        body="""
    SELECT f.id, f.workspace_id, w.organization_id, f.name, f.mode, f.connection_ids, f.revoked_at
      FROM public.calendar_feeds f
      JOIN public.workspaces w ON w.id = f.workspace_id AND w.deleted_at IS NULL
     WHERE f.token_hash = hash
""",
        to=(APP,),
        rows=1,
    ),
    # Under the lock under which owners come and go: of two last owners who leave at once, one stays, and
    # whoever is being made one is one by then.
    Function(
        signature="sole_ownerships()",
        identity="sole_ownerships()",
        returns="TABLE (organization_id uuid)",
        body="""
    SELECT FROM public.organizations o
     WHERE o.deleted_at IS NULL
       AND o.id IN (SELECT m.organization_id FROM public.organization_members m WHERE m.user_id = $user)
     ORDER BY o.id
       FOR NO KEY UPDATE;
    SELECT m.organization_id
      FROM public.organization_members m
      JOIN public.organizations o ON o.id = m.organization_id AND o.deleted_at IS NULL
     WHERE m.user_id = $user AND m.role = 'owner' AND m.joined_at IS NOT NULL
       AND NOT EXISTS (SELECT FROM public.organization_members other
                        WHERE other.organization_id = m.organization_id AND other.user_id <> m.user_id
                          AND other.role = 'owner' AND other.joined_at IS NOT NULL)
     ORDER BY m.organization_id
""",
        to=(ACCOUNTS,),
        volatility="VOLATILE",
    ),
    Function(
        signature="hand_over_ownerships()",
        identity="hand_over_ownerships()",
        returns="void",
        body="""
    UPDATE public.organizations o
       SET owner_id = (SELECT m.user_id FROM public.organization_members m
                        WHERE m.organization_id = o.id AND m.user_id <> o.owner_id
                          AND m.role = 'owner' AND m.joined_at IS NOT NULL
                        ORDER BY m.joined_at, m.user_id LIMIT 1),
           version = o.version + 1,
           updated_at = clock_timestamp()
     WHERE o.owner_id = $user AND o.deleted_at IS NULL
""",
        to=(ACCOUNTS,),
        volatility="VOLATILE",
    ),
    Function(
        signature="forget_email(address text)",
        identity="forget_email(text)",
        returns="void",
        body="""
    WITH own AS (SELECT u.email FROM public.users u WHERE u.id = $user AND u.email = address),
         invited AS (DELETE FROM public.invitations i USING own WHERE i.email = own.email),
         proving AS (DELETE FROM public.mail_tokens t USING own WHERE t.email = own.email)
    DELETE FROM public.mails m USING own WHERE m.email = own.email OR m.user_id = $user
""",
        to=(ACCOUNTS,),
        volatility="VOLATILE",
    ),
    Function(
        signature="waiting_exports(most integer)",
        identity="waiting_exports(integer)",
        returns="TABLE (id uuid, workspace_id uuid, user_id uuid)",
        body="""
    SELECT e.id, e.workspace_id, e.user_id
      FROM public.exports e
     WHERE e.status IN ('pending', 'running')
       AND (e.claimed_until IS NULL OR e.claimed_until < clock_timestamp())
     ORDER BY e.created_at
     LIMIT most
""",
        to=(WRITE_EXPORT,),
        volatility="VOLATILE",
    ),
    # What workspaces took of themselves holds who was in them: it ends with the person, or is written anew.
    Function(
        signature="forget_in_archives()",
        identity="forget_in_archives()",
        returns="void",
        body="""
    UPDATE public.exports e SET expires_at = clock_timestamp()
     WHERE e.workspace_id IS NOT NULL AND e.status IN ('running', 'ready')
       AND (EXISTS (SELECT FROM public.workspace_members m
                     WHERE m.workspace_id = e.workspace_id AND m.user_id = $user)
         OR EXISTS (SELECT FROM public.workspaces w
                     JOIN public.audit_log a
                       ON a.personal_owner = $user AND a.organization_id = w.organization_id
                      AND a.workspace_id = w.id
                    WHERE w.id = e.workspace_id)
         OR EXISTS (SELECT FROM public.invitations i
                     JOIN public.users u ON u.id = $user AND u.email = i.email
                     WHERE i.workspace_id = e.workspace_id))
""",
        to=(ACCOUNTS,),
        volatility="VOLATILE",
    ),
    Function(
        signature="my_organizations()",
        identity="my_organizations()",
        returns="TABLE (id uuid, name varchar, slug varchar, role varchar, plan_id varchar)",
        body="""
    SELECT o.id, o.name, o.slug, m.role, o.plan_id
      FROM public.organization_members m
      JOIN public.organizations o ON o.id = m.organization_id AND o.deleted_at IS NULL
     WHERE m.user_id = $user AND m.joined_at IS NOT NULL
     ORDER BY o.id
""",
        to=(ACCOUNTS, APP),
    ),
    Function(
        signature="my_workspaces()",
        identity="my_workspaces()",
        returns="TABLE (workspace_id uuid, organization_id uuid, name varchar, slug varchar, role varchar)",
        body="""
    WITH mine AS (
        SELECT m.workspace_id, m.role
          FROM public.workspace_members m
         WHERE m.user_id = $user AND m.joined_at IS NOT NULL
        UNION ALL
        SELECT w.id, 'admin'
          FROM public.organization_members o
          JOIN public.workspaces w ON w.organization_id = o.organization_id
         WHERE o.user_id = $user AND o.joined_at IS NOT NULL AND o.role IN ('owner', 'admin')
    )
    SELECT DISTINCT ON (w.id) w.id, w.organization_id, w.name, w.slug, mine.role
      FROM mine
      JOIN public.workspaces w ON w.id = mine.workspace_id AND w.deleted_at IS NULL
      JOIN public.organizations o ON o.id = w.organization_id AND o.deleted_at IS NULL
     ORDER BY w.id, mine.role <> 'admin'
""",
        to=(ACCOUNTS, APP),
    ),
)
