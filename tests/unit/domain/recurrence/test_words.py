# ruff: noqa: DTZ001, E501  # local times have no zone; a description is one line
"""A schedule in plain English."""

from datetime import datetime
from typing import Any

import pytest

from lamplighter.domain.recurrence import RuleError, described

TABLE: list[tuple[str, dict[str, Any], str]] = [
    ("daily", {"times": ["17:00", "09:00"]}, "every day at 09:00 and 17:00, Europe/Berlin"),
    ("daily", {"times": ["09:00"], "weekdays_only": True}, "every weekday at 09:00, Europe/Berlin"),
    ("daily", {"times": ["09:00"], "interval": 3}, "every 3 days at 09:00, Europe/Berlin"),
    (
        "daily",
        {"times": ["09:00"], "interval": 3, "weekdays_only": True},
        "every 3 days on Monday to Friday at 09:00, Europe/Berlin",
    ),
    (
        "daily",
        {"times": ["09:00"], "exdates": ["2026-12-24T09:00"], "ends_at": "2026-12-31T23:59"},
        "every day at 09:00, Europe/Berlin, until 2026-12-31 23:59, except 2026-12-24 09:00",
    ),
    (
        "daily",
        {
            "times": ["09:00"],
            "exdates": ["2026-12-20T09:00", "2026-12-21T09:00", "2026-12-22T09:00", "2026-12-23T09:00"],
            "count": 1,
        },
        "every day at 09:00, Europe/Berlin, once, except 4 times",
    ),
    (
        "weekly",
        {"weekdays": ["tu"], "times": ["09:00"], "interval": 2},
        "every second Tuesday at 09:00, Europe/Berlin",
    ),
    (
        "weekly",
        {"weekdays": ["mo", "tu", "we", "th", "fr"], "times": ["09:00"]},
        "every weekday at 09:00, Europe/Berlin",
    ),
    (
        "weekly",
        {"weekdays": ["mo", "tu", "we", "th", "fr", "sa", "su"], "times": ["09:00"]},
        "every day at 09:00, Europe/Berlin",
    ),
    (
        "weekly",
        {"weekdays": ["mo", "sa"], "times": ["09:00"], "count": 3},
        "every Monday and Saturday at 09:00, Europe/Berlin, 3 times",
    ),
    (
        "weekly",
        {"weekdays": ["mo", "tu", "we", "th", "fr"], "times": ["09:00"], "interval": 2},
        "every 2 weeks on Monday to Friday at 09:00, Europe/Berlin",
    ),
    ("monthly", {"days": [-1], "times": ["09:00"]}, "the last day of every month at 09:00, Europe/Berlin"),
    (
        "monthly",
        {"days": [-2, 1, 2, 3], "times": ["09:00"]},
        "the 1st to the 3rd and the 2nd to last day of every month at 09:00, Europe/Berlin",
    ),
    (
        "monthly",
        {"days": [1, 31], "times": ["09:00"], "missing_day": "last"},
        "the 1st and the 31st of every month (the last day of a shorter one) at 09:00, Europe/Berlin",
    ),
    (
        "monthly",
        {"days": [15], "times": ["09:00"], "missing_day": "last"},
        "the 15th of every month at 09:00, Europe/Berlin",
    ),
    (
        "monthly",
        {"days": [15], "times": ["09:00"], "interval": 3},
        "every 3 months on the 15th of the month at 09:00, Europe/Berlin",
    ),
    (
        "monthly",
        {"nth": {"week": 2, "weekday": "tu"}, "times": ["09:00"]},
        "the second Tuesday of every month at 09:00, Europe/Berlin",
    ),
    (
        "monthly",
        {"nth": {"week": -1, "weekday": "fr"}, "times": ["09:00"], "interval": 2},
        "every 2 months on the last Friday of the month at 09:00, Europe/Berlin",
    ),
    ("cron", {"expression": "0 9 * * mon-fri"}, "every weekday at 09:00, Europe/Berlin"),
    ("cron", {"expression": "*/15 9-17 * * *"}, "every 15 minutes in the hours 9 to 17, Europe/Berlin"),
    (
        "cron",
        {"expression": "*/7 9 * * *"},
        "at the minutes 0, 7, 14, 21, 28, 35, 42, 49 and 56 in the hour 9, Europe/Berlin",
    ),
    ("cron", {"expression": "0 * * * *"}, "at minute 0 of every hour, Europe/Berlin"),
    ("cron", {"expression": "0 0 13 * fri"}, "on the 13th of the month or on Friday at 00:00, Europe/Berlin"),
    (
        "cron",
        {"expression": "0 9,17 1-7 1,6 */3"},
        "in January and June on the 1st to the 7th on Wednesday, Saturday and Sunday at 09:00 and 17:00, Europe/Berlin",
    ),
    ("cron", {"expression": "@monthly"}, "the 1st of every month at 00:00, Europe/Berlin"),
    (
        "cron",
        {"expression": "5,20 */8 * * *"},
        "at the minutes 5 and 20 in the hours 0, 8 and 16, Europe/Berlin",
    ),
    ("cron", {"expression": "0 9 * 1 *"}, "every day in January at 09:00, Europe/Berlin"),
    ("cron", {"expression": "* 9 * * *"}, "every minute in the hour 9, Europe/Berlin"),
    ("rrule", {"rrule": "FREQ=DAILY"}, "every day at 09:00, Europe/Berlin"),
    ("rrule", {"rrule": "FREQ=DAILY;COUNT=1"}, "every day at 09:00, Europe/Berlin, once"),
    ("rrule", {"rrule": "FREQ=WEEKLY;INTERVAL=2"}, "every second Tuesday at 09:00, Europe/Berlin"),
    (
        "rrule",
        {"rrule": "FREQ=WEEKLY;BYDAY=MO,WE;WKST=SU;INTERVAL=2"},
        "every 2 weeks on Monday and Wednesday at 09:00, Europe/Berlin",
    ),
    (
        "rrule",
        {"rrule": "FREQ=WEEKLY;BYMONTH=6;BYDAY=MO"},
        "every week in June on Monday at 09:00, Europe/Berlin",
    ),
    ("rrule", {"rrule": "FREQ=MONTHLY"}, "the 31st of every month at 09:00, Europe/Berlin"),
    ("rrule", {"rrule": "FREQ=MONTHLY;BYDAY=-1FR"}, "the last Friday of every month at 09:00, Europe/Berlin"),
    (
        "rrule",
        {"rrule": "FREQ=MONTHLY;BYDAY=-2FR,MO"},
        "every month on Monday and the 2nd to last Friday of the month at 09:00, Europe/Berlin",
    ),
    (
        "rrule",
        {"rrule": "FREQ=MONTHLY;BYDAY=2FR;BYMONTHDAY=13"},
        "every month on the 13th of the month on the second Friday of the month at 09:00, Europe/Berlin",
    ),
    (
        "rrule",
        {"rrule": "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1"},
        "every month on Monday to Friday at 09:00, of these only the last in each month, Europe/Berlin",
    ),
    ("rrule", {"rrule": "FREQ=YEARLY"}, "every year in March on the 31st at 09:00, Europe/Berlin"),
    (
        "rrule",
        {"rrule": "FREQ=YEARLY;BYWEEKNO=20,-1;BYDAY=MO;WKST=SU"},
        "every year in the 20th week and the last week of the year (weeks begin on Sunday) on Monday at 09:00, Europe/Berlin",
    ),
    (
        "rrule",
        {"rrule": "FREQ=YEARLY;BYWEEKNO=20"},
        "every year in the 20th week of the year on Tuesday at 09:00, Europe/Berlin",
    ),
    (
        "rrule",
        {"rrule": "FREQ=YEARLY;BYYEARDAY=1,-1,112"},
        "every year on the 1st day, the 112th day and the last day of the year at 09:00, Europe/Berlin",
    ),
    (
        "rrule",
        {"rrule": "FREQ=YEARLY;BYMONTH=11;BYDAY=TH;BYMONTHDAY=2,3,4,5,6,7,8"},
        "every year in November on the 2nd to the 8th on Thursday at 09:00, Europe/Berlin",
    ),
    (
        "rrule",
        {"rrule": "FREQ=YEARLY;BYDAY=20MO;INTERVAL=2"},
        "every 2 years on the 20th Monday of the year at 09:00, Europe/Berlin",
    ),
    ("rrule", {"rrule": "FREQ=HOURLY"}, "every hour at minute 0, Europe/Berlin"),
    (
        "rrule",
        {"rrule": "FREQ=HOURLY;INTERVAL=6;BYDAY=MO;BYHOUR=8,9,10,14"},
        "every 6 hours at minute 0 in the hours 8 to 10 and 14 on Monday, Europe/Berlin",
    ),
    ("rrule", {"rrule": "FREQ=HOURLY;BYMINUTE=5,35"}, "every hour at the minutes 5 and 35, Europe/Berlin"),
    (
        "rrule",
        {"rrule": "FREQ=MINUTELY;INTERVAL=30;BYHOUR=9,10,11;COUNT=10"},
        "every 30 minutes in the hours 9 to 11, Europe/Berlin, 10 times",
    ),
    (
        "rrule",
        {"rrule": "FREQ=MINUTELY;INTERVAL=7;BYMINUTE=0,30"},
        "every 7 minutes at the minutes 0 and 30 of every hour, Europe/Berlin",
    ),
    (
        "rrule",
        {"rrule": "FREQ=DAILY;UNTIL=20261231T235900Z"},
        "every day at 09:00, Europe/Berlin, until 2026-12-31 23:59 UTC",
    ),
    (
        "rrule",
        {"rrule": "FREQ=DAILY;BYHOUR=9,17;BYMINUTE=0,30"},
        "every day at 09:00, 09:30, 17:00 and 17:30, Europe/Berlin",
    ),
    ("rrule", {"rrule": "FREQ=DAILY;BYMONTH=1"}, "every day in January at 09:00, Europe/Berlin"),
]


@pytest.mark.parametrize(("schedule_type", "config", "words"), TABLE)
def test_a_schedule_is_described(schedule_type: str, config: dict[str, Any], words: str):
    config = {"timezone": "Europe/Berlin", "starts_at": "2026-03-31T09:00", **config}
    assert described(schedule_type, config) == words


def test_what_an_rrule_leaves_open_needs_a_start():
    config = {"timezone": "Europe/Berlin", "rrule": "FREQ=WEEKLY"}
    assert described("rrule", config, datetime(2026, 3, 31, 9)) == "every Tuesday at 09:00, Europe/Berlin"
    with pytest.raises(RuleError):
        described("rrule", config)


def test_a_preset_is_described_without_a_start():
    config = {"timezone": "UTC", "times": ["09:00"]}
    assert described("daily", config) == "every day at 09:00, UTC"
