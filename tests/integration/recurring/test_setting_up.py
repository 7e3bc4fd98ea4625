"""What is set up goes out by its schedule; what is wrong with it is told, field by field."""

from typing import Any
from uuid import uuid4

import psycopg
import pytest

from infra.local.first_workspace import first_workspace
from tests.integration.http import Http
from tests.integration.recurring.office import BERLIN, Office, at

type Superuser = psycopg.Connection[Any]


def faults(answer: Any) -> set[tuple[str, str]]:
    """What the answer refuses, and where."""
    assert answer.status == 422, answer.body
    return {(each["pointer"], each["code"]) for each in answer.json["errors"]}


def test_it_is_shown_as_it_was_set_up(office: Office):
    made = office.created(name="Lamp", schedule_config={**BERLIN, "times": ["09:00", "17:30"]})
    assert made["description"] == "every day at 09:00 and 17:30, Europe/Berlin"
    assert (made["status"], made["run_count"], made["mode"], made["version"]) == ("active", 0, "live", 1)
    assert made["platforms"] == ["sandbox"]
    assert made["schedule_config"]["starts_at"]  # from when on is written down
    assert office.read(made) == made
    assert [each["id"] for each in office.http.get("/recurring-posts").json["items"]] == [made["id"]]


def test_it_goes_out_next_when_its_first_occurrence_is(office: Office):
    made = office.created()
    assert made["next_run_at"] == office.occurrences(made, "limit=1")[0]["at"]


def test_lists_are_by_status_too(office: Office):
    active, paused = office.created(), office.created()
    office.act(paused, "pause")
    found = office.http.get("/recurring-posts?status=paused").json["items"]
    assert [each["id"] for each in found] == [paused["id"]]
    found = office.http.get("/recurring-posts?status=active").json["items"]
    assert [each["id"] for each in found] == [active["id"]]


@pytest.mark.parametrize(
    ("schedule_type", "config", "pointer", "code"),
    [
        ("daily", {"times": ["9:00"]}, "/times/0", "string_pattern_mismatch"),
        ("daily", {"times": []}, "/times", "too_short"),
        ("daily", {"times": ["09:00", "09:00"]}, "/times", "given_twice"),
        ("daily", {"times": ["09:00", "09:02"]}, "/times", "too_dense"),
        ("daily", {"times": ["09:00"], "weekdays": ["mo"]}, "/weekdays", "unknown_field"),
        ("daily", {"times": ["09:00"], "timezone": "Europe/Atlantis"}, "/timezone", "unknown_timezone"),
        ("daily", {"times": ["09:00"], "timezone": "localtime"}, "/timezone", "unknown_timezone"),
        ("daily", {"times": ["09:00"], "starts_at": "2026-02-30T09:00"}, "/starts_at", "local_time_expected"),
        (
            "daily",
            {"times": ["09:00"], "starts_at": "2026-02-20T09:00Z"},
            "/starts_at",
            "local_time_expected",
        ),
        ("daily", {"times": ["09:00"], "count": 3, "ends_at": "2030-01-01T00:00"}, "", "ends_twice"),
        (
            "daily",
            {"times": ["09:00"], "ends_at": "2020-01-01T00:00", "starts_at": "2019-01-01T00:00"},
            "",
            "nothing_ahead",
        ),
        ("weekly", {"times": ["09:00"]}, "/weekdays", "missing"),
        ("monthly", {"times": ["09:00"]}, "", "days_or_nth"),
        ("monthly", {"times": ["09:00"], "days": [0]}, "", "no_day_zero"),
        ("monthly", {"times": ["09:00"], "nth": {"week": 6, "weekday": "tu"}}, "/nth/week", "literal_error"),
        ("cron", {"expression": "61 * * * *"}, "/expression", "invalid"),
        ("cron", {"expression": "* * * * *"}, "/expression", "too_dense"),
        ("cron", {"expression": "0 0 30 2 *"}, "/expression", "never_fires"),
        ("rrule", {"rrule": "FREQ=SECONDLY"}, "/rrule", "unsupported"),
        ("rrule", {"rrule": "FREQ=DAILY;BYMONTH=13"}, "/rrule", "invalid"),
        ("rrule", {"rrule": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"}, "/rrule", "never_fires"),
    ],
)
def test_what_is_wrong_with_a_schedule_is_told_where_it_is(
    office: Office, schedule_type: str, config: dict[str, Any], pointer: str, code: str
):
    schedule = {"schedule_type": schedule_type, "schedule_config": {"timezone": "Europe/Berlin", **config}}
    told = faults(office.create(**schedule))
    assert told == {(f"/schedule_config{pointer}", code)}
    assert faults(office.http.post("/recurring-posts/preview", schedule)) == told
    assert office.http.get("/recurring-posts").json["items"] == []


@pytest.mark.parametrize("given", [None, "daily", [], 1])
def test_a_schedule_is_an_object(office: Office, given: Any):
    assert faults(office.create(schedule_config=given)) == {("/schedule_config", "model_type")}


def test_an_unknown_type_is_told_once(office: Office):
    told = faults(office.create(schedule_type="hourly"))
    assert told == {("/schedule_type", "string_pattern_mismatch")}


@pytest.mark.parametrize("content_type", ["template", "generated"])
def test_what_is_not_made_yet_is_refused_as_such(office: Office, content_type: str):
    assert faults(office.create(content_type=content_type)) == {("/content_type", "not_yet")}


def test_a_fixed_one_has_one_content(office: Office):
    two = [office.content("One"), office.content("Two")]
    assert faults(office.create(content_ids=two)) == {("/content_ids", "fixed_has_one_content")}
    assert office.create(content_ids=two, content_type="rotation").status == 201


def test_contents_and_accounts_must_be_there(office: Office):
    assert faults(office.create(content_ids=[str(uuid4())])) == {("/content_ids/0", "unknown_content")}
    assert faults(office.create(connection_ids=[str(uuid4())])) == {
        ("/connection_ids/0", "unknown_connection")
    }
    gone = office.content()
    office.http.call("PATCH", f"/content/{gone}", {"status": "archived"}, headers={"if-match": '"1"'})
    pool = {"content_ids": [office.content(), gone], "content_type": "rotation"}
    assert faults(office.create(**pool)) == {("/content_ids/1", "content_archived")}


def test_each_content_must_fit_each_account(office: Office):
    pool = [office.content("Short"), office.content("x" * 10_001)]
    answer = office.create(content_ids=pool, content_type="rotation")
    assert answer.json["code"] == "content_does_not_fit"
    assert faults(answer) == {("/content_ids/1", "text_too_long")}


def test_variations_become_contents_of_the_pool(office: Office):
    base = office.content("Good evening", language="en", adapted_versions={"mastodon": {"text": "Evening"}})
    made = office.created(content_ids=[base], variations=["Good night", "Sleep well"])
    assert [each["variation_of"] for each in made["contents"]] == [None, base, base]
    copies = [office.http.get(f"/content/{each['content_id']}").json for each in made["contents"][1:]]
    assert [each["text"] for each in copies] == ["Good night", "Sleep well"]
    # An adapted version would say the same again.
    assert [(each["language"], each["adapted_versions"]) for each in copies] == [("en", {})] * 2


def test_a_variation_must_say_something_else_and_fit(office: Office):
    assert faults(office.create(variations=["Good evening"])) == {("/variations/0", "same_text")}
    assert faults(office.create(variations=["Good night", "x" * 10_001])) == {
        ("/variations/1", "text_too_long")
    }
    assert office.http.get("/recurring-posts").json["items"] == []
    kept = [each["text"] for each in office.http.get("/content").json["items"]]
    assert "Good night" not in kept  # nothing of what was refused


def test_variations_need_the_permission_to_write(office: Office):
    key = {"name": "planner", "permissions": ["recurring_posts:write"]}
    planner = Http(office.http.workspace_id, office.http.post("/api-keys", key).json["key"])
    body = office.body(variations=["Good night"])
    answer = planner.post("/recurring-posts", body)
    assert (answer.status, answer.json["code"]) == (403, "permission_missing")
    assert planner.post("/recurring-posts", {**body, "variations": []}).status == 201


def test_a_workspace_that_approves_everything_is_not_got_around(office: Office, superuser: Superuser):
    superuser.execute(
        "UPDATE workspaces SET approval_required = true WHERE id = %s", [office.http.workspace_id]
    )
    assert faults(office.create(needs_approval=False)) == {("/needs_approval", "approval_required")}
    assert office.create().status == 201


def test_the_same_request_has_one_effect(office: Office):
    body = office.body()
    first, second = (office.http.post("/recurring-posts", body, **{"idempotency-key": "a"}) for _ in range(2))
    assert first.json == second.json
    assert len(office.http.get("/recurring-posts").json["items"]) == 1


def test_a_test_keys_are_tests_and_seen_by_test_keys_alone(office: Office, http_test_key: Http):
    body = office.body()
    tested = http_test_key.post("/recurring-posts", body).json
    assert tested["mode"] == "test"
    live = office.created()
    assert office.http.get(f"/recurring-posts/{tested['id']}").status == 404
    assert http_test_key.get(f"/recurring-posts/{live['id']}").status == 404
    office.run()
    made = http_test_key.get("/publications").json["items"]
    assert {each["mode"] for each in made} == {"test"}
    assert len(made) == 3


def test_a_limited_key_reaches_what_goes_to_its_accounts_alone(office: Office):
    mine, other = office.connection(), office.connection()
    permissions = ["recurring_posts:write", "content:write"]
    key = {"name": "limited", "permissions": permissions, "connection_ids": [mine]}
    limited = Office(Http(office.http.workspace_id, office.http.post("/api-keys", key).json["key"]))
    content_ids = [office.content()]
    both = office.created(connection_ids=[mine, other])
    own = office.created(connection_ids=[mine])
    assert [each["id"] for each in limited.http.get("/recurring-posts").json["items"]] == [own["id"]]
    assert limited.http.get(f"/recurring-posts/{both['id']}").status == 404
    assert limited.act(both, "pause").status == 404
    answer = limited.create(content_ids=content_ids, connection_ids=[other])
    assert faults(answer) == {("/connection_ids/0", "unknown_connection")}


def test_another_tenants_is_not_there(office: Office):
    made = office.created()
    key = office.occurrences(made, "limit=1")[0]["key"]
    other = first_workspace("Other", "Other", f"t-{uuid4().hex}")
    stranger = Office(Http(str(other.workspace_id), other.key))
    assert stranger.http.get(f"/recurring-posts/{made['id']}").status == 404
    assert stranger.http.get(f"/recurring-posts/{made['id']}/occurrences").status == 404
    headers = {"if-match": '"1"'}
    for method in ("PATCH", "DELETE"):
        body = {"name": "theirs"} if method == "PATCH" else None
        path = f"/recurring-posts/{made['id']}"
        assert stranger.http.call(method, path, body, headers=headers).status == 404
    assert stranger.act(made, "pause").status == 404
    assert stranger.on(made, key, "skip").status == 404
    mine = {"content_ids": [office.content()], "connection_ids": [office.connection()]}
    assert faults(stranger.create(**mine)) >= {("/connection_ids/0", "unknown_connection")}
    assert office.read(made) == made


def test_what_is_due_is_posted(office: Office):
    made = office.created(content_ids=[office.content("Lit")])
    office.run()
    first, *_ = office.publications()
    assert at(first["scheduled_at"]) == at(made["next_run_at"])
    assert first["content_id"] == made["contents"][0]["content_id"]
