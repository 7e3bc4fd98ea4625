"""Exports: archives of everything that a workspace has."""

from uuid import UUID

from lamplighter.entrypoints.api import build_api
from lamplighter.entrypoints.paging import Cursor, Limit
from lamplighter.postgres.session import transaction
from lamplighter.schemas.common import Page
from lamplighter.schemas.exports import ExportRead
from lamplighter.services import exports
from lamplighter.services.pages import Order

app = handler = build_api("exports")
ROUTE = "/v1/workspaces/<workspace_id>/exports"


@app.post(ROUTE, status_code=202, tags=["Exports"])
def create_export(workspace_id: UUID) -> ExportRead:
    """Have an archive of everything written: a zip of JSON Lines, media files and a manifest.

    Read the export until it is ready. One is written at a time.
    """
    caller = app.caller(workspace_id, "exports:write")
    with transaction(caller.workspace_id) as tx:
        once = app.once(tx)
        row = exports.request(tx, caller)
        answer = once.kept(exports.shown(row, tx.now))
    exports.wake([row])
    return answer


@app.get(ROUTE, tags=["Exports"])
def list_exports(workspace_id: UUID, limit: Limit = 20, cursor: Cursor = None) -> Page[ExportRead]:
    """List exports, newest first; ready ones with a link."""
    caller = app.caller(workspace_id, "exports:read")
    with transaction(caller.workspace_id) as tx:
        found = exports.listed(tx, caller, Order(limit, cursor))
    return Page[ExportRead].model_validate(exports.shown_page(found, tx.now))


@app.get(ROUTE + "/<export_id>", tags=["Exports"])
def get_export(workspace_id: UUID, export_id: UUID) -> ExportRead:
    """Read an export's state; once it is ready, with a link that opens for a few minutes."""
    caller = app.caller(workspace_id, "exports:read")
    with transaction(caller.workspace_id) as tx:
        row = exports.get(tx, caller, export_id)
    return exports.shown(row, tx.now)
