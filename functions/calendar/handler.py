"""HTTP: the calendar, what is on which day; moves with an eye to it, feeds of it, calendar files into it."""

import time
from datetime import date
from typing import Annotated
from uuid import UUID

from aws_lambda_powertools.event_handler.openapi.params import Query

from lamplighter.entrypoints.api import build_api
from lamplighter.entrypoints.paging import Cursor, Limit, Sort, ordered
from lamplighter.entrypoints.preconditions import IfMatch, version_if_given
from lamplighter.postgres.session import transaction
from lamplighter.schemas.calendar import (
    CalendarFeedCreate,
    CalendarFeedCreated,
    CalendarFeedRead,
    CalendarImport,
    CalendarImported,
    CalendarMove,
    CalendarMoved,
    CalendarRead,
    CalendarStatus,
    Country,
)
from lamplighter.schemas.common import Page
from lamplighter.services import calendar, calendar_feeds, calendar_import, calendar_moves, wakeups
from lamplighter.services.calendar import Period

app = handler = build_api("calendar")
ROUTE = "/v1/workspaces/<workspace_id>/calendar"
FEEDS = ROUTE + "/feeds"
TAGS = ["Calendar"]

Day = Annotated[date | None, Query(alias="from", description="The first day; left out: today.")]
LastDay = Annotated[
    date | None, Query(alias="to", description="The last day of up to 92; left out: 30 days after the first.")
]
Zone = Annotated[str, Query(max_length=50, description="The IANA zone whose days are meant.")]
Connections = Annotated[
    list[UUID] | None, Query(max_length=50, description="Only what goes to one of these accounts.")
]
Statuses = Annotated[
    list[CalendarStatus] | None, Query(max_length=20, description="Only what is in one of these states.")
]
CountryCodes = Annotated[
    list[Country] | None, Query(max_length=10, description="Whose public holidays to show: DE, DE-BY.")
]
Entries = Annotated[int, Query(ge=1, le=500, description="How many entries a page holds.")]


@app.get(ROUTE, tags=TAGS)
def get_calendar(
    workspace_id: UUID,
    first: Day = None,
    last: LastDay = None,
    *,
    timezone: Zone = "UTC",
    connection_id: Connections = None,
    status: Statuses = None,
    country: CountryCodes = None,
    limit: Entries = 500,
    cursor: Cursor = None,
) -> CalendarRead:
    """See what is on which day: publications, occurrences to come, campaigns and public holidays.

    Occurrences are shown to who may read recurring posts, campaigns to who may read those.
    """
    caller = app.caller(workspace_id, "publications:read")
    period = Period(first, last, timezone, connection_id or (), status or (), country or ())
    with transaction(caller.workspace_id) as tx:
        return CalendarRead.model_validate(calendar.shown(tx, caller, period, limit, cursor))


@app.post(ROUTE + "/move", tags=TAGS)
def move_on_calendar(workspace_id: UUID, body: CalendarMove, if_match: IfMatch = None) -> CalendarMoved:
    """Move a publication or an occurrence to another time, unless that is too close to another post of an
    account, or within its quiet hours.

    The answer is `calendar_conflict` then, which says what is in the way; `force` moves it all the same. An
    occurrence is moved by who may write recurring posts. If-Match of a publication is heeded where sent.
    """
    caller, began = app.caller(workspace_id, "publications:write"), time.monotonic()
    expected = version_if_given(if_match)
    with transaction(caller.workspace_id) as tx:
        once = app.once(tx)
        moved, wakes = calendar_moves.move(tx, caller, body, expected)
        answer = once.kept(CalendarMoved.model_validate(moved))
    wakeups.send(wakes, tx.now, began)
    return answer


@app.post(ROUTE + "/import", tags=TAGS)
def import_calendar(workspace_id: UUID, body: CalendarImport) -> CalendarImported:
    """Take over the events of a calendar file: single ones become drafts that are scheduled, repeating ones
    recurring posts.

    Each event is taken once, by its UID, however often a file is imported. What cannot be taken is listed
    with its line and the reason. Repeating events are taken by who may write recurring posts.
    """
    caller, began = app.caller(workspace_id, "publications:write"), time.monotonic()
    with transaction(caller.workspace_id) as tx:
        once = app.once(tx)
        imported, wakes = calendar_import.imported(tx, caller, body)
        answer = once.kept(CalendarImported.model_validate(imported))
    wakeups.send(wakes, tx.now, began)
    return answer


@app.post(FEEDS, status_code=201, tags=TAGS)
def create_calendar_feed(workspace_id: UUID, body: CalendarFeedCreate) -> CalendarFeedCreated:
    """Make an address at which calendar programs read what goes out. Its token is shown this once."""
    caller = app.caller(workspace_id, "publications:write")
    with transaction(caller.workspace_id) as tx:
        once = app.once(tx)
        row, token = calendar_feeds.create(tx, caller, body)
        shown = {"url": calendar_feeds.address(app.public_url(), token), "token": token}
        answer = CalendarFeedCreated(**CalendarFeedRead.model_validate(row).model_dump(), **shown)
        return once.kept(answer, secret=True)


@app.get(FEEDS, tags=TAGS)
def list_calendar_feeds(
    workspace_id: UUID, *, sort: Sort = "-created_at", limit: Limit = 20, cursor: Cursor = None
) -> Page[CalendarFeedRead]:
    """List feeds, newest first; their tokens are shown nowhere."""
    caller, order = app.caller(workspace_id, "publications:read"), ordered(limit, cursor, sort)
    with transaction(caller.workspace_id) as tx:
        return Page[CalendarFeedRead].model_validate(calendar_feeds.listed(tx, caller, order))


@app.delete(FEEDS + "/<feed_id>", tags=TAGS)
def revoke_calendar_feed(workspace_id: UUID, feed_id: UUID) -> CalendarFeedRead:
    """Revoke a feed: its address shows nothing any more."""
    caller = app.caller(workspace_id, "publications:write")
    with transaction(caller.workspace_id) as tx:
        return CalendarFeedRead.model_validate(calendar_feeds.revoke(tx, caller, feed_id))
