"""Days that stay ahead, whenever the tests run."""

from datetime import UTC, date, datetime, timedelta

NEXT_YEAR = datetime.now(UTC).year + 1
NEXT_SPRING = f"{NEXT_YEAR}-03-01T10:00:00Z"


def last_sunday(month: int, year: int = NEXT_YEAR) -> date:
    """Of a month with 31 days: when the European Union's clocks change in March and October."""
    end = date(year, month, 31)
    return end - timedelta(days=end.isoweekday() % 7)


def clocks_change(days: int) -> date:
    """The first such change that is at least so many days ahead."""
    soonest = datetime.now(UTC).date() + timedelta(days=days)
    changes = (last_sunday(month, year) for year in (NEXT_YEAR - 1, NEXT_YEAR) for month in (3, 10))
    return next(change for change in changes if change >= soonest)
