"""The jobs of portability as Lambda runs them: events in, with the login that the template gives."""

import io
import json
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from zipfile import ZipFile

import urllib3

from lamplighter.postgres.session import move_clock
from tests.integration.cloud import Cloud
from tests.integration.http import handler_of, lambda_context, logged_in

TICK = {"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}
type Message = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Opened:
    """An archive that was downloaded."""

    zip: ZipFile

    @property
    def manifest(self) -> Any:
        return json.loads(self.zip.read("manifest.json"))

    @property
    def tables(self) -> set[str]:
        """The files of rows, without their suffix."""
        return {name.removesuffix(".jsonl") for name in self.zip.namelist() if name.endswith(".jsonl")}

    def rows(self, table: str) -> list[Any]:
        return [json.loads(line) for line in self.zip.read(f"{table}.jsonl").splitlines()]

    def everything(self) -> bytes:
        """All of it, uncompressed."""
        return b"\n".join(self.zip.read(name) for name in self.zip.namelist())


@dataclass(frozen=True, slots=True)
class Jobs:
    """write_export, erase and prune."""

    aws: Cloud

    def messages(self) -> list[Message]:
        """Take what waits for write_export."""
        return self.aws.waiting("EXPORT_QUEUE_URL")

    def write(self, messages: Sequence[Message] | None = None) -> Any:
        """Hand messages, or all that wait, to write_export; its answer."""
        given = self.messages() if messages is None else messages
        records = [{"messageId": str(number), "body": json.dumps(each)} for number, each in enumerate(given)]
        return self.run("write_export", {"Records": records})

    def sweep(self) -> None:
        """The tick of write_export."""
        self.run("write_export", TICK)

    def run(self, function: str, event: Any = TICK, seconds: float = 300) -> Any:
        """Any of them."""
        with logged_in(function):
            return handler_of(function)(event, lambda_context(seconds))

    def archives(self, prefix: str = "") -> list[str]:
        """The keys of what lies in the bucket of archives."""
        return keys(self.aws, "exports", prefix)


def keys(aws: Cloud, bucket: str, prefix: str) -> list[str]:
    """The keys of the objects below the prefix."""
    found = aws.s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])
    return [each["Key"] for each in found]


def downloaded(export: Any) -> Opened:
    """What the link of a ready export opens."""
    with urllib3.PoolManager() as http:
        answer = http.request("GET", export["download_url"], retries=False)
    assert answer.status == 200, answer.data
    return Opened(ZipFile(io.BytesIO(answer.data)))


@contextmanager
def later(by: timedelta) -> Any:
    """Inside, every transaction's clock is ahead."""
    move_clock(by)
    try:
        yield
    finally:
        move_clock(None)


def countdown(looks: int) -> Any:
    """Lambda's context whose time is up after so many looks at it."""
    left = iter([60_000] * looks)
    return SimpleNamespace(get_remaining_time_in_millis=lambda: next(left, 0))
