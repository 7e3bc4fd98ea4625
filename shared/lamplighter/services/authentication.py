"""Who is calling: one round trip finds the principal, their role here, and whether they ask too fast."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any
from uuid import UUID

import orjson

from lamplighter.domain import roles
from lamplighter.domain.access import Caller, Member, Origin, Person
from lamplighter.domain.limits import Limit
from lamplighter.domain.plans import rates
from lamplighter.postgres.session import lookup
from lamplighter.services import api_keys

if TYPE_CHECKING:
    from lamplighter.services.access_tokens import Access

_PEPPERS_ASKED_AGAIN_AFTER_SECONDS = 60.0
_asked_again: list[float] = []


@dataclass(frozen=True, slots=True)
class Place:
    """The tenant that a request is about, as its path names it; it may not exist."""

    workspace_id: UUID | None = None
    organization_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Authenticated:
    """Who it is, and what of the place is theirs: nothing, where they have no role in it."""

    limit: Limit
    person: Person | None = None
    caller: Caller | None = None
    member: Member | None = None


def program(key: str, place: Place, origin: Origin) -> Authenticated | None:
    """Who holds the API key; None where there is none, or it is revoked or expired."""
    found = _key_row(key)
    if found is None:
        return None
    row, now = found
    if row["revoked_at"] is not None or (row["expires_at"] is not None and row["expires_at"] <= now):
        return None
    allowed = row["connection_ids"]
    caller = Caller(
        kind="api_key",
        id=row["key_id"],
        workspace_id=row["workspace_id"],
        organization_id=row["organization_id"],
        mode=row["type"],
        permissions=frozenset(row["permissions"]),
        connection_ids=None if allowed is None else frozenset(allowed),
        expires_at=row["expires_at"],
        origin=origin,
        personal_key=row["personal_key"],
    )
    member = _program_member(caller) if place.organization_id == caller.organization_id else None
    return Authenticated(Limit.of(row), caller=caller, member=member)


def person(access: "Access", place: Place, origin: Origin) -> Authenticated | None:
    """The person of a session and their roles in the place; None where the token's time is over, or the
    session or account has ended."""
    arguments = (access.session_id, access.user_id, place.workspace_id, place.organization_id, _rates())
    found = lookup("authenticate_user", *arguments)
    if found is None:
        return None
    row, now = found
    if access.expires_at <= now:
        return None
    who: dict[str, Any] = {"kind": "user", "id": access.user_id, "origin": origin}
    who["personal_key"] = row["personal_key"]
    return Authenticated(
        Limit.of(row),
        person=Person(**who, session_id=access.session_id),
        caller=_caller(who, row, place.workspace_id),
        member=_member(who, row, place.organization_id),
    )


def _caller(who: Mapping[str, Any], row: Mapping[str, Any], workspace_id: UUID | None) -> Caller | None:
    role = roles.workspace_role(row["organization_role"], row["workspace_role"])
    if workspace_id is None or role is None:
        return None
    # What the organization alone decides about its workspaces stands beside the workspace's own actions.
    actions = roles.allowed("workspace", role) | roles.allowed("organization", row["organization_role"])
    return Caller(
        **who, workspace_id=workspace_id, organization_id=row["organization_id"], permissions=actions
    )


def _member(who: Mapping[str, Any], row: Mapping[str, Any], organization_id: UUID | None) -> Member | None:
    role = row["organization_role"]
    if organization_id is None or role is None:
        return None
    actions = roles.allowed("organization", role)
    return Member(**who, organization_id=organization_id, role=role, permissions=actions)


def _program_member(caller: Caller) -> Member:
    """A key in its own organization: what the table opens to keys at all."""
    actions = roles.opened_to_programs("organization", caller.may)
    return Member(
        kind=caller.kind,
        id=caller.id,
        origin=caller.origin,
        personal_key=caller.personal_key,
        organization_id=caller.organization_id,
        permissions=actions,
        program=caller,
    )


def _key_row(key: str) -> tuple[dict[str, Any], Any] | None:
    """A key may have been made under a pepper that is newer than what this process read."""
    hashes = api_keys.hashes(key)
    found = lookup("authenticate_key", hashes, _rates())
    if found is None and _may_ask_again():
        renewed = api_keys.hashes(key, fresh=True)
        if renewed != hashes:
            return lookup("authenticate_key", renewed, _rates())
    return found


def _may_ask_again() -> bool:
    """Unknown keys must not turn into a call of Secrets Manager each."""
    now = time.monotonic()
    if _asked_again and now - _asked_again[-1] < _PEPPERS_ASKED_AGAIN_AFTER_SECONDS:
        return False
    _asked_again[:] = [now]
    return True


@cache
def _rates() -> str:
    return orjson.dumps(rates()).decode()
