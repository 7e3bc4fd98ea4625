"""What is done to webhooks, in the words of the audit log, and what the log does not say of them."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from tests.integration.http import Answer, Http

type Behind = psycopg.Connection[Any]

URL = "https://93.184.215.14/hooks"
"""An address that needs no look-up. Nothing is sent there."""
HEADERS = {"X-Team": "a-word-that-opens-doors"}


def made(http: Http, **more: Any) -> Any:
    answer = http.post("/webhooks", {"url": URL, "events": ["*"], **more})
    assert answer.status == 201, answer.body
    return answer.json


def changed(http: Http, method: str, path: str, body: Any = None) -> Answer:
    """By whoever has read what stands."""
    etag = http.get(path).headers["etag"]
    return http.call(method, path, body, headers={"if-match": etag})


def logged(answer: Answer, behind: Behind) -> Any:
    """The one entry of the request: what was done, on what, and how it was and is."""
    assert answer.status < 300, answer.body
    query = "SELECT action, target_kind, target_id, before, after FROM audit_log WHERE request_id = %s"
    [(action, kind, id_, before, after)] = behind.execute(query, [answer.headers["request-id"]]).fetchall()
    return action, (kind, str(id_)), before, after


def unlogged(answer: Answer, behind: Behind) -> bool:
    """Whether the request succeeded and left nothing."""
    query = "SELECT count(*) FROM audit_log WHERE request_id = %s"
    return (answer.status, behind.execute(query, [answer.headers["request-id"]]).fetchone()) == (200, (0,))


def test_one_that_was_made_is_on_it_as_it_was_asked_for(http: Http, superuser: Behind):
    answer = http.post("/webhooks", {"url": URL, "events": ["publication.*"], "headers": HEADERS})
    action, target, before, after = logged(answer, superuser)
    assert (action, target, before) == ("webhook.created", ("webhook", answer.json["id"]), None)
    assert (after["url"], after["events"], after["header_names"]) == (URL, ["publication.*"], ["X-Team"])


def test_a_change_is_on_it_with_what_changed_alone(http: Http, superuser: Behind):
    path = f"/webhooks/{made(http, events=['content.*'])['id']}"
    answer = changed(http, "PATCH", path, {"events": ["*"], "url": URL})
    action, _, before, after = logged(answer, superuser)
    assert (action, before, after) == ("webhook.changed", {"events": ["content.*"]}, {"events": ["*"]})


def test_one_that_was_removed_is_on_it_as_it_was(http: Http, superuser: Behind):
    webhook = made(http)
    answer = changed(http, "DELETE", f"/webhooks/{webhook['id']}")
    action, target, before, after = logged(answer, superuser)
    assert (action, target, after) == ("webhook.removed", ("webhook", webhook["id"]), None)
    assert (before["url"], before["status"]) == (URL, "active")


def test_switching_is_on_it_where_it_made_a_difference(http: Http, superuser: Behind):
    path = f"/webhooks/{made(http)['id']}"
    on, off = {"status": "active"}, {"status": "disabled"}
    assert unlogged(http.post(f"{path}/enable"), superuser)
    for switch, action, before, after in (
        ("disable", "webhook.disabled", on, off),
        ("enable", "webhook.enabled", off, on),
    ):
        found = logged(http.post(f"{path}/{switch}"), superuser)
        assert (found[0], *found[2:]) == (action, before, after)
        assert unlogged(http.post(f"{path}/{switch}"), superuser)


def test_a_rotation_is_on_it_with_the_former_secrets_end(http: Http, superuser: Behind):
    path = f"/webhooks/{made(http)['id']}/rotate-secret"
    answer = http.post(path, {"overlap_hours": 1})
    action, _, _, after = logged(answer, superuser)
    assert (action, after.keys()) == ("webhook.secret_rotated", {"previous_secret_expires_at"})
    assert datetime.fromisoformat(after["previous_secret_expires_at"]) > datetime.now(UTC)
    assert logged(http.post(path, {"overlap_hours": 0}), superuser)[3] == {"previous_secret_expires_at": None}


def test_tests_and_retries_are_on_it_with_their_delivery(http: Http, superuser: Behind):
    path = f"/webhooks/{made(http)['id']}"
    tested = http.post(f"{path}/test")
    action, target, _, after = logged(tested, superuser)
    delivery_id = tested.json["id"]
    assert (action, after) == ("webhook.tested", {"delivery_id": delivery_id})
    assert f"/{target[0]}s/{target[1]}" == path
    action, target, before, _ = logged(http.post(f"{path}/deliveries/{delivery_id}/retry"), superuser)
    assert (action, target) == ("webhook_delivery.retried", ("webhook_delivery", delivery_id))
    assert before == {"status": "pending", "attempts": 0}


def test_a_replay_is_on_it_with_its_range_and_a_count_is_not(http: Http, superuser: Behind):
    path = f"/webhooks/{made(http)['id']}/replay"
    now = datetime.now(UTC)
    span = {"since": (now - timedelta(hours=1)).isoformat(), "until": now.isoformat()}
    assert unlogged(http.post(path, {**span, "dry_run": True}), superuser)
    action, _, _, after = logged(http.post(path, span), superuser)
    assert (action, after["count"], after.keys()) == ("webhook.replayed", 0, {"since", "until", "count"})


def test_neither_secrets_nor_what_headers_say_are_on_it(http: Http, superuser: Behind):
    webhook = made(http, headers=HEADERS)
    path = f"/webhooks/{webhook['id']}"
    other = "another-word-that-opens-doors"
    assert changed(http, "PATCH", path, {"headers": {"X-Crew": other}}).status == 200
    rotated = http.post(f"{path}/rotate-secret", {}).json
    assert changed(http, "DELETE", path).status == 204
    query = "SELECT to_jsonb(a) - 'personal' FROM audit_log a WHERE workspace_id = %s"
    log = json.dumps(superuser.execute(query, [http.workspace_id]).fetchall())
    assert "X-Team" in log
    assert "X-Crew" in log
    for secret in (webhook["secret"], rotated["secret"], *HEADERS.values(), other):
        assert secret.removeprefix("whsec_") not in log
    assert "lmp1." not in log  # nor anything sealed
