"""One row of a tenant's, read or written, or the answer that it does not exist."""

from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Insert, Select, bindparam, insert, select

from lamplighter.postgres.base import Base, WorkspaceOwned
from lamplighter.postgres.session import Transaction
from lamplighter.problems import DomainError, Kind, not_found


def owned[Row: WorkspaceOwned](tx: Transaction, model: type[Row], workspace_id: UUID, row_id: UUID) -> Row:
    """The row as the database has it now; not_found where there is none or it is another workspace's."""
    wanted = {"workspace_id": workspace_id, "id": row_id}
    row: Row | None = tx.session.scalars(_one_of(model), wanted).one_or_none()  # type: ignore[arg-type]
    if row is None:
        raise not_found()
    return row


@cache
def _one_of(model: type[WorkspaceOwned]) -> Select[Any]:
    """Built once: building and naming a statement costs as much as running it."""
    columns = model.__table__.c  # type: ignore[attr-defined]  # every model has one
    statement = select(model).where(
        columns.workspace_id == bindparam("workspace_id"), columns.id == bindparam("id")
    )
    return statement.execution_options(populate_existing=True)


def insert_into(model: type[Base]) -> Insert:
    """An INSERT of the table and not of the model, for its writer to build once: where nobody changes the row
    afterwards, the ORM's way costs twice the time for nothing."""
    return insert(Base.metadata.tables[model.__tablename__])


def stale() -> DomainError:
    """The answer to a change of what somebody else changed meanwhile."""
    return DomainError(Kind.STALE, "stale_version", "It was changed since you read it; read it again.")


def must_name(slug: str, confirm: str) -> None:
    """Refuse to delete what was not named by its own slug."""
    if confirm != slug:
        detail = "Give the slug of what is to be deleted as `confirm`."
        raise DomainError(Kind.INVALID, "confirmation_wrong", detail)
