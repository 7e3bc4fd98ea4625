"""How fast one may ask: per key and person, per workspace, by plan; told on every answer."""

import re
import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any
from uuid import uuid4

import orjson
import psycopg
import pytest

from infra.local.first_workspace import PLAN, FirstWorkspace, first_workspace
from lamplighter.domain.plans import PLANS, rates
from lamplighter.services import authentication
from tests import factories
from tests.integration.http import Answer, Http
from tests.integration.tenancy.tenants import signed_in

type Behind = psycopg.Connection[Any]

PATH = "/content"
PROBLEM = {"type", "title", "status", "detail", "instance", "code", "errors", "request_id"}


@pytest.fixture
def plan(superuser: Behind) -> Callable[[FirstWorkspace, str], None]:
    """Put a tenant's organization on a plan."""

    def put(tenant: FirstWorkspace, name: str) -> None:
        superuser.execute(
            "UPDATE organizations SET plan_id = %s WHERE id = %s", [name, tenant.organization_id]
        )

    return put


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plans that are used up quickly, and fill up slowly."""
    little = {
        "starter": {"principal": [1, 3], "workspace": [1, 5]},
        "team": {"principal": [1, 6], "workspace": [1, 100]},
    }
    monkeypatch.setattr(authentication, "_rates", lambda: orjson.dumps(little).decode())


@pytest.fixture
def starter(first: FirstWorkspace, plan: Callable[[FirstWorkspace, str], None], small: None) -> Http:
    """A tenant on the smallest plan."""
    plan(first, "starter")
    return Http(str(first.workspace_id), first.key)


@pytest.fixture
def starter_test_key(first: FirstWorkspace, starter: Http) -> Http:
    """The same workspace's other key."""
    return Http(starter.workspace_id, first.test_key)


def limit(answer: Answer) -> tuple[str, int, int]:
    """Which limit was the tighter one, how many requests it leaves at once, and in how many seconds all."""
    found = re.fullmatch(r'"(\w+)";r=(\d+);t=(\d+)', answer.headers["ratelimit"])
    assert found, answer.headers
    return found[1], int(found[2]), int(found[3])


def statuses(http: Http, times: int) -> list[int]:
    return [http.get(PATH).status for _ in range(times)]


def test_every_answer_says_how_much_more_may_be_asked(starter: Http):
    answers = [starter.get(PATH), starter.get(f"{PATH}/{uuid4()}"), starter.call("PUT", PATH)]
    assert [answer.status for answer in answers] == [200, 404, 405]
    assert {answer.headers["ratelimit-policy"] for answer in answers} == {'"principal";q=3;w=180'}
    assert [limit(answer)[:2] for answer in answers] == [("principal", n) for n in (2, 1, 0)]
    assert [round(limit(answer)[2], -1) for answer in answers] == [60, 120, 180]


def test_who_asks_too_fast_is_told_when_to_come_back(starter: Http):
    assert statuses(starter, 3) == [200] * 3
    refused = starter.get(PATH)
    assert (refused.status, refused.json["code"]) == (429, "rate_limited")
    assert refused.headers["content-type"] == "application/problem+json"
    assert set(refused.json) == PROBLEM
    assert refused.json["request_id"] == refused.headers["request-id"]
    assert 50 < int(refused.headers["retry-after"]) <= 60
    assert refused.headers["ratelimit-policy"] == '"principal";q=3;w=180'
    assert limit(refused)[:2] == ("principal", 0)


def test_what_is_refused_has_no_effect(starter: Http, superuser: Behind):
    statuses(starter, 3)
    assert starter.post(PATH, {"text": "x"}).status == 429
    query = "SELECT count(*) FROM content WHERE workspace_id = %s"
    assert superuser.execute(query, [starter.workspace_id]).fetchone() == (0,)


def test_one_keys_haste_leaves_another_key_alone_until_the_workspaces_share_is_used(
    starter: Http, starter_test_key: Http
):
    assert statuses(starter, 4) == [200, 200, 200, 429]
    assert statuses(starter, 2) == [429, 429]  # takes nothing of the workspace's five
    answers = [starter_test_key.get(PATH) for _ in range(3)]
    assert [answer.status for answer in answers] == [200, 200, 429]
    assert [limit(answer)[:2] for answer in answers] == [("workspace", n) for n in (1, 0, 0)]
    assert answers[-1].headers["ratelimit-policy"] == '"workspace";q=5;w=300'
    assert int(answers[-1].headers["retry-after"]) > 0


def test_another_tenant_is_untouched(starter: Http, plan: Callable[[FirstWorkspace, str], None]):
    other = first_workspace("Other", "Other", f"o-{uuid4().hex}")
    plan(other, "starter")
    assert statuses(starter, 4)[-1] == 429
    stranger = Http(str(other.workspace_id), other.key)
    assert limit(stranger.get(PATH)) == ("principal", 2, 60)


def test_a_stranger_uses_up_their_own_share_and_not_that_of_whom_they_knock_at(
    starter: Http, plan: Callable[[FirstWorkspace, str], None]
):
    other = first_workspace("Other", "Other", f"o-{uuid4().hex}")
    plan(other, "starter")
    stranger = Http(starter.workspace_id, other.key)
    assert statuses(stranger, 4) == [404, 404, 404, 429]
    assert limit(starter.get(PATH))[:2] == ("principal", 2)


def test_nor_does_a_person_without_a_role(starter: Http, starter_test_key: Http, superuser: Behind):
    stranger = Http(starter.workspace_id, signed_in().token)
    assert statuses(stranger, 3) == [404, 404, 404]
    assert statuses(starter, 3) + statuses(starter_test_key, 2) == [200] * 5


def test_the_plan_decides_and_an_unknown_one_counts_as_starter(
    starter: Http, first: FirstWorkspace, plan: Callable[[FirstWorkspace, str], None]
):
    plan(first, "team")
    assert statuses(starter, 7) == [200] * 6 + [429]
    other = first_workspace("Other", "Other", f"o-{uuid4().hex}")
    plan(other, "of-last-year")
    stranger = Http(str(other.workspace_id), other.key)
    assert statuses(stranger, 4) == [200, 200, 200, 429]


def test_a_person_has_one_share_wherever_they_ask(starter: Http, first: FirstWorkspace):
    person = signed_in()
    factories.make_organization_member(first.organization_id, person.id, "owner")
    caller = Http(starter.workspace_id, person.token)
    asked = [PATH, f"/v1/organizations/{first.organization_id}", PATH]
    assert [limit(caller.get(path))[:2] for path in asked] == [("principal", n) for n in (2, 1, 0)]
    assert caller.get("/v1/users/me").status == 429
    # Two of them were asked of the workspace: of its five there are three left.
    assert [limit(starter.get(PATH))[:2] for _ in range(2)] == [("principal", 2), ("principal", 1)]


def test_without_a_valid_key_nothing_is_counted_or_told(starter: Http):
    for key in (None, "nonsense", "lmp_live_" + "0" * 36):
        answer = Http(starter.workspace_id, key).get(PATH)
        assert answer.status == 401
        assert not {"ratelimit", "ratelimit-policy"} & answer.headers.keys()
    assert limit(starter.get(PATH))[:2] == ("principal", 2)


def test_a_share_fills_up_again(starter: Http, monkeypatch: pytest.MonkeyPatch):
    quick = {"starter": {"principal": [120, 1], "workspace": [6000, 100]}}
    monkeypatch.setattr(authentication, "_rates", lambda: orjson.dumps(quick).decode())
    assert starter.get(PATH).status == 200
    refused = starter.get(PATH)
    assert (refused.status, refused.headers["retry-after"]) == (429, "1")
    time.sleep(1)
    assert starter.get(PATH).status == 200


def test_what_a_plan_promises_is_what_its_callers_get(
    first: FirstWorkspace, plan: Callable[[FirstWorkspace, str], None]
):
    plan(first, "starter")
    promised = PLANS["starter"].principal
    http = Http(str(first.workspace_id), first.key)
    answers = [http.get(PATH) for _ in range(promised.burst + 60)]
    served = sum(answer.status == 200 for answer in answers)
    assert promised.burst <= served < promised.burst + 60
    assert answers[-1].status == 429
    window = 60 * promised.burst // promised.per_minute
    assert answers[0].headers["ratelimit-policy"] == f'"principal";q={promised.burst};w={window}'


def test_a_greater_plan_is_never_slower():
    plans = list(PLANS.values())
    for lesser, greater in pairwise(plans):
        for share in ("principal", "workspace"):
            one, other = getattr(lesser, share), getattr(greater, share)
            assert (one.per_minute, one.burst) < (other.per_minute, other.burst)
    assert all(plan.workspace.burst > plan.principal.burst for plan in plans)
    assert rates()["team"]["principal"] == [PLANS["team"].principal.per_minute, PLANS["team"].principal.burst]


def test_the_local_stack_is_not_slowed(first: FirstWorkspace, superuser: Behind):
    query = "SELECT plan_id FROM organizations WHERE id = %s"
    assert superuser.execute(query, [first.organization_id]).fetchone() == (PLAN,)
    http = Http(str(first.workspace_id), first.key)
    assert set(statuses(http, 300)) == {200}
    assert limit(http.get(PATH))[1] > 5000
