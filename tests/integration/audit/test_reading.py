"""The audit log as it is read: who, what, on what, from where; by whom it may be read."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from infra.local.first_workspace import FirstWorkspace
from lamplighter.postgres.session import transaction
from lamplighter.services import audit
from tests import factories
from tests.integration.audit.conftest import Enter, Watch
from tests.integration.http import Answer, Http

type Behind = psycopg.Connection[Any]

LOG = "/audit-log"


def items(answer: Answer) -> list[Any]:
    assert answer.status == 200, answer.body
    found: list[Any] = answer.json["items"]
    return found


def actions(answer: Answer) -> list[str]:
    return [entry["action"] for entry in items(answer)]


def wrote(http: Http, text: str = "Good evening") -> str:
    return str(http.post("/content", {"text": text}, **{"user-agent": "tests/1"}).json["id"])


def test_an_entry_says_who_did_what_when_on_what_and_from_where(http: Http, first: FirstWorkspace):
    before = datetime.now(UTC) - timedelta(seconds=60)
    made = http.post("/content", {"text": "x"}, **{"user-agent": "tests/1"})
    [entry] = items(http.get(LOG))
    [key] = [key for key in http.get("/api-keys").json["items"] if key["type"] == "live"]
    assert before < datetime.fromisoformat(entry.pop("at")) < datetime.now(UTC) + timedelta(seconds=60)
    assert entry.pop("id")
    assert entry == {
        "workspace_id": str(first.workspace_id),
        "actor": {"kind": "api_key", "id": key["id"]},
        "action": "content.created",
        "target": {"kind": "content", "id": made.json["id"]},
        "before": None,
        "after": {"status": "draft"},
        "request_id": made.headers["request-id"],
        "address": "127.0.0.1",
        "agent": "tests/1",
    }


def test_what_changed_is_shown_as_it_was_and_as_it_is(http: Http):
    key = http.post("/api-keys", {"name": "old", "permissions": ["content:read"]}).json
    http.call("PATCH", f"/api-keys/{key['id']}", {"name": "new"}, headers={"if-match": '"1"'})
    [entry] = items(http.get(f"{LOG}?action=api_key.changed"))
    assert (entry["before"], entry["after"]) == ({"name": "old"}, {"name": "new"})


def test_what_is_refused_or_read_leaves_nothing(http: Http):
    http.post("/content", {"text": ""})
    http.get("/content")
    assert items(http.get(LOG)) == []


def test_pages_lose_nothing_from_either_end(http: Http):
    made = [wrote(http) for _ in range(5)]

    def seen(order: str) -> list[str]:
        found, cursor = [], ""
        while True:
            page = http.get(f"{LOG}?limit=2&sort={order}{cursor}").json
            found += [entry["target"]["id"] for entry in page["items"]]
            if not page["has_more"]:
                return found
            cursor = f"&cursor={page['next_cursor']}"

    assert seen("at") == made
    assert seen("-at") == made[::-1]


def test_a_cursor_does_not_change_sides_or_filters(http: Http):
    for _ in range(2):
        wrote(http)
    cursor = http.get(f"{LOG}?limit=1").json["next_cursor"]
    for query in ("sort=at", "action=content.created", f"to={datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"):
        answer = http.get(f"{LOG}?limit=1&{query}&cursor={cursor}")
        assert (answer.status, answer.json["code"]) == (422, "invalid_cursor"), query


@pytest.fixture
def varied(http: Http, http_test_key: Http) -> dict[str, str]:
    """Entries of two keys, about content and API keys."""
    key = http.post("/api-keys", {"name": "x", "permissions": ["content:read"]}).json["id"]
    http.call("DELETE", f"/api-keys/{key}")
    return {"key": key, "content": wrote(http), "test": wrote(http_test_key)}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["content.created", "content.created", "api_key.revoked", "api_key.created"]),
        ("action=api_key.", ["api_key.revoked", "api_key.created"]),
        ("action=api_key.created", ["api_key.created"]),
        ("action=apixkey.", []),
        ("action=api_key.creat", []),
        ("target_kind=content", ["content.created", "content.created"]),
        ("target_kind=content&action=api_key.", []),
        ("target_id={key}", ["api_key.revoked", "api_key.created"]),
        ("target_id={test}", ["content.created"]),
        ("actor_id={key}", []),
        ("from=2020-01-01T00:00:00Z&to=2020-01-02T00:00:00Z", []),
        ("from=0001-01-01T00:00:00Z&to=9999-12-31T23:59:59Z&action=api_key.created", ["api_key.created"]),
    ],
)
def test_filters_narrow_the_log(http: Http, varied: dict[str, str], query: str, expected: list[str]):
    assert actions(http.get(f"{LOG}?{query.format(**varied)}")) == expected


def test_whose_doings_is_a_filter(http: Http, varied: dict[str, str]):
    by_test = items(http.get(f"{LOG}?target_id={varied['test']}"))[0]["actor"]["id"]
    [entry] = items(http.get(f"{LOG}?actor_id={by_test}"))
    assert entry["target"]["id"] == varied["test"]


def test_times_bound_the_log_to_the_microsecond(http: Http):
    for _ in range(3):
        wrote(http)
    newest, middle, oldest = items(http.get(LOG))
    bounds = f"from={middle['at']}&to={newest['at']}"
    assert [entry["id"] for entry in items(http.get(f"{LOG}?{bounds}"))] == [middle["id"]]
    assert [entry["id"] for entry in items(http.get(f"{LOG}?to={middle['at']}"))] == [oldest["id"]]


@pytest.mark.parametrize(
    "query",
    [
        *("action=Content", "action=content", "action=%25.", "actor_id=x", "target_kind=Content%27"),
        *("from=yesterday", "from=2026-01-01", "to=2026-01-01T00:00:00", "sort=action", "limit=101"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(http: Http, query: str):
    answer = http.get(f"{LOG}?{query}")
    assert (answer.status, answer.json["code"]) == (422, "validation_failed")
    assert answer.json["errors"][0]["parameter"] == query.partition("=")[0]


def test_an_organizations_log_holds_its_own_doings_and_all_its_workspaces(
    http: Http, owner: Http, organization: str, first: FirstWorkspace
):
    wrote(http)
    second = owner.post(
        f"/v1/organizations/{first.organization_id}/workspaces", {"name": "S", "slug": "second"}
    )
    wrote(Http(second.json["id"], owner.key))
    changed = owner.call(
        "PATCH", organization.removesuffix("/audit-log"), {"name": "New"}, headers={"if-match": '"1"'}
    )
    assert changed.status == 200, changed.body
    found = [(entry["action"], entry["workspace_id"]) for entry in items(owner.get(organization))]
    one, two = str(first.workspace_id), second.json["id"]
    assert found == [
        ("organization.updated", None),
        ("content.created", two),
        ("workspace.created", two),
        ("content.created", one),
    ]
    assert actions(http.get(LOG)) == ["content.created"]


def test_another_organizations_doings_are_not_in_it(owner: Http, organization: str, aws: object):
    stranger = factories.make_organization()
    assert items(owner.get(organization)) == []
    answer = owner.get(f"/v1/organizations/{stranger.id}/audit-log")
    assert (answer.status, answer.json["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("role", "organizations", "workspaces"),
    [("owner", 200, 200), ("admin", 200, 200), ("billing", 403, 404), ("member", 403, 404)],
)
def test_only_who_runs_an_organization_reads_its_log(
    enter: Enter, organization: str, role: str, organizations: int, workspaces: int
):
    caller = enter(role)
    for path in ("", "/export"):
        assert caller.get(organization + path).status == organizations
        assert caller.get(LOG + path).status == workspaces


def test_a_key_reads_its_workspaces_log_with_the_permission_and_never_its_organizations(
    http: Http, organization: str
):
    def holder(*permissions: str, **more: Any) -> Http:
        body = {"name": "x", "permissions": permissions, **more}
        return Http(http.workspace_id, http.post("/api-keys", body).json["key"])

    assert holder("audit_log:read").get(LOG).status == 200
    assert holder("content:read").get(LOG).json["code"] == "permission_missing"
    limited = holder("audit_log:read", connection_ids=[])
    assert (
        limited.get(LOG).json["code"] == limited.get(f"{LOG}/export").json["code"] == "unlimited_key_required"
    )
    assert http.get(organization).json["code"] == "permission_missing"


def test_a_person_is_named_by_id_alone_and_from_where_is_sealed(owner: Http, http: Http, superuser: Behind):
    content = wrote(owner)
    [entry] = items(http.get(LOG))
    assert (entry["actor"]["kind"], entry["address"], entry["agent"]) == ("user", "127.0.0.1", "tests/1")
    query = "SELECT a::text, personal, personal_owner::text FROM audit_log a WHERE target_id = %s"
    [(row, personal, personal_owner)] = superuser.execute(query, [content]).fetchall()
    assert "127.0.0.1" not in row
    assert "tests/1" not in row
    assert personal.startswith("lmp1.")
    assert personal_owner == entry["actor"]["id"]


def test_when_a_persons_key_is_destroyed_the_trail_stays_and_from_where_is_gone(
    owner: Http, http: Http, superuser: Behind
):
    wrote(owner)
    wrote(http)
    _, before = items(http.get(LOG))
    assert before["address"] == "127.0.0.1"
    actor = before["actor"]["id"]
    superuser.execute("DELETE FROM personal_keys WHERE owner_id = %s", [actor])
    programs, persons = items(http.get(LOG))
    assert (persons["actor"]["id"], persons["action"]) == (actor, "content.created")
    assert (persons["address"], persons["agent"]) == (None, None)
    assert programs["address"] == "127.0.0.1"


def test_what_was_moved_to_another_row_does_not_open(http: Http, superuser: Behind):
    one, two = (wrote(http) for _ in range(2))
    moved = "UPDATE audit_log a SET personal = b.personal FROM audit_log b"
    superuser.execute(moved + " WHERE b.target_id = %s AND a.target_id = %s", [one, two])
    assert [entry["address"] for entry in items(http.get(LOG))] == [None, "127.0.0.1"]


def test_the_keys_of_a_whole_page_come_in_one_query(enter: Enter, http: Http, statements: Watch):
    people = [enter("admin") for _ in range(3)]
    for each in (*people, http):
        wrote(each)
    with statements() as asked:
        found = items(http.get(LOG))
    assert [entry["agent"] for entry in found] == ["tests/1"] * 4
    assert len({entry["actor"]["id"] for entry in found}) == 4
    assert len(asked) == 2, asked


def test_lamplighters_own_doings_have_no_actor(http: Http, first: FirstWorkspace):
    target, where = ("workspace", first.workspace_id), first.organization_id
    with transaction(first.workspace_id) as tx:
        audit.record(
            tx, None, "workspace.erased", target, workspace_id=first.workspace_id, organization_id=where
        )
    [entry] = items(http.get(LOG))
    assert entry["actor"] == {"kind": "system", "id": None}
    assert (entry["address"], entry["request_id"]) == (None, None)


def test_an_unknown_workspace_is_not_found(http: Http):
    for path in ("", "/export"):
        assert http.get(f"/v1/workspaces/{uuid4()}{LOG}{path}").status == 404
