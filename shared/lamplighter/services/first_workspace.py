"""A new organization with its first workspace and keys: what sign-up will do for people."""

from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from lamplighter.postgres.session import Transaction
from lamplighter.problems import DomainError, Kind
from lamplighter.schemas.first_workspace import FirstWorkspaceCreate
from lamplighter.schemas.workspaces import WorkspaceCreate
from lamplighter.services import api_keys, workspaces


@dataclass(frozen=True, slots=True)
class FirstWorkspace:
    """A workspace and the keys that open it."""

    organization_id: UUID
    workspace_id: UUID
    key: str = field(repr=False)
    test_key: str = field(repr=False)


def create(
    tx: Transaction, organization_id: UUID, workspace_id: UUID, body: FirstWorkspaceCreate, wrapped_key: bytes
) -> FirstWorkspace:
    """All of it, with a live and a test key of every permission. The transaction names both ids."""
    try:
        workspaces.found(tx, organization_id, body.organization, body.slug)
    except IntegrityError as error:
        detail = f"Another organization has the slug {body.slug}."
        raise DomainError(Kind.CONFLICT, "slug_taken", detail) from error
    wanted = WorkspaceCreate(name=body.workspace, slug=body.slug)
    workspaces.create(tx, organization_id, workspace_id, wanted, wrapped_key)
    key, test_key = (api_keys.first(tx, workspace_id, mode) for mode in ("live", "test"))
    return FirstWorkspace(organization_id, workspace_id, key, test_key)
