"""Publications as their callers see them: read, listed, and locked for those who change them."""

from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, Select, bindparam, select
from sqlalchemy.orm import joinedload, selectinload

from lamplighter.domain.access import Caller
from lamplighter.postgres.models import Publication, PublicationPlatform
from lamplighter.postgres.session import Transaction
from lamplighter.problems import not_found
from lamplighter.services.pages import Order, page
from lamplighter.services.rows import stale

_WHOLE = selectinload(Publication.platforms).options(
    joinedload(PublicationPlatform.dispatch), selectinload(PublicationPlatform.posted)
)


def get(tx: Transaction, by: Caller, publication_id: UUID) -> Publication:
    """One publication that the caller may see, or not_found."""
    return _found(tx, visible(by).where(Publication.id == publication_id).options(_WHOLE))


def listed(tx: Transaction, by: Caller, status: str | None, order: Order) -> dict[str, Any]:
    """A page of the publications that the caller may see."""
    statement = visible(by).options(_WHOLE)
    if status is not None:
        statement = statement.where(Publication.status == status)
    bound_to = f"publications {by.workspace_id} {by.mode} {status}"
    return page(tx, statement, Publication.id, order, bound_to=bound_to)


def locked(tx: Transaction, by: Caller, publication_id: UUID) -> Publication:
    """The same as `get`, locked: until the transaction ends, none of its platforms becomes anything else.

    Content is locked before it, dispatch rows after it, as everywhere.
    """
    mine = visible(by).where(Publication.id == publication_id).with_for_update(of=Publication)
    return _found(tx, mine.options(selectinload(Publication.platforms)))


def must_be_version(row: Publication, expected: int | None) -> None:
    """Refuse to change what somebody else, or its sending, changed since it was read."""
    if expected is not None and row.version != expected:
        raise stale()


def platform_of(row: Publication, platform_id: UUID) -> PublicationPlatform:
    """The publication's part on one account, or not_found."""
    found = next((platform for platform in row.platforms if platform.id == platform_id), None)
    if found is None:
        raise not_found()
    return found


def visible(by: Caller) -> Select[Publication]:
    """A test key sees only what test keys made, a limited key only what goes to its connections alone."""
    # Spelled out, the mode lets the planner take the index of the few tests.
    mode: BindParameter[str] = bindparam("mode", by.mode, literal_execute=True)
    statement = select(Publication).where(
        Publication.workspace_id == by.workspace_id, Publication.mode == mode
    )
    if by.connection_ids is not None:
        elsewhere = Publication.platforms.any(PublicationPlatform.connection_id.not_in(by.connection_ids))
        statement = statement.where(~elsewhere)
    return statement


def _found(tx: Transaction, statement: Select[Publication]) -> Publication:
    row = tx.session.scalars(statement, execution_options={"populate_existing": True}).one_or_none()
    if row is None:
        raise not_found()
    return row
