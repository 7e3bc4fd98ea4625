"""A period of the calendar: what is on which day, for whom, and how it is bounded."""

from datetime import date
from typing import Any

import pytest

from lamplighter.services import holidays
from tests.dates import NEXT_YEAR
from tests.integration.calendar.conftest import Planner, day, in_days
from tests.integration.http import Http


def days_of(calendar: Any) -> dict[str, list[str]]:
    return {each["date"]: [entry["at"] for entry in each["entries"]] for each in calendar["days"]}


def test_publications_stand_on_their_days_in_order(planner: Planner):
    later, sooner = planner.post(in_days(3, "18:00:00")), planner.post(in_days(3, "07:00:00"))
    calendar = planner.shown(f"from={day(1)}&to={day(5)}")
    assert [each["date"] for each in calendar["days"]] == [day(3)]
    shown = calendar["days"][0]["entries"]
    assert [each["publication_id"] for each in shown] == [sooner["id"], later["id"]]
    assert shown[0] | {"accounts": []} == {
        "kind": "publication",
        "at": in_days(3, "07:00:00").replace("+00:00", "Z"),
        "local_time": in_days(3, "07:00:00")[:16],
        "status": "scheduled",
        "accounts": [],
        "publication_id": sooner["id"],
        "version": sooner["version"],
        "recurring_post_id": None,
        "occurrence": None,
        "name": None,
        "content_id": sooner["content_id"],
        "campaign_id": None,
        "text": "Good evening",
        "approval_status": None,
        "queued": False,
        "code": None,
        "moved": False,
        "note": None,
    }


def test_days_are_those_of_the_zone_that_is_asked_for(planner: Planner):
    planner.post(f"{NEXT_YEAR}-03-01T23:30:00+00:00")
    query = f"from={NEXT_YEAR}-03-01&to={NEXT_YEAR}-03-02"
    assert [*days_of(planner.shown(query))] == [f"{NEXT_YEAR}-03-01"]
    calendar = planner.shown(f"{query}&timezone=Europe/Berlin")
    assert [*days_of(calendar)] == [f"{NEXT_YEAR}-03-02"]
    assert calendar["days"][0]["entries"][0]["local_time"] == f"{NEXT_YEAR}-03-02T00:30"
    first = f"from={NEXT_YEAR}-03-01&to={NEXT_YEAR}-03-01"
    assert days_of(planner.shown(f"{first}&timezone=Europe/Berlin")) == {}


def test_occurrences_beyond_the_ledger_are_worked_out(planner: Planner):
    rule = planner.rule("daily", {"timezone": "Europe/Berlin", "times": ["02:30"]})
    calendar = planner.shown(f"from={NEXT_YEAR}-03-20&to={NEXT_YEAR}-04-05&timezone=Europe/Berlin")
    shown = [entry for each in calendar["days"] for entry in each["entries"]]
    assert [each["recurring_post_id"] for each in shown] == [rule["id"]] * 17
    assert {each["local_time"][11:] for each in shown if each["note"] is None} == {"02:30"}
    assert [each["local_time"][11:] for each in shown if each["note"] == "gap"] == ["03:30"]
    assert shown[0]["occurrence"] == f"{NEXT_YEAR}0320T0230"
    assert shown[0]["name"] == "Lamps"
    assert not calendar["truncated"]


def test_what_was_said_of_single_occurrences_is_shown(planner: Planner):
    rule = planner.rule("daily", {"timezone": "UTC", "times": ["09:00"]})
    keys = [f"{NEXT_YEAR}05{number:02}T0900" for number in range(1, 5)]
    planner.occurrence(rule, keys[0], "skip")
    planner.occurrence(rule, keys[1], "move", {"scheduled_at": f"{NEXT_YEAR}-05-03T18:00"})
    planner.occurrence(rule, keys[2], "move", {"scheduled_at": f"{NEXT_YEAR}-06-03T18:00"})
    entries = planner.entries(f"from={NEXT_YEAR}-05-01&to={NEXT_YEAR}-05-04")
    assert [(each["occurrence"], each["status"], each["moved"]) for each in entries] == [
        (keys[0], "skipped", False),
        (keys[1], "planned", True),
        (keys[3], "planned", False),
    ]
    assert len(planner.entries(f"from={NEXT_YEAR}-06-03&to={NEXT_YEAR}-06-03")) == 2


def test_a_paused_rule_has_nothing_to_come(planner: Planner):
    rule = planner.rule("daily", {"timezone": "UTC", "times": ["09:00"]})
    query = f"from={NEXT_YEAR}-05-01&to={NEXT_YEAR}-05-04"
    assert len(planner.entries(query)) == 4
    planner.http.post(f"/recurring-posts/{rule['id']}/pause")
    assert planner.entries(query) == []


def test_pages_hold_everything_once(planner: Planner):
    account = planner.connection()
    for minute in range(7):
        planner.post(in_days(40, f"09:0{minute // 2}:00"), account, text=f"Post {minute}")
    for name in ("09:00", "09:02"):
        planner.rule("daily", {"timezone": "UTC", "times": [name]}, account)
    query = f"from={day(39)}&to={day(41)}"
    whole = planner.entries(query)
    assert len(whole) == 7 + 6
    assert [each["at"] for each in whole] == sorted(each["at"] for each in whole)
    for limit in (1, 2, 5):
        assert planner.entries(f"{query}&limit={limit}") == whole


def test_a_cursor_belongs_to_its_calendar(planner: Planner):
    account = planner.connection()
    planner.post(in_days(3), account), planner.post(in_days(4), account)
    cursor = planner.shown(f"from={day(1)}&to={day(5)}&limit=1")["next_cursor"]
    assert planner.asked(f"from={day(1)}&to={day(6)}&limit=1&cursor={cursor}").status == 422
    assert planner.asked(f"from={day(1)}&to={day(5)}&limit=1&cursor=lamp").status == 422


def test_accounts_and_states_narrow_it(planner: Planner):
    one, other = planner.connection("one"), planner.connection("other")
    mine, both = planner.post(in_days(3), one), planner.post(in_days(4), one, other)
    planner.rule("daily", {"timezone": "UTC", "times": ["09:00"]}, other)
    query = f"from={day(3)}&to={day(4)}"
    assert len(planner.entries(query)) == 4
    of_one = planner.entries(f"{query}&connection_id={one}")
    assert [each["publication_id"] for each in of_one] == [mine["id"], both["id"]]
    assert len(planner.entries(f"{query}&connection_id={other}")) == 3
    planner.http.post(f"/publications/{mine['id']}/cancel")
    assert [e["status"] for e in planner.entries(f"{query}&status=cancelled")] == ["cancelled"]
    assert {e["kind"] for e in planner.entries(f"{query}&status=planned")} == {"occurrence"}
    assert len(planner.entries(f"{query}&status=planned&status=scheduled")) == 3


def test_holidays_of_countries_and_their_parts(planner: Planner):
    calendar = planner.shown("from=2027-01-01&to=2027-01-06&country=DE&country=DE-BY&country=US")
    assert [(each["date"], [h["name"] for h in each["holidays"]]) for each in calendar["days"]] == [
        ("2027-01-01", ["Neujahr", "Neujahr", "New Year's Day"]),
        ("2027-01-06", ["Heilige Drei Könige"]),
    ]
    assert calendar["days"][1]["holidays"][0]["subdivision"] == "DE-BY"


def test_holidays_have_the_names_of_their_country(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LANG", "en_US.UTF-8")  # as Lambda sets it
    first = date(2031, 1, 1)  # a year that nothing else asks for
    found = holidays.between(["AT", "BR", "JP", "US"], first, first)
    assert [each.name for each in found] == [
        "Neujahr",
        "Confraternização Universal",
        "元日",
        "New Year's Day",
    ]


@pytest.mark.parametrize("country", ["XX", "DE-QQ", "de", "Germany"])
def test_an_unknown_country_is_named(planner: Planner, country: str):
    answer = planner.asked(f"from={day(1)}&to={day(2)}&country={country}")
    assert answer.status == 422
    if country.isupper():
        [error] = answer.json["errors"]
        assert error["code"] == "unknown_country"
        assert country in error["detail"]


@pytest.mark.parametrize(
    "query",
    [
        "from=2027-01-02&to=2027-01-01",
        "from=2027-01-01&to=2027-04-03",
        "from=0001-01-01&to=0001-01-02",
        "from=9999-12-31&to=9999-12-31",
        "from=2027-01-01&to=2027-01-02&timezone=Middle/Earth",
        "from=2027-01-01&to=2027-01-02&status=made",
        "to=2020-01-01",
    ],
)
def test_a_period_that_is_none_is_refused(planner: Planner, query: str):
    assert planner.asked(query).status == 422


def test_campaigns_reach_into_the_period(planner: Planner, superuser: Any):
    for name, first, last in (
        ("before", "2027-01-01", "2027-01-31"),
        ("over", "2027-01-15", "2027-02-15"),
        ("open", "2027-02-20", None),
        ("after", "2027-03-01", "2027-03-02"),
    ):
        superuser.execute(
            "INSERT INTO campaigns (id, workspace_id, name, type, start_date, end_date)"
            " VALUES (uuidv7(), %s, %s, 'launch', %s, %s)",
            [planner.http.workspace_id, name, first, last],
        )
    campaigns = planner.shown("from=2027-02-01&to=2027-02-28")["campaigns"]
    assert [each["name"] for each in campaigns] == ["over", "open"]


def test_a_test_key_sees_tests_alone(planner: Planner, http_test_key: Http):
    planner.post(in_days(3))
    tester = Planner(http_test_key)
    assert tester.entries(f"from={day(1)}&to={day(5)}") == []


def test_a_key_sees_of_it_what_it_may_read(planner: Planner):
    one, other = planner.connection("one"), planner.connection("other")
    mine = planner.post(in_days(3), one)
    planner.post(in_days(3), one, other)
    planner.rule("daily", {"timezone": "UTC", "times": ["09:00"]}, one)
    query = f"from={day(3)}&to={day(3)}"

    def seen_with(**key: Any) -> list[Any]:
        made = planner.http.post("/api-keys", {"name": "k", **key}).json
        return Planner(Http(planner.http.workspace_id, made["key"])).entries(query)

    [alone] = seen_with(permissions=["publications:read"], connection_ids=[one])
    assert (alone["publication_id"], alone["text"]) == (mine["id"], None)
    permissions = ["publications:read", "recurring_posts:read", "content:read"]
    with_rules = seen_with(permissions=permissions, connection_ids=[one])
    assert [(each["kind"], each["text"]) for each in with_rules] == [
        ("occurrence", None),
        ("publication", "Good evening"),
    ]
    assert seen_with(permissions=permissions, connection_ids=[other]) == []


def test_left_out_it_is_the_days_to_come(planner: Planner):
    for days in (0, 30, 31):
        planner.post(in_days(days, "23:59:59"))
    assert [each["at"][:10] for each in planner.entries("timezone=UTC")] == [day(0), day(30)]
