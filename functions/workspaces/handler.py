"""Workspaces: the tenants."""

from uuid import UUID

from lamplighter.clients.keys import new_data_key
from lamplighter.entrypoints.api import build_api
from lamplighter.entrypoints.preconditions import IfMatch, expected_version
from lamplighter.ids import new_id
from lamplighter.postgres.session import transaction
from lamplighter.schemas.common import Page
from lamplighter.schemas.workspaces import WorkspaceCreate, WorkspaceCreated, WorkspaceRead, WorkspaceUpdate
from lamplighter.services import api_keys, workspaces

app = handler = build_api("workspaces")
ROUTE = "/v1/workspaces"


@app.post(ROUTE, status_code=201, tags=["Workspaces"])
def create_workspace(body: WorkspaceCreate) -> WorkspaceCreated:
    """Make a further workspace of your organization.

    Its first API key is in the answer, this once; it may do what your own may, for as long.
    """
    caller, workspace_id = app.holding("workspaces:write"), new_id()
    caller.must_be_unlimited()
    data_key = new_data_key(workspace_id)
    with transaction(workspace_id, organization_id=caller.organization_id) as tx:
        row = workspaces.create(tx, caller.organization_id, workspace_id, body, data_key)
        key = api_keys.first_of(tx, caller, workspace_id)
        return WorkspaceCreated(**WorkspaceRead.model_validate(row).model_dump(), api_key=key)


@app.get(ROUTE, tags=["Workspaces"])
def list_workspaces() -> Page[WorkspaceRead]:
    """List the workspaces that your key opens: its own."""
    caller = app.holding("workspaces:read")
    with transaction(caller.workspace_id) as tx:
        row = WorkspaceRead.model_validate(workspaces.get(tx, caller.workspace_id))
        return Page[WorkspaceRead](items=[row], has_more=False)


@app.get(ROUTE + "/<workspace_id>", tags=["Workspaces"])
def get_workspace(workspace_id: UUID) -> WorkspaceRead:
    """Read a workspace."""
    caller = app.caller(workspace_id, "workspaces:read")
    with transaction(caller.workspace_id) as tx:
        return WorkspaceRead.model_validate(workspaces.get(tx, caller.workspace_id))


@app.patch(ROUTE + "/<workspace_id>", tags=["Workspaces"])
def update_workspace(workspace_id: UUID, body: WorkspaceUpdate, if_match: IfMatch = None) -> WorkspaceRead:
    """Change a workspace; send If-Match."""
    caller = app.caller(workspace_id, "workspaces:write")
    with transaction(caller.workspace_id) as tx:
        return WorkspaceRead.model_validate(workspaces.change(tx, caller, body, expected_version(if_match)))
