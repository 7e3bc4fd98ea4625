"""Every role on every route: it opens exactly what domain.roles.ACTIONS says, and says no alike everywhere.

The routes are found in the API's description, and what each needs is what its handler asks for: a new route
is covered by itself, or fails here.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from typing import Any
from uuid import uuid4

import pytest

from infra.local.first_workspace import first_workspace
from infra.tools import openapi_words
from lamplighter.domain import roles
from lamplighter.domain.vocabulary import ORGANIZATION_ROLES, WORKSPACE_ROLES
from lamplighter.entrypoints.visit import Visit
from tests import factories
from tests.integration.http import Answer, Http
from tests.integration.people.office import Office, log_in
from tests.integration.people.operations import Operation, operations

OPERATIONS = list(operations())
GUARDED = [each for each in OPERATIONS if each.takes_people_or_programs]
TENANTS = [each for each in GUARDED if each.path.startswith(("/v1/workspaces/{", "/v1/organizations/{"))]
PERSONAL = [each for each in GUARDED if each not in TENANTS]
PERMISSIONS = sorted({action.key for action in roles.ACTIONS if action.key is not None})
ROLES = list(product((None, *ORGANIZATION_ROLES), (None, *WORKSPACE_ROLES)))


@dataclass(slots=True)
class Asked:
    """What a handler asked the edge for: how, which action, and whether it got it."""

    how: str
    action: str | None
    granted: bool = False


@contextmanager
def recorded() -> Iterator[list[Asked]]:
    """The edge decides as it always does, and what it is asked is written down."""
    asked: list[Asked] = []
    with pytest.MonkeyPatch.context() as patched:
        for how in ("caller", "member", "person", "principal"):
            patched.setattr(Visit, how, _recording(how, getattr(Visit, how), asked))
        yield asked


def _recording(how: str, decide: Any, asked: list[Asked]) -> Any:
    def wrapped(self: Visit, *arguments: Any) -> Any:
        entry = Asked(how, arguments[1] if len(arguments) > 1 else None)
        asked.append(entry)
        found = decide(self, *arguments)
        entry.granted = True
        return found

    return wrapped


@dataclass(frozen=True, slots=True)
class Stage:
    """An office that may be asked as often as one likes, and one request to ask it with."""

    office: Office
    operation: Operation

    def ask(self, by: Http) -> tuple[Answer, Asked]:
        """The answer, and the one thing that the handler asked the edge for."""
        made = self.office.made
        target = self.operation.target(workspace_id=made.workspace_id, organization_id=made.organization_id)
        with recorded() as asked:
            method, body = self.operation.method, self.operation.body()
            answer = by.call(method, target, body, headers=self.operation.headers())
        shown = f"{self.operation.method} {target}: {answer.status} {answer.body[:300]!r}"
        outermost = asked[:1]  # `principal` may ask for a `person` in turn
        assert outermost, f"the handler asked for nobody's permission: {shown}"
        assert [each.how for each in asked[1:]] in ([], ["person"]), shown
        return answer, outermost[0]

    def action(self) -> roles.Action:
        """What the handler needs, as it says to somebody who may everything."""
        _answer, asked = self.ask(self.office.hire("owner").http)
        assert asked.granted
        assert asked.how in {"caller", "member"}, "a tenant's route must ask for a role in the tenant"
        assert asked.action is not None
        action = roles.BY_NAME[asked.action]
        named_in_path = "workspace" if "{workspace_id}" in self.operation.path else "organization"
        assert (asked.how == "caller") is (named_in_path == "workspace")
        assert action.scope == "organization" or asked.how == "caller"
        assert self.operation.given["x-action"] == action.name, "the description says another action"
        people_only = self.operation.given.get("security") == openapi_words.PEOPLE
        # A program may see who is in, which is all that leaving needs, but it is no member itself.
        is_for_people = action.key is None or self.operation.name == "leave_workspace"
        assert people_only is is_for_people, "who may call is not what the description says"
        return action

    def key(self, *permissions: str) -> Http:
        """A live key of the workspace with these permissions and no others."""
        whole = Http(str(self.office.made.workspace_id), self.office.made.key)
        body = {"name": "matrix", "permissions": list(permissions)}
        made = whole.post("/api-keys", body)
        assert made.status == 201, made.body
        return Http(whole.workspace_id, made.json["key"])


@pytest.fixture
def stage(office: Office, network: object, request: pytest.FixtureRequest) -> Stage:
    """The operation that the test is about, in an office whose plan sets no limits."""
    plan = "UPDATE organizations SET plan_id = 'unlimited' WHERE id = %s"
    office.superuser.execute(plan, [office.made.organization_id])
    return Stage(office, request.param)


def each(chosen: list[Operation]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("stage", chosen, indirect=True, ids=lambda operation: operation.name)


def refusal(answer: Answer) -> tuple[int, str] | None:
    """The status and code of a refusal that is about who calls."""
    code = answer.json["code"] if answer.status >= 400 else ""
    about = {401: "unauthenticated", 403: "permission_missing"}
    return (answer.status, code) if about.get(answer.status) == code else None


def test_the_routes_are_found():
    assert len(TENANTS) > 40
    assert len(PERSONAL) > 5


@each(TENANTS)
def test_a_route_opens_to_the_roles_of_the_table_and_to_no_other(stage: Stage):
    action, person = stage.action(), log_in()
    for organization_role, workspace_role in ROLES:
        stage.office.appoint(person, organization_role, workspace_role)
        answer, asked = stage.ask(person.http)
        here = roles.workspace_role(organization_role, workspace_role)
        role = organization_role if action.scope == "organization" else here
        belongs = here if asked.how == "caller" else organization_role
        told = (organization_role, workspace_role, action.name, answer.status, answer.body)
        assert asked.granted is (role in action.roles), told
        if belongs is None:
            assert (answer.status, answer.json["code"]) == (404, "not_found"), told
        else:
            assert refusal(answer) == (None if role in action.roles else (403, "permission_missing")), told


FURTHER = {
    "create_calendar_feed": ("content:read", "recurring_posts:read"),
    "import_calendar": ("content:write",),
}
"""What a route needs beside its own permission."""


@each(TENANTS)
def test_a_route_opens_to_keys_with_its_permission_and_to_no_other(stage: Stage):
    action = stage.action()
    opening = {action.key} if action.key is not None else set()
    if action.key is not None and (write := action.key.replace(":read", ":write")) in PERMISSIONS:
        opening.add(write)
    for permission in sorted(opening):
        answer, asked = stage.ask(stage.key(permission, *FURTHER.get(stage.operation.name, ())))
        assert asked.granted, (permission, action.name, answer.body)
        assert refusal(answer) is None, (permission, action.name, answer.body)
    answer, asked = stage.ask(stage.key(*(each for each in PERMISSIONS if each not in opening)))
    assert not asked.granted, (action.name, answer.body)
    assert refusal(answer) == (403, "permission_missing")


@each(TENANTS)
def test_a_route_is_nobodys_who_belongs_elsewhere_or_calls_without_credentials(stage: Stage):
    elsewhere = factories.make_organization_member(factories.make_organization().id, role="owner").user_id
    stranger = log_in(user_id=elsewhere)
    for by in (stranger.http, _key_of_another_workspace(stage.office)):
        answer, asked = stage.ask(by)
        assert not asked.granted
        assert (answer.status, answer.json["code"]) == (404, "not_found")
    made = stage.office.made
    target = stage.operation.target(workspace_id=made.workspace_id, organization_id=made.organization_id)
    nobody = Http("", None).call(stage.operation.method, target, stage.operation.body())
    assert refusal(nobody) == (401, "unauthenticated")


LEAVING = {"leave_organization", "leave_workspace"}
"""Whoever is in may go: changes that need no more than being in."""
LOOKING = {"preview_recurring_post"}
"""Questions that are too long for a query."""
RESOURCE_OF = {
    "": {"workspaces", "organizations"},
    "transfer": {"organizations"},
    "leave": {"members", "organization_members"},
    "members": {"members", "organization_members"},
    "invitations": {"members", "organization_members"},
    "audit-log": {"audit_log", "organization_audit_log"},
    "slot-plans": {"publications"},
    "slots": {"publications"},
    "calendar": {"publications"},
}
"""What a route's first segment below its tenant is called in the table, where that is not the same word."""


@pytest.mark.parametrize("operation", TENANTS, ids=lambda operation: operation.name)
def test_a_route_asks_for_an_action_of_its_own_resource_and_kind(operation: Operation):
    """What the matrix cannot see: a handler that asks for too little, or for another resource's action."""
    resource, _, level = operation.given["x-action"].partition(":")
    segment = operation.path.split("/")[4] if operation.path.count("/") > 3 else ""
    assert resource in RESOURCE_OF.get(segment, {segment.replace("-", "_")})
    if operation.method == "GET":
        assert level == "read" or segment == "invitations"
    else:
        assert (level != "read") is (operation.name not in LEAVING | LOOKING)


@each(PERSONAL)
def test_what_is_outside_of_tenants_asks_for_the_person_or_whoever_calls(stage: Stage):
    _answer, asked = stage.ask(log_in().http)
    assert (asked.how in {"person", "principal"}, asked.granted) == (True, True)
    answer, asked = stage.ask(stage.key("content:read"))
    people_only = stage.operation.given.get("security") == openapi_words.PEOPLE
    assert people_only is (asked.how == "person"), "who may call is not what the description says"
    if people_only:
        assert (answer.status, answer.json["code"]) == (403, "people_only")


def _key_of_another_workspace(office: Office) -> Http:
    """Of another organization, with every permission."""
    made = first_workspace("Other", "Other", f"o-{uuid4().hex}")
    return Http(str(office.made.workspace_id), made.key)
