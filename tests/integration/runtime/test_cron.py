"""Schedule expressions fire when EventBridge fires them."""

import datetime as dt

import pytest

from infra.local.cron import next_fire


def utc(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("expression", "after", "expected"),
    [
        ("rate(1 minute)", "2026-03-01 10:00:30", "2026-03-01 10:01:30"),
        ("rate(2 hours)", "2026-03-01 10:00:00", "2026-03-01 12:00:00"),
        ("rate(7 days)", "2026-03-01 10:00:00", "2026-03-08 10:00:00"),
        ("at(2026-03-01T11:00:00)", "2026-03-01 10:00:00", "2026-03-01 11:00:00"),
        # From EventBridge's documentation.
        ("cron(0 10 * * ? *)", "2026-03-01 10:00:00", "2026-03-02 10:00:00"),
        ("cron(15 12 * * ? *)", "2026-03-01 10:00:00", "2026-03-01 12:15:00"),
        ("cron(0 18 ? * MON-FRI *)", "2026-03-06 18:00:00", "2026-03-09 18:00:00"),
        ("cron(0 8 1 * ? *)", "2026-03-01 08:00:01", "2026-04-01 08:00:00"),
        ("cron(0/15 * * * ? *)", "2026-03-01 10:46:00", "2026-03-01 11:00:00"),
        ("cron(0/10 * ? * MON-FRI *)", "2026-03-06 23:55:00", "2026-03-09 00:00:00"),
        ("cron(0/5 8-17 ? * MON-FRI *)", "2026-03-06 17:55:00", "2026-03-09 08:00:00"),
        ("cron(0 9 ? * 2#1 *)", "2026-03-03 00:00:00", "2026-04-06 09:00:00"),
        # Fields.
        ("cron(5,35 14 * * ? *)", "2026-03-01 14:05:00", "2026-03-01 14:35:00"),
        ("cron(0 0 ? JAN,JUL SUN *)", "2026-03-01 00:00:00", "2026-07-05 00:00:00"),
        ("cron(0 0 ? * 1 *)", "2026-03-01 00:00:00", "2026-03-08 00:00:00"),
        ("cron(0 0 ? * FRI-MON *)", "2026-03-03 00:00:00", "2026-03-06 00:00:00"),
        ("cron(0 20-4/4 * * ? *)", "2026-03-01 20:00:00", "2026-03-02 00:00:00"),
        ("cron(0 0 1 1 ? 2030)", "2026-03-01 00:00:00", "2030-01-01 00:00:00"),
        # Last, nearest working day, nth weekday.
        ("cron(0 0 L * ? *)", "2028-02-01 00:00:00", "2028-02-29 00:00:00"),
        ("cron(0 0 L-2 * ? *)", "2026-02-01 00:00:00", "2026-02-26 00:00:00"),
        ("cron(0 0 LW * ? *)", "2026-02-01 00:00:00", "2026-02-27 00:00:00"),
        ("cron(0 0 15W * ? *)", "2026-08-01 00:00:00", "2026-08-14 00:00:00"),
        ("cron(0 0 1W * ? *)", "2026-08-01 00:00:00", "2026-08-03 00:00:00"),
        ("cron(0 0 31W * ? *)", "2026-05-01 00:00:00", "2026-05-29 00:00:00"),
        ("cron(0 0 31 * ? *)", "2026-04-01 00:00:00", "2026-05-31 00:00:00"),
        ("cron(0 0 ? * L *)", "2026-03-02 00:00:00", "2026-03-07 00:00:00"),
        ("cron(0 0 ? * 6L *)", "2026-03-01 00:00:00", "2026-03-27 00:00:00"),
        ("cron(0 0 ? * TUE#5 *)", "2026-03-01 00:00:00", "2026-03-31 00:00:00"),
        ("cron(0 0 ? * TUE#5 *)", "2026-03-31 00:00:00", "2026-06-30 00:00:00"),
        ("cron(0 0 29 2 ? *)", "2026-03-01 00:00:00", "2028-02-29 00:00:00"),
    ],
)
def test_the_next_moment(expression, after, expected):
    assert next_fire(expression, utc(after)) == utc(expected)


@pytest.mark.parametrize(
    ("expression", "after"),
    [
        ("cron(0 0 1 1 ? 2020)", "2026-03-01 00:00:00"),
        ("cron(0 0 31 2 ? *)", "2026-03-01 00:00:00"),
        ("at(2026-03-01T10:00:00)", "2026-03-01 10:00:00"),
    ],
)
def test_what_never_fires_again(expression, after):
    assert next_fire(expression, utc(after)) is None


def test_a_schedule_keeps_the_wall_clock_of_its_time_zone():
    winter = next_fire("cron(30 9 * * ? *)", utc("2026-03-28 00:00:00"), "Europe/Berlin")
    summer = next_fire("cron(30 9 * * ? *)", utc("2026-03-29 00:00:00"), "Europe/Berlin")
    assert (winter, summer) == (utc("2026-03-28 08:30:00"), utc("2026-03-29 07:30:00"))
    assert next_fire("at(2026-07-01T12:00:00)", utc("2026-03-01 00:00:00"), "America/New_York") == utc(
        "2026-07-01 16:00:00"
    )


def test_a_time_that_the_clock_skips_is_passed_over_and_a_doubled_one_fires_once():
    gap = next_fire("cron(30 2 * * ? *)", utc("2026-03-28 02:00:00"), "Europe/Berlin")
    assert gap == utc("2026-03-30 00:30:00")
    first = next_fire("cron(30 2 * * ? *)", utc("2026-10-25 00:00:00"), "Europe/Berlin")
    assert first == utc("2026-10-25 00:30:00")
    assert next_fire("cron(30 2 * * ? *)", first, "Europe/Berlin") == utc("2026-10-26 01:30:00")


@pytest.mark.parametrize(
    "expression",
    [
        "every minute",
        "rate(0 minutes)",
        "rate(5 seconds)",
        "cron(0 10 * * *)",
        "cron(0 10 * * * *)",
        "cron(0 10 ? * ? *)",
        "cron(60 10 * * ? *)",
        "cron(0 10 32 * ? *)",
        "cron(0 10 ? FOO MON *)",
        "cron(0 10 ? * MON#6 *)",
    ],
)
def test_what_eventbridge_would_refuse_is_refused(expression):
    with pytest.raises(ValueError, match=r".+"):
        next_fire(expression, utc("2026-03-01 00:00:00"))
