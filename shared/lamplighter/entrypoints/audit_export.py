"""An export of the audit log as an HTTP answer."""

from typing import Any

from aws_lambda_powertools.event_handler import Response

from lamplighter.services.audit_export import Export

_KINDS = {"csv": "text/csv; charset=utf-8", "jsonl": "application/jsonl"}

EXPORTED: dict[int, Any] = {
    200: {
        "description": "A part of the log, oldest first",
        "headers": {
            "Next-Cursor": {
                "description": "The `cursor` of what follows; not there where nothing does.",
                "schema": {"type": "string"},
            }
        },
        "content": {
            "text/csv": {"schema": {"type": "string"}},
            "application/jsonl": {"schema": {"type": "string"}},
        },
    }
}
"""What the API's description says of it."""


def answer(export: Export, form: str) -> Response[str]:
    """A file to keep. Where more follows, `Next-Cursor` asks for it."""
    headers = {"Content-Disposition": f'attachment; filename="audit-log.{form}"'}
    if export.next_cursor is not None:
        headers["Next-Cursor"] = export.next_cursor
    return Response(200, _KINDS[form], export.text, headers=headers)
