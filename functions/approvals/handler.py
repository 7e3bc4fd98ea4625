"""HTTP: approval links, with which somebody outside the organization approves or rejects a publication."""

import time

from aws_lambda_powertools.event_handler import Response

from lamplighter.entrypoints.approvals import ApprovalsApi
from lamplighter.postgres.session import transaction
from lamplighter.schemas.approvals import ApprovalDecided, ApprovalLinkDecision, ApprovalView
from lamplighter.services import approval_links, approval_views, wakeups

app = handler = ApprovalsApi("approvals")
TAGS = ["Approvals"]


@app.get("/v1/approval", tags=TAGS)
def get_approval() -> ApprovalView:
    """See what the link's bearer is asked about.

    What each account would post, with pictures at addresses that work for minutes.
    """
    link = app.link()
    with transaction(link.caller.workspace_id, snapshot=True) as tx:
        seen = approval_views.seen(tx, link)
    return seen.shown()


@app.post("/v1/approval/approve", tags=TAGS)
def approve_by_link(body: ApprovalLinkDecision) -> ApprovalDecided:
    """Approve with a link what was read: the `approval_hash` says what that was."""
    link, began = app.link(), time.monotonic()
    with transaction(link.caller.workspace_id) as tx:
        once = app.once(tx)
        decided, wakes = approval_links.approve(tx, link, body)
        answer = once.kept(decided)
    wakeups.send(wakes, tx.now, began)
    return answer


@app.post("/v1/approval/reject", tags=TAGS)
def reject_by_link(body: ApprovalLinkDecision) -> ApprovalDecided:
    """Reject with a link what was read: the `approval_hash` says what that was."""
    link = app.link()
    with transaction(link.caller.workspace_id) as tx:
        once = app.once(tx)
        return once.kept(approval_links.reject(tx, link, body))


@app.get("/approve", include_in_schema=False)
def show_approval() -> Response[str]:
    return app.page()
