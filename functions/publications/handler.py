"""Publications: content on its way to accounts at a time."""

import time
from typing import Annotated
from uuid import UUID

from aws_lambda_powertools.event_handler.openapi.params import Query

from lamplighter.entrypoints.api import build_api
from lamplighter.entrypoints.paging import Cursor, Limit, Sort, ordered
from lamplighter.entrypoints.preconditions import IfMatch, expected_version, version_if_given
from lamplighter.postgres.session import transaction
from lamplighter.schemas.approvals import (
    ApprovalDecision,
    ApprovalLinkCreate,
    ApprovalLinkCreated,
    ApprovalLinkRead,
    ApprovalRead,
    ApprovalStep,
)
from lamplighter.schemas.common import Page
from lamplighter.schemas.publications import (
    PublicationCreate,
    PublicationRead,
    PublicationResolve,
    PublicationStatus,
    PublicationUpdate,
)
from lamplighter.schemas.timeline import Timeline
from lamplighter.services import (
    approval_decisions,
    approval_links,
    publication_moves,
    publication_platforms,
    publications,
    resolving,
    scheduling,
    timeline,
    wakeups,
)
from lamplighter.services.pages import Order

app = handler = build_api("publications")
ROUTE = "/v1/workspaces/<workspace_id>/publications"
APPROVALS = ["Approvals"]
PLATFORM = ROUTE + "/<publication_id>/platforms/<platform_id>"


@app.post(ROUTE, status_code=201, tags=["Publications"])
def create_publication(workspace_id: UUID, body: PublicationCreate) -> PublicationRead:
    """Schedule content on one or more connections, or publish it now."""
    caller, began = app.caller(workspace_id, "publications:write"), time.monotonic()
    with transaction(caller.workspace_id) as tx:
        once = app.once(tx)
        row, wakes = scheduling.create(tx, caller, body)
        answer = once.kept(PublicationRead.model_validate(row))
    wakeups.send(wakes, tx.now, began)
    return answer


@app.get(ROUTE, tags=["Publications"])
def list_publications(
    workspace_id: UUID,
    status: Annotated[PublicationStatus | None, Query()] = None,
    *,
    sort: Sort = "-created_at",
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Page[PublicationRead]:
    """List publications, newest first."""
    caller, order = app.caller(workspace_id, "publications:read"), ordered(limit, cursor, sort)
    with transaction(caller.workspace_id) as tx:
        found = publications.listed(tx, caller, status, order)
        return Page[PublicationRead].model_validate(found)


@app.get(ROUTE + "/<publication_id>", tags=["Publications"])
def get_publication(workspace_id: UUID, publication_id: UUID) -> PublicationRead:
    """Read a publication and how it went on each account."""
    caller = app.caller(workspace_id, "publications:read")
    with transaction(caller.workspace_id) as tx:
        return PublicationRead.model_validate(publications.get(tx, caller, publication_id))


@app.get(ROUTE + "/<publication_id>/timeline", tags=["Publications"])
def read_timeline(workspace_id: UUID, publication_id: UUID) -> Timeline:
    """See what happened to a publication, step by step, and what comes next."""
    caller = app.caller(workspace_id, "publications:read")
    with transaction(caller.workspace_id) as tx:
        return timeline.told(tx, caller, publication_id)


@app.post(ROUTE + "/<publication_id>/cancel", tags=["Publications"])
def cancel_publication(workspace_id: UUID, publication_id: UUID, if_match: IfMatch = None) -> PublicationRead:
    """Stop what has not been sent yet. If-Match is heeded where it is sent."""
    caller = app.caller(workspace_id, "publications:write")
    expected = version_if_given(if_match)
    with transaction(caller.workspace_id) as tx:
        once = app.once(tx)
        row = publication_moves.cancel(tx, caller, publication_id, expected)
        return once.kept(PublicationRead.model_validate(row))


@app.patch(ROUTE + "/<publication_id>", tags=["Publications"])
def update_publication(
    workspace_id: UUID, publication_id: UUID, body: PublicationUpdate, if_match: IfMatch = None
) -> PublicationRead:
    """Move a publication that has not been sent, or change its priority or late policy.

    A new time sets going again what was missed, held or has failed. An approval is of the time too: where one
    is needed, it is asked for again.
    """
    caller, began = app.caller(workspace_id, "publications:write"), time.monotonic()
    expected = expected_version(if_match)
    with transaction(caller.workspace_id) as tx:
        row, wakes = publication_moves.change(tx, caller, publication_id, body, expected)
        answer = PublicationRead.model_validate(row)
    wakeups.send(wakes, tx.now, began)
    return answer


@app.post(ROUTE + "/<publication_id>/publish-now", tags=["Publications"])
def publish_now(workspace_id: UUID, publication_id: UUID, if_match: IfMatch = None) -> PublicationRead:
    """Publish at once what has not been sent yet. If-Match is heeded where it is sent."""
    caller, began = app.caller(workspace_id, "publications:write"), time.monotonic()
    expected = version_if_given(if_match)
    with transaction(caller.workspace_id) as tx:
        once = app.once(tx)
        row, wakes = publication_moves.publish_now(tx, caller, publication_id, expected)
        answer = once.kept(PublicationRead.model_validate(row))
    wakeups.send(wakes, tx.now, began)
    return answer


@app.post(PLATFORM + "/retry", tags=["Publications"])
def retry_platform(workspace_id: UUID, publication_id: UUID, platform_id: UUID) -> PublicationRead:
    """Send again to one account what failed there, is held or was skipped.

    What is published stays as it is: the other accounts are not called. A post in several segments goes on
    from the one that is missing.
    """
    caller, began = app.caller(workspace_id, "publications:write"), time.monotonic()
    with transaction(caller.workspace_id) as tx:
        once = app.once(tx)
        row, wakes = publication_platforms.retry(tx, caller, publication_id, platform_id)
        answer = once.kept(PublicationRead.model_validate(row))
    wakeups.send(wakes, tx.now, began)
    return answer


@app.post(PLATFORM + "/cancel", tags=["Publications"])
def cancel_platform(workspace_id: UUID, publication_id: UUID, platform_id: UUID) -> PublicationRead:
    """Stop what has not been sent yet to one account; the others go on."""
    caller = app.caller(workspace_id, "publications:write")
    with transaction(caller.workspace_id) as tx:
        once = app.once(tx)
        row = publication_platforms.cancel(tx, caller, publication_id, platform_id)
        return once.kept(PublicationRead.model_validate(row))


@app.post(PLATFORM + "/resolve", tags=["Publications"])
def resolve_platform(
    workspace_id: UUID, publication_id: UUID, platform_id: UUID, body: PublicationResolve
) -> PublicationRead:
    """Say what became of a post whose outcome is unknown: it was posted, or it was not and is sent again."""
    caller, began = app.caller(workspace_id, "publications:write"), time.monotonic()
    with transaction(caller.workspace_id) as tx:
        once = app.once(tx)
        row, wakes = resolving.resolve(tx, caller, publication_id, platform_id, body)
        answer = once.kept(PublicationRead.model_validate(row))
    wakeups.send(wakes, tx.now, began)
    return answer


@app.post(PLATFORM + "/remove", tags=["Publications"])
def remove_platform(workspace_id: UUID, publication_id: UUID, platform_id: UUID) -> PublicationRead:
    """Take a published post back from its network, with all its segments."""
    caller, began = app.caller(workspace_id, "publications:write"), time.monotonic()
    with transaction(caller.workspace_id) as tx:
        once = app.once(tx)
        row, wakes = publication_platforms.remove(tx, caller, publication_id, platform_id)
        answer = once.kept(PublicationRead.model_validate(row))
    wakeups.send(wakes, tx.now, began)
    return answer


@app.post(PLATFORM + "/edit", tags=["Publications"])
def edit_platform(workspace_id: UUID, publication_id: UUID, platform_id: UUID) -> PublicationRead:
    """Have a published post say what its content says now, where the network allows it."""
    caller, began = app.caller(workspace_id, "publications:write"), time.monotonic()
    with transaction(caller.workspace_id) as tx:
        once = app.once(tx)
        row, wakes = publication_platforms.edit(tx, caller, publication_id, platform_id)
        answer = once.kept(PublicationRead.model_validate(row))
    wakeups.send(wakes, tx.now, began)
    return answer


@app.post(ROUTE + "/<publication_id>/approval/request", tags=APPROVALS)
def request_approval(
    workspace_id: UUID, publication_id: UUID, body: ApprovalStep, if_match: IfMatch = None
) -> PublicationRead:
    """Ask for an approval: it does not go out without one. If-Match is heeded where it is sent."""
    caller, expected = app.caller(workspace_id, "publications:write"), version_if_given(if_match)
    with transaction(caller.workspace_id) as tx:
        once = app.once(tx)
        row = approval_decisions.request(tx, caller, publication_id, body, expected)
        return once.kept(PublicationRead.model_validate(row))


@app.post(ROUTE + "/<publication_id>/approval/approve", tags=APPROVALS)
def approve_publication(
    workspace_id: UUID, publication_id: UUID, body: ApprovalDecision, if_match: IfMatch = None
) -> PublicationRead:
    """Approve it as it stands; any change asks again. What has waited for it goes out at once.

    If-Match is of the publication as you read it before you read its content: what changed meanwhile is not
    approved then. Send the `approval_hash` that you read, too, to have the words themselves compared.
    """
    caller, began = app.caller(workspace_id, "publications:approve"), time.monotonic()
    expected = expected_version(if_match)
    with transaction(caller.workspace_id) as tx:
        once = app.once(tx)
        row, wakes = approval_decisions.approve(tx, caller, publication_id, body, expected)
        answer = once.kept(PublicationRead.model_validate(row))
    wakeups.send(wakes, tx.now, began)
    return answer


@app.post(ROUTE + "/<publication_id>/approval/reject", tags=APPROVALS)
def reject_publication(
    workspace_id: UUID, publication_id: UUID, body: ApprovalDecision, if_match: IfMatch = None
) -> PublicationRead:
    """Reject it: it stays unsent until an approval is requested again and given."""
    caller, expected = app.caller(workspace_id, "publications:approve"), expected_version(if_match)
    with transaction(caller.workspace_id) as tx:
        once = app.once(tx)
        row = approval_decisions.reject(tx, caller, publication_id, body, expected)
        return once.kept(PublicationRead.model_validate(row))


@app.post(ROUTE + "/<publication_id>/approval/revoke", tags=APPROVALS)
def revoke_approval(
    workspace_id: UUID, publication_id: UUID, body: ApprovalStep, if_match: IfMatch = None
) -> PublicationRead:
    """Take an approval back while the post is still here: it waits for another one."""
    caller, expected = app.caller(workspace_id, "publications:approve"), version_if_given(if_match)
    with transaction(caller.workspace_id) as tx:
        once = app.once(tx)
        row = approval_decisions.revoke(tx, caller, publication_id, body, expected)
        return once.kept(PublicationRead.model_validate(row))


@app.get(ROUTE + "/<publication_id>/approvals", tags=APPROVALS)
def list_approvals(
    workspace_id: UUID, publication_id: UUID, limit: Limit = 20, cursor: Cursor = None
) -> Page[ApprovalRead]:
    """List what was asked and decided about a publication, newest first."""
    caller = app.caller(workspace_id, "publications:read")
    with transaction(caller.workspace_id) as tx:
        found = approval_decisions.listed(tx, caller, publication_id, Order(limit, cursor))
        return Page[ApprovalRead].model_validate(found)


@app.post(ROUTE + "/<publication_id>/approval-links", status_code=201, tags=APPROVALS)
def create_approval_link(
    workspace_id: UUID, publication_id: UUID, body: ApprovalLinkCreate
) -> ApprovalLinkCreated:
    """Make a link with which somebody outside the organization approves or rejects.

    Whoever has it sees this publication and nothing else. Its token is shown this once.
    """
    caller = app.caller(workspace_id, "publications:write")
    with transaction(caller.workspace_id) as tx:
        once = app.once(tx)
        row, token = approval_links.create(tx, caller, publication_id, body)
        shown = {"url": approval_links.address(app.public_url(), token), "token": token}
        answer = ApprovalLinkCreated(**ApprovalLinkRead.model_validate(row).model_dump(), **shown)
        return once.kept(answer, secret=True)


@app.get(ROUTE + "/<publication_id>/approval-links", tags=APPROVALS)
def list_approval_links(
    workspace_id: UUID, publication_id: UUID, limit: Limit = 20, cursor: Cursor = None
) -> Page[ApprovalLinkRead]:
    """List a publication's approval links, newest first; their tokens are shown nowhere."""
    caller = app.caller(workspace_id, "publications:read")
    with transaction(caller.workspace_id) as tx:
        found = approval_links.listed(tx, caller, publication_id, Order(limit, cursor))
        return Page[ApprovalLinkRead].model_validate(found)


@app.delete(ROUTE + "/<publication_id>/approval-links/<link_id>", tags=APPROVALS)
def revoke_approval_link(workspace_id: UUID, publication_id: UUID, link_id: UUID) -> ApprovalLinkRead:
    """Revoke an approval link: it opens nothing any more. What was decided with it stands."""
    caller = app.caller(workspace_id, "publications:write")
    with transaction(caller.workspace_id) as tx:
        row = approval_links.revoke(tx, caller, publication_id, link_id)
        return ApprovalLinkRead.model_validate(row)
