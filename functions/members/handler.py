"""Members of organizations and workspaces: who they are, what they may do, and how they go."""

from typing import Annotated
from uuid import UUID

from aws_lambda_powertools.event_handler.openapi.params import Query

from lamplighter.entrypoints.api import build_api
from lamplighter.entrypoints.paging import Cursor, Limit
from lamplighter.entrypoints.preconditions import IfMatch, expected_version
from lamplighter.postgres.session import transaction
from lamplighter.schemas.common import Page
from lamplighter.schemas.members import (
    OrganizationMemberRead,
    OrganizationMemberUpdate,
    OrganizationRole,
    WorkspaceMemberCreate,
    WorkspaceMemberRead,
    WorkspaceMemberUpdate,
    WorkspaceRole,
)
from lamplighter.services import members, workspace_members
from lamplighter.services.pages import Order

app = handler = build_api("members")
ORGANIZATION = "/v1/organizations/<organization_id>"
WORKSPACE = "/v1/workspaces/<workspace_id>"
TAGS = ["Members"]

OnlyOrganizationRole = Annotated[OrganizationRole | None, Query(description="Only those with this role.")]
OnlyWorkspaceRole = Annotated[WorkspaceRole | None, Query(description="Only those with this role.")]


@app.get(ORGANIZATION + "/members", tags=TAGS)
def list_organization_members(
    organization_id: UUID, role: OnlyOrganizationRole = None, limit: Limit = 20, cursor: Cursor = None
) -> Page[OrganizationMemberRead]:
    """List who belongs to an organization, newest first."""
    member = app.member(organization_id, "organization_members:read")
    with transaction(organization_id=member.organization_id) as tx:
        return Page[OrganizationMemberRead].model_validate(
            members.listed(tx, member, role, Order(limit, cursor))
        )


@app.get(ORGANIZATION + "/members/<user_id>", tags=TAGS)
def get_organization_member(organization_id: UUID, user_id: UUID) -> OrganizationMemberRead:
    """Read one member."""
    member = app.member(organization_id, "organization_members:read")
    with transaction(organization_id=member.organization_id) as tx:
        return members.get(tx, member, user_id)


@app.patch(ORGANIZATION + "/members/<user_id>", tags=TAGS)
def update_organization_member(
    organization_id: UUID, user_id: UUID, body: OrganizationMemberUpdate, if_match: IfMatch = None
) -> OrganizationMemberRead:
    """Give a member another role, from their next request on; send If-Match.

    Nobody gives or takes a role that may do what theirs may not; the last owner stays one.
    """
    member = app.member(organization_id, "organization_members:write")
    with transaction(organization_id=member.organization_id) as tx:
        return members.change_role(tx, member, user_id, body, expected_version(if_match))


@app.delete(ORGANIZATION + "/members/<user_id>", tags=TAGS)
def remove_organization_member(
    organization_id: UUID, user_id: UUID, if_match: IfMatch = None
) -> OrganizationMemberRead:
    """Remove a member from the organization and all its workspaces; send If-Match."""
    member = app.member(organization_id, "organization_members:write")
    with transaction(organization_id=member.organization_id) as tx:
        return members.remove(tx, member, user_id, expected_version(if_match))


@app.post(ORGANIZATION + "/leave", tags=TAGS)
def leave_organization(organization_id: UUID) -> OrganizationMemberRead:
    """Leave an organization and all its workspaces. The last owner cannot."""
    member = app.member(organization_id, "organization_members:read")
    with transaction(organization_id=member.organization_id) as tx:
        once = app.once(tx)
        return once.kept(members.leave(tx, member))


@app.post(WORKSPACE + "/members", status_code=201, tags=TAGS)
def add_workspace_member(workspace_id: UUID, body: WorkspaceMemberCreate) -> WorkspaceMemberRead:
    """Add a member of the organization to a workspace.

    Its owners and admins need no adding: they administer all workspaces.
    """
    caller = app.caller(workspace_id, "members:write")
    with transaction(caller.workspace_id, organization_id=caller.organization_id) as tx:
        once = app.once(tx)
        return once.kept(workspace_members.add(tx, caller, body))


@app.get(WORKSPACE + "/members", tags=TAGS)
def list_workspace_members(
    workspace_id: UUID, role: OnlyWorkspaceRole = None, limit: Limit = 20, cursor: Cursor = None
) -> Page[WorkspaceMemberRead]:
    """List who works in a workspace, owners and admins of its organization included."""
    caller = app.caller(workspace_id, "members:read")
    with transaction(caller.workspace_id, organization_id=caller.organization_id) as tx:
        found = workspace_members.listed(tx, caller, role, Order(limit, cursor))
        return Page[WorkspaceMemberRead].model_validate(found)


@app.get(WORKSPACE + "/members/<user_id>", tags=TAGS)
def get_workspace_member(workspace_id: UUID, user_id: UUID) -> WorkspaceMemberRead:
    """Read one of them."""
    caller = app.caller(workspace_id, "members:read")
    with transaction(caller.workspace_id, organization_id=caller.organization_id) as tx:
        return workspace_members.get(tx, caller, user_id)


@app.patch(WORKSPACE + "/members/<user_id>", tags=TAGS)
def update_workspace_member(
    workspace_id: UUID, user_id: UUID, body: WorkspaceMemberUpdate, if_match: IfMatch = None
) -> WorkspaceMemberRead:
    """Give somebody another role in a workspace, from their next request on; send If-Match."""
    caller = app.caller(workspace_id, "members:write")
    with transaction(caller.workspace_id, organization_id=caller.organization_id) as tx:
        return workspace_members.change_role(tx, caller, user_id, body, expected_version(if_match))


@app.delete(WORKSPACE + "/members/<user_id>", tags=TAGS)
def remove_workspace_member(
    workspace_id: UUID, user_id: UUID, if_match: IfMatch = None
) -> WorkspaceMemberRead:
    """Remove somebody from a workspace; send If-Match."""
    caller = app.caller(workspace_id, "members:write")
    with transaction(caller.workspace_id, organization_id=caller.organization_id) as tx:
        return workspace_members.remove(tx, caller, user_id, expected_version(if_match))


@app.post(WORKSPACE + "/leave", tags=TAGS)
def leave_workspace(workspace_id: UUID) -> WorkspaceMemberRead:
    """Give up your role in a workspace."""
    caller = app.caller(workspace_id, "members:read")
    with transaction(caller.workspace_id, organization_id=caller.organization_id) as tx:
        once = app.once(tx)
        return once.kept(workspace_members.leave(tx, caller))
