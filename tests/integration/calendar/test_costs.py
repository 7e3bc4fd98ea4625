"""What a calendar costs: the same few statements, whatever is on it, and bounded work."""

import time

from tests.benchmarks._trips import counted
from tests.dates import NEXT_YEAR
from tests.integration.calendar.conftest import Planner, day, in_days
from tests.integration.http import Http


def test_a_page_costs_the_same_statements_whatever_it_holds(planner: Planner):
    account = planner.connection()
    query = f"from={day(1)}&to={day(60)}"
    planner.post(in_days(3), account), planner.rule("daily", {"timezone": "UTC", "times": ["09:00"]}, account)
    planner.shown(query)
    few = counted(lambda: planner.shown(query))
    for number in range(5):
        planner.post(in_days(3, f"1{number}:30:00"), account, text=f"Post {number}")
        planner.rule("weekly", {"timezone": "UTC", "weekdays": ["mo"], "times": [f"0{number}:00"]}, account)
    many = counted(lambda: planner.shown(query))
    assert many == few
    print(f"{many.statements} statements, {many.round_trips} round trips, with authentication")  # noqa: T201


def test_far_away_and_dense_rules_cost_bounded_time(planner: Planner):
    account = planner.connection()
    every = {"timezone": "Europe/Berlin", "starts_at": "1999-01-01T00:00", "expression": "*/5 * * * *"}
    for _ in range(20):
        planner.rule("cron", every, account)
    query = f"from={NEXT_YEAR + 100}-03-01&to={NEXT_YEAR + 100}-05-31"
    planner.shown(query)
    began = time.process_time()
    page = planner.shown(query)
    assert time.process_time() - began < 2
    assert page["has_more"]
    assert sum(len(each["entries"]) for each in page["days"]) == 500


def test_a_feed_of_dense_rules_is_bounded(planner: Planner):
    account = planner.connection()
    every = {"timezone": "Europe/Berlin", "starts_at": "1999-01-01T00:00", "expression": "*/5 * * * *"}
    for _ in range(20):
        planner.rule("cron", every, account)
    url = planner.http.post("/calendar/feeds", {"name": "Lamps"}).json["url"]
    path = "/v1/calendar-feeds/" + url.rpartition("/")[2]
    began = time.process_time()
    answer = Http("", None).get(path)
    assert answer.status == 200
    assert time.process_time() - began < 3
    assert len(answer.body) < 1_000_000
