"""Rates of requests: the principal's and the workspace's, taken as the caller is found."""

from typing import Any
from uuid import UUID

import orjson
import psycopg

from lamplighter.postgres.models import UserSession
from tests import factories
from tests.integration.postgres.conftest import RATES, asked, organization_of
from tests.integration.postgres.visits import buckets, by_session, key_of


def rates(principal: tuple[float, int], workspace: tuple[float, int], plan: str = "starter") -> str:
    return orjson.dumps({plan: {"principal": principal, "workspace": workspace}}).decode()


WIDE = (60_000, 1_000)


def test_the_tighter_bucket_is_reported(workspace: UUID):
    key = key_of(workspace)
    row = asked("authenticate_key", [key.key_hash], rates((6, 3), WIDE))
    assert _limits(row) == (True, "principal", 3, 30, 2, 10, 0)
    row = asked("authenticate_key", [key_of(workspace).key_hash], rates(WIDE, (6, 3)))
    assert _limits(row) == (True, "workspace", 3, 30, 2, 10, 0)


def test_what_the_principals_bucket_refuses_takes_nothing_from_the_workspaces(
    workspace: UUID, superuser: psycopg.Connection[Any]
):
    key, plans = key_of(workspace), rates((6, 1), (6, 100))
    assert asked("authenticate_key", [key.key_hash], plans)["allowed"] is True
    full_at = _full_at(superuser, f"workspace:{workspace}")
    row = asked("authenticate_key", [key.key_hash], plans)
    assert _limits(row) == (False, "principal", 1, 10, 0, 10, 10)
    assert _full_at(superuser, f"workspace:{workspace}") == full_at


def test_keys_of_a_workspace_share_its_bucket(workspace: UUID):
    plans = rates(WIDE, (6, 2))
    found = [asked("authenticate_key", [key_of(workspace).key_hash], plans) for _ in range(3)]
    assert [(row["allowed"], row["policy"]) for row in found] == [
        (True, "workspace"),
        (True, "workspace"),
        (False, "workspace"),
    ]
    assert found[-1]["retry_after_s"] == 10


def test_a_stranger_takes_nothing_from_a_workspace(
    session: UserSession, workspace: UUID, superuser: psycopg.Connection[Any]
):
    by_session(session, workspace)
    assert buckets(superuser, f"workspace:{workspace}") == 0
    assert buckets(superuser, f"user:{session.user_id}") == 1
    factories.make_member(workspace, session.user_id)
    by_session(session, workspace)
    assert buckets(superuser, f"workspace:{workspace}") == 1


def test_rates_are_the_plans_and_an_unknown_plan_is_a_starter(
    workspace: UUID, superuser: psycopg.Connection[Any]
):
    organization = organization_of(workspace)
    for plan, quota in (("agency", 400), ("nobody knows it", 100)):
        superuser.execute("UPDATE organizations SET plan_id = %s WHERE id = %s", [plan, organization])
        row = asked("authenticate_key", [key_of(workspace).key_hash], RATES)
        assert (row["plan_id"], row["quota"]) == (plan, quota)


def _limits(row: dict[str, Any]) -> tuple[Any, ...]:
    names = ("allowed", "policy", "quota", "window_s", "remaining", "reset_s", "retry_after_s")
    return tuple(row[name] for name in names)


def _full_at(superuser: psycopg.Connection[Any], bucket: str) -> Any:
    return superuser.execute("SELECT tat FROM rate_limits WHERE bucket = %s", [bucket]).fetchone()
