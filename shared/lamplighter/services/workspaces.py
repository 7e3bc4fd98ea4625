"""Workspaces: the tenants."""

from typing import Any, TypedDict
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Bundle

from lamplighter.domain.access import Caller, Member, Person
from lamplighter.postgres.models import PersonalKey, Workspace
from lamplighter.postgres.session import Transaction
from lamplighter.problems import DomainError, Fault, Kind, not_found
from lamplighter.schemas.workspaces import WorkspaceCreate, WorkspaceUpdate
from lamplighter.services import api_keys, audit, erasure, personal_keys, sealing
from lamplighter.services.pages import Order, page
from lamplighter.services.rows import must_name, stale


def add(
    tx: Transaction, by: Member, workspace_id: UUID, body: WorkspaceCreate, wrapped_key: bytes
) -> tuple[Workspace, str | None]:
    """A further workspace of the organization, and its first key where a program makes it: as strong as the
    program's own. The transaction names both ids."""
    if by.program is not None:
        by.program.must_be_unlimited()
    workspace = create(tx, by.organization_id, workspace_id, body, wrapped_key)
    after = {"name": body.name, "slug": body.slug}
    target = ("workspace", workspace_id)
    audit.record(tx, by, "workspace.created", target, workspace_id=workspace_id, after=after)
    return workspace, None if by.program is None else api_keys.first_of(tx, by.program, workspace_id)


def create(
    tx: Transaction, organization_id: UUID, workspace_id: UUID, body: WorkspaceCreate, wrapped_key: bytes
) -> Workspace:
    """A workspace with its data key, wrapped before the transaction began, and with the key that seals what
    its programs leave in the audit log. The transaction names both ids."""
    # Two that ask for one slug at once both see it free; the constraint lets one in.
    statement = (
        insert(Workspace)
        .values(id=workspace_id, organization_id=organization_id, name=body.name, slug=body.slug)
        .on_conflict_do_nothing(constraint="workspaces_organization_id_slug_key")
        .returning(Workspace)
    )
    workspace = tx.session.scalars(statement).one_or_none()
    if workspace is None:
        detail = "Another workspace of this organization has this slug."
        raise DomainError(Kind.CONFLICT, "slug_taken", detail, [Fault("/slug", "slug_taken", detail)])
    sealing.add_key(tx, workspace.id, wrapped_key)
    tx.session.add(PersonalKey(owner_id=workspace_id, wrapped=personal_keys.new(workspace_id)))
    return workspace


class Scope(TypedDict, total=False):
    """What a transaction names."""

    workspace_id: UUID
    user_id: UUID


def scope_of(by: Caller | Person) -> Scope:
    """What a transaction names that lists their workspaces."""
    return {"workspace_id": by.workspace_id} if isinstance(by, Caller) else {"user_id": by.id}


def listed(tx: Transaction, by: Caller | Person, order: Order) -> dict[str, Any]:
    """A page of the workspaces that a person has a role in, or a program's own one."""
    if isinstance(by, Caller):
        _must_read(by)
        row = get(tx, by.workspace_id)
        item = {name: getattr(row, name) for name in ("id", "organization_id", "name", "slug")}
        return {"items": [{**item, "role": None}], "has_more": False}
    mine = func.my_workspaces().table_valued(
        "workspace_id", "organization_id", "name", "slug", "role", name="mine"
    )
    id_ = mine.c.workspace_id
    fields: Bundle[Any] = Bundle(
        "workspace", id_.label("id"), mine.c.organization_id, mine.c.name, mine.c.slug, mine.c.role
    )
    return page(tx, select(fields), id_, order, bound_to=f"workspaces {by.id}")


def _must_read(by: Caller) -> None:
    if not by.may("workspaces:read"):
        detail = "This key lacks the permission workspaces:read."
        raise DomainError(Kind.FORBIDDEN, "permission_missing", detail)


def delete(tx: Transaction, by: Caller, confirm: str, expected: int) -> None:
    """The end of the workspace, whose slug must be given. The transaction names the organization too."""
    must_name(get(tx, by.workspace_id).slug, confirm)
    erasure.delete_workspace(tx, by, expected)


def get(tx: Transaction, workspace_id: UUID) -> Workspace:
    """The workspace, or not_found."""
    workspace = tx.session.get(Workspace, workspace_id)
    if workspace is None:
        raise not_found()
    return workspace


def change(tx: Transaction, caller: Caller, body: WorkspaceUpdate, expected: int) -> Workspace:
    """The workspace with the given fields changed, if it still has the version that was read."""
    changes: dict[str, Any] = body.model_dump(exclude_none=True)
    former = get(tx, caller.workspace_id)
    # Its settings are the workspace's own and may hold anything: the log says that they changed.
    named = [name for name in changes if name != "settings"]
    before = {name: getattr(former, name) for name in named}
    statement = (
        update(Workspace)
        .where(Workspace.id == caller.workspace_id, Workspace.version == expected)
        .values(**changes, version=Workspace.version + 1, updated_at=tx.now)
        .returning(Workspace)
    )
    changed = tx.session.scalars(statement).one_or_none()
    if changed is None:
        raise stale()
    after = {name: changes[name] for name in named} | {"changed": sorted(changes)}
    audit.record(tx, caller, "workspace.updated", ("workspace", changed.id), before=before, after=after)
    return changed
