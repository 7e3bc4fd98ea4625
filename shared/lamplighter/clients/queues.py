"""SQS: sending many messages, and telling which did not go."""

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import batched
from typing import TYPE_CHECKING, Any

from lamplighter.clients import aws
from lamplighter.observability import logger

if TYPE_CHECKING:
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
