"""API keys that are changed and rolled: what they open from the next request on, and who may do it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from infra.local.first_workspace import FirstWorkspace
from lamplighter.domain.api_keys import GRANTABLE
from lamplighter.domain.vocabulary import PERMISSIONS
from lamplighter.postgres.session import move_clock
from tests import factories
from tests.integration.fake_network import FakeNetwork
from tests.integration.http import Answer, Http
from tests.integration.tenancy.tenants import signed_in

type Json = dict[str, Any]

LATER = "2090-01-01T00:00:00Z"


def made(http: Http, **fields: Any) -> Json:
    """A new key."""
    body = {"name": "worker", "permissions": ["content:read", "api_keys:write"], **fields}
    answer = http.post("/api-keys", body)
    assert answer.status == 201, answer.body
    found: Json = answer.json
    return found


def holder(http: Http, key: Json) -> Http:
    """Whoever has the key."""
    return Http(http.workspace_id, key["key"])


def change(http: Http, key: Json, body: Json, version: int = 1) -> Answer:
    return http.call("PATCH", f"/api-keys/{key['id']}", body, headers={"if-match": f'"{version}"'})


def roll(http: Http, key: Json, **body: Any) -> Answer:
    return http.post(f"/api-keys/{key['id']}/roll", body)


def fault(answer: Answer) -> tuple[int, str, str]:
    [only] = answer.json["errors"]
    return answer.status, only["pointer"], only["code"]


def seconds_until(time: str) -> float:
    return (datetime.fromisoformat(time) - datetime.now(UTC)).total_seconds()


def test_what_a_key_may_do_changes_with_its_next_request(http: Http):
    key = made(http)
    assert holder(http, key).post("/content", {"text": "x"}).status == 403
    changed = change(http, key, {"name": "writer", "permissions": ["content:write", "content:write"]})
    assert (changed.status, changed.headers["etag"]) == (200, '"2"')
    assert (changed.json["name"], changed.json["permissions"]) == ("writer", ["content:write"])
    assert holder(http, key).post("/content", {"text": "x"}).status == 201


def test_a_change_of_what_was_changed_meanwhile_is_refused(http: Http):
    key = made(http)
    here = f"/api-keys/{key['id']}"
    assert http.call("PATCH", here, {"name": "a"}).status == 428
    assert change(http, key, {"name": "a"}).status == 200
    assert change(http, key, {"name": "b"}).json["code"] == "stale_version"
    assert http.get(here).json["name"] == "a"


def test_a_field_that_is_left_out_stays_and_null_lifts_a_limit(http: Http, network: FakeNetwork):
    connection = http.post("/connections", {"platform": "sandbox", "credentials": {"handle": "lamp"}}).json[
        "id"
    ]
    key = made(http, connection_ids=[connection], expires_at=LATER)
    kept = change(http, key, {"name": None, "permissions": None}).json
    assert (kept["name"], kept["connection_ids"], kept["expires_at"]) == ("worker", [connection], LATER)
    lifted = change(http, key, {"connection_ids": None, "expires_at": None}, version=2).json
    assert (lifted["connection_ids"], lifted["expires_at"]) == (None, None)


@pytest.mark.parametrize("change_it", [True, False])
def test_the_connections_that_a_key_is_limited_to_must_be_there(http: Http, change_it: bool):
    body = {"connection_ids": [str(uuid4())]}
    answer = (
        change(http, made(http), body)
        if change_it
        else http.post("/api-keys", {"name": "x", "permissions": ["content:read"], **body})
    )
    assert fault(answer) == (422, "/connection_ids/0", "unknown_connection")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"permissions": ["content:write"]}, (422, "/permissions/0", "permission_missing")),
        ({"expires_at": None}, (422, "/expires_at", "outlives_maker")),
        ({"expires_at": "2020-01-01T00:00:00Z"}, (422, "/expires_at", "in_the_past")),
    ],
)
def test_a_key_does_not_become_stronger_than_who_changes_it(
    http: Http, body: Json, expected: tuple[int, str, str]
):
    weak = made(http, expires_at=LATER)
    same = made(http, expires_at=LATER)
    for key in (weak, same):
        assert fault(change(holder(http, weak), key, body)) == expected


@pytest.mark.parametrize(
    "weakness", [{"type": "test"}, {"connection_ids": []}, {"permissions": ["api_keys:write"]}]
)
def test_a_stronger_key_is_neither_changed_nor_rolled(http: Http, weakness: Json):
    strong, weak = made(http), holder(http, made(http, **weakness))
    assert change(weak, strong, {"name": "mine"}).json["code"] == "stronger_key"
    assert roll(weak, strong).json["code"] == "stronger_key"
    assert http.get(f"/api-keys/{strong['id']}").json["version"] == 1


def test_a_key_that_ends_does_not_touch_one_that_lasts(http: Http):
    mortal, lasting = holder(http, made(http, expires_at=LATER)), made(http)
    assert roll(mortal, lasting).json["code"] == "stronger_key"
    assert fault(change(mortal, lasting, {"name": "x"})) == (422, "/expires_at", "outlives_maker")
    assert change(mortal, lasting, {"expires_at": LATER}).status == 200


def test_a_rolled_key_opens_beside_its_successor_until_the_overlap_ends(http: Http):
    old = made(http, permissions=["content:read"])
    rolled = roll(http, old, overlap_seconds=3600)
    new = rolled.json
    assert rolled.status == 201
    assert (new["rolled_from"], new["permissions"], new["expires_at"]) == (old["id"], ["content:read"], None)
    assert new["key"] != old["key"]
    read = http.get(f"/api-keys/{old['id']}").json
    assert 3500 < seconds_until(read["expires_at"]) <= 3600
    assert [holder(http, key).get("/content").status for key in (old, new)] == [200, 200]
    move_clock(timedelta(seconds=3601))
    try:
        assert [holder(http, key).get("/content").status for key in (old, new)] == [401, 200]
    finally:
        move_clock(None)


def test_an_overlap_of_a_day_is_the_default_and_none_ends_the_old_key_at_once(http: Http):
    old = made(http)
    roll(http, old)
    ends = http.get(f"/api-keys/{old['id']}").json["expires_at"]
    assert 24 * 3600 - 60 < seconds_until(ends) <= 24 * 3600
    gone = made(http)
    roll(http, gone, overlap_seconds=0)
    assert holder(http, gone).get("/content").status == 401


@pytest.mark.parametrize("seconds", [-1, 604801, "60", None])
def test_an_overlap_lasts_a_week_at_most(http: Http, seconds: object):
    answer = roll(http, made(http), overlap_seconds=seconds)
    assert fault(answer)[:2] == (422, "/overlap_seconds")


def test_rolling_lets_nothing_live_longer_than_it_would_have(http: Http):
    ends = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    old = made(http, expires_at=ends)
    new = roll(http, old, overlap_seconds=7200).json
    assert new["expires_at"] == old["expires_at"]
    assert http.get(f"/api-keys/{old['id']}").json["expires_at"] == old["expires_at"]


def test_a_key_may_roll_itself(http: Http):
    own = made(http, expires_at=LATER, type="test", connection_ids=[])
    new = roll(holder(http, own), own).json
    assert [new[name] for name in ("type", "connection_ids", "expires_at")] == ["test", [], LATER]


def test_a_key_has_one_successor(http: Http):
    key = made(http)
    successor = roll(http, key).json
    again = roll(http, key)
    assert (again.status, again.json["code"]) == (409, "already_rolled")
    assert successor["id"] in again.json["detail"]
    assert roll(http, successor).status == 201


def test_rolling_at_once_makes_one_successor(http: Http, superuser: psycopg.Connection[Any]):
    key = made(http)
    waiting = (
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%api_keys%'"
    )
    with ThreadPoolExecutor(2) as pool, superuser.transaction():
        superuser.execute("SELECT 1 FROM api_keys WHERE id = %s FOR UPDATE", [key["id"]])
        begun = [pool.submit(roll, http, key) for _ in range(2)]
        until = datetime.now(UTC) + timedelta(seconds=4)
        while superuser.execute(waiting).fetchone() != (2,) and datetime.now(UTC) < until:
            pass
    made_one, refused = sorted(each.result().status for each in begun)
    # Threads share the resolver, which may take one's 201 for a plain 200; in Lambda there is one at a time.
    assert made_one in {200, 201}
    assert refused == 409
    successors = "SELECT count(*) FROM api_keys WHERE rolled_from = %s"
    assert superuser.execute(successors, [key["id"]]).fetchone() == (1,)


def test_rolling_heeds_if_match_where_it_is_sent(http: Http):
    key = made(http)
    change(http, key, {"name": "changed"})
    answer = http.call("POST", f"/api-keys/{key['id']}/roll", {}, headers={"if-match": '"1"'})
    assert answer.json["code"] == "stale_version"


@pytest.mark.parametrize("end", ["revoked_at", "expires_at"])
def test_a_key_that_has_ended_stays_so(http: Http, superuser: psycopg.Connection[Any], end: str):
    key = made(http)
    superuser.execute(f"UPDATE api_keys SET {end} = now() WHERE id = %s", [key["id"]])  # noqa: S608  # a column
    for answer in (change(http, key, {"expires_at": None}), roll(http, key)):
        assert (answer.status, answer.json["code"]) == (409, "key_ended")


def test_when_a_key_was_last_used_is_shown(http: Http):
    key = made(http)
    assert http.get(f"/api-keys/{key['id']}").json["last_used_at"] is None
    holder(http, key).get("/content")
    used = http.get(f"/api-keys/{key['id']}").json
    assert -60 < seconds_until(used["last_used_at"]) <= 0
    assert used["version"] == 1


@pytest.fixture
def member_of(first: FirstWorkspace) -> Callable[[str], Http]:
    """Somebody with a role in the workspace."""

    def enter(role: str) -> Http:
        person = signed_in()
        factories.make_organization_member(first.organization_id, person.id)
        factories.make_member(first.workspace_id, person.id, role)
        return Http(str(first.workspace_id), person.token)

    return enter


def test_a_person_makes_keys_up_to_their_role(member_of: Callable[[str], Http]):
    admin = member_of("admin")
    theirs = [each for each in GRANTABLE if each != "workspaces:write"]  # opens the organization's too
    key = made(admin, permissions=theirs)
    assert key["permissions"] == sorted(theirs)
    assert Http(admin.workspace_id, key["key"]).get("/content").status == 200
    assert roll(admin, key).status == 201
    body = {"name": "x", "permissions": ["content:read"]}
    assert member_of("editor").post("/api-keys", body).json["code"] == "permission_missing"


def test_a_key_remembers_the_person_who_made_it(
    member_of: Callable[[str], Http], superuser: psycopg.Connection[Any], http: Http
):
    key = made(member_of("admin"))
    query = "SELECT k.created_by IS NOT NULL, u.name FROM api_keys k LEFT JOIN users u ON u.id = created_by"
    assert superuser.execute(f"{query} WHERE k.id = %s", [key["id"]]).fetchone() == (True, "Ada")
    assert superuser.execute(f"{query} WHERE k.id = %s", [made(http)["id"]]).fetchone() == (False, None)


@pytest.mark.parametrize(
    "action", ["publications:approve", "workspaces:delete", "audit_log:write", "billing:read"]
)
def test_what_no_program_may_do_cannot_be_granted(http: Http, action: str):
    answer = http.post("/api-keys", {"name": "x", "permissions": [action]})
    assert fault(answer)[:2] == (422, "/permissions/0")


def test_whatever_can_be_granted_can_be_kept():
    assert set(GRANTABLE) <= set(PERMISSIONS)
