"""Recurring posts: content that goes out again and again, and each of its occurrences."""

import time
from typing import Annotated
from uuid import UUID

from aws_lambda_powertools.event_handler.openapi.params import Query

from lamplighter.entrypoints.api import build_api
from lamplighter.entrypoints.paging import Cursor, Limit, Sort, ordered
from lamplighter.entrypoints.preconditions import IfMatch, expected_version, version_if_given
from lamplighter.postgres.session import transaction
from lamplighter.schemas.common import Page, Time
from lamplighter.schemas.recurring_occurrences import (
    OccurrenceEdit,
    OccurrenceList,
    OccurrenceMove,
    OccurrenceRead,
)
from lamplighter.schemas.recurring_posts import (
    RecurringPostCreate,
    RecurringPostPreview,
    RecurringPostRead,
    RecurringPostStatus,
    RecurringPostUpdate,
    RecurringPreviewRead,
)
from lamplighter.services import recurring_occurrences, recurring_posts, recurring_reads, wakeups

app = handler = build_api("recurring_posts")
ROUTE = "/v1/workspaces/<workspace_id>/recurring-posts"
ITEM = ROUTE + "/<recurring_post_id>"
OCCURRENCE = ITEM + "/occurrences/<occurrence>"
TAGS = ["Recurring posts"]
From = Annotated[Time | None, Query(alias="from", description="The first moment; left out: now.")]
To = Annotated[Time | None, Query(alias="to", description="The moment before which they lie.")]


@app.post(ROUTE, status_code=201, tags=TAGS)
def create_recurring_post(workspace_id: UUID, body: RecurringPostCreate) -> RecurringPostRead:
    """Have content go out again and again, by a schedule in local time."""
    caller = app.caller(workspace_id, "recurring_posts:write")
    with transaction(caller.workspace_id) as tx:
        once = app.once(tx)
        row = recurring_posts.create(tx, caller, body)
        return once.kept(RecurringPostRead.model_validate(row))


@app.get(ROUTE, tags=TAGS)
def list_recurring_posts(
    workspace_id: UUID,
    status: Annotated[RecurringPostStatus | None, Query()] = None,
    *,
    sort: Sort = "-created_at",
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Page[RecurringPostRead]:
    """List recurring posts, newest first."""
    caller, order = app.caller(workspace_id, "recurring_posts:read"), ordered(limit, cursor, sort)
    with transaction(caller.workspace_id) as tx:
        found = recurring_reads.listed(tx, caller, status, order)
        return Page[RecurringPostRead].model_validate(found)


@app.post(ROUTE + "/preview", tags=TAGS)
def preview_recurring_post(workspace_id: UUID, body: RecurringPostPreview) -> RecurringPreviewRead:
    """See what a schedule comes to, in words and in local and UTC time; nothing is made of it."""
    caller = app.caller(workspace_id, "recurring_posts:read")
    with transaction(caller.workspace_id) as tx:
        return RecurringPreviewRead.model_validate(recurring_reads.preview(tx, body))


@app.get(ITEM, tags=TAGS)
def get_recurring_post(workspace_id: UUID, recurring_post_id: UUID) -> RecurringPostRead:
    """Read a recurring post: its schedule in words, when it goes out next, and what may surprise about it."""
    caller = app.caller(workspace_id, "recurring_posts:read")
    with transaction(caller.workspace_id) as tx:
        return RecurringPostRead.model_validate(recurring_reads.get(tx, caller, recurring_post_id))


@app.patch(ITEM, tags=TAGS)
def update_recurring_post(
    workspace_id: UUID, recurring_post_id: UUID, body: RecurringPostUpdate, if_match: IfMatch = None
) -> RecurringPostRead:
    """Change a recurring post from its next occurrence on.

    What was made ahead and is not sent yet is cancelled and made anew. Occurrences that were skipped, moved
    or edited stay so as long as the schedule still has their times.
    """
    caller, expected = app.caller(workspace_id, "recurring_posts:write"), expected_version(if_match)
    with transaction(caller.workspace_id) as tx:
        row = recurring_posts.change(tx, caller, recurring_post_id, body, expected)
        return RecurringPostRead.model_validate(row)


@app.delete(ITEM, status_code=204, tags=TAGS)
def delete_recurring_post(workspace_id: UUID, recurring_post_id: UUID, if_match: IfMatch = None) -> None:
    """Delete a recurring post: what has not been sent is cancelled, its publications stay to be seen."""
    caller, expected = app.caller(workspace_id, "recurring_posts:write"), expected_version(if_match)
    with transaction(caller.workspace_id) as tx:
        recurring_posts.remove(tx, caller, recurring_post_id, expected)


@app.post(ITEM + "/pause", tags=TAGS)
def pause_recurring_post(
    workspace_id: UUID, recurring_post_id: UUID, if_match: IfMatch = None
) -> RecurringPostRead:
    """Have nothing more go out until it is resumed. If-Match is heeded where it is sent."""
    caller, expected = app.caller(workspace_id, "recurring_posts:write"), version_if_given(if_match)
    with transaction(caller.workspace_id) as tx:
        once = app.once(tx)
        row = recurring_posts.pause(tx, caller, recurring_post_id, expected)
        return once.kept(RecurringPostRead.model_validate(row))


@app.post(ITEM + "/resume", tags=TAGS)
def resume_recurring_post(
    workspace_id: UUID, recurring_post_id: UUID, if_match: IfMatch = None
) -> RecurringPostRead:
    """Go on with what is still to come; what passed meanwhile is not made. If-Match is heeded where it is
    sent."""
    caller, expected = app.caller(workspace_id, "recurring_posts:write"), version_if_given(if_match)
    with transaction(caller.workspace_id) as tx:
        once = app.once(tx)
        row = recurring_posts.resume(tx, caller, recurring_post_id, expected)
        return once.kept(RecurringPostRead.model_validate(row))


@app.get(ITEM + "/occurrences", tags=TAGS)
def list_occurrences(
    workspace_id: UUID, recurring_post_id: UUID, since: From = None, until: To = None, limit: Limit = 20
) -> OccurrenceList:
    """List its occurrences in the order of their times: what has become of them, and what is to come."""
    caller = app.caller(workspace_id, "recurring_posts:read")
    with transaction(caller.workspace_id) as tx:
        period = (since, until)
        found = recurring_occurrences.listed(tx, caller, recurring_post_id, period, limit)
        return OccurrenceList.model_validate(found)


@app.post(OCCURRENCE + "/skip", tags=TAGS)
def skip_occurrence(workspace_id: UUID, recurring_post_id: UUID, occurrence: str) -> OccurrenceRead:
    """Leave one occurrence out; if its publication is there already, it is cancelled."""
    caller = app.caller(workspace_id, "recurring_posts:write")
    with transaction(caller.workspace_id) as tx:
        once = app.once(tx)
        row = recurring_occurrences.skip(tx, caller, recurring_post_id, occurrence)
        return once.kept(OccurrenceRead.model_validate(row))


@app.post(OCCURRENCE + "/move", tags=TAGS)
def move_occurrence(
    workspace_id: UUID, recurring_post_id: UUID, occurrence: str, body: OccurrenceMove
) -> OccurrenceRead:
    """Have one occurrence go out at another time; it keeps its key."""
    caller, began = app.caller(workspace_id, "recurring_posts:write"), time.monotonic()
    with transaction(caller.workspace_id) as tx:
        once = app.once(tx)
        row, wakes = recurring_occurrences.move(tx, caller, recurring_post_id, occurrence, body.scheduled_at)
        answer = once.kept(OccurrenceRead.model_validate(row))
    wakeups.send(wakes, tx.now, began)
    return answer


@app.post(OCCURRENCE + "/edit", tags=TAGS)
def edit_occurrence(
    workspace_id: UUID, recurring_post_id: UUID, occurrence: str, body: OccurrenceEdit
) -> OccurrenceRead:
    """Give one occurrence another content; an approval that it has is asked for again."""
    caller, began = app.caller(workspace_id, "recurring_posts:write"), time.monotonic()
    with transaction(caller.workspace_id) as tx:
        once = app.once(tx)
        row, wakes = recurring_occurrences.edit(tx, caller, recurring_post_id, occurrence, body.content_id)
        answer = once.kept(OccurrenceRead.model_validate(row))
    wakeups.send(wakes, tx.now, began)
    return answer


@app.post(OCCURRENCE + "/restore", tags=TAGS)
def restore_occurrence(workspace_id: UUID, recurring_post_id: UUID, occurrence: str) -> OccurrenceRead:
    """Undo what was said about one occurrence alone: it is again as the schedule has it."""
    caller = app.caller(workspace_id, "recurring_posts:write")
    with transaction(caller.workspace_id) as tx:
        once = app.once(tx)
        row = recurring_occurrences.restore(tx, caller, recurring_post_id, occurrence)
        return once.kept(OccurrenceRead.model_validate(row))
