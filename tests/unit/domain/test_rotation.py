"""Which content of a pool goes out next."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from lamplighter.domain.rotation import Entry, chosen

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
NONE = timedelta(0)
A, B, C = (UUID(int=n) for n in (1, 2, 3))


def test_an_empty_pool_has_nothing() -> None:
    assert chosen([], NOON, NONE) is None


def test_what_was_never_used_comes_first_in_the_order_of_the_pool() -> None:
    pool = [Entry(A, 2), Entry(B, 1), Entry(C, 0, last_used_at=NOON - 99 * HOUR)]
    assert chosen(pool, NOON, NONE) == B


def test_then_what_has_rested_longest() -> None:
    pool = [Entry(A, 0, last_used_at=NOON - HOUR), Entry(B, 1, last_used_at=NOON - 2 * HOUR)]
    assert chosen(pool, NOON, NONE) == B


def test_nothing_is_chosen_that_was_used_within_the_gap() -> None:
    pool = [Entry(A, 0, last_used_at=NOON - HOUR)]
    assert chosen(pool, NOON, 2 * HOUR) is None
    assert chosen(pool, NOON, HOUR) == A


def test_nor_what_is_to_be_used_within_it() -> None:
    assert chosen([Entry(A, 0, last_used_at=NOON + HOUR)], NOON, 2 * HOUR) is None


def test_variations_count_as_one_and_take_turns() -> None:
    pool = [
        Entry(A, 0, last_used_at=NOON - 3 * HOUR),
        Entry(B, 1, variation_of=A, last_used_at=NOON - HOUR),
        Entry(C, 2, last_used_at=NOON - 2 * HOUR),
    ]
    assert chosen(pool, NOON, NONE) == C
    assert chosen(pool[:2], NOON, NONE) == A
    assert chosen(pool[:2], NOON, 2 * HOUR) is None


@given(st.integers(1, 12), st.integers(1, 12))
def test_a_pool_repeats_no_sooner_than_it_is_long_and_the_gap_allows(size: int, gap: int) -> None:
    pool = {UUID(int=n + 1): Entry(UUID(int=n + 1), n) for n in range(size)}
    used: dict[UUID, int] = {}
    for hour in range(60):
        at = NOON + hour * HOUR
        content_id = chosen(pool.values(), at, gap * HOUR)
        if content_id is None:
            assert size < gap
            continue
        assert hour - used.get(content_id, -100) >= max(gap, size)
        used[content_id] = hour
        pool[content_id] = Entry(content_id, pool[content_id].position, last_used_at=at)
