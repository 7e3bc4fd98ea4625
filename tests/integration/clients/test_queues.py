"""Messages: how they arrive, and what is said of those that do not."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from lamplighter.clients import aws, queues
from lamplighter.clients.queues import Message
from tests.integration.clients.conftest import forget_clients


@pytest.fixture
def queue_url() -> str:
    return aws.sqs().create_queue(QueueName="publish")["QueueUrl"]


def _messages(count: int, delay: int = 0) -> list[Message]:
    return [Message({"number": number}, delay, f"tenant-{number % 3}") for number in range(count)]


def _received(queue_url: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while (
        batch := aws.sqs()
        .receive_message(
            QueueUrl=queue_url, MaxNumberOfMessages=10, MessageSystemAttributeNames=["MessageGroupId"]
        )
        .get("Messages")
    ):
        found += [dict(message) for message in batch]
    return found


def test_nothing_is_sent_for_nothing() -> None:
    assert queues.send("https://nowhere.invalid/", []) == []


@pytest.mark.parametrize("count", [1, 10, 11, 137])
def test_any_number_of_messages_arrives_each_once(queue_url: str, count: int) -> None:
    assert queues.send(queue_url, _messages(count)) == []
    received = sorted(json.loads(message["Body"])["number"] for message in _received(queue_url))
    assert received == list(range(count))


def test_a_message_carries_its_tenant_on_a_standard_queue(queue_url: str) -> None:
    queues.send(queue_url, _messages(3))
    groups = {json.loads(found["Body"])["number"]: found["Attributes"] for found in _received(queue_url)}
    assert groups == {number: {"MessageGroupId": f"tenant-{number}"} for number in range(3)}


def test_a_delayed_message_is_not_there_yet(queue_url: str) -> None:
    assert queues.send(queue_url, _messages(2, delay=100)) == []
    assert _received(queue_url) == []
    waiting = aws.sqs().get_queue_attributes(
        QueueUrl=queue_url, AttributeNames=["ApproximateNumberOfMessagesDelayed"]
    )
    assert waiting["Attributes"] == {"ApproximateNumberOfMessagesDelayed": "2"}


class _Recording:
    """A queue that takes what it is told to take."""

    def __init__(self, rejected: set[int], broken: dict[int, Exception]) -> None:
        self.rejected, self.broken = rejected, broken
        self.entries: list[dict[str, Any]] = []

    def send_message_batch(self, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        self.entries += Entries
        ids = {int(entry["Id"]) for entry in Entries}
        for number in ids & set(self.broken):
            raise self.broken[number]
        return {
            "Successful": [{"Id": str(number)} for number in ids - self.rejected],
            "Failed": [
                {"Id": str(number), "SenderFault": False, "Code": "x"} for number in ids & self.rejected
            ],
        }


def test_what_was_not_taken_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    throttled = ClientError({"Error": {"Code": "ThrottlingException", "Message": ""}}, "SendMessageBatch")
    unreachable = EndpointConnectionError(endpoint_url="https://queue.invalid/")
    recording = _Recording(rejected={3, 9, 31}, broken={15: throttled, 44: unreachable})
    monkeypatch.setattr(aws, "sqs", lambda: recording)
    assert queues.send("https://queue.invalid/", _messages(45)) == [3, 9, *range(10, 20), 31, *range(40, 45)]
    assert len(recording.entries) == 45


@pytest.mark.parametrize(("asked", "said"), [(-5, 0), (0, 0), (900, 900), (901, 900), (100_000, 900)])
def test_a_delay_is_kept_within_what_sqs_takes(
    monkeypatch: pytest.MonkeyPatch, asked: int, said: int
) -> None:
    recording = _Recording(set(), {})
    monkeypatch.setattr(aws, "sqs", lambda: recording)
    queues.send("https://queue.invalid/", _messages(1, delay=asked))
    assert recording.entries[0]["DelaySeconds"] == said


def test_a_queue_that_does_not_exist_takes_nothing(queue_url: str) -> None:
    assert queues.send(queue_url + "-not", _messages(12)) == list(range(12))


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A queue at a server that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        monkeypatch.setenv("AWS_ENDPOINT_URL_SQS", url)
        forget_clients()
        yield f"{url}/1/publish"
        aws.sqs().close()


def test_who_posts_does_not_wait_long_for_a_queue_that_never_answers(silent: str) -> None:
    aws.sqs()
    begun = time.monotonic()
    assert queues.send(silent, _messages(10)) == list(range(10))
    assert time.monotonic() - begun < 8


class _Stuck:
    """A queue that answers only once it is let go."""

    def __init__(self) -> None:
        self.go, self.begun = threading.Event(), 0

    def send_message_batch(self, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        self.begun += 1
        if Entries[0]["Id"] != "0":
            self.go.wait(30)
        return {"Successful": [{"Id": entry["Id"]} for entry in Entries]}


def test_what_is_not_answered_in_time_is_not_taken_and_the_rest_never_begun(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stuck = _Stuck()
    monkeypatch.setattr(aws, "sqs", lambda: stuck)
    count = 10 * (aws.SENDING_THREADS + 20)
    assert queues.send("https://queue.invalid/", _messages(count), seconds=0.5) == list(range(10, count))
    stuck.go.set()
    assert stuck.begun == 1 + aws.SENDING_THREADS


def _letters(queue_url: str) -> str:
    """Dead letters of the queue's own."""
    url = aws.sqs().create_queue(QueueName="letters")["QueueUrl"]
    arn = aws.sqs().get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 5})
    aws.sqs().set_queue_attributes(QueueUrl=queue_url, Attributes={"RedrivePolicy": policy})
    return url


def test_a_queues_depth_counts_what_waits_what_is_delayed_and_what_is_in_hand(queue_url: str) -> None:
    queues.send(queue_url, _messages(4))
    queues.send(queue_url, _messages(3, delay=100))
    queues.receive(queue_url, 60, 2)
    assert queues.depth(queue_url) == 7


def test_a_queue_that_does_not_say_its_depth_is_no_error(queue_url: str) -> None:
    assert queues.depth(queue_url + "-not") is None


def test_a_queue_says_where_its_dead_letters_lie(queue_url: str) -> None:
    letters = _letters(queue_url)
    assert queues.dead_letters_of(queue_url) == letters


def test_what_was_received_is_deleted_or_shown_again(queue_url: str) -> None:
    queues.send(queue_url, _messages(25))
    received = [queues.receive(queue_url, 600) for _ in range(3)]
    assert [len(batch) for batch in received] == [10, 10, 5]
    assert queues.receive(queue_url, 600) == []
    queues.delete(queue_url, received[0] + received[1])
    queues.show_again(queue_url, received[2])
    again = queues.receive(queue_url, 600)
    assert {message.id for message in again} == {message.id for message in received[2]}
    assert {message.group for message in again} <= {"tenant-0", "tenant-1", "tenant-2"}
