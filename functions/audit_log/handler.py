"""HTTP: the audit log of a workspace or an organization, read and exported."""

from typing import Annotated, Literal
from uuid import UUID

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from lamplighter.entrypoints.api import build_api
from lamplighter.entrypoints.audit_export import EXPORTED, answer
from lamplighter.entrypoints.paging import Cursor, Limit
from lamplighter.postgres.session import transaction
from lamplighter.schemas.audit_log import AuditLogEntry
from lamplighter.schemas.common import Page, Time
from lamplighter.services import audit_export, audit_log
from lamplighter.services.audit_log import Filter
from lamplighter.services.pages import Order

app = handler = build_api("audit_log")
WORKSPACE = "/v1/workspaces/<workspace_id>/audit-log"
ORGANIZATION = "/v1/organizations/<organization_id>/audit-log"

_ACTION = "An action (`content.created`), or how it begins, with the dot (`content.`)."
Action = Annotated[str | None, Query(max_length=100, pattern=r"^[a-z_]+\.[a-z_]*$", description=_ACTION)]
Id = Annotated[UUID | None, Query()]
Kind = Annotated[str | None, Query(max_length=50, pattern="^[a-z_]+$", examples=["content"])]
Since = Annotated[Time | None, Query(alias="from", description="The first moment that is wanted.")]
Until = Annotated[Time | None, Query(alias="to", description="The first moment that is not.")]
Sort = Annotated[Literal["at", "-at"], Query(description="`at`: oldest first.")]
Form = Annotated[Literal["csv", "jsonl"], Query(alias="format")]


@app.get(WORKSPACE, tags=["Audit log"])
def list_audit_log(
    workspace_id: UUID,
    *,
    action: Action = None,
    actor_id: Id = None,
    target_kind: Kind = None,
    target_id: Id = None,
    since: Since = None,
    until: Until = None,
    sort: Sort = "-at",
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Page[AuditLogEntry]:
    """List what was done in a workspace, newest first."""
    caller = app.caller(workspace_id, "audit_log:read")
    wanted = Filter(action, actor_id, target_kind, target_id, since, until)
    order = Order(limit, cursor, oldest_first=sort == "at")
    with transaction(caller.workspace_id) as tx:
        return Page[AuditLogEntry].model_validate(audit_log.listed(tx, caller, wanted, order))


@app.get(ORGANIZATION, tags=["Audit log"])
def list_organization_audit_log(
    organization_id: UUID,
    *,
    action: Action = None,
    actor_id: Id = None,
    target_kind: Kind = None,
    target_id: Id = None,
    since: Since = None,
    until: Until = None,
    sort: Sort = "-at",
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Page[AuditLogEntry]:
    """List what was done in an organization and in all its workspaces, newest first."""
    member = app.member(organization_id, "organization_audit_log:read")
    wanted = Filter(action, actor_id, target_kind, target_id, since, until)
    order = Order(limit, cursor, oldest_first=sort == "at")
    with transaction(organization_id=member.organization_id) as tx:
        return Page[AuditLogEntry].model_validate(audit_log.listed(tx, member, wanted, order))


@app.get(WORKSPACE + "/export", tags=["Audit log"], responses=EXPORTED)
def export_audit_log(
    workspace_id: UUID, form: Form = "csv", since: Since = None, until: Until = None, cursor: Cursor = None
) -> Response[str]:
    """Export a workspace's log as CSV or JSON Lines, oldest first.

    While the answer has a `Next-Cursor`, ask again with it as `cursor`: the answers, one after the other, are
    one file. Taking an export is on the log as well.
    """
    caller = app.caller(workspace_id, "audit_log:read")
    with transaction(caller.workspace_id) as tx:
        found = audit_export.export(tx, caller, form, Filter(since=since, until=until), cursor)
    return answer(found, form)


@app.get(ORGANIZATION + "/export", tags=["Audit log"], responses=EXPORTED)
def export_organization_audit_log(
    organization_id: UUID, form: Form = "csv", since: Since = None, until: Until = None, cursor: Cursor = None
) -> Response[str]:
    """Export an organization's log, that of its workspaces included, as CSV or JSON Lines, oldest first.

    It is paged as a workspace's is.
    """
    member = app.member(organization_id, "organization_audit_log:read")
    with transaction(organization_id=member.organization_id) as tx:
        found = audit_export.export(tx, member, form, Filter(since=since, until=until), cursor)
    return answer(found, form)
