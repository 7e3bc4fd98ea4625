"""Who may give which role, and who follows an owner."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from lamplighter.domain import roles
from lamplighter.domain.access import Caller, Member
from lamplighter.domain.api_keys import GRANTABLE
from lamplighter.domain.memberships import first_owner, grantable, must_grant, successor
from lamplighter.domain.roles import Scope
from lamplighter.domain.vocabulary import ORGANIZATION_ROLES, WORKSPACE_ROLES
from lamplighter.ids import new_id
from lamplighter.problems import DomainError

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def person(scope: Scope, role: str) -> Caller:
    permissions = roles.allowed(scope, role)
    return Caller(
        kind="user", id=new_id(), workspace_id=new_id(), organization_id=new_id(), permissions=permissions
    )


def program(*permissions: str, **more: Any) -> Caller:
    return Caller(
        kind="api_key",
        id=new_id(),
        workspace_id=new_id(),
        organization_id=new_id(),
        permissions=frozenset(permissions),
        **more,
    )


@pytest.mark.parametrize(
    ("scope", "role", "gives"),
    [
        ("organization", "owner", {"owner", "admin", "billing", "member"}),
        ("organization", "admin", {"admin", "member"}),
        ("organization", "billing", {"billing", "member"}),
        ("organization", "member", {"member"}),
        ("workspace", "admin", {"admin", "editor", "approver", "viewer"}),
        ("workspace", "editor", {"editor", "viewer"}),
        ("workspace", "approver", {"approver", "viewer"}),
        ("workspace", "viewer", {"viewer"}),
    ],
)
def test_nobody_gives_more_than_they_have(scope: Scope, role: str, gives: set[str]) -> None:
    by = person(scope, role)
    assert grantable(by, scope) == gives
    every = ORGANIZATION_ROLES if scope == "organization" else WORKSPACE_ROLES
    for given in every:
        if given in gives:
            must_grant(by, scope, given)
            continue
        with pytest.raises(DomainError) as refused:
            must_grant(by, scope, "viewer" if scope == "workspace" else "member", given)
        assert refused.value.code == "role_not_grantable"


def test_a_key_gives_what_it_could_do_itself_and_no_approving() -> None:
    assert grantable(program(*GRANTABLE), "workspace") == {"editor", "viewer"}
    reading = (each for each in GRANTABLE if each.endswith(":read"))
    assert grantable(program(*reading, "members:write"), "workspace") == {"viewer"}
    assert grantable(program("members:write"), "workspace") == frozenset()


def test_a_key_has_nothing_to_give_in_an_organization() -> None:
    key = program(*GRANTABLE)
    member = Member(kind="api_key", id=key.id, organization_id=key.organization_id, program=key)
    assert grantable(member, "organization") == frozenset()


@pytest.mark.parametrize(
    ("weakness", "code"),
    [({"mode": "test"}, "live_key_required"), ({"connection_ids": frozenset()}, "unlimited_key_required")],
)
def test_a_key_that_is_held_back_gives_nothing(weakness: dict[str, Any], code: str) -> None:
    with pytest.raises(DomainError) as refused:
        must_grant(program(*GRANTABLE, **weakness), "workspace", "viewer")
    assert refused.value.code == code


def test_the_longest_standing_owner_is_the_first() -> None:
    old, young = new_id(), new_id()
    owners = {young: NOON + timedelta(days=1), old: NOON}
    assert first_owner(owners) == old
    assert first_owner({}) is None
    assert successor(owners, old) == young
    assert successor(owners, young) == old


def test_of_owners_who_joined_at_once_one_is_the_first_whatever_the_order() -> None:
    one, two = sorted([new_id(), new_id()])
    assert first_owner({two: NOON, one: NOON}) == first_owner({one: NOON, two: NOON}) == one


@pytest.mark.parametrize("owners", [{}, {UUID(int=7): NOON}])
def test_the_last_owner_has_no_successor(owners: dict[UUID, datetime]) -> None:
    with pytest.raises(DomainError) as refused:
        successor(owners, UUID(int=7))
    assert refused.value.code == "last_owner"
