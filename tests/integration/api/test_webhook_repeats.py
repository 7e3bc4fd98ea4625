"""Idempotency-Key where webhooks are made, switched, rotated, tried and replayed."""

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from tests.integration.http import Answer, Http

type Behind = psycopg.Connection[Any]

URL = "https://93.184.215.14/hooks"
"""An address that needs no look-up. Nothing is sent there."""
CREATE = {"url": URL, "events": ["*"]}
PATHS = ("", "/enable", "/disable", "/rotate-secret", "/test", "/replay", "/retry")
SHOWING = ("", "/rotate-secret")
"""Their answers hold a secret."""


def span() -> dict[str, str]:
    now = datetime.now(UTC)
    return {"since": (now - timedelta(hours=1)).isoformat(), "until": (now + timedelta(hours=1)).isoformat()}


def asked(http: Http, path: str) -> tuple[str, Any]:
    """A request that has an effect, where nothing is done yet: its path and body."""
    if path == "":
        return "/webhooks", CREATE
    one = f"/webhooks/{http.post('/webhooks', {**CREATE, 'enabled': path != '/enable'}).json['id']}"
    if path == "/retry":
        return f"{one}/deliveries/{http.post(f'{one}/test').json['id']}/retry", None
    return one + path, {"/rotate-secret": {}, "/replay": span()}.get(path)


def twice(http: Http, path: str, body: Any) -> list[Answer]:
    """Under one key."""
    return [http.post(path, body, **{"idempotency-key": "once"}) for _ in range(2)]


@pytest.mark.parametrize("path", PATHS)
def test_a_repetition_is_answered_alike_and_does_nothing(http: Http, superuser: Behind, path: str):
    effects = "SELECT count(*) FROM audit_log WHERE workspace_id = %s AND action LIKE 'webhook%%'"
    target, body = asked(http, path)
    before = superuser.execute(effects, [http.workspace_id]).fetchone() or (0,)
    first, again = twice(http, target, body)
    assert first.status < 300, first.body
    assert (again.status, again.body) == (first.status, first.body)
    replayed = [answer.headers.get("idempotent-replayed") for answer in (first, again)]
    assert replayed == [None, "true"]
    assert superuser.execute(effects, [http.workspace_id]).fetchone() == (before[0] + 1,)


@pytest.mark.parametrize("path", PATHS)
def test_an_answer_is_kept_sealed_where_it_shows_a_secret(http: Http, superuser: Behind, path: str):
    target, body = asked(http, path)
    first, _ = twice(http, target, body)
    query = "SELECT response, sealed FROM idempotency_keys WHERE scope_id = %s"
    [(response, sealed)] = superuser.execute(query, [http.workspace_id]).fetchall()
    assert sealed is (path in SHOWING)
    assert ("secret" in first.json) is (path in SHOWING)
    if path in SHOWING:
        assert first.json["secret"] not in response
        assert URL not in response


def test_a_refused_address_is_not_kept(http: Http, superuser: Behind):
    inside = {**CREATE, "url": "https://127.0.0.1/hooks"}
    refused = twice(http, "/webhooks", inside)
    assert [answer.json["errors"][0]["code"] for answer in refused] == ["address_refused"] * 2
    assert [answer.headers.get("idempotent-replayed") for answer in refused] == [None, None]
    assert http.post("/webhooks", CREATE, **{"idempotency-key": "once"}).status == 201


def test_a_key_is_not_used_again_for_another_webhook(http: Http):
    one, two = (http.post("/webhooks", CREATE).json["id"] for _ in range(2))
    once = {"idempotency-key": "off"}
    assert http.post(f"/webhooks/{one}/disable", **once).json["status"] == "disabled"
    assert http.post(f"/webhooks/{two}/disable", **once).json["code"] == "idempotency_key_reused"
    assert http.get(f"/webhooks/{two}").json["status"] == "active"
