"""Messages reach their function as through an SQS mapping."""

import json
import time
from collections import Counter

import pytest


class Jobs:
    """Sends jobs to the worker, and reads in its book what it did."""

    def __init__(self, stack, book):
        self.stack = stack
        self.book = book
        self.url = stack.settings["JOBS_URL"]

    def send(self, name, *, delay=0, group=None, **job):
        body = json.dumps({"name": name, "book": str(self.book), **job})
        fair = {"MessageGroupId": group} if group else {}
        self.stack.services.sqs.send_message(QueueUrl=self.url, MessageBody=body, DelaySeconds=delay, **fair)
        return time.time()

    def done(self, count, seconds=8):
        """The book's lines once there are `count` of them."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            lines = self.book.read_text().splitlines() if self.book.exists() else []
            if len(lines) >= count:
                return [json.loads(line) for line in lines]
            time.sleep(0.01)
        pytest.fail(f"{len(lines)} of {count} jobs after {seconds} s")

    def waiting(self, queue):
        """How many messages a queue holds, in flight or not."""
        url = self.url.replace("lamplighter-Jobs", queue)
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.stack.services.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])[
            "Attributes"
        ]
        return sum(int(found[name]) for name in names)

    def settled(self, queue, count):
        """Whether a queue comes to hold `count` messages."""
        deadline = time.monotonic() + 5
        while self.waiting(queue) != count and time.monotonic() < deadline:
            time.sleep(0.01)
        return self.waiting(queue) == count


@pytest.fixture
def jobs(stack, tmp_path):
    return Jobs(stack, tmp_path / "book")


def test_a_message_arrives_at_once_and_is_deleted(jobs):
    sent = []
    for number in range(5):
        sent.append(jobs.send(f"{number}", group="tenant"))
        lines = jobs.done(number + 1)
    assert (
        min(line["at"] - at for line, at in zip(lines, sent, strict=True)) < 0.1
    )  # the machine may be busy at times
    record = lines[0]["record"]
    assert json.loads(record["body"])["name"] == "0"
    assert (record["eventSource"], record["awsRegion"]) == ("aws:sqs", "eu-west-1")
    assert record["eventSourceARN"] == "arn:aws:sqs:eu-west-1:123456789012:lamplighter-Jobs"
    assert record["attributes"]["ApproximateReceiveCount"] == "1"
    assert record["attributes"]["MessageGroupId"] == "tenant"
    assert abs(int(record["attributes"]["SentTimestamp"]) / 1000 - sent[0]) < 1
    assert {"messageId", "receiptHandle", "md5OfBody", "messageAttributes"} <= record.keys()
    assert jobs.settled("lamplighter-Jobs", 0)


def test_a_delay_is_kept_to_the_moment(jobs):
    due = {f"{number}": jobs.send(f"{number}", delay=1) + 1 for number in range(3)}
    late = [line["at"] - due[line["name"]] for line in jobs.done(3)]
    assert min(late) > -0.5  # the time was taken after the sending
    assert min(late) < 0.2


def test_only_what_failed_comes_back_and_ends_in_the_dead_letter_queue(jobs):
    dead = jobs.waiting("lamplighter-DeadJobs")
    for name in ("good", "bad", "fine"):
        jobs.send(name, fail=name == "bad")
    counted = Counter(line["name"] for line in jobs.done(4))
    assert counted == {"good": 1, "bad": 2, "fine": 1}
    assert jobs.settled("lamplighter-DeadJobs", dead + 1)
    assert jobs.settled("lamplighter-Jobs", 0)


def test_an_error_brings_the_whole_batch_back(jobs):
    dead = jobs.waiting("lamplighter-DeadJobs")
    jobs.send("explodes", **{"raise": True})
    assert [line["name"] for line in jobs.done(2)] == ["explodes"] * 2
    assert jobs.settled("lamplighter-DeadJobs", dead + 1)


def test_no_more_batches_run_at_once_than_the_mapping_allows(jobs):
    for number in range(4):
        jobs.send(f"{number}", sleep=0.3)
        time.sleep(0.05)
    lines = jobs.done(4)
    assert len({line["pid"] for line in lines}) <= 2
    begun = sorted(line["at"] for line in lines)
    assert begun[2] - begun[0] >= 0.25
