"""The query parameters of every list."""

from typing import Annotated, Literal

from aws_lambda_powertools.event_handler.openapi.params import Query

from lamplighter.services.pages import Order

Limit = Annotated[int, Query(ge=1, le=100, description="How many items a page holds.")]
Cursor = Annotated[str | None, Query(max_length=200, description="`next_cursor` of the page before.")]
Sort = Annotated[Literal["created_at", "-created_at"], Query(description="`created_at`: oldest first.")]


def ordered(limit: int, cursor: str | None, sort: str) -> Order:
    """The page that is asked for: newest first unless `sort` has no minus."""
    return Order(limit, cursor, oldest_first=not sort.startswith("-"))
