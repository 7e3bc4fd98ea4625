"""Invitations into organizations and workspaces, by e-mail."""

from typing import Annotated
from uuid import UUID

from aws_lambda_powertools.event_handler.openapi.params import Query

from lamplighter.entrypoints.api import build_api
from lamplighter.entrypoints.paging import Cursor, Limit
from lamplighter.entrypoints.preconditions import IfMatch, expected_version
from lamplighter.postgres.session import transaction
from lamplighter.schemas.common import Page
from lamplighter.schemas.invitations import (
    InvitationRead,
    InvitationState,
    OrganizationInvitationCreate,
    WorkspaceInvitationCreate,
)
from lamplighter.services import invitations, mails
from lamplighter.services.pages import Order

app = handler = build_api("invitations")
ORGANIZATION = "/v1/organizations/<organization_id>/invitations"
WORKSPACE = "/v1/workspaces/<workspace_id>/invitations"
TAGS = ["Invitations"]

State = Annotated[InvitationState, Query(description="Which ones: what became of them.")]


@app.post(ORGANIZATION, status_code=201, tags=TAGS)
def invite_into_organization(organization_id: UUID, body: OrganizationInvitationCreate) -> InvitationRead:
    """Invite somebody into an organization by e-mail.

    Whoever was invited already and has not answered gets the new role and seven days more. The answer does
    not tell whether the address has an account.
    """
    member = app.member(organization_id, "organization_members:write")
    with transaction(organization_id=member.organization_id) as tx:
        once = app.once(tx)
        row, written = invitations.create(tx, member, body)
        answer = once.kept(InvitationRead.model_validate(row))
    mails.wake(written)
    return answer


@app.get(ORGANIZATION, tags=TAGS)
def list_organization_invitations(
    organization_id: UUID, state: State = "open", limit: Limit = 20, cursor: Cursor = None
) -> Page[InvitationRead]:
    """List an organization's invitations, newest first; those into its workspaces stand there."""
    member = app.member(organization_id, "organization_members:write")
    with transaction(organization_id=member.organization_id) as tx:
        return Page[InvitationRead].model_validate(
            invitations.listed(tx, member, state, Order(limit, cursor))
        )


@app.get(ORGANIZATION + "/<invitation_id>", tags=TAGS)
def get_organization_invitation(organization_id: UUID, invitation_id: UUID) -> InvitationRead:
    """Read one invitation."""
    member = app.member(organization_id, "organization_members:write")
    with transaction(organization_id=member.organization_id) as tx:
        return InvitationRead.model_validate(invitations.get(tx, member, invitation_id))


@app.delete(ORGANIZATION + "/<invitation_id>", tags=TAGS)
def revoke_organization_invitation(
    organization_id: UUID, invitation_id: UUID, if_match: IfMatch = None
) -> InvitationRead:
    """Revoke an invitation: its link stops working at once; send If-Match."""
    member = app.member(organization_id, "organization_members:write")
    with transaction(organization_id=member.organization_id) as tx:
        row = invitations.revoke(tx, member, invitation_id, expected_version(if_match))
        return InvitationRead.model_validate(row)


@app.post(ORGANIZATION + "/<invitation_id>/resend", tags=TAGS)
def resend_organization_invitation(organization_id: UUID, invitation_id: UUID) -> InvitationRead:
    """Send an invitation again, good for seven days from now; its former link stops working."""
    member = app.member(organization_id, "organization_members:write")
    with transaction(organization_id=member.organization_id) as tx:
        once = app.once(tx)
        row, written = invitations.resend(tx, member, invitation_id)
        answer = once.kept(InvitationRead.model_validate(row))
    mails.wake(written)
    return answer


@app.post(WORKSPACE, status_code=201, tags=TAGS)
def invite_into_workspace(workspace_id: UUID, body: WorkspaceInvitationCreate) -> InvitationRead:
    """Invite somebody into a workspace by e-mail.

    Whoever accepts becomes a member of its organization too. Who is one already can be added at once.
    """
    caller = app.caller(workspace_id, "members:write")
    with transaction(caller.workspace_id, organization_id=caller.organization_id) as tx:
        once = app.once(tx)
        row, written = invitations.create(tx, caller, body)
        answer = once.kept(InvitationRead.model_validate(row))
    mails.wake(written)
    return answer


@app.get(WORKSPACE, tags=TAGS)
def list_workspace_invitations(
    workspace_id: UUID, state: State = "open", limit: Limit = 20, cursor: Cursor = None
) -> Page[InvitationRead]:
    """List a workspace's invitations, newest first."""
    caller = app.caller(workspace_id, "members:write")
    with transaction(caller.workspace_id, organization_id=caller.organization_id) as tx:
        return Page[InvitationRead].model_validate(
            invitations.listed(tx, caller, state, Order(limit, cursor))
        )


@app.get(WORKSPACE + "/<invitation_id>", tags=TAGS)
def get_workspace_invitation(workspace_id: UUID, invitation_id: UUID) -> InvitationRead:
    """Read one invitation."""
    caller = app.caller(workspace_id, "members:write")
    with transaction(caller.workspace_id, organization_id=caller.organization_id) as tx:
        return InvitationRead.model_validate(invitations.get(tx, caller, invitation_id))


@app.delete(WORKSPACE + "/<invitation_id>", tags=TAGS)
def revoke_workspace_invitation(
    workspace_id: UUID, invitation_id: UUID, if_match: IfMatch = None
) -> InvitationRead:
    """Revoke an invitation: its link stops working at once; send If-Match."""
    caller = app.caller(workspace_id, "members:write")
    with transaction(caller.workspace_id, organization_id=caller.organization_id) as tx:
        row = invitations.revoke(tx, caller, invitation_id, expected_version(if_match))
        return InvitationRead.model_validate(row)


@app.post(WORKSPACE + "/<invitation_id>/resend", tags=TAGS)
def resend_workspace_invitation(workspace_id: UUID, invitation_id: UUID) -> InvitationRead:
    """Send an invitation again, good for seven days from now; its former link stops working."""
    caller = app.caller(workspace_id, "members:write")
    with transaction(caller.workspace_id, organization_id=caller.organization_id) as tx:
        once = app.once(tx)
        row, written = invitations.resend(tx, caller, invitation_id)
        answer = once.kept(InvitationRead.model_validate(row))
    mails.wake(written)
    return answer
