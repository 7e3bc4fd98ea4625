"""The one table: every action against every role and every permission of a key."""

import re
from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import get_args

import pytest

from lamplighter.domain import roles
from lamplighter.domain.access import Caller
from lamplighter.domain.api_keys import GRANTABLE
from lamplighter.domain.roles import ACTIONS, Scope
from lamplighter.domain.vocabulary import ORGANIZATION_ROLES, PERMISSIONS, WORKSPACE_ROLES
from lamplighter.ids import new_id
from lamplighter.schemas.members import OrganizationRole, WorkspaceRole

ROLES_OF: Mapping[Scope, Sequence[str]] = {"organization": ORGANIZATION_ROLES, "workspace": WORKSPACE_ROLES}
PAGE = Path(__file__).parents[3] / "docs" / "access.md"
SCOPED_ROLES = [(scope, role) for scope, words in ROLES_OF.items() for role in (None, *words)]


def person(scope: Scope, role: str | None) -> Caller:
    """Somebody with this role and no other."""
    permissions = roles.allowed(scope, role)
    return Caller(
        kind="user", id=new_id(), workspace_id=new_id(), organization_id=new_id(), permissions=permissions
    )


def program(*permissions: str) -> Caller:
    return Caller(
        kind="api_key",
        id=new_id(),
        workspace_id=new_id(),
        organization_id=new_id(),
        permissions=frozenset(permissions),
    )


@pytest.mark.parametrize(("scope", "role"), SCOPED_ROLES)
def test_a_role_opens_exactly_the_actions_in_whose_line_it_stands(scope: Scope, role: str | None):
    expected = {action.name for action in ACTIONS if action.scope == scope and role in action.roles}
    assert roles.allowed(scope, role) == expected
    by = person(scope, role)
    assert {action.name for action in ACTIONS if by.may(action.name)} == expected


@pytest.mark.parametrize("permission", PERMISSIONS)
def test_a_permission_opens_to_a_key_exactly_the_actions_that_name_it(permission: str):
    resource, _, level = permission.partition(":")
    opening = {permission, f"{resource}:read"} if level == "write" else {permission}
    holder = program(permission)
    for scope in ROLES_OF:
        expected = {each.name for each in ACTIONS if each.scope == scope and each.key in opening}
        assert roles.opened_to_programs(scope, holder.may) == expected
        if scope == "workspace":
            assert {
                each.name for each in ACTIONS if each.scope == scope and holder.may(each.name)
            } == expected


@pytest.mark.parametrize(
    ("organization_role", "own_role"), list(product((None, *ORGANIZATION_ROLES), (None, *WORKSPACE_ROLES)))
)
def test_owners_and_admins_administer_every_workspace_and_nobody_else_is_implied(
    organization_role: str | None, own_role: str | None
):
    expected = "admin" if organization_role in {"owner", "admin"} else own_role
    assert roles.workspace_role(organization_role, own_role) == expected


def test_every_action_is_somebodys_and_has_one_line():
    assert len({action.name for action in ACTIONS}) == len(ACTIONS)
    for action in ACTIONS:
        assert action.roles, action.name
        assert action.roles <= set(ROLES_OF[action.scope]), action.name


def test_what_a_key_can_hold_opens_something_and_what_an_action_asks_for_can_be_held():
    named = {action.key for action in ACTIONS if action.key is not None}
    assert named == set(GRANTABLE)
    assert named <= set(PERMISSIONS)


def test_stronger_roles_may_all_that_weaker_ones_may():
    ranks: list[tuple[Scope, str]] = [
        *(
            ("workspace", each)
            for each in ("viewer<editor", "viewer<approver", "editor<admin", "approver<admin")
        ),
        *(
            ("organization", each)
            for each in ("member<billing", "member<admin", "admin<owner", "billing<owner")
        ),
    ]
    for scope, rank in ranks:
        weaker, stronger = rank.split("<")
        assert roles.allowed(scope, weaker) < roles.allowed(scope, stronger), rank


def test_the_schemas_know_the_same_roles():
    assert get_args(OrganizationRole) == ORGANIZATION_ROLES
    assert get_args(WorkspaceRole) == WORKSPACE_ROLES


@pytest.mark.parametrize("scope", ["organization", "workspace"])
def test_the_page_says_of_every_action_who_may_it(scope: Scope):
    """Read as a reader would: a row an action, a column a role."""
    head, *rows = table_of(scope)
    shown = {
        row[0].strip("`"): {role for role, mark in zip(head, row, strict=True) if mark == "yes"}
        for row in rows
    }
    assert shown == {action.name: set(action.roles) for action in ACTIONS if action.scope == scope}


def table_of(scope: Scope) -> list[list[str]]:
    """The cells of the page's table of the scope, its head first."""
    part = PAGE.read_text().split(f"<!-- {scope}: make access -->")[1].split(f"<!-- {scope} ends -->")[0]
    lines = [
        line for line in part.splitlines() if line.startswith("|") and not re.match(r"^\|[-|: ]+$", line)
    ]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
