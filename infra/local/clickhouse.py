"""ClickHouse on loopback: one chDB engine behind ClickHouse's HTTP interface, in a process of its own.

`python -m infra.local.clickhouse PORT DIRECTORY`. chDB lets one process at a time open a directory; through
this every process gets at it, and clickhouse_connect takes it for a server. There are no users, quotas and
row policies.
"""

import email
import json
import os
import re
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlsplit

from chdb.state import connect  # not from `chdb`: two distributions bring that file, and either may win

from infra.local import children
from infra.local.compression import decompressed
from infra.local.loopback import LoopbackHandler, LoopbackServer

CONCURRENT_QUERIES = 8

# Parameters of the HTTP interface that are no settings of the query.
NOT_SETTINGS = {
    *("query", "query_id", "database", "default_format", "user", "password", "role", "quota_key"),
    *("session_id", "session_timeout", "session_check", "client_protocol_version", "stacktrace"),
    *("compress", "decompress", "enable_http_compression", "buffer_size", "wait_end_of_query"),
    *("send_progress_in_http_headers", "http_headers_progress_interval_ms"),
    "cancel_http_readonly_queries_on_client_close",
}
# How ClickHouse answers an error, by its code; every other one is a 500.
STATUS_BY_CODE = {36: 400, 62: 400, 47: 404, 60: 404, 81: 404, 497: 403, 516: 403}

_INSERT = re.compile(r"\s*INSERT\b", re.IGNORECASE)
_INSERT_WITH_DATA = re.compile(rb"(?is)\s*INSERT\b[^\n]*?\bFORMAT\s+\w+[ \t]*\n")
_FORMAT = re.compile(r"\bFORMAT\s+(\w+)\s*$", re.IGNORECASE)
_ERROR_CODE = re.compile(r"Code: (\d+)\.")
_SETTING = re.compile(r"[A-Za-z_]\w*")
_NUMBER = re.compile(r"-?\d+(\.\d+)?")


@dataclass(frozen=True, slots=True)
class Query:
    """One statement; `data` are the rows of an INSERT in the statement's format."""

    sql: str
    data: bytes
    parameters: Mapping[str, str]
    settings: Mapping[str, str]
    database: str
    format: str

    @property
    def is_insert(self) -> bool:
        """Whether rows go in rather than out."""
        return _INSERT.match(self.sql) is not None


def query(fields: Mapping[str, str], headers: Mapping[str, str], body: bytes) -> Query:
    """What an HTTP request asks for: the statement stands in `query`, in the body, or half in each."""
    sql, data = fields.get("query", ""), b""
    if sql and _INSERT.match(sql):
        data = body
    elif not sql and (start := _INSERT_WITH_DATA.match(body)):
        sql, data = start[0].decode(), body[start.end() :]
    else:
        sql = f"{sql}\n{body.decode()}"
    sql = sql.strip().rstrip(";")
    format_name = fields.get("default_format") or headers.get("X-ClickHouse-Format") or "TabSeparated"
    if not _INSERT.match(sql) and (named := _FORMAT.search(sql)):
        sql, format_name = sql[: named.start()], named[1]
    return Query(
        sql=sql,
        data=data,
        parameters={key[6:]: value for key, value in fields.items() if key.startswith("param_")},
        settings={
            key: value
            for key, value in fields.items()
            if key not in NOT_SETTINGS and not key.startswith("param_") and _SETTING.fullmatch(key)
        },
        database=fields.get("database") or headers.get("X-ClickHouse-Database") or "default",
        format=format_name,
    )


class Engine:
    """chDB on one directory; every query has a connection of its own, and with it settings of its own."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = str(directory)
        self._gate = threading.BoundedSemaphore(CONCURRENT_QUERIES)
        self._anchor = connect(self._directory)  # the engine lives for as long as a connection is open

    def run(self, asked: Query) -> tuple[bytes, dict[str, str]]:
        """The result in the query's format, and ClickHouse's summary; raises what chDB raises."""
        started = time.perf_counter_ns()
        with self._gate:
            connection = connect(self._directory)
            try:
                for statement in _preparations(asked):
                    connection.query(statement)
                result = self._insert(connection, asked) if asked.data else _select(connection, asked)
            finally:
                connection.close()
        rows, size = str(result.rows_read()), str(result.bytes_read())
        written = (rows, size) if asked.is_insert else ("0", "0")
        summary = dict(zip(("read_rows", "read_bytes"), (rows, size), strict=True))
        summary |= dict(zip(("written_rows", "written_bytes"), written, strict=True))
        summary |= {"result_rows": "0", "elapsed_ns": str(time.perf_counter_ns() - started)}
        return (b"" if asked.is_insert else bytes(result.bytes() or b"")), summary

    def _insert(self, connection: Any, asked: Query) -> Any:  # chdb has no types
        """INSERT with data: chDB takes that from files only."""
        named = _FORMAT.search(asked.sql)
        sql, format_name = (asked.sql[: named.start()], named[1]) if named else (asked.sql, "Values")
        with tempfile.NamedTemporaryFile(dir=self._directory, prefix="insert-", suffix=".tmp") as file:
            file.write(asked.data)
            file.flush()
            source = f"FROM INFILE {_quoted(file.name)} COMPRESSION 'none' FORMAT {format_name}"
            return connection.query(f"{sql} {source}", asked.format)


def _select(connection: Any, asked: Query) -> Any:  # chdb has no types
    if asked.parameters:
        return connection.query(asked.sql, asked.format, params=dict(asked.parameters))
    return connection.query(asked.sql, asked.format)


def _preparations(asked: Query) -> list[str]:
    settings = dict(asked.settings)
    readonly = settings.pop("readonly", None)  # last, since it forbids setting anything more
    statements = [
        f"SET {name} = {value if _NUMBER.fullmatch(value) else _quoted(value)}"
        for name, value in settings.items()
    ]
    if asked.database not in ("default", "__default__"):
        statements.append(f"USE `{asked.database.replace('`', '')}`")
    if readonly is not None:
        statements.append(f"SET readonly = {int(readonly)}")
    return statements


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


class _Handler(LoopbackHandler):
    engine: ClassVar[Engine]

    def respond(self) -> None:
        """Answer one request."""
        address = urlsplit(self.path)
        fields = dict(parse_qsl(address.query, keep_blank_values=True))
        body = decompressed(self.body() or b"", self.headers.get("Content-Encoding") or "identity")
        if (self.headers.get("Content-Type") or "").startswith("multipart/form-data"):
            fields, body = fields | _form_fields(self.headers["Content-Type"], body), b""
        if address.path == "/ping" or not (fields or body):
            self.send(200, [], b"Ok.\n")
            return
        query_id = fields.get("query_id") or str(uuid.uuid4())
        asked = query(fields, dict(self.headers), body)
        try:
            result, summary = self.engine.run(asked)
        except Exception as error:  # chdb raises RuntimeError and kin; each is the query's answer
            self.send_error_text(str(error), query_id)
            return
        headers = {
            "X-ClickHouse-Format": asked.format,
            "X-ClickHouse-Query-Id": query_id,
            "X-ClickHouse-Server-Display-Name": "chdb",
            "X-ClickHouse-Summary": json.dumps(summary),
            "X-ClickHouse-Timezone": "UTC",
        }
        self.send(200, list(headers.items()), result)

    do_GET = do_POST = do_HEAD = respond  # noqa: N815  # named by http.server

    def send_error_text(self, text: str, query_id: str) -> None:
        """ClickHouse's error: its code in a header, its text as the body."""
        found = _ERROR_CODE.search(text)
        code = int(found[1]) if found else 1002  # UNKNOWN_EXCEPTION
        headers = [("X-ClickHouse-Exception-Code", str(code)), ("X-ClickHouse-Query-Id", query_id)]
        body = text[found.start() if found else 0 :].encode() + b"\n"
        self.send(STATUS_BY_CODE.get(code, 500), headers, body)


def _form_fields(content_type: str, body: bytes) -> dict[str, str]:
    form = email.message_from_bytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body)
    fields = {}
    for part in form.walk():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(content, bytes):
            fields[name] = content.decode()
    return fields


def main(port: int, directory: Path) -> None:
    """Serve until the parent process is gone."""
    os.environ.setdefault("TZ", "UTC")
    handler = type("Handler", (_Handler,), {"engine": Engine(directory)})
    server = LoopbackServer(port, handler)
    children.say_ready_and_end_with_parent()
    server.serve_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
