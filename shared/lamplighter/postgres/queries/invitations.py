"""Taking back what was offered to somebody who is to be gone."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Row, update

from lamplighter.postgres.models import Invitation
from lamplighter.postgres.session import Transaction


def withdrawn(
    tx: Transaction, organization_id: UUID, email: str, workspace_id: UUID | None = None
) -> Sequence[Row[UUID, UUID | None, str]]:
    """The open invitations of the address, revoked by this: (id, workspace, role) each; all of the
    organization's, or one workspace's. One that is being accepted is waited for."""
    where = [
        Invitation.organization_id == organization_id,
        Invitation.email == email,
        Invitation.accepted_at.is_(None),
        Invitation.revoked_at.is_(None),
    ]
    if workspace_id is not None:
        where.append(Invitation.workspace_id == workspace_id)
    values = {"revoked_at": tx.now, "updated_at": tx.now, "version": Invitation.version + 1}
    columns = (Invitation.id, Invitation.workspace_id, Invitation.role)
    return tx.session.execute(update(Invitation).where(*where).values(**values).returning(*columns)).all()
