"""Who may see and do what in the database: roles, row level security, grants and functions, declared once."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Table

from lamplighter.postgres import models
from lamplighter.postgres.base import Base

OWNER = "lamplighter_owner"
APP = "lamplighter_app"
PUBLISH_DUE = "lamplighter_publish_due"
SANDBOX = "lamplighter_sandbox"
LOOKUP = "lamplighter_lookup"
DISPATCHER = "lamplighter_dispatcher"

_WORKSPACE = "nullif(current_setting('app.workspace_id', true), '')::uuid"
_ORGANIZATION = "nullif(current_setting('app.organization_id', true), '')::uuid"
_USER = "nullif(current_setting('app.user_id', true), '')::uuid"
_CRUD = "SELECT, INSERT, UPDATE, DELETE"


@dataclass(frozen=True, slots=True)
class Role:
    """A role of the cluster. None is a superuser, none bypasses row level security, passwords come later."""

    name: str
    login: bool
    member_of: str | None = None
    """Entered by SET ROLE only: no role inherits what another may do."""


@dataclass(frozen=True, slots=True)
class Policy:
    """One policy of row level security; `check` None means the same as `using`, as Postgres has it."""

    name: str
    table: str
    role: str
    command: str = "ALL"
    using: str | None = None
    check: str | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """What a role may do to a table; `columns` of a privilege narrow it to them."""

    table: str
    role: str
    privileges: str = ""
    columns: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Function:
    """A SECURITY DEFINER function: what must be found before a tenant is known. Owned by LOOKUP."""

    signature: str
    """With argument names; `identity` is without."""
    identity: str
    returns: str
    body: str
    to: str = APP


ROLES = (
    Role(OWNER, login=False),
    Role(LOOKUP, login=False),
    Role(DISPATCHER, login=False),
    Role(APP, login=True),
    Role(PUBLISH_DUE, login=True, member_of=DISPATCHER),
    Role(SANDBOX, login=True),
)

UNTENANTED: Mapping[str, str] = {
    "sandbox.posts": "the sandbox network's: keyed by the account's token, reached by its own login only",
    "sandbox.media": "the sandbox network's, as above",
    "sandbox.calls": "the sandbox network's, as above",
    "sandbox.faults": "the sandbox network's, as above",
}
"""Tables without row level security, and why."""


_OWN_RULES = frozenset({"content", "templates", "workspaces"})


def tables() -> list[Table]:
    """Every table of the tenants' schema, parents first."""
    assert models  # noqa: S101  # importing them is what fills the metadata
    return [table for table in Base.metadata.sorted_tables if table.schema is None]


def sandbox_tables() -> list[str]:
    """Every table of the sandbox network, with its schema."""
    return [table.fullname for table in Base.metadata.sorted_tables if table.schema == "sandbox"]


def policies() -> Iterator[Policy]:
    """The tenants' rules first, then what LOOKUP and DISPATCHER see across tenants."""
    for table in tables():
        if "workspace_id" in table.columns and table.name not in _OWN_RULES:
            yield Policy("tenant", table.name, APP, using=f"workspace_id = {_WORKSPACE}")
    yield from _POLICIES
    for name in _LOOKED_UP:
        yield Policy("lookup", name, LOOKUP, "SELECT", using="true")


def grants() -> Iterator[Grant]:
    """Every privilege on a table that a role other than its owner has."""
    narrowed = {grant.table: grant for grant in _APP_GRANTS}
    for table in tables():
        yield narrowed.get(table.name, Grant(table.name, APP, _CRUD))
    for name in sandbox_tables():
        yield Grant(name, SANDBOX, _CRUD)
    for name, columns in _LOOKED_UP.items():
        yield Grant(name, LOOKUP, columns={"SELECT": columns})
    yield Grant("dispatches", DISPATCHER, "SELECT", {"UPDATE": ("fence", "lease_until")})


_POLICIES = (
    Policy("own", "users", APP, using=f"id = {_USER}"),
    Policy("own", "organizations", APP, using=f"id = {_ORGANIZATION}"),
    Policy("own", "organization_members", APP, using=f"organization_id = {_ORGANIZATION}"),
    Policy(
        "visible",
        "workspaces",
        APP,
        "SELECT",
        using=f"id = {_WORKSPACE} OR organization_id = {_ORGANIZATION}",
    ),
    Policy("founded", "workspaces", APP, "INSERT", check=f"organization_id = {_ORGANIZATION}"),
    Policy(
        "changed",
        "workspaces",
        APP,
        "UPDATE",
        using=f"id = {_WORKSPACE} OR organization_id = {_ORGANIZATION}",
    ),
    # Templates under their own policies: the workspace's and the system's, never another tenant's.
    Policy(
        "tenant",
        "content",
        APP,
        using=f"workspace_id = {_WORKSPACE}",
        check=f"workspace_id = {_WORKSPACE} AND (template_id IS NULL"
        " OR EXISTS (SELECT FROM templates t WHERE t.id = content.template_id))",
    ),
    Policy("tenant", "templates", APP, using=f"workspace_id = {_WORKSPACE}"),
    Policy("system", "templates", APP, "SELECT", using="workspace_id IS NULL"),
    Policy("dispatcher_reads", "dispatches", DISPATCHER, "SELECT", using="true"),
    Policy("dispatcher_leases", "dispatches", DISPATCHER, "UPDATE", using="true"),
)

_LOOKED_UP: Mapping[str, Sequence[str]] = {
    "api_keys": (
        "id",
        "workspace_id",
        "key_hash",
        "type",
        "permissions",
        "connection_ids",
        "expires_at",
        "revoked_at",
    ),
    "workspaces": ("id", "organization_id", "name", "slug"),
    "workspace_members": ("workspace_id", "user_id", "role", "joined_at"),
    "organization_members": ("organization_id", "user_id", "role", "joined_at"),
}

_APP_GRANTS = (
    Grant("users", APP, "SELECT, INSERT, UPDATE"),
    Grant("organizations", APP, "SELECT, INSERT, UPDATE"),
    # Not organization_id: a workspace's own transaction must not move it to another organization.
    Grant(
        "workspaces",
        APP,
        "SELECT, INSERT",
        {"UPDATE": ("name", "slug", "industry", "settings", "version", "updated_at")},
    ),
    Grant("workspace_keys", APP, "SELECT, INSERT, DELETE", {"UPDATE": ("wrapped_key", "retired_at")}),
    Grant(
        "publication_attempts",
        APP,
        "SELECT, INSERT",
        {
            "UPDATE": (
                "status",
                "prepared",
                "prepared_at",
                "sending_at",
                "finished_at",
                "error_code",
                "error_message",
                "remote_id",
                "url",
            )
        },
    ),
    Grant("outbox_events", APP, "SELECT, INSERT"),
)

FUNCTIONS = (
    Function(
        signature="authenticate_key(hashes text[])",
        identity="authenticate_key(text[])",
        returns="TABLE (key_id uuid, workspace_id uuid, organization_id uuid, type varchar,"
        " permissions varchar[], connection_ids uuid[], expires_at timestamptz, revoked_at timestamptz)",
        body="""
    SELECT k.id, k.workspace_id, w.organization_id, k.type,
           k.permissions, k.connection_ids, k.expires_at, k.revoked_at
      FROM public.api_keys k
      JOIN public.workspaces w ON w.id = k.workspace_id
     WHERE k.key_hash = ANY (hashes)
     LIMIT 1
""",
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
      JOIN public.workspaces w ON w.id = mine.workspace_id
     ORDER BY w.id, mine.role <> 'admin'
""".replace("$user", _USER),
    ),
)
