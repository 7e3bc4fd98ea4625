"""SQS: sending many messages and telling which did not go; how many wait; dead letters, one by one."""

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import batched
from typing import TYPE_CHECKING, Any

from lamplighter.clients import aws
from lamplighter.observability import logger

if TYPE_CHECKING:
    from mypy_boto3_sqs.literals import QueueAttributeNameType
    from mypy_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef

LONGEST_DELAY_SECONDS = 900
_BATCH = 10

type _Numbered = tuple[int, "Message"]


@dataclass(frozen=True, slots=True)
class Message:
    """What a consumer receives, at least once."""

    body: Mapping[str, Any]
    delay_seconds: int
    """Beyond SQS's 900 it comes early: whoever receives it looks at the clock."""
    group: str
    """The tenant: SQS keeps one tenant's backlog from delaying the others (fair queues)."""


@dataclass(frozen=True, slots=True)
class Received:
    """A message in the receiver's hands, until it is deleted or shown again."""

    id: str
    handle: str
    body: str
    group: str


_COUNTS: Sequence["QueueAttributeNameType"] = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesDelayed",
    "ApproximateNumberOfMessagesNotVisible",
)


def send(queue_url: str, messages: Sequence[Message], seconds: float = 8.0) -> list[int]:
    """Send all of them, ten to a call, and answer with the indices of those that SQS did not take.

    A call that fails altogether (network, throttling, no such queue) is logged and its messages count as not
    taken; nothing is raised, so that the other batches go out. After `seconds` nothing more is begun or
    waited for. What counts as not taken may arrive all the same, where only the answer was late or lost.
    """
    batches = [list(batch) for batch in batched(enumerate(messages), _BATCH, strict=False)]
    if len(batches) <= 1:
        return [index for batch in batches for index in _not_taken(queue_url, batch)]
    aws.sqs()  # made here, once, rather than by several threads at a time
    threads = ThreadPoolExecutor(min(len(batches), aws.SENDING_THREADS), "sqs")
    calls = [threads.submit(_not_taken, queue_url, batch) for batch in batches]
    answered, _ = wait(calls, seconds)
    threads.shutdown(wait=False, cancel_futures=True)
    if len(answered) < len(calls):
        logger().error("queue is slow", extra={"queue": queue_url, "unanswered": len(calls) - len(answered)})
    return [
        index
        for call, batch in zip(calls, batches, strict=True)
        for index in (call.result() if call in answered else [index for index, _ in batch])
    ]


def _not_taken(queue_url: str, batch: Sequence[_Numbered]) -> list[int]:
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415  # slow: see clients.aws

    try:
        answer = aws.sqs().send_message_batch(QueueUrl=queue_url, Entries=[_entry(*row) for row in batch])
    except (BotoCoreError, ClientError) as error:
        logger().error("queue did not answer", extra={"queue": queue_url, "reason": str(error)})
        return [index for index, _ in batch]
    taken = {int(entry["Id"]) for entry in answer.get("Successful", [])}
    return [index for index, _ in batch if index not in taken]


def _entry(index: int, message: Message) -> "SendMessageBatchRequestEntryTypeDef":
    return {
        "Id": str(index),
        "MessageBody": json.dumps(message.body, separators=(",", ":")),
        "DelaySeconds": max(0, min(message.delay_seconds, LONGEST_DELAY_SECONDS)),
        "MessageGroupId": message.group,
    }


def depth(queue_url: str) -> int | None:
    """How many messages the queue holds, about: waiting, delayed and in hand. None: SQS does not say."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415  # slow: see clients.aws

    try:
        found = aws.sqs().get_queue_attributes(QueueUrl=queue_url, AttributeNames=_COUNTS)
    except (BotoCoreError, ClientError) as error:
        logger().warning("queue does not say its depth", extra={"queue": queue_url, "reason": str(error)})
        return None
    return sum(int(count) for count in found["Attributes"].values())


def dead_letters_of(queue_url: str) -> str:
    """The address of the queue where this one's messages go when they have failed too often."""
    found = aws.sqs().get_queue_attributes(QueueUrl=queue_url, AttributeNames=["RedrivePolicy"])
    arn: str = json.loads(found["Attributes"]["RedrivePolicy"])["deadLetterTargetArn"]
    return aws.sqs().get_queue_url(QueueName=arn.rsplit(":", 1)[1])["QueueUrl"]


def receive(queue_url: str, hidden_seconds: int, limit: int = _BATCH) -> list[Received]:
    """Up to ten messages, or `limit` of them, hidden from everybody else for a while."""
    answer = aws.sqs().receive_message(
        QueueUrl=queue_url,
        MaxNumberOfMessages=min(limit, _BATCH),
        VisibilityTimeout=hidden_seconds,
        WaitTimeSeconds=1,  # asks all of SQS's servers, not a few of them
        MessageSystemAttributeNames=["MessageGroupId"],
    )
    return [
        Received(
            id=message["MessageId"],
            handle=message["ReceiptHandle"],
            body=message["Body"],
            group=message.get("Attributes", {}).get("MessageGroupId", "none"),
        )
        for message in answer.get("Messages", [])
    ]


def delete(queue_url: str, messages: Sequence[Received]) -> None:
    """Remove what was received; one that SQS keeps is received again."""
    for batch in batched(messages, _BATCH, strict=False):
        entries = [{"Id": str(index), "ReceiptHandle": each.handle} for index, each in enumerate(batch)]
        aws.sqs().delete_message_batch(QueueUrl=queue_url, Entries=entries)  # type: ignore[arg-type]  # as typed


def show_again(queue_url: str, messages: Sequence[Received]) -> None:
    """Let others receive it at once."""
    for each in messages:
        aws.sqs().change_message_visibility(
            QueueUrl=queue_url, ReceiptHandle=each.handle, VisibilityTimeout=0
        )
