"""The edge of calendar feeds: a token in the path is the way in, and the answer is a calendar file."""

import re
from hashlib import sha256
from typing import Any

from aws_lambda_powertools.event_handler import Response

from lamplighter.entrypoints.api import MAX_BODY_BYTES, Api
from lamplighter.services import attempts, calendar_feeds
from lamplighter.services.calendar_feeds import Feed

KIND = "text/calendar; charset=utf-8"
_FRESH = "private, max-age=300"
_ETAG = re.compile(r'(?:W/)?("[^"]*")')

SHOWN: dict[int, Any] = {
    200: {
        "description": "A calendar (RFC 5545)",
        "headers": {"ETag": {"description": "For If-None-Match.", "schema": {"type": "string"}}},
        "content": {"text/calendar": {"schema": {"type": "string"}}},
    },
    304: {"description": "What If-None-Match names is still as it was"},
}
"""What the API's description says of it."""


class CalendarFeedsApi(Api):
    """Routes outside of any tenant, for whoever has a feed's address."""

    def __init__(self, name: str) -> None:
        super().__init__(name, public=True, max_body_bytes=MAX_BODY_BYTES)

    def feed(self, token: str) -> Feed:
        """The feed of this token. Bounded by address before the token is looked at, and by feed before
        anything is shown of it."""
        self.heed(attempts.counted_from("calendar_feed", attempts.FEEDS, self.origin().address))
        feed, is_revoked = calendar_feeds.presented(token)
        self.heed(attempts.counted_feed(feed.id))
        calendar_feeds.must_work(is_revoked=is_revoked)
        return feed

    def file(self, text: str, if_none_match: str | None) -> Response[str]:
        """The calendar, or that it is still as it was (RFC 9110, 13.1.2)."""
        etag = f'"{sha256(text.encode()).hexdigest()[:32]}"'
        headers = {"ETag": etag, "Cache-Control": _FRESH}
        known = if_none_match or ""
        if known.strip() == "*" or etag in _ETAG.findall(known):
            return Response(304, KIND, "", headers=headers)
        return Response(200, KIND, text, headers=headers)
