"""Organizations: founded, renamed, handed on, deleted; who owns one."""

from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Bundle

from lamplighter.domain.access import Member, Person
from lamplighter.domain.memberships import first_owner, successor
from lamplighter.postgres.models import Organization, OrganizationMember
from lamplighter.postgres.queries import organizations as queries
from lamplighter.postgres.session import Transaction
from lamplighter.problems import DomainError, Fault, Kind, invalid, not_found
from lamplighter.schemas.organizations import (
    OrganizationCreate,
    OrganizationRead,
    OrganizationTransfer,
    OrganizationUpdate,
)
from lamplighter.services import audit, erasure
from lamplighter.services.pages import Order, page
from lamplighter.services.rows import must_name, stale
from lamplighter.settings import settings


def create(tx: Transaction, by: Person, organization_id: UUID, body: OrganizationCreate) -> OrganizationRead:
    """A new organization that `by` owns, where people may found any. The transaction names both ids."""
    if settings().organizations_open != "open":
        detail = "New organizations are made by whoever runs this deployment."
        raise DomainError(Kind.FORBIDDEN, "organizations_closed", detail)
    found(tx, organization_id, body.name, body.slug, owner_id=by.id)
    tx.session.add(
        OrganizationMember(
            organization_id=organization_id,
            user_id=by.id,
            role="owner",
            invited_at=tx.now,
            joined_at=tx.now,
        )
    )
    after = {"name": body.name, "slug": body.slug, "owner_id": by.id}
    target = ("organization", organization_id)
    audit.record(tx, by, "organization.created", target, organization_id=organization_id, after=after)
    return get(tx, organization_id)


def found(
    tx: Transaction,
    organization_id: UUID,
    name: str,
    slug: str,
    *,
    owner_id: UUID | None = None,
    plan: str = "starter",
) -> None:
    """A new organization. The transaction names `organization_id`."""
    statement = (
        insert(Organization)
        .values(id=organization_id, name=name, slug=slug, owner_id=owner_id, plan_id=plan)
        .on_conflict_do_nothing(constraint="organizations_slug_key")
        .returning(Organization.id)
    )
    if tx.session.scalars(statement).one_or_none() is None:
        raise _slug_taken(slug)


def listed(tx: Transaction, by: Person, order: Order) -> dict[str, Any]:
    """A page of the person's organizations. The transaction names the person."""
    mine = func.my_organizations().table_valued("id", "name", "slug", "role", "plan_id", name="mine")
    fields: Bundle[Any] = Bundle("organization", *mine.c)
    return page(tx, select(fields), mine.c.id, order, bound_to=f"organizations {by.id}")


def get(tx: Transaction, organization_id: UUID) -> OrganizationRead:
    """The organization, or not_found. Its first owner may have come by an invitation, whose acceptance may
    not write here."""
    statement = select(Organization).where(
        Organization.id == organization_id, Organization.deleted_at.is_(None)
    )
    row = tx.session.scalars(statement).one_or_none()
    if row is None:
        raise not_found()
    return OrganizationRead.model_validate(row).model_copy(update={"owner_id": _first_owner(tx, row)})


def change(tx: Transaction, by: Member, body: OrganizationUpdate, expected: int) -> OrganizationRead:
    """The organization with the given fields changed, if it still has the version that was read."""
    row = held(tx, by.organization_id)
    if row.version != expected:
        raise stale()
    changes: dict[str, Any] = body.model_dump(exclude_none=True)
    before = {name: getattr(row, name) for name in changes}
    try:
        _set(tx, row, **changes)
    except IntegrityError as error:
        raise _slug_taken(body.slug or "") from error
    target = ("organization", row.id)
    audit.record(tx, by, "organization.updated", target, before=before, after=changes)
    return get(tx, row.id)


def transfer(tx: Transaction, by: Member, body: OrganizationTransfer) -> OrganizationRead:
    """Handed to another member, who becomes an owner; the first owner until now becomes an admin."""
    row = held(tx, by.organization_id)
    former = _first_owner(tx, row)
    if body.user_id == former:
        raise DomainError(Kind.CONFLICT, "already_owner", "It is theirs already.")
    if not _given(tx, row.id, body.user_id, "owner"):
        raise invalid("/user_id", "not_a_member", "Only a member can take over: invite them first.")
    if former is not None:
        _given(tx, row.id, former, "admin")
    _set(tx, row, owner_id=body.user_id)
    before, after = {"owner_id": former}, {"owner_id": body.user_id}
    audit.record(tx, by, "organization.transferred", ("organization", row.id), before=before, after=after)
    return get(tx, row.id)


def delete(tx: Transaction, by: Member, confirm: str, expected: int) -> None:
    """The end of the organization and all its workspaces; its slug must be given."""
    must_name(get(tx, by.organization_id).slug, confirm)
    erasure.delete_organization(tx, by, expected)


def held(tx: Transaction, organization_id: UUID) -> Organization:
    """The organization under a lock: who owns it changes in one transaction at a time. Or not_found."""
    row = queries.locked(tx, organization_id)
    if row is None:
        raise not_found()
    return row


def lose_owner(tx: Transaction, organization: Organization, user_id: UUID) -> None:
    """What an owner's end means for the organization that is `held`: if they were its first owner, the
    longest-standing other one is from now on; if they are the only one, it is refused (last_owner)."""
    heir = successor(queries.owners(tx, organization.id), user_id)
    if organization.owner_id in (user_id, None):
        _set(tx, organization, owner_id=heir)


def _first_owner(tx: Transaction, organization: Organization) -> UUID | None:
    return organization.owner_id or first_owner(queries.owners(tx, organization.id))


def _given(tx: Transaction, organization_id: UUID, user_id: UUID, role: str) -> bool:
    """Whether there is such a member, who has the role now."""
    statement = (
        update(OrganizationMember)
        .where(OrganizationMember.organization_id == organization_id, OrganizationMember.user_id == user_id)
        .values(role=role, version=OrganizationMember.version + 1, updated_at=tx.now)
        .returning(OrganizationMember.id)
    )
    return tx.session.scalars(statement).one_or_none() is not None


def _set(tx: Transaction, organization: Organization, **changes: Any) -> None:
    for name, value in changes.items():
        setattr(organization, name, value)
    organization.version += 1
    organization.updated_at = tx.now
    tx.session.flush()


def _slug_taken(slug: str) -> DomainError:
    detail = f"Another organization has the slug {slug}."
    return DomainError(Kind.CONFLICT, "slug_taken", detail, [Fault("/slug", "slug_taken", detail)])
