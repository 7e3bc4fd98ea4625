"""A new organization with its first workspace and keys, and an invitation to whoever is to own it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from lamplighter.postgres.session import Transaction
from lamplighter.schemas.first_workspace import FirstWorkspaceCreate
from lamplighter.schemas.workspaces import WorkspaceCreate
from lamplighter.services import api_keys, invitations, organizations, workspaces


@dataclass(frozen=True, slots=True)
class FirstWorkspace:
    """A workspace and the keys that open it."""

    organization_id: UUID
    workspace_id: UUID
    key: str = field(repr=False)
    test_key: str = field(repr=False)
    mails: Sequence[UUID] = ()
    """To wake after the commit."""


def create(
    tx: Transaction, organization_id: UUID, workspace_id: UUID, body: FirstWorkspaceCreate, wrapped_key: bytes
) -> FirstWorkspace:
    """All of it, with a live and a test key of every permission. The transaction names both ids."""
    organizations.found(tx, organization_id, body.organization, body.slug, plan=body.plan)
    wanted = WorkspaceCreate(name=body.workspace, slug=body.slug)
    workspaces.create(tx, organization_id, workspace_id, wanted, wrapped_key)
    key, test_key = (api_keys.first(tx, workspace_id, mode) for mode in ("live", "test"))
    mails: list[UUID] = []
    if body.owner_email is not None:
        offer = invitations.offered(tx, (organization_id, None), body.owner_email, "owner")
        mails = [] if offer is None else offer[1]
    return FirstWorkspace(organization_id, workspace_id, key, test_key, mails)
