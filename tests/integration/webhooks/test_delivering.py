"""From what happens to the receiver's answer."""

from datetime import timedelta
from uuid import UUID

from lamplighter.postgres.models import Webhook
from lamplighter.postgres.session import transaction
from tests.integration.webhooks.conftest import SECRET, Switchboard
from tests.integration.webhooks.receiver import OK, status


def test_an_event_arrives_signed_once_and_is_in_the_log(board: Switchboard):
    receiver = board.receiver()
    webhook_id = board.endpoint(receiver)
    [user_id] = board.happens()
    board.settle()
    [message] = receiver.messages
    [event] = board.events()
    assert message.is_signed_with(SECRET)
    assert message.id == f"msg_{event.id}"
    assert message.headers["content-type"] == "application/json"
    told = message.json
    assert {name: told[name] for name in ("type", "id", "sequence", "version", "mode")} == {
        "type": "member.added",
        "id": message.id,
        "sequence": 1,
        "version": 1,
        "mode": "live",
    }
    assert told["workspace_id"] == board.http.workspace_id
    assert told["data"] == {"user_id": str(user_id), "role": "editor"}
    [delivery] = board.deliveries(webhook_id)
    assert (delivery.status, delivery.attempts, delivery.response_status) == ("delivered", 1, 200)
    [attempt] = board.attempts(delivery)
    assert (attempt.number, attempt.status_code, attempt.response) == (1, 200, "ok")
    assert (board.in_outbox(), event.endpoints) == (0, 1)


def test_each_endpoint_hears_what_it_wants(board: Switchboard):
    hears = {name: board.receiver() for name in ("all", "members", "one", "other", "test", "disabled")}
    board.endpoint(hears["all"])
    board.endpoint(hears["members"], events=["member.*"])
    board.endpoint(hears["one"], events=["member.added"])
    board.endpoint(hears["other"], events=["member.removed", "publication.*"])
    board.endpoint(hears["test"], mode="test")
    board.endpoint(hears["disabled"], status="disabled")
    board.happens("member.added")
    board.settle()
    assert {name for name, receiver in hears.items() if receiver.messages} == {"all", "members", "one"}
    assert board.events()[0].endpoints == 3


def test_what_happens_to_one_resource_is_counted(board: Switchboard):
    receiver = board.receiver()
    board.endpoint(receiver, events=["content.*"])
    made = board.http.post("/content", {"text": "Light"}).json
    for version in (1, 2):
        board.http.call(
            "PATCH", f"/content/{made['id']}", {"text": "x"}, headers={"if-match": f'"{version}"'}
        )
    board.http.post("/content", {"text": "Another"})
    board.settle()
    told = sorted((m.json["data"]["content_id"] != made["id"], m.json["sequence"]) for m in receiver.messages)
    assert told == [(False, 1), (False, 2), (False, 3), (True, 1)]
    versions = {
        m.json["sequence"]: m.json["data"]["content"]["version"]
        for m in receiver.messages
        if m.json["data"]["content_id"] == made["id"]
    }
    assert versions == {1: 1, 2: 2, 3: 3}


def test_a_request_wakes_its_deliveries_where_somebody_listens(board: Switchboard):
    board.http.post("/content", {"text": "Nobody hears"})
    assert board.woken() == []
    board.endpoint(board.receiver())
    board.http.post("/content", {"text": "Somebody hears"})
    assert board.woken() == [{"workspace_id": board.http.workspace_id}]


def test_what_nobody_woke_is_swept(board: Switchboard):
    receiver = board.receiver()
    board.endpoint(receiver)
    board.happens()
    board.woken()  # lost
    board.later(timedelta(seconds=30))
    board.tick()
    board.run(*board.woken())  # hands over; its wake-ups are lost
    board.woken()
    assert receiver.messages == []
    board.sweep()
    assert len(receiver.messages) == 1


def test_both_secrets_sign_until_the_former_ends(board: Switchboard):
    receiver = board.receiver()
    webhook_id = board.endpoint(receiver)
    former = "whsec_" + "QUJD" * 8
    with transaction(board.workspace_id) as tx:
        from lamplighter.services import sealing  # noqa: PLC0415

        ring = sealing.keyring(tx, board.workspace_id)
    sealed = ring.seal("webhooks.previous_secret", webhook_id, former)
    with transaction(board.workspace_id) as tx:
        row = tx.session.get_one(Webhook, webhook_id)
        row.previous_secret, row.previous_secret_expires_at = sealed, tx.now + timedelta(hours=24)
    board.happens()
    board.settle()
    board.later(timedelta(hours=24))
    board.happens()
    board.settle()
    first, second = receiver.messages
    assert first.is_signed_with(SECRET)
    assert first.is_signed_with(former)
    assert second.is_signed_with(SECRET)
    assert not second.is_signed_with(former)


def test_custom_headers_go_along(board: Switchboard):
    receiver = board.receiver()
    webhook_id = board.endpoint(receiver)
    with transaction(board.workspace_id) as tx:
        from lamplighter.services import sealing  # noqa: PLC0415

        ring = sealing.keyring(tx, board.workspace_id)
    sealed = ring.seal("webhooks.headers_secret", webhook_id, '{"Authorization": "Bearer mine"}')
    with transaction(board.workspace_id) as tx:
        tx.session.get_one(Webhook, webhook_id).headers_secret = sealed
    board.happens()
    board.settle()
    assert receiver.messages[0].headers["authorization"] == "Bearer mine"


def test_many_events_share_connections(board: Switchboard):
    receiver = board.receiver()
    webhook_id = board.endpoint(receiver)
    board.happens(count=700)
    board.settle()
    assert len({m.id for m in receiver.messages}) == 700
    assert {d.status for d in board.deliveries(webhook_id)} == {"delivered"}


def test_a_rate_is_kept(board: Switchboard):
    receiver = board.receiver()
    webhook_id = board.endpoint(receiver, rate_per_minute=60)
    board.happens(count=100)
    board.settle()
    assert len(receiver.messages) == 6  # a tenth of a minute's at once
    board.later(timedelta(seconds=30))
    board.sweep()
    assert 12 <= len(receiver.messages) <= 13
    for _ in range(20):
        board.later(timedelta(seconds=60))
        board.sweep()
    assert {d.status for d in board.deliveries(webhook_id)} == {"delivered"}


def test_a_message_of_another_workspace_is_refused(board: Switchboard):
    other = {"workspace_id": board.http.workspace_id, "webhook_id": str(UUID(int=1))}
    answer = board.run(other)
    assert answer["batchItemFailures"]  # there are no dead letters here to put it into


def test_what_was_answered_before_stays(board: Switchboard):
    receiver = board.receiver(status(500), OK)
    webhook_id = board.endpoint(receiver)
    board.happens()
    board.settle()
    [delivery] = board.deliveries(webhook_id)
    assert (delivery.status, delivery.response_status, delivery.error_code) == ("pending", 500, "bad_status")
    board.later(timedelta(seconds=10))
    board.sweep()
    assert [m.id for m in receiver.messages] == [f"msg_{board.events()[0].id}"] * 2
    [delivery] = board.deliveries(webhook_id)
    assert [(a.number, a.status_code) for a in board.attempts(delivery)] == [(1, 500), (2, 200)]
