"""Who may give and take which role, and what an organization never loses: its last owner."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from lamplighter.domain.access import Caller, Principal
from lamplighter.domain.roles import ACTIONS, Action, Scope
from lamplighter.domain.vocabulary import ORGANIZATION_ROLES, WORKSPACE_ROLES
from lamplighter.problems import DomainError, Kind

INVITATION_LIFETIME = timedelta(days=7)
MAIL_AGAIN_AFTER = timedelta(minutes=5)
"""Between two mails of one invitation; the link in the first works meanwhile."""
DAY = timedelta(days=1)
INVITATIONS_A_DAY = 200
"""By one organization with all its workspaces."""
INVITATIONS_A_DAY_TO_ONE = 5
"""By one organization, to one address: revoking and inviting anew must not become a way to pester."""

_ROLES: Mapping[Scope, tuple[str, ...]] = {"organization": ORGANIZATION_ROLES, "workspace": WORKSPACE_ROLES}


def grantable(by: Principal, scope: Scope) -> frozenset[str]:
    """The roles that `by` may give and take in the scope: those that can do nothing which `by` cannot."""
    return frozenset(role for role in _ROLES[scope] if all(_holds(by, a) for a in _actions(scope, role)))


def must_grant(by: Principal, scope: Scope, *roles: str) -> None:
    """Refuse to give or take a role that can do what `by` cannot. A key that is held back from real accounts,
    or from some connections, gives nobody access: people are held back from neither."""
    if by.kind == "api_key" and isinstance(by, Caller):
        by.must_be_live()
        by.must_be_unlimited()
    allowed = grantable(by, scope)
    for role in roles:
        if role not in allowed:
            whose = "your own role" if by.kind == "user" else "this key"
            detail = f"The role {role} may do what {whose} may not: you can neither give nor take it."
            raise DomainError(Kind.FORBIDDEN, "role_not_grantable", detail)


def first_owner(owners: Mapping[UUID, datetime]) -> UUID | None:
    """Who is first in line among `owners`, each with when they joined: the longest-standing one."""
    return min(owners, key=lambda owner: (owners[owner], owner), default=None)


def successor(owners: Mapping[UUID, datetime], leaving: UUID) -> UUID:
    """Who is first in line when one of `owners` ceases to be one; raises last_owner where nobody is left."""
    heir = first_owner({owner: joined_at for owner, joined_at in owners.items() if owner != leaving})
    if heir is None:
        detail = "An organization keeps at least one owner: make somebody else an owner first."
        raise DomainError(Kind.CONFLICT, "last_owner", detail)
    return heir


def _actions(scope: Scope, role: str) -> list[Action]:
    return [action for action in ACTIONS if action.scope == scope and role in action.roles]


def _holds(by: Principal, action: Action) -> bool:
    if by.kind == "user":
        return by.may(action.name)
    return action.key is not None and by.may(action.key)
