"""Which local times are slots, through clock changes and nights, and which of them are free."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from lamplighter.domain.slots import (
    Account,
    Plan,
    common_slots,
    first_free,
    neighbours,
    obstacle,
    slots,
    spread,
)

BERLIN = "Europe/Berlin"


def plan(zone: str = BERLIN, *times: str, days: Sequence[int] = range(7), **more: Any) -> Plan:
    """With these times on each of the days, on all of them if none are named."""
    at = [time.fromisoformat(each) for each in times]
    return Plan(ZoneInfo(zone), dict.fromkeys(days, at), **more)


def quiet(*pairs: tuple[str, str]) -> Sequence[tuple[time, time]]:
    return [(time.fromisoformat(start), time.fromisoformat(end)) for start, end in pairs]


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def on(day: str, made: Plan) -> list[str]:
    """The slots of one local day, in UTC."""
    begins = datetime.combine(date.fromisoformat(day), time(), made.zone)
    found = slots(
        made, begins.astimezone(UTC) - timedelta(days=1), begins.astimezone(UTC) + timedelta(days=2)
    )
    return [f"{at:%d %H:%M}" for at in found if at.astimezone(made.zone).date() == date.fromisoformat(day)]


# zone, local day, local times of the plan, UTC of each slot ("day hour:minute")
CLOCKS = [
    (BERLIN, "2026-01-15", ["02:30", "09:00"], ["15 01:30", "15 08:00"]),
    (BERLIN, "2026-07-15", ["02:30", "09:00"], ["15 00:30", "15 07:00"]),
    # Forward: 02:00 becomes 03:00. What does not exist is read by the offset before: 03:30.
    (BERLIN, "2026-03-29", ["01:30", "02:30", "09:00"], ["29 00:30", "29 01:30", "29 07:00"]),
    # 02:30 and 03:30 are one moment then: one slot.
    (BERLIN, "2026-03-29", ["02:30", "03:30"], ["29 01:30"]),
    # A shifted time changes places with one that is not.
    (BERLIN, "2026-03-29", ["02:45", "03:15"], ["29 01:15", "29 01:45"]),
    # Back: 03:00 becomes 02:00. What comes twice is the first.
    (BERLIN, "2026-10-25", ["01:30", "02:30", "03:30"], ["24 23:30", "25 00:30", "25 02:30"]),
    ("America/New_York", "2026-03-08", ["02:15", "12:00"], ["08 07:15", "08 16:00"]),
    ("America/New_York", "2026-11-01", ["01:15", "12:00"], ["01 05:15", "01 17:00"]),
    ("America/Havana", "2026-03-08", ["00:30", "09:00"], ["08 05:30", "08 13:00"]),
    ("America/Havana", "2026-11-01", ["00:30", "09:00"], ["01 04:30", "01 14:00"]),
    ("Australia/Lord_Howe", "2026-10-04", ["02:15", "09:00"], ["03 15:45", "03 22:00"]),
    ("Australia/Lord_Howe", "2026-04-05", ["01:45", "09:00"], ["04 14:45", "04 22:30"]),
    ("Asia/Kolkata", "2026-06-01", ["00:15", "09:00"], ["31 18:45", "01 03:30"]),
    ("America/Sao_Paulo", "2018-11-04", ["00:30", "01:30"], ["04 03:30"]),
    ("Pacific/Apia", "2011-12-31", ["09:00"], ["30 19:00"]),
    ("Pacific/Apia", "2011-12-29", ["09:00"], ["29 19:00"]),
]


@pytest.mark.parametrize(("zone", "day", "times", "expected"), CLOCKS)
def test_slots_are_local_times_through_clock_changes(
    zone: str, day: str, times: list[str], expected: list[str]
):
    assert on(day, plan(zone, *times)) == expected


def test_a_day_that_a_zone_leaves_out_has_no_slots_of_its_own():
    made = plan("Pacific/Apia", "09:00")
    found = list(slots(made, utc("2011-12-28T12:00"), utc("2012-01-01T12:00")))
    assert [f"{at:%d %H}" for at in found] == ["28 19", "29 19", "30 19", "31 19"]


def test_slots_begin_after_and_end_with_what_is_asked_for():
    made = plan("UTC", "09:00", "10:00")
    assert list(slots(made, utc("2026-06-01T09:00"), utc("2026-06-02T09:00"))) == [
        utc("2026-06-01T10:00"),
        utc("2026-06-02T09:00"),
    ]


def test_slots_are_in_order_and_distinct_over_years_of_clock_changes():
    times = [f"{hour:02}:{minute:02}" for hour in range(24) for minute in (0, 30)]
    for zone in (BERLIN, "America/Havana", "Australia/Lord_Howe", "America/Sao_Paulo", "Africa/Casablanca"):
        found = list(slots(plan(zone, *times), utc("2017-01-01T00:00"), utc("2020-01-01T00:00")))
        assert found == sorted(set(found)), zone
        assert len(found) > 3 * 365 * 46


def test_weekdays_are_local_ones():
    monday = plan("Pacific/Auckland", "08:00", days=[0])
    assert list(slots(monday, utc("2026-05-30T00:00"), utc("2026-06-06T00:00"))) == [utc("2026-05-31T20:00")]


# quiet hours, local times that are left out, local times that are not
NIGHTS: list[tuple[list[tuple[str, str]], list[str], list[str]]] = [
    ([("22:00", "07:00")], ["22:00", "23:59", "00:00", "06:59"], ["07:00", "12:00", "21:59"]),
    ([("00:00", "06:00")], ["00:00", "05:59"], ["06:00", "23:59"]),
    ([("22:00", "00:00")], ["22:00", "23:59"], ["00:00", "21:59"]),
    ([("12:00", "13:00")], ["12:00", "12:59"], ["11:59", "13:00"]),
    ([("12:00", "13:00"), ("22:00", "07:00")], ["12:30", "03:00"], ["07:00", "13:00"]),
    ([], [], ["00:00", "12:00"]),
]


@pytest.mark.parametrize(("pairs", "left_out", "kept"), NIGHTS)
def test_quiet_hours_may_cross_midnight(pairs: list[tuple[str, str]], left_out: list[str], kept: list[str]):
    made = plan("UTC", *left_out, *kept, quiet=quiet(*pairs))
    assert on("2026-06-01", made) == sorted(f"01 {at}" for at in kept)


def test_quiet_hours_are_what_the_clocks_show():
    """02:30 does not exist on that day, and is 03:30."""
    night = plan(BERLIN, "02:30", quiet=quiet(("03:00", "04:00")))
    assert on("2026-03-29", night) == []
    assert on("2026-03-30", night) == ["30 00:30"]
    before = plan(BERLIN, "02:30", quiet=quiet(("02:00", "03:00")))
    assert on("2026-03-29", before) == ["29 01:30"]


# gap in minutes, the post's distance to a slot in minutes, why the slot is not free
GAPS = [
    (0, 0, "taken"),
    (0, 0.9, "taken"),
    (0, 1, None),
    (60, 0.5, "taken"),
    (60, 1, "too_close"),
    (60, 59, "too_close"),
    (60, 60, None),
    (1440, 1439, "too_close"),
    (1440, 1440, None),
]


@pytest.mark.parametrize("side", [-1, 1], ids=["before", "after"])
@pytest.mark.parametrize(("gap", "distance", "expected"), GAPS)
def test_neighbours_on_either_side_keep_their_distance(
    gap: int, distance: float, expected: str | None, side: int
):
    at = utc("2026-06-01T12:00")
    post = at + side * timedelta(minutes=distance)
    account = Account(plan("UTC", "12:00", gap=timedelta(minutes=gap)), [post])
    assert obstacle(account, at) == expected
    assert neighbours(account, at) == ([post] if expected or _is_that_day(post, at) else [])


def _is_that_day(post: datetime, at: datetime) -> bool:
    return post.date() == at.date()


# zone, posts in UTC, slot in UTC, whether a cap of two leaves it free
CAPS = [
    ("UTC", ["01 00:00", "01 23:59"], "01 12:00", False),
    ("UTC", ["31 23:59", "02 00:00"], "01 12:00", True),
    (BERLIN, ["31 22:00", "01 21:59"], "01 10:00", False),  # 00:00 and 23:59 in Berlin
    (BERLIN, ["31 21:59", "01 21:59"], "01 10:00", True),
    (BERLIN, ["31 22:00", "01 22:00"], "01 10:00", True),
    (BERLIN, ["01 01:00", "01 02:00"], "01 22:30", True),  # the slot is on the next day
    ("Pacific/Kiritimati", ["31 10:00", "01 09:59"], "01 00:00", False),
]


@pytest.mark.parametrize(("zone", "posts", "slot", "is_free"), CAPS)
def test_a_cap_counts_a_local_day_from_midnight_to_midnight(
    zone: str, posts: list[str], slot: str, *, is_free: bool
):
    def at(text: str) -> datetime:
        day, hour = text.split()
        return utc(f"2026-0{5 if day == '31' else 6}-{day}T{hour}")

    account = Account(plan(zone, "12:00", daily_cap=2), [at(each) for each in posts])
    assert (obstacle(account, at(slot)) is None) is is_free


def test_a_day_of_25_hours_is_counted_whole():
    posts = [utc("2026-10-24T22:00"), utc("2026-10-25T22:59")]  # 00:00 and 23:59 in Berlin
    account = Account(plan(BERLIN, "12:00", daily_cap=2), posts)
    assert obstacle(account, utc("2026-10-25T11:00")) == "day_full"
    assert neighbours(account, utc("2026-10-25T11:00")) == posts
    account.posts[1] = utc("2026-10-25T23:00")
    assert obstacle(account, utc("2026-10-25T11:00")) is None


def test_a_slot_of_several_accounts_is_one_of_each_plan_and_free_on_all():
    vienna, london = plan("Europe/Vienna", "09:00", "10:00"), plan("Europe/London", "08:00", "09:00", "11:00")
    since, until = utc("2026-06-01T00:00"), utc("2026-06-01T23:00")
    assert list(common_slots([vienna, london], since, until)) == [
        utc("2026-06-01T07:00"),
        utc("2026-06-01T08:00"),
    ]
    accounts = [Account(vienna, [utc("2026-06-01T07:00")]), Account(london)]
    assert first_free(accounts, since, until) == utc("2026-06-01T08:00")
    accounts[1].posts.append(utc("2026-06-01T08:00"))
    assert first_free(accounts, since, until) is None


def test_plans_that_share_no_moment_have_no_common_slot():
    pair = [Account(plan("UTC", "09:00")), Account(plan("UTC", "10:00"))]
    assert first_free(pair, utc("2026-06-01T00:00"), utc("2027-06-01T00:00")) is None


def queue_of(count: int, made: Plan, posts: Sequence[datetime] = ()) -> list[list[Account]]:
    account = Account(made, list(posts))
    return [[account] for _ in range(count)]


# the plan, posts that stand, how many are spread from 1 June 2026 00:00 on; where they land
QUEUES: list[tuple[Plan, list[str], int, list[str]]] = [
    (plan("UTC", "09:00", "12:00"), [], 3, ["01 09:00", "01 12:00", "02 09:00"]),
    (plan("UTC", "09:00", "12:00"), ["2026-06-01T09:00"], 2, ["01 12:00", "02 09:00"]),
    (
        plan("UTC", "09:00", "09:30", "12:00", gap=timedelta(hours=1)),
        [],
        3,
        ["01 09:00", "01 12:00", "02 09:00"],
    ),
    (plan("UTC", "09:00", "10:00", "11:00", daily_cap=2), [], 3, ["01 09:00", "01 10:00", "02 09:00"]),
    # A post after the slot keeps its distance as well as one before it.
    (plan("UTC", "09:00", "12:00", gap=timedelta(hours=2)), ["2026-06-01T10:30"], 1, ["02 09:00"]),
    (plan("UTC", "23:30", "00:15", gap=timedelta(hours=1)), [], 2, ["01 00:15", "01 23:30"]),
]


@pytest.mark.parametrize(("made", "posts", "count", "expected"), QUEUES)
def test_a_queue_is_spread_over_what_is_free_in_its_order(
    made: Plan, posts: list[str], count: int, expected: list[str]
):
    queue = queue_of(count, made, [utc(each) for each in posts])
    given = spread(queue, utc("2026-06-01T00:00"), utc("2026-06-08T00:00"))
    assert [f"{at:%d %H:%M}" for at in given if at] == expected


def test_what_finds_no_slot_is_told_and_takes_none():
    queue = queue_of(3, plan("UTC", "09:00"))
    given = spread(queue, utc("2026-06-01T00:00"), utc("2026-06-03T00:00"))
    assert given == [utc("2026-06-01T09:00"), utc("2026-06-02T09:00"), None]


def test_posts_of_one_account_leave_room_for_those_of_two():
    made = plan("UTC", "09:00", "12:00")
    one, other = Account(made), Account(made)
    given = spread([[one], [one, other], [other]], utc("2026-06-01T00:00"), utc("2026-06-08T00:00"))
    assert [f"{at:%d %H}" for at in given if at] == ["01 09", "01 12", "01 09"]


def test_spreading_agrees_with_taking_one_slot_after_the_other():
    made = plan(BERLIN, "00:30", "02:30", "09:00", "23:30", gap=timedelta(hours=3), daily_cap=2)
    since, until = utc("2026-03-20T00:00"), utc("2026-04-20T00:00")
    posts: Mapping[str, Account] = {"a": Account(made), "b": Account(made)}
    wanted = ["a", "ab", "b", "a", "b", "ab", "a", "a", "b"]
    given = spread([[posts[each] for each in name] for name in wanted], since, until)
    again = {"a": Account(made), "b": Account(made)}
    for name, at in zip(wanted, given, strict=True):
        accounts = [again[each] for each in name]
        assert first_free(accounts, since, until) == at
        assert at is not None
        for account in accounts:
            account.posts = sorted([*account.posts, at])
