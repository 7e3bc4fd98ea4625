"""Connections: credentials are proven, sealed, and never seen again."""

import json
from typing import Any

import psycopg
import pytest

from tests.integration.fake_network import FakeNetwork
from tests.integration.http import Http, handler_of, lambda_context

SANDBOX = {"platform": "sandbox", "credentials": {"handle": "lamp"}}


@pytest.fixture
def stored(superuser: psycopg.Connection[Any], http: Http) -> Any:
    """The tenant's rows as the disk has them."""

    def read() -> list[Any]:
        query = (
            "SELECT id::text, access_token, refresh_token FROM platform_connections WHERE workspace_id = %s"
        )
        return superuser.execute(query, [http.workspace_id]).fetchall()

    return read


def test_a_token_is_sealed_and_shown_to_nobody(http: Http, network: FakeNetwork, stored: Any):
    made = http.post("/connections", SANDBOX)
    assert made.status == 201
    [(row_id, access, refresh)] = stored()
    assert row_id == made.json["id"]
    assert access.startswith("lmp1.1.")
    assert refresh is None
    assert "sbx_" not in access
    assert [name for name in made.json if "token" in name] == ["token_expires_at"]
    assert "sbx_" not in json.dumps(made.json)


def test_a_token_moved_to_another_row_does_not_open(
    http: Http, network: FakeNetwork, superuser: Any, stored: Any
):
    one, two = (http.post("/connections", SANDBOX).json["id"] for _ in range(2))
    tokens = {row_id: access for row_id, access, _ in stored()}
    superuser.execute("UPDATE platform_connections SET access_token = %s WHERE id = %s", [tokens[one], two])
    content = http.post("/content", {"text": "x"}).json["id"]
    body = {"content_id": content, "connection_ids": [two], "scheduled_at": "now"}
    made = http.post("/publications", body).json
    query = "SELECT workspace_id::text, publication_platform_id::text, fence FROM dispatches"
    claim = superuser.execute(f"{query} WHERE workspace_id = %s", [http.workspace_id]).fetchone()
    message = dict(zip(("workspace_id", "publication_platform_id", "fence"), claim, strict=True))
    event = {"Records": [{"messageId": "1", "body": json.dumps(message)}]}
    handler_of("publish_post")(event, lambda_context())
    platform = http.get(f"/publications/{made['id']}").json["platforms"][0]
    assert (platform["status"], platform["error_code"]) == ("failed", "needs_reconnect")
    assert network.calls == 0


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"platform": "myspace", "credentials": {}}, "/platform"),
        ({"platform": "mastodon", "credentials": {"access_token": "x"}}, "/base_url"),
        ({"platform": "sandbox", "credentials": {}}, "/credentials"),
    ],
)
def test_what_cannot_be_connected_is_pointed_at(http: Http, body: Any, pointer: str):
    answer = http.post("/connections", body)
    assert answer.status == 422
    assert answer.json["errors"][0]["pointer"] == pointer


@pytest.mark.parametrize(
    "base_url",
    [
        "http://mastodon.example",
        "https://127.0.0.1",
        "https://169.254.169.254",
        "https://[::ffff:10.0.0.1]",
        "https://user@mastodon.example",
        "https://mastodon.example:6379",
    ],
)
def test_an_instance_at_a_forbidden_address_is_refused(http: Http, base_url: str):
    body = {"platform": "mastodon", "base_url": base_url, "credentials": {"access_token": "x"}}
    answer = http.post("/connections", body)
    assert (answer.status, answer.json["code"]) == (422, "connection_refused")
    assert answer.json["errors"][0]["code"] == "address_refused"


def test_a_disconnected_accounts_tokens_are_gone(http: Http, network: FakeNetwork, stored: Any):
    made = http.post("/connections", SANDBOX)
    headers = {"if-match": made.headers["etag"]}
    assert (
        http.call("DELETE", f"/connections/{made.json['id']}", headers=headers).json["status"]
        == "disconnected"
    )
    assert stored()[0][1:] == ("", None)
    assert http.call("DELETE", f"/connections/{made.json['id']}").status == 428


def test_a_limited_key_sees_its_connections_only(http: Http, network: FakeNetwork):
    mine, other = (http.post("/connections", SANDBOX).json["id"] for _ in range(2))
    body = {"name": "limited", "permissions": ["connections:read"], "connection_ids": [mine]}
    limited = Http(http.workspace_id, http.post("/api-keys", body).json["key"])
    assert [item["id"] for item in limited.get("/connections").json["items"]] == [mine]
    assert limited.get(f"/connections/{other}").status == 404


MASTODON = {
    "platform": "mastodon",
    "base_url": "https://mastodon.example",
    "credentials": {"access_token": "x"},
}


def test_a_test_key_connects_sandbox_accounts_only(http_test_key: Http, network: FakeNetwork):
    answer = http_test_key.post("/connections", MASTODON)
    assert (answer.status, answer.json["code"]) == (403, "live_key_required")
    assert http_test_key.post("/connections", SANDBOX).status == 201


def test_a_test_key_disconnects_no_real_account(
    http: Http, http_test_key: Http, network: FakeNetwork, superuser: psycopg.Connection[Any], stored: Any
):
    made = http.post("/connections", SANDBOX)
    here, headers = f"/connections/{made.json['id']}", {"if-match": made.headers["etag"]}
    superuser.execute(
        "UPDATE platform_connections SET platform = 'mastodon' WHERE id = %s", [made.json["id"]]
    )
    before = stored()
    answer = http_test_key.call("DELETE", here, headers=headers)
    assert (answer.status, answer.json["code"]) == (403, "live_key_required")
    assert stored() == before
    assert http.call("DELETE", here, headers=headers).status == 200


def test_a_limited_key_connects_nothing(http: Http, network: FakeNetwork):
    body = {"name": "limited", "permissions": ["connections:write"], "connection_ids": []}
    limited = Http(http.workspace_id, http.post("/api-keys", body).json["key"])
    answer = limited.post("/connections", SANDBOX)
    assert (answer.status, answer.json["code"]) == (403, "unlimited_key_required")


def test_a_daily_cap_is_set_shown_and_taken_away(http: Http, network: FakeNetwork):
    made = http.post("/connections", SANDBOX).json
    assert made["daily_cap"] is None

    capped = http.call("PATCH", f"/connections/{made['id']}", {"daily_cap": 25}, headers={"if-match": '"1"'})
    assert (capped.status, capped.json["daily_cap"], capped.json["version"]) == (200, 25, 2)
    assert http.get(f"/connections/{made['id']}").json["daily_cap"] == 25

    free = http.call("PATCH", f"/connections/{made['id']}", {"daily_cap": None}, headers={"if-match": '"2"'})
    assert free.json["daily_cap"] is None


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        ({"daily_cap": 25}, {}, 428),
        ({"daily_cap": 25}, {"if-match": '"7"'}, 412),
        ({"daily_cap": -1}, {"if-match": '"1"'}, 422),
        ({"daily_cap": "many"}, {"if-match": '"1"'}, 422),
        ({}, {"if-match": '"1"'}, 422),
    ],
)
def test_a_cap_that_is_none_or_stale_changes_nothing(
    http: Http, network: FakeNetwork, body: Any, headers: dict[str, str], status: int
):
    made = http.post("/connections", SANDBOX).json

    assert http.call("PATCH", f"/connections/{made['id']}", body, headers=headers).status == status

    assert http.get(f"/connections/{made['id']}").json == made


def test_a_test_key_caps_no_real_account(
    http: Http, http_test_key: Http, network: FakeNetwork, superuser: Any
):
    made = http.post("/connections", SANDBOX).json
    superuser.execute("UPDATE platform_connections SET platform = 'bluesky' WHERE id = %s", [made["id"]])

    answer = http_test_key.call(
        "PATCH", f"/connections/{made['id']}", {"daily_cap": 0}, headers={"if-match": '"1"'}
    )

    assert answer.status == 403
