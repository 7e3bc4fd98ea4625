"""The log of deliveries over HTTP: what was sent, what was answered, and one more try."""

from datetime import timedelta
from typing import Any

from tests.integration.webhooks.conftest import Switchboard
from tests.integration.webhooks.receiver import Receiver, status


def made(board: Switchboard, receiver: Receiver) -> str:
    answer = board.http.post("/webhooks", {"url": receiver.url, "events": ["*"]})
    return f"/webhooks/{answer.json['id']}"


def logged(board: Switchboard, path: str, query: str = "") -> list[Any]:
    answer = board.http.get(f"{path}/deliveries{query}")
    assert answer.status == 200, answer.json
    return list(answer.json["items"])


def test_it_shows_what_was_sent_and_each_answer(board: Switchboard):
    receiver = board.receiver(status(500, body="Die Lampe brennt nicht 🕯".encode()))
    path = made(board, receiver)
    board.happens()
    board.settle()
    [listed] = logged(board, path)
    assert (listed["status"], listed["response_status"], listed["error_code"]) == (
        "pending",
        500,
        "bad_status",
    )
    assert listed["next_attempt_at"]
    board.later(timedelta(seconds=10))
    board.sweep()
    details = board.http.get(f"{path}/deliveries/{listed['id']}").json
    assert [(t["number"], t["status_code"], t["response"], t["manual"]) for t in details["tries"]] == [
        (1, 500, "Die Lampe brennt nicht 🕯", False),
        (2, 200, "ok", False),
    ]
    assert details["status"] == "delivered"
    one, other = receiver.messages
    assert details["body"].encode() == one.body == other.body
    assert details["message_id"] == one.id == other.id


def test_it_is_narrowed_and_paged(board: Switchboard):
    path, other = made(board, board.receiver()), made(board, board.receiver(then=status(410)))
    board.happens(count=3)
    board.happens("member.removed")
    board.settle()
    told = ["member.added"] * 3 + ["member.removed", "webhook.disabled"]
    assert sorted(each["event"] for each in logged(board, path)) == told
    assert [each["event"] for each in logged(board, path, "?event=member.removed")] == ["member.removed"]
    assert logged(board, path, "?status=failed") == []
    assert {each["status"] for each in logged(board, other)} <= {"failed", "cancelled"}
    assert {each["response_status"] for each in logged(board, other, "?status=failed")} == {410}
    later = (board.now() + timedelta(minutes=1)).isoformat().replace("+00:00", "Z")
    assert logged(board, path, f"?since={later}") == []
    assert len(logged(board, path, f"?until={later}")) == 5
    first = board.http.get(f"{path}/deliveries?limit=3").json
    rest = board.http.get(f"{path}/deliveries?limit=3&cursor={first['next_cursor']}").json
    ids = [each["id"] for each in first["items"] + rest["items"]]
    assert ids == sorted(ids, reverse=True)
    assert len(set(ids)) == 5
    wrong = board.http.get(f"{other}/deliveries?cursor={first['next_cursor']}")
    assert wrong.json["code"] == "invalid_cursor"
    assert board.http.get(f"{path}/deliveries?status=lost").status == 422


def test_another_endpoints_delivery_is_not_found(board: Switchboard):
    path, other = made(board, board.receiver()), made(board, board.receiver())
    board.happens()
    board.settle()
    [delivery] = logged(board, path)
    assert board.http.get(f"{other}/deliveries/{delivery['id']}").status == 404
    assert board.http.post(f"{other}/deliveries/{delivery['id']}/retry").status == 404


def test_a_retry_takes_the_next_number_and_the_place_of_the_automatic_one(board: Switchboard):
    receiver = board.receiver(status(500), status(500))
    path = made(board, receiver)
    board.happens()
    board.settle()
    [delivery] = logged(board, path)
    answer = board.http.post(f"{path}/deliveries/{delivery['id']}/retry")
    assert (answer.status, answer.json["status"]) == (200, "pending")
    board.settle()
    details = board.http.get(f"{path}/deliveries/{delivery['id']}").json
    assert [(t["number"], t["manual"]) for t in details["tries"]] == [(1, False), (2, True)]
    board.later(timedelta(seconds=8))  # where the automatic second one stood
    board.sweep()
    assert len(receiver.messages) == 2
    board.later(timedelta(minutes=7))
    board.sweep()
    assert [m.id for m in receiver.messages] == [delivery["message_id"]] * 3
    assert logged(board, path)[0]["status"] == "delivered"


def test_what_was_delivered_can_be_sent_again(board: Switchboard):
    receiver = board.receiver()
    path = made(board, receiver)
    board.happens()
    board.settle()
    [delivery] = logged(board, path)
    board.http.post(f"{path}/deliveries/{delivery['id']}/retry")
    board.settle()
    assert [m.id for m in receiver.messages] == [delivery["message_id"]] * 2


def test_a_disabled_endpoint_is_sent_nothing_again(board: Switchboard):
    path = made(board, board.receiver())
    board.happens()
    board.settle()
    [delivery] = logged(board, path)
    board.http.post(f"{path}/disable")
    answer = board.http.post(f"{path}/deliveries/{delivery['id']}/retry")
    assert (answer.status, answer.json["code"]) == (409, "webhook_disabled")
