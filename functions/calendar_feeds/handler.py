"""HTTP: calendar feeds, which calendar programs read without an account here."""

from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Header

from lamplighter.entrypoints.calendar_feeds import SHOWN, CalendarFeedsApi
from lamplighter.postgres.session import transaction
from lamplighter.services import calendar_files

app = handler = CalendarFeedsApi("calendar_feeds")
IfNoneMatch = Annotated[
    str | None, Header(alias="If-None-Match", description="The ETag of what you have already.")
]


@app.get("/v1/calendar-feeds/<token>.ics", tags=["Calendar"], responses=SHOWN)
def read_calendar_feed(token: str, if_none_match: IfNoneMatch = None) -> Response[str]:
    """Read a feed as a calendar file: what went out of late, and what goes out within a year."""
    feed = app.feed(token)
    with transaction(feed.workspace_id, snapshot=True) as tx:
        text = calendar_files.file_of(tx, feed)
    return app.file(text, if_none_match)
