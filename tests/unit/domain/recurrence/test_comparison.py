"""Schedules by chance say the same here as by dateutil and cronsim, or an RFC's text says why not.

`make recurrence-check RULES=100000` asks many more.
"""

from datetime import datetime

import pytest

from tests.unit.domain.recurrence.comparison import PAUSE, REASONS, UNEXPLAINED, compared
from tests.unit.domain.recurrence.random_rules import Case, case

MANY = 250


@pytest.mark.parametrize("first", range(0, 8 * MANY, MANY))
def test_schedules_by_chance_are_what_others_make_of_them(first: int):
    answers = [compared(case(number)) for number in range(first, first + MANY)]
    assert [str(answer.case) for answer in answers if answer.reason == UNEXPLAINED] == []
    assert {answer.reason for answer in answers} <= {None, PAUSE, *REASONS}
    assert sum(answer.found for answer in answers) > 10 * MANY


@pytest.mark.parametrize(
    ("reason", "rrule", "parts"),
    [
        (
            "a numbered and a plain day in one BYDAY",
            "FREQ=MONTHLY;BYDAY=MO,2TU",
            {"FREQ": "MONTHLY", "INTERVAL": 1, "BYDAY": [(0, "MO"), (2, "TU")]},
        ),
        (
            "BYWEEKNO and no day",
            "FREQ=YEARLY;BYWEEKNO=20",
            {"FREQ": "YEARLY", "INTERVAL": 1, "BYWEEKNO": [20]},
        ),
        (
            "a week counted from the end, at the turn of the year",
            "FREQ=YEARLY;BYWEEKNO=-52,-53;BYDAY=MO",
            {"FREQ": "YEARLY", "INTERVAL": 1, "BYWEEKNO": [-52, -53], "BYDAY": [(0, "MO")]},
        ),
        (
            "days of January in week 52 or 53 of the year before",
            "FREQ=YEARLY;BYWEEKNO=52;BYDAY=SU",
            {"FREQ": "YEARLY", "INTERVAL": 1, "BYWEEKNO": [52], "BYDAY": [(0, "SU")]},
        ),
        (
            "BYSETPOS in the week of the start",
            "FREQ=WEEKLY;BYDAY=MO,SA;BYSETPOS=1",
            {"FREQ": "WEEKLY", "INTERVAL": 1, "BYDAY": [(0, "MO"), (0, "SA")], "BYSETPOS": [1]},
        ),
    ],
)
def test_each_known_difference_is_one(reason: str, rrule: str, parts: dict[str, object]):
    starts, until = datetime(2008, 1, 9, 9), datetime(2020, 1, 7)  # noqa: DTZ001
    config = {"rrule": rrule, "timezone": "UTC", "starts_at": "2008-01-09T09:00", "on_gap": "shift"}
    assert compared(Case(0, "rrule", config, starts, until, parts)).reason == reason


def test_a_wrong_answer_would_be_seen():
    starts, parts = datetime(2008, 1, 9, 9), {"FREQ": "DAILY", "INTERVAL": 3}  # noqa: DTZ001
    config = {"rrule": "FREQ=DAILY;INTERVAL=2", "timezone": "UTC", "starts_at": "2008-01-09T09:00"}
    wrong = Case(0, "rrule", config | {"on_gap": "shift"}, starts, starts.replace(year=2009), parts)
    assert compared(wrong).reason == UNEXPLAINED
