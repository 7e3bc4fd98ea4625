"""What a tenant is to the database: the settings that name it, and whose each table is."""

from collections.abc import Mapping

from sqlalchemy import Table

from lamplighter.postgres import models
from lamplighter.postgres.base import Base

WORKSPACE = "nullif(current_setting('app.workspace_id', true), '')::uuid"
ORGANIZATION = "nullif(current_setting('app.organization_id', true), '')::uuid"
USER = "nullif(current_setting('app.user_id', true), '')::uuid"

UNTENANTED: Mapping[str, str] = {
    "sandbox.posts": "the sandbox network's: keyed by the account's token, reached by its own login only",
    "sandbox.media": "the sandbox network's, as above",
    "sandbox.calls": "the sandbox network's, as above",
    "sandbox.faults": "the sandbox network's, as above",
}
"""Tables without row level security, and why."""

_SHARED = frozenset({"audit_log", "exports", "invitations"})
"""Tables whose rows are a workspace's or somebody else's."""


def tables() -> list[Table]:
    """Every table of the tenants' schema, parents first."""
    assert models  # noqa: S101  # importing them is what fills the metadata
    return [table for table in Base.metadata.sorted_tables if table.schema is None]


def workspace_tables() -> list[Table]:
    """Those whose every row is of one workspace (a system template is of none), parents first."""
    return [table for table in tables() if "workspace_id" in table.columns and table.name not in _SHARED]


def erased_tables() -> Mapping[str, str]:
    """What goes with a deleted workspace, children first, and the column that names the workspace. The audit
    log stays: it holds ids, and loses the key to what is sealed in it."""
    named = {
        table.name: "workspace_id"
        for table in reversed(tables())
        if "workspace_id" in table.columns and table.name != "audit_log"
    }
    return named | {"idempotency_keys": "scope_id", "personal_keys": "owner_id"}


def sandbox_tables() -> list[str]:
    """Every table of the sandbox network, with its schema."""
    return [table.fullname for table in Base.metadata.sorted_tables if table.schema == "sandbox"]
