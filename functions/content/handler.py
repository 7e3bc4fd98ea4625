"""Content: written once, adapted to each network."""

from typing import Annotated
from uuid import UUID

from aws_lambda_powertools.event_handler.openapi.params import Query

from lamplighter.entrypoints.api import build_api
from lamplighter.entrypoints.paging import Cursor, Limit, Sort, ordered
from lamplighter.entrypoints.preconditions import IfMatch, expected_version
from lamplighter.postgres.session import transaction
from lamplighter.schemas.common import Page
from lamplighter.schemas.content import ContentCreate, ContentRead, ContentStatus, ContentUpdate
from lamplighter.services import content, content_changes

app = handler = build_api("content")
ROUTE = "/v1/workspaces/<workspace_id>/content"


@app.post(ROUTE, status_code=201, tags=["Content"])
def create_content(workspace_id: UUID, body: ContentCreate) -> ContentRead:
    """Write content, with adapted versions where a network should get other words."""
    caller = app.caller(workspace_id, "content:write")
    with transaction(caller.workspace_id) as tx:
        once = app.once(tx)
        return once.kept(ContentRead.model_validate(content.create(tx, caller, body)))


@app.get(ROUTE, tags=["Content"])
def list_content(
    workspace_id: UUID,
    status: Annotated[ContentStatus | None, Query()] = None,
    *,
    sort: Sort = "-created_at",
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Page[ContentRead]:
    """List content, newest first."""
    caller, order = app.caller(workspace_id, "content:read"), ordered(limit, cursor, sort)
    with transaction(caller.workspace_id) as tx:
        return Page[ContentRead].model_validate(content.listed(tx, caller, status, order))


@app.get(ROUTE + "/<content_id>", tags=["Content"])
def get_content(workspace_id: UUID, content_id: UUID) -> ContentRead:
    """Read one piece of content."""
    caller = app.caller(workspace_id, "content:read")
    with transaction(caller.workspace_id) as tx:
        return ContentRead.model_validate(content.get(tx, caller, content_id))


@app.patch(ROUTE + "/<content_id>", tags=["Content"])
def update_content(
    workspace_id: UUID, content_id: UUID, body: ContentUpdate, if_match: IfMatch = None
) -> ContentRead:
    """Change content; send If-Match.

    Its publications that are not out yet go out as it is then, and where an approval is needed it is asked
    for again. What is out stays as it is. Content that does not fit an account for which it is scheduled is
    refused, and so is archiving what is still to go out.
    """
    caller = app.caller(workspace_id, "content:write")
    with transaction(caller.workspace_id) as tx:
        changed = content_changes.change(tx, caller, content_id, body, expected_version(if_match))
        return ContentRead.model_validate(changed)
