"""The one table of who may do what: action, scope, roles, and the permission that opens it to a program."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from lamplighter.domain.vocabulary import ORGANIZATION_ROLES, WORKSPACE_ROLES

type Scope = Literal["organization", "workspace"]

_EVERYONE = frozenset(ORGANIZATION_ROLES)
_OWNER = frozenset({"owner"})
RUNNING = frozenset({"owner", "admin"})
"""Who runs an organization, and so administers all its workspaces."""
_PAYING = frozenset({"owner", "admin", "billing"})

_ALL = frozenset(WORKSPACE_ROLES)
_ADMIN = frozenset({"admin"})
_WRITING = frozenset({"admin", "editor"})
_APPROVING = frozenset({"admin", "approver"})


@dataclass(frozen=True, slots=True)
class Action:
    """One line of the table. `key` is what an API key must be permitted; None: people only."""

    name: str
    scope: Scope
    roles: frozenset[str]
    key: str | None
    words: str


def _organization(name: str, roles: frozenset[str], words: str, key: str | None = None) -> Action:
    return Action(name, "organization", roles, key, words)


def _workspace(name: str, roles: frozenset[str], words: str, *, people_only: bool = False) -> Action:
    return Action(name, "workspace", roles, None if people_only else name, words)


ACTIONS = (
    _organization("organizations:read", _EVERYONE, "see the organization"),
    _organization("organizations:write", RUNNING, "rename it"),
    _organization("organizations:transfer", _OWNER, "hand it to another member"),
    _organization("organizations:delete", _OWNER, "delete it with all its workspaces"),
    _organization("organization_members:read", _EVERYONE, "see who belongs to it; leave it"),
    _organization("organization_members:write", RUNNING, "invite, change roles, remove"),
    _organization("organization_owners:write", _OWNER, "make and unmake owners"),
    _organization("organization_audit_log:read", RUNNING, "read and export what was done in all of it"),
    _organization("billing:read", _PAYING, "see plan, usage and invoices"),
    _organization("billing:write", frozenset({"owner", "billing"}), "change plan and payment"),
    _organization("workspaces:create", RUNNING, "add a workspace", key="workspaces:write"),
    _organization("workspaces:delete", RUNNING, "delete a workspace with all that is in it"),
    _workspace("workspaces:read", _ALL, "see the workspace"),
    _workspace("workspaces:write", _ADMIN, "change its name and settings"),
    _workspace("members:read", _ALL, "see who works in it; leave it"),
    _workspace("members:write", _ADMIN, "invite, change roles, remove"),
    _workspace("content:read", _ALL, "read what is written"),
    _workspace("content:write", _WRITING, "write and change it"),
    _workspace("media:read", _ALL, "see images and videos"),
    _workspace("media:write", _WRITING, "upload and remove them"),
    _workspace("templates:read", _ALL, "see templates"),
    _workspace("templates:write", _WRITING, "make and change them"),
    _workspace("brand_voices:read", _ALL, "see the brand's voice"),
    _workspace("brand_voices:write", _ADMIN, "change it"),
    _workspace("connections:read", _ALL, "see the connected accounts"),
    _workspace("connections:write", _ADMIN, "connect, cap and disconnect accounts"),
    _workspace("publications:read", _ALL, "see what is scheduled and how it went"),
    _workspace("publications:write", _WRITING, "schedule, move and cancel; ask for approval"),
    _workspace("publications:approve", _APPROVING, "approve, reject, take approval back", people_only=True),
    _workspace("campaigns:read", _ALL, "see campaigns"),
    _workspace("campaigns:write", _WRITING, "plan and change them"),
    _workspace("ab_tests:read", _ALL, "see A/B tests"),
    _workspace("ab_tests:write", _WRITING, "run them"),
    _workspace("recurring_posts:read", _ALL, "see what repeats"),
    _workspace("recurring_posts:write", _WRITING, "set up what repeats"),
    _workspace("analytics:read", _ALL, "read what posts achieved"),
    _workspace("analytics:write", _WRITING, "add figures that no network gives"),
    _workspace("api_keys:read", _ADMIN, "see API keys, never their secrets"),
    _workspace("api_keys:write", _ADMIN, "make, roll and revoke API keys"),
    _workspace("webhooks:read", _ADMIN, "see webhooks and their deliveries"),
    _workspace("webhooks:write", _ADMIN, "set them up and replay deliveries"),
    _workspace("audit_log:read", _ADMIN, "read and export what was done"),
    _workspace("exports:read", _ADMIN, "see and download archives of everything"),
    _workspace("exports:write", _ADMIN, "ask for an archive of everything"),
)

BY_NAME = {action.name: action for action in ACTIONS}


def allowed(scope: Scope, role: str | None) -> frozenset[str]:
    """The actions that a person's role in the scope opens; none without a role."""
    return _ALLOWED.get((scope, role), frozenset())


def opened_to_programs(scope: Scope, holds: Callable[[str], bool]) -> frozenset[str]:
    """The scope's actions whose permission a key holds."""
    return frozenset(a.name for a in ACTIONS if a.scope == scope and a.key is not None and holds(a.key))


def workspace_role(organization_role: str | None, own_role: str | None) -> str | None:
    """A person's role in a workspace: organization owners and admins administer every workspace of theirs."""
    return "admin" if organization_role in RUNNING else own_role


_ROLES: tuple[tuple[Scope, tuple[str, ...]], ...] = (
    ("organization", ORGANIZATION_ROLES),
    ("workspace", WORKSPACE_ROLES),
)
_ALLOWED: dict[tuple[Scope, str | None], frozenset[str]] = {
    (scope, role): frozenset(a.name for a in ACTIONS if a.scope == scope and role in a.roles)
    for scope, roles in _ROLES
    for role in roles
}
