"""Endpoints over HTTP: set up, changed, switched on and off, deleted; what is refused."""

from datetime import timedelta
from typing import Any

import pytest

from lamplighter.postgres.session import transaction
from lamplighter.services import outbox, webhooks
from tests.integration.http import Answer, Http
from tests.integration.processes import asked_at_once
from tests.integration.webhooks.conftest import Switchboard
from tests.integration.webhooks.receiver import status

PUBLIC = "https://93.184.215.14/hooks"
STRANGE = "01980000-0000-7000-8000-000000000007"


def made(board: Switchboard, url: str = PUBLIC, by: Http | None = None, **more: Any) -> Answer:
    return (by or board.http).post("/webhooks", {"url": url, "events": ["*"], **more})


def faults(answer: Answer) -> list[tuple[str, str]]:
    assert answer.status == 422, answer.json
    return [(fault["pointer"], fault["code"]) for fault in answer.json["errors"]]


def change(board: Switchboard, webhook: Any, body: Any, version: int | None = None) -> Answer:
    headers = {"if-match": f'"{version or webhook["version"]}"'}
    return board.http.call("PATCH", f"/webhooks/{webhook['id']}", body, headers=headers)


def test_an_endpoint_is_told_of_what_happens(board: Switchboard):
    receiver = board.receiver()
    answer = made(board, receiver.url, headers={"X-Team": "newsroom"})
    assert answer.status == 201
    board.happens(count=2)
    board.settle()
    assert len(receiver.messages) == 2
    for message in receiver.messages:
        assert message.is_signed_with(answer.json["secret"])
        assert message.headers["x-team"] == "newsroom"


def test_its_secret_is_shown_once(board: Switchboard):
    answer = made(board, headers={"X-Token": "lantern-oil"})
    secret = answer.json.pop("secret")
    assert secret.startswith("whsec_")
    read = board.http.get(f"/webhooks/{answer.json['id']}")
    shown = {name: value for name, value in answer.json.items() if name != "secret"}
    assert read.json == shown
    assert shown["header_names"] == ["X-Token"]
    listed = board.http.get("/webhooks")
    for text in (read.body, listed.body, board.http.get("/audit-log").body):
        assert secret.encode() not in text
        assert b"lantern-oil" not in text


def test_a_repetition_with_the_same_key_is_one_endpoint_with_one_secret(board: Switchboard):
    body = {"url": PUBLIC, "events": ["*"]}
    one, again = (board.http.post("/webhooks", body, **{"idempotency-key": "once"}) for _ in range(2))
    assert one.body == again.body
    assert again.headers["idempotent-replayed"] == "true"
    assert len(board.http.get("/webhooks").json["items"]) == 1


def test_it_hears_of_the_types_that_it_names(board: Switchboard):
    receiver, other = board.receiver(), board.receiver()
    made(board, receiver.url, events=["member.*", "content.created"])
    made(board, other.url, events=["member.removed"])
    board.happens("member.added")
    board.happens("member.removed")
    board.settle()
    assert sorted(m.json["type"] for m in receiver.messages) == ["member.added", "member.removed"]
    assert [m.json["type"] for m in other.messages] == ["member.removed"]


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ({"events": []}, ("/events", "too_short")),
        ({"events": ["lamp.lit"]}, ("/events/0", "enum")),
        ({"events": ["webhook.test"]}, ("/events/0", "enum")),
        ({"events": ["publication.published", "publication*"]}, ("/events/1", "enum")),
        ({"headers": {"Webhook-Id": "x"}}, ("/headers", "header_reserved")),
        ({"headers": {"host": "x"}}, ("/headers", "header_reserved")),
        ({"headers": {"Content-Length": "3"}}, ("/headers", "header_reserved")),
        ({"headers": {"X-A": "1", "x-a": "2"}}, ("/headers", "header_twice")),
        ({"headers": {"X-A": "1\r\nX-B: 2"}}, ("/headers/X-A", "string_pattern_mismatch")),
        ({"rate_per_minute": 0}, ("/rate_per_minute", "greater_than_equal")),
        ({"connection_ids": [STRANGE]}, ("/connection_ids/0", "unknown_connection")),
        ({"campaign_ids": [STRANGE]}, ("/campaign_ids/0", "unknown_campaign")),
        ({"url": "http://example.com/hooks"}, ("/url", "address_refused")),
        ({"url": "https://127.0.0.1/hooks"}, ("/url", "address_refused")),
        ({"url": "https://93.184.215.14:22/"}, ("/url", "address_refused")),
        ({"url": "https://no-such-host.invalid/"}, ("/url", "address_not_found")),
    ],
    ids=lambda value: str(value)[:50],
)
def test_what_cannot_be_is_refused_where_it_stands(board: Switchboard, body: Any, fault: tuple[str, str]):
    assert faults(made(board, **({"url": PUBLIC} | body))) == [fault]
    assert board.http.get("/webhooks").json["items"] == []


def test_a_header_name_that_is_none_is_refused(board: Switchboard):
    [(pointer, code)] = faults(made(board, headers={"X A": "1"}))
    assert pointer.startswith("/headers")
    assert code == "string_pattern_mismatch"


def test_what_was_made_disabled_is_told_of_nothing_until_it_is_enabled(board: Switchboard):
    receiver = board.receiver()
    webhook = made(board, receiver.url, enabled=False).json
    assert (webhook["status"], webhook["disabled_because"]) == ("disabled", "person")
    board.happens()
    board.settle()
    enabled = board.http.post(f"/webhooks/{webhook['id']}/enable").json
    assert (enabled["status"], enabled["disabled_because"], enabled["version"]) == ("active", None, 2)
    assert board.http.post(f"/webhooks/{webhook['id']}/enable").json == enabled
    board.happens("member.removed")
    board.settle()
    assert [m.json["type"] for m in receiver.messages] == ["member.removed"]


def test_disabling_stops_what_is_pending(board: Switchboard):
    receiver = board.receiver(status(500), status(500))
    webhook = made(board, receiver.url).json
    board.happens(count=2)
    board.settle()
    disabled = board.http.post(f"/webhooks/{webhook['id']}/disable").json
    assert (disabled["status"], disabled["disabled_because"]) == ("disabled", "person")
    assert {(d.status, d.error_code) for d in board.deliveries()} == {("cancelled", "webhook_disabled")}
    board.later(timedelta(hours=1))
    board.sweep()
    assert len(receiver.messages) == 2
    assert board.http.post(f"/webhooks/{webhook['id']}/disable").json == disabled


def test_a_disabled_one_can_be_tested(board: Switchboard):
    receiver = board.receiver()
    webhook = made(board, receiver.url, enabled=False, events=["content.created"]).json
    answer = board.http.post(f"/webhooks/{webhook['id']}/test")
    assert (answer.status, answer.json["event"], answer.json["status"]) == (202, "webhook.test", "pending")
    board.settle()
    [message] = receiver.messages
    assert (message.json["type"], message.id) == ("webhook.test", answer.json["message_id"])
    assert message.is_signed_with(webhook["secret"])


def test_a_test_of_an_address_that_is_refused_by_now_says_so(board: Switchboard):
    webhook = board.endpoint("https://10.0.0.1/hooks")
    assert faults(board.http.post(f"/webhooks/{webhook}/test")) == [("/url", "address_refused")]
    assert board.deliveries() == []


def test_a_change_counts_from_then_on(board: Switchboard):
    former, new = board.receiver(), board.receiver()
    webhook = made(board, former.url, description="Old", rate_per_minute=60).json
    body = {"url": new.url, "events": ["member.added"], "rate_per_minute": None, "headers": {"X-B": "2"}}
    changed = change(board, webhook, body).json
    assert changed | {"version": 0} == {
        **{name: value for name, value in webhook.items() if name != "secret"},
        "url": new.url,
        "events": ["member.added"],
        "rate_per_minute": None,
        "header_names": ["X-B"],
        "version": 0,
    }
    board.happens()
    board.settle()
    assert former.messages == []
    [message] = new.messages
    assert message.headers["x-b"] == "2"
    assert message.is_signed_with(webhook["secret"])


def test_a_change_needs_the_version_that_was_read(board: Switchboard):
    webhook = made(board).json
    assert board.http.call("PATCH", f"/webhooks/{webhook['id']}", {}).status == 428
    assert change(board, webhook, {"description": "New"}).json["version"] == 2
    assert change(board, webhook, {"description": "Newer"}).json["code"] == "stale_version"
    assert faults(change(board, webhook, {"url": "https://10.1.2.3/"}, 2)) == [("/url", "address_refused")]


def test_of_two_changes_at_once_one_is_made(board: Switchboard):
    webhook = made(board).json
    bodies = [{"description": name} for name in ("one", "two", "three")]
    answers = asked_at_once(board.http, "PATCH", f"/webhooks/{webhook['id']}", bodies, **{"if-match": '"1"'})
    assert sorted(answer["statusCode"] for answer in answers) == [200, 412, 412]


def test_a_deleted_one_is_gone_and_told_nothing_more(board: Switchboard):
    receiver = board.receiver(status(500))
    webhook = made(board, receiver.url).json
    board.happens()
    board.settle()
    path = f"/webhooks/{webhook['id']}"
    assert board.http.call("DELETE", path, headers={"if-match": '"1"'}).status == 204
    [delivery] = board.deliveries()
    assert (delivery.status, delivery.error_code) == ("cancelled", "webhook_deleted")
    board.happens()
    board.later(timedelta(hours=1))
    board.sweep()
    assert len(receiver.messages) == 1
    assert board.http.get(path).status == 404
    assert board.http.get("/webhooks").json["items"] == []
    for action in ("enable", "disable", "test"):
        assert board.http.post(f"{path}/{action}").status == 404
    assert board.http.post(f"{path}/rotate-secret", {}).status == 404


def test_a_workspace_has_so_many_at_most(board: Switchboard, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(webhooks, "MOST", 2)
    first = made(board).json
    made(board)
    answer = made(board)
    assert (answer.status, answer.json["code"]) == (409, "too_many_webhooks")
    board.http.call("DELETE", f"/webhooks/{first['id']}", headers={"if-match": '"1"'})
    assert made(board).status == 201


def test_a_test_key_has_endpoints_of_its_own(board: Switchboard, http_test_key: Http):
    live, test = made(board, board.receiver().url).json, board.receiver()
    answer = made(board, test.url, http_test_key)
    assert (answer.status, answer.json["mode"]) == (201, "test")
    assert made(board, PUBLIC, http_test_key, mode="live").json["code"] == "live_key_required"
    assert http_test_key.get(f"/webhooks/{live['id']}").status == 404
    assert [each["id"] for each in http_test_key.get("/webhooks").json["items"]] == [answer.json["id"]]
    assert len(board.http.get("/webhooks").json["items"]) == 2
    board.happens()
    board.settle()
    assert test.messages == []


def test_a_key_for_some_accounts_has_no_part_in_it(board: Switchboard):
    permissions = ["webhooks:write", "connections:write"]
    body = {"name": "limited", "permissions": permissions, "connection_ids": []}
    limited = Http(board.http.workspace_id, board.http.post("/api-keys", body).json["key"])
    webhook = made(board).json
    assert made(board, PUBLIC, limited).status == 403
    assert limited.post(f"/webhooks/{webhook['id']}/rotate-secret", {}).status == 403
    assert limited.get(f"/webhooks/{webhook['id']}/deliveries").status == 403


def test_the_catalogue_can_be_read(board: Switchboard):
    items = board.http.get("/v1/webhook-event-types").json["items"]
    found = {each["type"]: each for each in items}
    assert found["publication.published"]["resource"] == "publication"
    assert found["publication.published"]["version"] == 1
    assert found["webhook.test"]["description"]


def test_an_account_filter_lets_pass_what_has_no_account(board: Switchboard, desk: Any):
    one, other = desk.connection("one"), desk.connection("other")
    board.sweep()
    receiver = board.receiver()
    made(board, receiver.url, connection_ids=[one])
    with transaction(board.workspace_id) as tx:
        for account in (one, other):
            payload = {"connection_id": str(account)}
            outbox.emit(tx, board.workspace_id, "platform_connection.needs_reconnect", payload)
    board.happens()
    board.sweep()
    told = [(m.json["type"], m.json["data"].get("connection_id")) for m in receiver.messages]
    assert sorted(told, key=str) == sorted(
        [("member.added", None), ("platform_connection.needs_reconnect", one)], key=str
    )
