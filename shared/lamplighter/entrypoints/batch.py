"""SQS: one bad message fails alone, the rest of its batch succeeds."""

from collections.abc import Callable, Mapping
from typing import Any

import orjson

from lamplighter.observability import logger

type Failures = dict[str, list[dict[str, str]]]


def each_message(event: Mapping[str, Any], handle: Callable[[dict[str, Any]], None]) -> Failures:
    """Call `handle` with every message's JSON body; the answer names those that failed
    (ReportBatchItemFailures)."""
    failures = []
    for record in event["Records"]:
        try:
            handle(orjson.loads(record["body"]))
        except Exception:
            logger().exception("message failed", extra={"message_id": record["messageId"]})
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
