"""What becomes of occurrences whose time has passed before they could go out."""

from datetime import UTC, datetime, timedelta

import pytest

from lamplighter.domain.misfires import MISFIRED, SPACING, SUPERSEDED, code_of, moment

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
GRACE = timedelta(minutes=10)
LATE, IN_TIME = NOON - GRACE - timedelta(seconds=1), NOON - GRACE
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("policy", "due_at", "later", "code"),
    [
        ("catch_up", NOON - timedelta(days=300), NOON, None),
        ("skip", LATE, None, MISFIRED),
        ("skip", IN_TIME, NOON, None),
        ("skip", NOON + MINUTE, None, None),
        ("run_once", LATE, NOON, SUPERSEDED),
        ("run_once", LATE, NOON + MINUTE, None),
        ("run_once", LATE, None, None),
        ("run_once", IN_TIME, NOON, None),
    ],
)
def test_the_policy(policy: str, due_at: datetime, later: datetime | None, code: str | None) -> None:
    assert code_of(policy, GRACE, due_at, later, NOON) == code


def test_what_is_not_due_goes_out_at_its_time() -> None:
    assert moment(NOON + MINUTE, NOON, NOON, [NOON + MINUTE]) == NOON + MINUTE


def test_what_is_late_goes_out_at_once_where_nothing_is_near() -> None:
    assert moment(LATE, NOON, None, [NOON + SPACING, NOON - SPACING]) == NOON


def test_one_after_the_other() -> None:
    assert moment(LATE, NOON, NOON, []) == NOON + SPACING
    assert moment(LATE, NOON, NOON - 2 * SPACING, []) == NOON


def test_apart_from_what_is_on_time() -> None:
    ahead = [NOON + 6 * MINUTE, NOON + 2 * MINUTE, NOON + 30 * MINUTE]
    assert moment(LATE, NOON, None, ahead) == NOON + 11 * MINUTE


def test_where_no_moment_is_free_for_a_day_the_line_is_all_that_counts() -> None:
    ahead = [NOON + n * SPACING for n in range(300)]
    assert moment(LATE, NOON, NOON, ahead) == NOON + SPACING
