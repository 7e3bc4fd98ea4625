"""API keys: for programs, made once and shown once."""

from typing import Annotated
from uuid import UUID

from aws_lambda_powertools.event_handler.openapi.params import Query

from lamplighter.entrypoints.api import build_api
from lamplighter.entrypoints.paging import Cursor, Limit, Sort, ordered
from lamplighter.entrypoints.preconditions import IfMatch, expected_version, version_if_given
from lamplighter.postgres.session import transaction
from lamplighter.schemas.api_keys import (
    ApiKeyCreate,
    ApiKeyCreated,
    ApiKeyRead,
    ApiKeyRoll,
    ApiKeyUpdate,
    KeyType,
)
from lamplighter.schemas.common import Page
from lamplighter.services import api_keys

app = handler = build_api("api_keys")
ROUTE = "/v1/workspaces/<workspace_id>/api-keys"


@app.post(ROUTE, status_code=201, tags=["API keys"])
def create_api_key(workspace_id: UUID, body: ApiKeyCreate) -> ApiKeyCreated:
    """Make a key, never stronger or longer-lived than your own, or than your role.

    The key itself is in the answer, this once.
    """
    caller = app.caller(workspace_id, "api_keys:write")
    with transaction(caller.workspace_id) as tx:
        once = app.once(tx)
        row, key = api_keys.create(tx, caller, body)
        answer = ApiKeyCreated(**ApiKeyRead.model_validate(row).model_dump(), key=key)
        return once.kept(answer, secret=True)


@app.get(ROUTE, tags=["API keys"])
def list_api_keys(
    workspace_id: UUID,
    type: Annotated[KeyType | None, Query()] = None,  # noqa: A002  # the column's name
    *,
    sort: Sort = "-created_at",
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Page[ApiKeyRead]:
    """List keys, newest first, revoked ones included."""
    caller, order = app.caller(workspace_id, "api_keys:read"), ordered(limit, cursor, sort)
    with transaction(caller.workspace_id) as tx:
        return Page[ApiKeyRead].model_validate(api_keys.listed(tx, caller, type, order))


@app.get(ROUTE + "/<api_key_id>", tags=["API keys"])
def get_api_key(workspace_id: UUID, api_key_id: UUID) -> ApiKeyRead:
    """Read one key's record."""
    caller = app.caller(workspace_id, "api_keys:read")
    with transaction(caller.workspace_id) as tx:
        return ApiKeyRead.model_validate(api_keys.get(tx, caller, api_key_id))


@app.patch(ROUTE + "/<api_key_id>", tags=["API keys"])
def update_api_key(
    workspace_id: UUID, api_key_id: UUID, body: ApiKeyUpdate, if_match: IfMatch = None
) -> ApiKeyRead:
    """Change what a key is called, may do, and until when; send If-Match.

    From the next request on. Neither the key as it was nor as it becomes may be stronger than your own.
    """
    caller = app.caller(workspace_id, "api_keys:write")
    expected = expected_version(if_match)
    with transaction(caller.workspace_id) as tx:
        return ApiKeyRead.model_validate(api_keys.change(tx, caller, api_key_id, body, expected))


@app.post(ROUTE + "/<api_key_id>/roll", status_code=201, tags=["API keys"])
def roll_api_key(
    workspace_id: UUID, api_key_id: UUID, body: ApiKeyRoll, if_match: IfMatch = None
) -> ApiKeyCreated:
    """Replace a key by a new one with the same rights, which is in the answer, this once.

    The old one still opens until the overlap ends. A key is rolled once; then roll its successor.
    """
    caller = app.caller(workspace_id, "api_keys:write")
    with transaction(caller.workspace_id) as tx:
        once = app.once(tx)
        row, key = api_keys.roll(tx, caller, api_key_id, body, version_if_given(if_match))
        answer = ApiKeyCreated(**ApiKeyRead.model_validate(row).model_dump(), key=key)
        return once.kept(answer, secret=True)


@app.delete(ROUTE + "/<api_key_id>", tags=["API keys"])
def revoke_api_key(workspace_id: UUID, api_key_id: UUID) -> ApiKeyRead:
    """Revoke a key, from the next request on: a person any, a key itself or one that is no stronger.

    Needs no If-Match: a leaked key must not wait for a read.
    """
    caller = app.caller(workspace_id, "api_keys:write")
    with transaction(caller.workspace_id) as tx:
        return ApiKeyRead.model_validate(api_keys.revoke(tx, caller, api_key_id))
