"""SQS event source mappings: polls queues and hands batches to functions, as Lambda does.

At most `maximum_concurrency` batches run at once; a poll begins only when one may start, so that no message
ages in flight while it waits. Messages that fail stay in the queue until their visibility time-out has
passed.
"""

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from infra.local.intrinsics import REGION
from infra.local.pools import Invocation, Pool, ThrottledError
from infra.local.template import QueueMapping

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

POLL_SECONDS = 5
"""How long a poll may wait for a message. One that turns up ends the poll at once."""
RECEIVE_LIMIT = 10
PAUSE_SECONDS = 1.0

Report = Callable[[Invocation], None]


class Poller:
    """One mapping of one function, in a thread of its own; each batch runs in another one."""

    def __init__(
        self, sqs: "SQSClient", queue: Mapping[str, str], mapping: QueueMapping, pool: Pool, report: Report
    ) -> None:
        self._sqs = sqs
        self._url = queue["Ref"]
        self._arn = queue["Arn"]
        self._mapping = mapping
        self._pool = pool
        self._report = report
        at_once = min(mapping.maximum_concurrency or pool.concurrency, pool.concurrency)
        self._free = threading.Semaphore(at_once)
        self._stopped = threading.Event()
        name = f"{pool.function.name} from {mapping.queue}"
        threading.Thread(target=self._poll, name=name, daemon=True).start()

    def stop(self) -> None:
        """Take no more messages; batches that run go on."""
        self._stopped.set()

    def _poll(self) -> None:
        while not self._stopped.is_set():
            self._free.acquire()
            messages: list[MessageTypeDef] = []
            try:
                messages = self._batch()
            except (BotoCoreError, ClientError):  # the queue cannot be reached: it may come back
                self._stopped.wait(PAUSE_SECONDS)
            if messages and not self._stopped.is_set():
                threading.Thread(target=self._run, args=(messages,), daemon=True).start()
            else:
                self._free.release()

    def _batch(self) -> "list[MessageTypeDef]":
        """A batch: whatever there is, or with a batching window what comes together in it."""
        messages = self._receive(POLL_SECONDS)
        closes = time.monotonic() + self._mapping.window_seconds
        while 0 < len(messages) < self._mapping.batch_size and time.monotonic() < closes:
            messages += self._receive(1, len(messages))
        return messages

    def _receive(self, wait_seconds: int, already: int = 0) -> "list[MessageTypeDef]":
        answer = self._sqs.receive_message(
            QueueUrl=self._url,
            MaxNumberOfMessages=min(self._mapping.batch_size - already, RECEIVE_LIMIT),
            WaitTimeSeconds=wait_seconds,
            MessageSystemAttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
        return list(answer.get("Messages", []))

    def _run(self, messages: "Sequence[MessageTypeDef]") -> None:
        try:
            invocation = self._pool.invoke(event(messages, self._arn), patience=POLL_SECONDS)
            self._report(invocation)
            done = succeeded(messages, invocation, partial_failures=self._mapping.partial_failures)
            for start in range(0, len(done), RECEIVE_LIMIT):
                self._delete(done[start : start + RECEIVE_LIMIT])
        except (ThrottledError, BotoCoreError, ClientError):
            return  # the messages come back when their visibility time-out has passed
        finally:
            self._free.release()

    def _delete(self, messages: "Sequence[MessageTypeDef]") -> None:
        entries = [
            {"Id": str(index), "ReceiptHandle": message["ReceiptHandle"]}
            for index, message in enumerate(messages)
        ]
        self._sqs.delete_message_batch(QueueUrl=self._url, Entries=entries)  # type: ignore[arg-type]  # a list of entries


def event(messages: "Iterable[MessageTypeDef]", queue_arn: str) -> dict[str, Any]:
    """The event of an SQS mapping."""
    return {
        "Records": [
            {
                "messageId": message["MessageId"],
                "receiptHandle": message["ReceiptHandle"],
                "body": message["Body"],
                "attributes": dict(message.get("Attributes", {})),
                "messageAttributes": {
                    name: _attribute(attribute)
                    for name, attribute in message.get("MessageAttributes", {}).items()
                },
                "md5OfBody": message["MD5OfBody"],
                "eventSource": "aws:sqs",
                "eventSourceARN": queue_arn,
                "awsRegion": REGION,
            }
            for message in messages
        ]
    }


def _attribute(attribute: Mapping[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "stringListValues": [],
        "binaryListValues": [],
        "dataType": attribute["DataType"],
    }
    if "StringValue" in attribute:
        shown["stringValue"] = attribute["StringValue"]
    if "BinaryValue" in attribute:
        shown["binaryValue"] = attribute["BinaryValue"].decode()
    return shown


def succeeded(
    messages: "Sequence[MessageTypeDef]", invocation: Invocation, *, partial_failures: bool
) -> "list[MessageTypeDef]":
    """The messages to delete. With partial failures the handler names those that failed.

    A name that is in no message fails the whole batch, as in Lambda.
    """
    if invocation.error is not None:
        return []
    if not partial_failures or not invocation.result:
        return list(messages)
    failures = invocation.result.get("batchItemFailures") if isinstance(invocation.result, dict) else None
    if not isinstance(failures, list | None):
        return []
    failed = {item.get("itemIdentifier") if isinstance(item, dict) else None for item in failures or []}
    if failed - {message["MessageId"] for message in messages}:
        return []
    return [message for message in messages if message["MessageId"] not in failed]
