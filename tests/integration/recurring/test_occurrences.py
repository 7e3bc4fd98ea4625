"""One occurrence is left out, moved or given another content, before its publication is there and after."""

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from tests.dates import NEXT_YEAR, last_sunday
from tests.integration.http import Http
from tests.integration.recurring.office import BERLIN, Office, at, later

type Superuser = psycopg.Connection[Any]
type Post = dict[str, Any]

MADE = pytest.mark.parametrize("made_ahead", [False, True], ids=["planned", "made"])


@pytest.fixture
def post(office: Office) -> Post:
    """One of every day."""
    return office.created()


def third(office: Office, post: Post, *, made: bool) -> dict[str, Any]:
    """An occurrence of it; one that has a publication, or none."""
    if made:
        office.run()
    found = office.occurrences(post)[2]
    assert (found["publication_id"] is not None) is made
    return found


def sent_at(office: Office) -> list[str]:
    """When what is to be sent goes out."""
    return [each["scheduled_at"] for each in office.publications() if each["status"] == "scheduled"]


@MADE
def test_what_is_skipped_does_not_go_out(office: Office, post: Post, made_ahead: bool):
    one = third(office, post, made=made_ahead)
    answer = office.on(post, one["key"], "skip")
    assert (answer.status, answer.json["status"]) == (200, "skipped")
    assert office.on(post, one["key"], "skip").json == answer.json
    office.run()
    assert one["at"] not in sent_at(office)
    assert len(sent_at(office)) == 2
    assert office.occurrence(post, one["key"])["status"] == "skipped"


@MADE
def test_what_is_moved_goes_out_then_and_keeps_its_key(office: Office, post: Post, made_ahead: bool):
    one = third(office, post, made=made_ahead)
    answer = office.on(post, one["key"], "move", {"scheduled_at": f"{one['local_time'][:10]}T07:45"})
    assert answer.status == 200, answer.body
    assert (answer.json["key"], answer.json["moved"]) == (one["key"], True)
    assert at(answer.json["at"]) == at(one["at"]) - timedelta(minutes=75)
    office.run()
    assert answer.json["at"] in sent_at(office)
    assert one["at"] not in sent_at(office)
    assert len(sent_at(office)) == 3


@MADE
def test_what_is_edited_says_something_else_this_once(office: Office, post: Post, made_ahead: bool):
    one = third(office, post, made=made_ahead)
    other = office.content("Something else")
    answer = office.on(post, one["key"], "edit", {"content_id": other})
    assert (answer.status, answer.json["content_id"]) == (200, other)
    office.run()
    said = {each["scheduled_at"]: each["content_id"] for each in office.publications()}
    assert said.pop(one["at"]) == other
    assert set(said.values()) == {post["contents"][0]["content_id"]}


@MADE
@pytest.mark.parametrize("action", ["skip", "move", "edit"])
def test_what_is_restored_is_as_the_rule_has_it(
    office: Office,
    post: Post,
    action: str,
    made_ahead: bool,
):
    one = third(office, post, made=made_ahead)
    bodies = {
        "move": {"scheduled_at": f"{one['local_time'][:10]}T07:45"},
        "edit": {"content_id": office.content("Something else")},
    }
    assert office.on(post, one["key"], action, bodies.get(action)).status == 200
    answer = office.on(post, one["key"], "restore")
    assert answer.status == 200, answer.body
    fresh = {"status": "planned", "publication_id": None}
    assert answer.json == {**one, **fresh}
    office.run()
    assert sorted(sent_at(office)) == [each["at"] for each in office.occurrences(post)[:3]]
    said = {each["content_id"] for each in office.publications() if each["status"] == "scheduled"}
    assert said == {post["contents"][0]["content_id"]}


def test_restoring_what_is_as_the_rule_has_it_changes_nothing(office: Office, post: Post):
    one = third(office, post, made=True)
    assert office.on(post, one["key"], "restore").json == one


def test_far_ahead_of_the_ledger_one_is_skipped_and_stays_so(office: Office, post: Post):
    far = office.occurrences(post, "limit=30")[29]
    assert office.on(post, far["key"], "skip").status == 200
    with later(timedelta(days=28)):
        office.run()
        assert far["at"] not in sent_at(office)
        assert office.occurrence(post, far["key"])["status"] == "skipped"


def test_the_next_time_is_that_of_what_goes_out(office: Office, post: Post):
    [first, second, *_] = office.occurrences(post)
    office.on(post, first["key"], "skip")
    assert office.read(post)["next_run_at"] == second["at"]
    office.on(post, second["key"], "move", {"scheduled_at": f"{first['local_time'][:10]}T23:30"})
    moved = office.read(post)["next_run_at"]
    assert at(first["at"]) < at(moved) < at(second["at"])
    office.run()
    assert office.read(post)["next_run_at"] == moved


def test_a_move_takes_local_time_or_an_offset(office: Office, post: Post):
    one = office.occurrences(post)[1]
    day = one["local_time"][:10]
    local = office.on(post, one["key"], "move", {"scheduled_at": f"{day}T10:00"}).json["at"]
    offset = office.on(post, one["key"], "move", {"scheduled_at": f"{day}T10:00+05:30"}).json["at"]
    assert at(offset) == datetime.fromisoformat(f"{day}T04:30Z")
    assert at(local) == at(one["at"]) + timedelta(hours=1)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ("2020-01-01T09:00", "in_the_past"),
        ("2060-01-01T09:00Z", "too_far_ahead"),
        ("2027-02-30T09:00", "time_expected"),
        ("tomorrow", "time_expected"),
    ],
)
def test_a_time_that_is_none_is_refused(office: Office, post: Post, given: str, code: str):
    key = office.occurrences(post)[1]["key"]
    answer = office.on(post, key, "move", {"scheduled_at": given})
    assert answer.status == 422
    assert answer.json["errors"][0] == {**answer.json["errors"][0], "pointer": "/scheduled_at", "code": code}


def test_two_of_one_rule_never_leave_at_one_instant(office: Office, post: Post):
    [first, second, *_] = office.occurrences(post)
    answer = office.on(post, first["key"], "move", {"scheduled_at": second["at"]})
    assert answer.json["errors"][0]["code"] == "occupied"
    office.on(post, second["key"], "skip")
    assert office.on(post, first["key"], "move", {"scheduled_at": second["at"]}).status == 200
    # And not by the way round.
    assert office.on(post, first["key"], "move", {"scheduled_at": first["at"]}).status == 200


@pytest.mark.parametrize(
    "key", ["20290101T0901", "20200101T0900", "20290101T0900-1", "20291301T0900", "soon"]
)
def test_what_the_rule_has_not_is_not_there(office: Office, post: Post, key: str):
    for action, body in (("skip", None), ("move", {"scheduled_at": "2029-01-02T10:00"}), ("restore", None)):
        answer = office.on(post, key, action, body)
        assert (answer.status, answer.json["code"]) == (404, "not_found")


def test_an_exdate_is_no_occurrence(office: Office):
    left_out = f"{datetime.now(UTC) + timedelta(days=5):%Y-%m-%d}T09:00"
    post = office.created(schedule_config={**BERLIN, "exdates": [left_out]})
    assert left_out not in [each["local_time"] for each in office.occurrences(post)]
    key = left_out.replace("-", "").replace(":", "")
    assert office.on(post, key, "skip").status == 404


def test_what_does_not_go_out_is_neither_moved_nor_edited(office: Office, post: Post):
    key = office.occurrences(post)[1]["key"]
    office.on(post, key, "skip")
    for action, body in (
        ("move", {"scheduled_at": "2029-01-02T10:00"}),
        ("edit", {"content_id": office.content()}),
    ):
        answer = office.on(post, key, action, body)
        assert (answer.status, answer.json["code"]) == (409, "occurrence_not_coming")


def test_a_period_is_listed_from_the_ledger_and_the_rule(office: Office, post: Post):
    office.run()
    days = office.occurrences(post, "limit=6")
    assert [each["status"] for each in days] == ["made"] * 3 + ["planned"] * 3
    query = f"from={days[1]['at']}&to={days[4]['at']}"
    assert office.occurrences(post, query) == days[1:4]
    answer = office.http.get(f"/recurring-posts/{post['id']}/occurrences?{query}&limit=2").json
    assert (answer["items"], answer["has_more"]) == (days[1:3], True)
    with later(timedelta(days=2)):
        office.run()
        assert len(office.occurrences(post, f"from={days[0]['at']}&to={days[2]['at']}")) == 2


def test_of_a_paused_one_only_what_was_said_is_listed(office: Office, post: Post):
    key = office.occurrences(post)[1]["key"]
    office.on(post, key, "skip")
    office.act(post, "pause")
    assert [(each["key"], each["status"]) for each in office.occurrences(post)] == [(key, "skipped")]


def test_an_hour_that_comes_twice_has_two_keys(office: Office):
    back = last_sunday(10)
    hourly = {"timezone": "Europe/Berlin", "rrule": "FREQ=HOURLY", "starts_at": f"{back}T00:30"}
    post = office.created(schedule_type="rrule", schedule_config=hourly)
    found = office.occurrences(post, "limit=4")
    assert [each["key"] for each in found] == [
        f"{back:%Y%m%d}T{hour}" for hour in ("0030", "0130", "0230", "0230-1")
    ]
    assert [each["note"] for each in found] == [None, None, "overlap", "overlap"]
    answer = office.on(post, f"{back:%Y%m%d}T0230-1", "skip")
    assert at(answer.json["at"]) == datetime(NEXT_YEAR, 10, back.day, 1, 30, tzinfo=UTC)
    assert [each["status"] for each in office.occurrences(post, "limit=5")] == [
        *("planned", "planned", "planned", "skipped", "planned"),
    ]


def test_the_same_action_has_one_effect(office: Office, post: Post):
    one = third(office, post, made=True)
    path = f"/recurring-posts/{post['id']}/occurrences/{one['key']}"
    first = office.http.post(f"{path}/skip", **{"idempotency-key": "a"})
    assert office.on(post, one["key"], "restore").status == 200
    again = office.http.post(f"{path}/skip", **{"idempotency-key": "a"})
    assert again.json == first.json
    assert office.occurrence(post, one["key"])["status"] == "planned"


def test_who_may_only_read_changes_nothing(office: Office, post: Post):
    key = {"name": "reader", "permissions": ["recurring_posts:read"]}
    reader = Office(Http(office.http.workspace_id, office.http.post("/api-keys", key).json["key"]))
    occurrence = reader.occurrences(post)[1]["key"]
    for answer in (
        reader.on(post, occurrence, "skip"),
        reader.act(post, "pause"),
        reader.create(content_ids=[post["id"]], connection_ids=[post["id"]]),
    ):
        assert (answer.status, answer.json["code"]) == (403, "permission_missing")
    assert reader.read(post) == post
