"""Record keys: valid, ordered by time, and the same for the same intent."""

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from lamplighter.domain.tid import tid

VALID = re.compile(r"[234567abcdefghij][234567abcdefghijklmnopqrstuvwxyz]{12}")
instants = st.datetimes(datetime(1970, 1, 1), datetime(2199, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  # hypothesis wants naive bounds


def test_a_key_that_the_networks_own_library_reads_as_this_time_and_clock() -> None:
    intent = UUID("01993d4e-0000-7000-8000-000000000001")
    assert tid(datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC), intent) == "3mbfvv7intptv"


@given(instants, st.uuids())
def test_keys_are_valid_and_repeatable(at: datetime, intent: UUID) -> None:
    key = tid(at, intent)
    assert VALID.fullmatch(key)
    assert key == tid(at, intent)


@given(instants, st.uuids(), st.uuids())
def test_keys_sort_by_their_time(at: datetime, one: UUID, other: UUID) -> None:
    assert tid(at, one) < tid(at + timedelta(microseconds=1), other)


@given(instants, st.uuids())
def test_the_time_can_be_read_from_the_key(at: datetime, intent: UUID) -> None:
    number = 0
    for character in tid(at, intent):
        number = number << 5 | "234567abcdefghijklmnopqrstuvwxyz".index(character)
    assert datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=number >> 10) == at


def test_intents_of_one_microsecond_get_keys_of_their_own() -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    keys = {tid(at, uuid4()) for _ in range(20)}
    assert len(keys) > 10
