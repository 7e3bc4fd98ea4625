"""The audit log as a file: CSV or JSON Lines, oldest first, as much at a time as an answer may hold."""

import csv
import io
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from lamplighter.domain.access import Caller, Member
from lamplighter.postgres.session import Transaction
from lamplighter.schemas.audit_log import AuditLogEntry
from lamplighter.services import audit
from lamplighter.services.audit_log import Filter, listed
from lamplighter.services.pages import Order

ENOUGH_BYTES = 4 * 1024 * 1024
"""Lambda takes answers of 6 MB, as JSON: no page of entries is as large as the difference."""
_PAGE = 250
_FORMULA = re.compile(r"(^|[;\t\r\n])(?=[=+\-@\t\r\uff1d\uff0b\uff0d\uff20])")
"""Where a spreadsheet would begin to compute instead of showing: also behind a semicolon, which divides cells
where a comma divides numbers."""
COLUMNS = (
    *("id", "at", "workspace_id", "actor_kind", "actor_id", "action", "target_kind", "target_id"),
    *("before", "after", "request_id", "address", "agent"),
)


@dataclass(frozen=True, slots=True)
class Export:
    """A part of the log. `next_cursor` asks for what follows it; None: that was all."""

    text: str
    next_cursor: str | None


def export(tx: Transaction, by: Caller | Member, form: str, wanted: Filter, cursor: str | None) -> Export:
    """The log in the form "csv" or "jsonl". Taking it is on the log as well."""
    written, begins = _FORMS[form], cursor is None
    parts, size, entries = [_HEADS[form] if begins else ""], 0, 0
    while True:
        found = listed(tx, by, wanted, Order(_PAGE, cursor, oldest_first=True))
        parts.append(written(found["items"]))
        size, entries = size + len(json.dumps(parts[-1])), entries + len(found["items"])
        cursor = found["next_cursor"]
        if cursor is None or size >= ENOUGH_BYTES:
            break
    asked = {"format": form, "from": wanted.since, "to": wanted.until, "entries": entries}
    audit.record(tx, by, "audit_log.exported", _target(by), after=asked)
    return Export("".join(parts), cursor)


def _target(by: Caller | Member) -> tuple[str, UUID]:
    return ("workspace", by.workspace_id) if isinstance(by, Caller) else ("organization", by.organization_id)


def _json_lines(entries: Iterable[AuditLogEntry]) -> str:
    return "".join(entry.model_dump_json() + "\n" for entry in entries)


def _csv(entries: Iterable[AuditLogEntry]) -> str:
    """RFC 4180."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\r\n")
    writer.writerows({name: _cell(value) for name, value in _flat(entry).items()} for entry in entries)
    return text.getvalue()


def _flat(entry: AuditLogEntry) -> dict[str, Any]:
    whole = entry.model_dump(mode="json")
    for part in ("actor", "target"):
        whole |= {f"{part}_{name}": value for name, value in whole.pop(part).items()}
    return whole


def _cell(value: Any) -> str:
    """As text that no spreadsheet takes for a formula."""
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value or "")
    return _FORMULA.sub(r"\1'", text)


_FORMS: dict[str, Callable[[Iterable[AuditLogEntry]], str]] = {"csv": _csv, "jsonl": _json_lines}
_HEADS = {"csv": ",".join(COLUMNS) + "\r\n", "jsonl": ""}
