"""Idempotency-Key: one effect for one key, whatever is repeated, at once, or cut off in the middle."""

import json
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import uuid4

import psycopg
import pytest

from infra.local.first_workspace import first_workspace
from infra.local.http_events import Request, event
from infra.local.routing import resolve
from lamplighter.platforms.base import Account, Credentials
from lamplighter.services import connections, content, idempotency
from tests.integration.cloud import Cloud
from tests.integration.fake_network import FakeNetwork
from tests.integration.http import NAME_OF, ROUTES, Answer, Http
from tests.integration.processes import ANSWERED, handled
from tests.integration.publishing.conftest import Desk, desk

__all__ = ["desk"]

type Behind = psycopg.Connection[Any]

TEXT = {"text": "Good evening"}
ACCOUNT = {"platform": "sandbox", "credentials": {"handle": "lamp"}}


class Effect(NamedTuple):
    """A POST, the table in which it leaves a row, and how often it commits."""

    path: str
    body: Any
    table: str
    commits: int


CONTENT = Effect("/content", TEXT, "content", 1)
CONNECTION = Effect("/connections", ACCOUNT, "platform_connections", 2)
"""With a call over the network between its two transactions."""
both_kinds = pytest.mark.parametrize("effect", [CONTENT, CONNECTION], ids=lambda effect: effect.table)


def post(http: Http, path: str, body: Any, key: str, **headers: str) -> Answer:
    """A POST with an Idempotency-Key."""
    return http.post(path, body, **{"idempotency-key": key, **headers})


def replayed(answer: Answer) -> bool:
    return answer.headers.get("idempotent-replayed") == "true"


def elsewhere(
    http: Http, path: str, body: Any, key: str, *, times: int = 1, dies: int | None = None
) -> list[Any]:
    """The same in processes of their own; what each answers."""
    target = f"/v1/workspaces/{http.workspace_id}{path}"
    headers = {
        "content-type": "application/json",
        "authorization": f"Bearer {http.key}",
        "idempotency-key": key,
    }
    request = Request("POST", target, list(headers.items()), json.dumps(body).encode(), "127.0.0.1")
    match = resolve(ROUTES, "POST", request.path)
    assert match
    return handled(NAME_OF[match.logical_id], [event(request, match)] * times, dies_before_commit=dies)


def count(behind: Behind, table: str, http: Http) -> int:
    query = f"SELECT count(*) FROM {table} WHERE workspace_id = %s"  # noqa: S608  # a table's name
    [(number,)] = behind.execute(query, [http.workspace_id]).fetchall()
    return int(number)


def kept(behind: Behind, http: Http) -> list[Any]:
    """Status, answer and whether it is sealed, of every key that is on record."""
    query = "SELECT status, response, sealed FROM idempotency_keys WHERE scope_id = %s"
    return behind.execute(query, [http.workspace_id]).fetchall()


def let_leases_end(behind: Behind, http: Http) -> None:
    past = "UPDATE idempotency_keys SET locked_until = now() - interval '1 second' WHERE scope_id = %s"
    behind.execute(past, [http.workspace_id])


def test_a_repetition_is_answered_as_the_first_request_was_and_does_nothing(http: Http, superuser: Behind):
    first, second = (post(http, "/content", TEXT, "a") for _ in range(2))
    assert (first.status, replayed(first)) == (201, False)
    assert (second.status, replayed(second)) == (201, True)
    assert second.body == first.body
    assert second.headers["etag"] == first.headers["etag"] == '"1"'
    assert second.headers["content-type"] == first.headers["content-type"]
    assert second.headers["request-id"] != first.headers["request-id"]
    assert (count(superuser, "content", http), count(superuser, "audit_log", http)) == (1, 1)


def test_without_a_key_nothing_is_kept(http: Http, superuser: Behind):
    assert http.post("/content", TEXT).json["id"] != http.post("/content", TEXT).json["id"]
    assert kept(superuser, http) == []


def test_what_was_due_at_once_is_not_woken_again(desk: Desk):
    connection_ids = [desk.connection()]
    body = {"content_id": desk.content(), "connection_ids": connection_ids, "scheduled_at": "now"}
    first, second = (post(desk.http, "/publications", body, "now") for _ in range(2))
    assert (second.body, replayed(second)) == (first.body, True)
    assert len(desk.woken()) == 1


@both_kinds
def test_of_twenty_at_once_one_has_an_effect(
    http: Http, network: FakeNetwork, superuser: Behind, effect: Effect
):
    answers = elsewhere(http, effect.path, effect.body, "twenty", times=20)
    assert len(answers) == 20
    assert {answer["statusCode"] for answer in answers} <= {201, 409}
    made = [answer for answer in answers if answer["statusCode"] == 201]
    assert len([answer for answer in made if "Idempotent-Replayed" not in answer["headers"]]) == 1
    assert len({answer["body"] for answer in made}) == 1
    for refused in (answer for answer in answers if answer["statusCode"] == 409):
        assert json.loads(refused["body"])["code"] == "request_in_progress"
        assert refused["headers"]["Retry-After"] == "1"
    assert (count(superuser, effect.table, http), count(superuser, "audit_log", http)) == (1, 1)
    again = post(http, effect.path, effect.body, "twenty")
    assert (replayed(again), again.body.decode()) == (True, made[0]["body"])


def test_while_the_first_is_under_way_the_second_waits_a_moment_and_is_told_so(http: Http, superuser: Behind):
    [(key_id,)] = superuser.execute(
        "SELECT id FROM api_keys WHERE workspace_id = %s AND type = 'live'", [http.workspace_id]
    ).fetchall()
    claim = """
        INSERT INTO idempotency_keys (scope_id, principal_id, method, route, key, fingerprint)
        VALUES (%s, %s, 'POST', '/v1/workspaces/<workspace_id>/content', 'slow', '')
    """
    with superuser.transaction(force_rollback=True):
        superuser.execute(claim, [http.workspace_id, key_id])
        answer = post(http, "/content", TEXT, "slow")
    assert (answer.status, answer.json["code"]) == (409, "request_in_progress")
    assert answer.headers["retry-after"] == "1"
    assert post(http, "/content", TEXT, "slow").status == 201


def test_a_key_is_not_used_again_for_another_body(http: Http, superuser: Behind):
    post(http, "/content", TEXT, "a")
    answer = post(http, "/content", {"text": "Good night"}, "a")
    assert (answer.status, answer.json["code"]) == (422, "idempotency_key_reused")
    assert count(superuser, "content", http) == 1


def test_nor_for_another_resource_of_the_route(desk: Desk):
    one, two = (desk.publication(when=timedelta(hours=1)).json["id"] for _ in range(2))
    assert post(desk.http, f"/publications/{one}/cancel", None, "stop").json["status"] == "cancelled"
    assert post(desk.http, f"/publications/{two}/cancel", None, "stop").status == 422
    assert desk.http.get(f"/publications/{two}").json["status"] == "scheduled"


@both_kinds
def test_killed_before_its_commit_it_never_was(
    http: Http, network: FakeNetwork, superuser: Behind, effect: Effect
):
    assert elsewhere(http, effect.path, effect.body, "killed", dies=effect.commits) == [None]
    assert (count(superuser, effect.table, http), count(superuser, "audit_log", http)) == (0, 0)
    let_leases_end(superuser, http)
    answer = post(http, effect.path, effect.body, "killed")
    assert (answer.status, replayed(answer)) == (201, False)
    assert (count(superuser, effect.table, http), count(superuser, "audit_log", http)) == (1, 1)


@both_kinds
def test_killed_after_its_commit_its_repetition_gets_the_answer(
    http: Http, network: FakeNetwork, superuser: Behind, effect: Effect
):
    assert elsewhere(http, effect.path, effect.body, "killed", dies=ANSWERED) == [None]
    answer = post(http, effect.path, effect.body, "killed")
    assert (answer.status, replayed(answer)) == (201, True)
    assert (count(superuser, effect.table, http), count(superuser, "audit_log", http)) == (1, 1)
    assert http.get(f"{effect.path}/{answer.json['id']}").json["id"] == answer.json["id"]


def test_a_claim_that_its_process_took_to_the_grave_falls_free(
    http: Http, network: FakeNetwork, superuser: Behind
):
    assert elsewhere(http, "/connections", ACCOUNT, "killed", dies=2) == [None]
    assert post(http, "/connections", ACCOUNT, "killed").json["code"] == "request_in_progress"
    let_leases_end(superuser, http)
    assert post(http, "/connections", ACCOUNT, "killed").status == 201
    assert count(superuser, "platform_connections", http) == 1


def test_who_is_overtaken_by_its_own_repetition_has_no_effect(
    http: Http, network: FakeNetwork, superuser: Behind, monkeypatch: pytest.MonkeyPatch
):
    overtaken = []

    def slow(_body: object) -> Account:
        token = f"token-{len(overtaken)}"
        if not overtaken:  # paused for longer than its lease, while it is asked again
            overtaken.append(True)
            let_leases_end(superuser, http)
            assert post(http, "/connections", ACCOUNT, "slow").status == 201
        return Account("sandbox", f"account-{token}", "lamp", "http://sandbox.example", Credentials(token))

    monkeypatch.setattr(connections, "opened", slow)
    answer = post(http, "/connections", ACCOUNT, "slow")
    assert (answer.status, answer.json["code"]) == (409, "request_in_progress")
    [made] = http.get("/connections").json["items"]
    assert made["channel_id"] == "account-token-1"
    assert post(http, "/connections", ACCOUNT, "slow").json["id"] == made["id"]


@pytest.mark.parametrize(
    "refused",
    [
        ("/content", {"text": "x", "colour": "blue"}),
        ("/content", {"text": "x", "media": [{"media_id": str(uuid4()), "alt": "a lamp"}]}),
        ("/connections", {"platform": "sandbox", "credentials": {}}),
    ],
    ids=["by its form", "by the service", "by the network, after the claim's commit"],
)
def test_a_refusal_is_not_kept(http: Http, network: FakeNetwork, superuser: Behind, refused: tuple[str, Any]):
    path, body = refused
    for _ in range(2):
        answer = post(http, path, body, "typo")
        assert (answer.status, replayed(answer)) == (422, False)
        assert answer.json["code"] not in {"idempotency_key_reused", "request_in_progress"}
    assert kept(superuser, http) == []
    assert post(http, path, TEXT if path == "/content" else ACCOUNT, "typo").status == 201


@both_kinds
def test_a_failure_of_ours_is_not_kept(
    http: Http, network: FakeNetwork, monkeypatch: pytest.MonkeyPatch, effect: Effect
):
    def broken(*_arguments: object) -> None:
        message = "a bug"
        raise RuntimeError(message)

    with monkeypatch.context() as patched:
        patched.setattr(content, "create", broken)
        patched.setattr(connections, "opened", broken)
        assert post(http, effect.path, effect.body, "again").status == 500
    assert post(http, effect.path, effect.body, "again").status == 201


def test_an_answer_stands_although_its_claim_cannot_be_given_back(
    http: Http, network: FakeNetwork, superuser: Behind, monkeypatch: pytest.MonkeyPatch
):
    def gone(*_arguments: object) -> None:
        message = "the database is away"
        raise psycopg.OperationalError(message)

    monkeypatch.setattr(idempotency, "give_back", gone)
    body = {"platform": "sandbox", "credentials": {}}
    assert post(http, "/connections", body, "typo").json["code"] == "connection_refused"
    assert len(kept(superuser, http)) == 1


def test_an_answer_with_a_secret_is_kept_sealed(http: Http, superuser: Behind):
    body = {"name": "of the newsroom", "permissions": ["content:read"]}
    first, second = (post(http, "/api-keys", body, "a") for _ in range(2))
    assert (second.body, replayed(second)) == (first.body, True)
    [(status, response, sealed)] = kept(superuser, http)
    assert (status, sealed) == (201, True)
    assert first.json["key"] not in response
    assert first.json["name"] not in response


def test_rolling_again_with_the_same_key_gives_the_same_successor(http: Http, superuser: Behind):
    old = http.post("/api-keys", {"name": "ci", "permissions": ["content:read"]}).json["id"]
    first, second = (post(http, f"/api-keys/{old}/roll", {}, "a") for _ in range(2))
    assert (second.status, second.json["key"]) == (201, first.json["key"])
    assert post(http, f"/api-keys/{old}/roll", {}, "b").json["code"] == "already_rolled"


def test_one_key_string_in_two_hands_is_two_keys(http: Http, http_test_key: Http, aws: Cloud):
    other = first_workspace("Other", "Other", f"o-{uuid4().hex}")
    stranger = Http(str(other.workspace_id), other.key)
    answers = [post(each, "/content", TEXT, "same") for each in (http, http_test_key, stranger)]
    answers.append(post(http, "/api-keys", {"name": "x", "permissions": ["content:read"]}, "same"))
    assert [(answer.status, replayed(answer)) for answer in answers] == [(201, False)] * 4
    assert len({answer.json["id"] for answer in answers}) == 4


def test_a_key_is_the_same_quoted_or_bare(http: Http):
    bare, quoted = post(http, "/content", TEXT, "a-key"), post(http, "/content", TEXT, '"a-key"')
    assert (quoted.body, replayed(quoted)) == (bare.body, True)


@pytest.mark.parametrize("key", ["", '""', "two words", "x" * 256, "schl\u00fcssel"])
def test_a_key_that_is_none_is_refused(http: Http, key: str):
    answer = post(http, "/content", TEXT, key)
    assert (answer.status, answer.json["code"]) == (422, "idempotency_key_invalid")
    assert http.get("/content").json["items"] == []


def test_a_key_of_255_characters_is_kept_whole(http: Http):
    first, second = (post(http, "/content", TEXT, "x" * 254 + end) for end in "ab")
    assert first.json["id"] != second.json["id"]
