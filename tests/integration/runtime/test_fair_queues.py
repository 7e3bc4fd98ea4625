"""The embedded SQS hands messages out at their moment, fairly, and loses none among threads."""

import threading
import time

import pytest
from moto.sqs.exceptions import InvalidParameterValue
from moto.sqs.models import SQSBackend

from infra.local.fair_queues import FairQueues
from infra.local.intrinsics import ACCOUNT, REGION


@pytest.fixture
def sqs():
    backend = SQSBackend(REGION, ACCOUNT)
    FairQueues(backend)
    backend.create_queue("jobs", VisibilityTimeout=30)
    return backend


def received(sqs, count=10, wait=0.0):
    return [message.body for message in sqs.receive_message("jobs", count, wait, 30)]


def test_the_group_with_the_fewest_messages_in_flight_comes_first(sqs):
    for number in range(5):
        sqs.send_message("jobs", f"loud {number}", group_id="loud")
    sqs.send_message("jobs", "quiet 0", group_id="quiet")
    sqs.send_message("jobs", "quiet 1", group_id="quiet")
    assert received(sqs, 1) == ["loud 0"]
    assert received(sqs, 1) == ["quiet 0"]
    assert received(sqs, 3) == ["loud 1", "quiet 1", "loud 2"]


def test_messages_without_a_group_come_in_their_order(sqs):
    for number in range(3):
        sqs.send_message("jobs", str(number))
    assert received(sqs) == ["0", "1", "2"]


def test_who_waits_has_a_message_the_moment_it_is_sent(sqs):
    sending = threading.Timer(0.2, sqs.send_message, ("jobs", "now"))
    sending.start()
    started = time.monotonic()
    assert received(sqs, wait=5) == ["now"]
    assert 0.19 < time.monotonic() - started < 0.7
    sending.join()


def test_who_waits_has_a_message_the_moment_it_becomes_visible(sqs):
    sqs.send_message("jobs", "later", delay_seconds=1)
    started = time.monotonic()
    assert received(sqs) == []
    assert received(sqs, wait=5) == ["later"]
    assert 0.99 < time.monotonic() - started < 1.5


def test_a_wait_ends_with_nothing_when_nothing_comes(sqs):
    started = time.monotonic()
    assert received(sqs, wait=0.1) == []
    assert 0.1 <= time.monotonic() - started < 1


def test_a_change_of_visibility_counts_at_once(sqs):
    sqs.send_message("jobs", "held")
    [held] = sqs.receive_message("jobs", 10, 0, 30)
    assert received(sqs) == []
    sqs.change_message_visibility("jobs", held.receipt_handle, 0)
    [again] = sqs.receive_message("jobs", 10, 0, 30)
    assert (again.id, again.approximate_receive_count) == (held.id, 2)


def test_a_delay_over_sqs_limit_is_refused(sqs):
    with pytest.raises(InvalidParameterValue, match="DelaySeconds"):
        sqs.send_message("jobs", "x", delay_seconds=901)


def test_nothing_is_lost_when_many_send_receive_and_delete_at_once(sqs):
    seen: list[str] = []

    def send(sender):
        for number in range(100):
            sqs.send_message("jobs", f"{sender}-{number}")

    def take():
        while taken := sqs.receive_message("jobs", 10, 0.3, 30):
            seen.extend(message.body for message in taken)
            sqs.delete_message_batch("jobs", [{"Id": "x", "ReceiptHandle": m.receipt_handle} for m in taken])

    threads = [threading.Thread(target=send, args=(sender,)) for sender in range(4)]
    threads += [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seen) == sorted(f"{sender}-{number}" for sender in range(4) for number in range(100))
    assert sqs.get_queue("jobs")._messages == []
