"""SQS: one bad message fails alone, the rest of its batch succeeds."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

import orjson

from lamplighter.clients import queues
from lamplighter.observability import logger
from lamplighter.problems import DomainError, Kind
from lamplighter.services import delivery_wakes
from lamplighter.settings import settings

type Failures = dict[str, list[dict[str, str]]]
type Handle = Callable[[dict[str, Any]], None]

REFUSED = "message refused"
"""The log line that the template's metric filter counts and its alarm hears."""


def each_message(event: Mapping[str, Any], handle: Handle) -> Failures:
    """Call `handle` with every message's JSON body; the answer names those that failed
    (ReportBatchItemFailures) and that SQS delivers again.

    Where `handle` raises not_found, the message names what its workspace does not have: it is refused, which
    raises an alarm, and goes to the dead letters at once, as no retry could make it true.
    """
    failures = []
    for record in event["Records"]:
        try:
            _handle(record, handle)
        except Exception:
            logger().exception("message failed", extra={"message_id": record["messageId"]})
            failures.append({"itemIdentifier": record["messageId"]})
        delivery_wakes.send_noted()
    return {"batchItemFailures": failures}


def _handle(record: Mapping[str, Any], handle: Handle) -> None:
    body = orjson.loads(record["body"])
    try:
        handle(body)
    except DomainError as error:
        if error.kind is not Kind.NOT_FOUND:
            raise
        logger().error(REFUSED, extra={"message_id": record["messageId"], "names": _ids(body)})
        _put_away(body)


def _put_away(body: dict[str, Any]) -> None:
    """Into the dead letters; where that fails, SQS delivers the message again and it is refused again."""
    message = queues.Message(body, delay_seconds=0, group=str(body.get("workspace_id", "none")))
    url = settings().dead_letters_url
    if not url or queues.send(url, [message]):
        failure = "a refused message could not be put away"
        raise RuntimeError(failure)


def _ids(body: Mapping[str, Any]) -> dict[str, str]:
    """What of a message may be logged: a stranger's may hold anything."""
    return {name: value for name, value in body.items() if name.endswith("_id") and _is_id(value)}


def _is_id(value: object) -> bool:
    try:
        return isinstance(value, str) and str(UUID(value)) == value
    except ValueError:
        return False
