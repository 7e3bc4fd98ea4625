"""ClickHouse's tables as the code names them: what an insert gives and in which order."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Table:
    """A table and the columns a row is made of; `workspace_id` comes first in every key."""

    name: str
    columns: tuple[str, ...]


POST_METRICS = Table(
    "post_metrics",
    (
        "workspace_id",
        "publication_id",
        "publication_platform_id",
        "platform",
        "impressions",
        "engagements",
        "likes",
        "comments",
        "shares",
        "clicks",
        "collected_at",
    ),
)
"""One row per snapshot: counters are cumulative, as the networks give them."""

DAILY_AGGREGATES = Table(
    "daily_aggregates",
    (
        "workspace_id",
        "date",
        "platform",
        "total_reach",
        "total_engagements",
        "posts_published",
        "followers_change",
    ),
)
"""One row per workspace, day and network; written whole, read with FINAL."""

TABLES = (POST_METRICS, DAILY_AGGREGATES)
