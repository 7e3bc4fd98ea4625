"""Publications: content on its way to accounts at a time."""

import time
from typing import Annotated
from uuid import UUID

from aws_lambda_powertools.event_handler.openapi.params import Query

from lamplighter.entrypoints.api import build_api
from lamplighter.entrypoints.paging import Cursor, Limit, Sort, ordered
from lamplighter.entrypoints.preconditions import IfMatch, version_if_given
from lamplighter.postgres.session import transaction
from lamplighter.schemas.common import Page
from lamplighter.schemas.publications import PublicationCreate, PublicationRead, PublicationStatus
from lamplighter.services import publications, wakeups

app = handler = build_api("publications")
ROUTE = "/v1/workspaces/<workspace_id>/publications"


@app.post(ROUTE, status_code=201, tags=["Publications"])
def create_publication(workspace_id: UUID, body: PublicationCreate) -> PublicationRead:
    """Schedule content on one or more connections, or publish it now."""
    caller, began = app.caller(workspace_id, "publications:write"), time.monotonic()
    with transaction(caller.workspace_id) as tx:
        once = app.once(tx)
        row, wakes = publications.create(tx, caller, body)
        answer = once.kept(PublicationRead.model_validate(row))
    wakeups.send(wakes, tx.now, began)
    return answer


@app.get(ROUTE, tags=["Publications"])
def list_publications(
    workspace_id: UUID,
    status: Annotated[PublicationStatus | None, Query()] = None,
    *,
    sort: Sort = "-created_at",
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Page[PublicationRead]:
    """List publications, newest first."""
    caller, order = app.caller(workspace_id, "publications:read"), ordered(limit, cursor, sort)
    with transaction(caller.workspace_id) as tx:
        found = publications.listed(tx, caller, status, order)
        return Page[PublicationRead].model_validate(found)


@app.get(ROUTE + "/<publication_id>", tags=["Publications"])
def get_publication(workspace_id: UUID, publication_id: UUID) -> PublicationRead:
    """Read a publication and how it went on each account."""
    caller = app.caller(workspace_id, "publications:read")
    with transaction(caller.workspace_id) as tx:
        return PublicationRead.model_validate(publications.get(tx, caller, publication_id))


@app.post(ROUTE + "/<publication_id>/cancel", tags=["Publications"])
def cancel_publication(workspace_id: UUID, publication_id: UUID, if_match: IfMatch = None) -> PublicationRead:
    """Stop what has not been sent yet. If-Match is heeded where it is sent."""
    caller = app.caller(workspace_id, "publications:write")
    with transaction(caller.workspace_id) as tx:
        once = app.once(tx)
        row = publications.cancel(tx, caller, publication_id, version_if_given(if_match))
        return once.kept(PublicationRead.model_validate(row))
