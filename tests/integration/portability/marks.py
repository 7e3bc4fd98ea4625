"""Where words are found: every column of every table, every object, every row of analytics."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4
from zipfile import ZipFile, is_zipfile

import psycopg

from lamplighter.clickhouse import tenants
from tests.integration.cloud import Cloud

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

type Superuser = psycopg.Connection[Any]
_TABLES = (
    "SELECT table_schema || '.' || table_name FROM information_schema.tables"
    " WHERE table_schema IN ('public', 'sandbox') AND table_type = 'BASE TABLE' ORDER BY 1"
)
BUCKETS = ("media", "exports")


def mark(what: str) -> str:
    """A word that nothing else in the world holds."""
    return f"{what}-{uuid4().hex}"


@dataclass(frozen=True, slots=True)
class Search:
    """Everything that is stored, looked at from behind."""

    superuser: Superuser
    aws: Cloud
    analytics: "Client"

    def everywhere(self, *words: str) -> set[str]:
        """The tables, objects and tables of ClickHouse that hold one of the words."""
        return self.tables(*words) | self.objects(*words) | self.counted(*words)

    def tables(self, *words: str) -> set[str]:
        """The tables in which any column of any row holds one of the words, as text or as bytes."""
        spelled = [f"%{form}%" for word in words for form in (word, word.encode().hex())]
        found = set()
        for (name,) in self.superuser.execute(_TABLES).fetchall():
            query = f"SELECT EXISTS (SELECT FROM {name} AS r WHERE r::text LIKE ANY (%s))"  # noqa: S608
            if self.superuser.execute(query, [spelled]).fetchone() == (True,):  # type: ignore[arg-type]
                found.add(name.removeprefix("public."))
        return found

    def objects(self, *words: str) -> set[str]:
        """The objects that hold one of the words in their key or bytes, looked for within archives too."""
        found = set()
        for bucket in BUCKETS:
            for page in self.aws.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
                for each in page.get("Contents", []):
                    data = self.aws.s3.get_object(Bucket=bucket, Key=each["Key"])["Body"].read()
                    if _holds(each["Key"], data, words):
                        found.add(f"{bucket}/{each['Key']}")
        return found

    def counted(self, *words: str) -> set[str]:
        """The tables of ClickHouse that hold one of the words, be it in rows that are marked as deleted."""
        found = set()
        for table in tenants.tables(self.analytics):
            query = f"SELECT * FROM {table}"  # noqa: S608
            rows = self.analytics.query(query, settings={"apply_deleted_mask": 0}).result_rows
            if any(word in str(row) for row in rows for word in words):
                found.add(table)
        return found


def _holds(key: str, data: bytes, words: Sequence[str]) -> bool:
    text = key.encode() + b"\n" + data
    if is_zipfile(io.BytesIO(data)):
        with ZipFile(io.BytesIO(data)) as archive:
            text += b"\n".join(archive.read(name) for name in archive.namelist())
    return any(word.encode() in text for word in words)
