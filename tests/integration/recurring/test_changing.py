"""A change counts from the next occurrence on; what is paused or deleted posts nothing more."""

from datetime import timedelta
from typing import Any

import psycopg

from tests.integration.fake_network import FakeNetwork
from tests.integration.recurring.office import BERLIN, Office, at, later

type Superuser = psycopg.Connection[Any]

EVENING = {"schedule_type": "daily", "schedule_config": {**BERLIN, "times": ["21:15"]}}


def outgoing(office: Office) -> list[dict[str, Any]]:
    """What is still to be sent."""
    return [each for each in office.publications() if each["status"] == "scheduled"]


def test_another_schedule_takes_the_place_of_what_was_made_ahead(office: Office):
    made = office.created()
    office.run()
    before = office.publications()
    answer = office.change(made, **EVENING)
    assert answer.status == 200, answer.body
    assert answer.json["description"] == "every day at 21:15, Europe/Berlin"
    assert answer.json["version"] == 2
    assert {office.publication(each["id"])["status"] for each in before} == {"cancelled"}
    office.run()
    times = {each["local_time"][11:] for each in office.occurrences(made)}
    assert times == {"21:15"}
    assert {each["status"] for each in outgoing(office)} == {"scheduled"}
    assert at(outgoing(office)[0]["scheduled_at"]) == at(answer.json["next_run_at"])


def test_other_contents_are_in_what_goes_out_next(office: Office):
    made = office.created()
    office.run()
    other = office.content("Good night")
    answer = office.change(made, content_ids=[other])
    assert [each["content_id"] for each in answer.json["contents"]] == [other]
    office.run()
    assert {each["content_id"] for each in outgoing(office)} == {other}


def test_other_accounts_are_posted_to(office: Office):
    made, other = office.created(), office.connection()
    office.run()
    answer = office.change(made, connection_ids=[other])
    assert answer.json["connection_ids"] == [other]
    office.run()
    targets = {row["connection_id"] for each in outgoing(office) for row in each["platforms"]}
    assert targets == {other}


def test_a_new_name_leaves_what_was_made_alone(office: Office):
    made = office.created()
    office.run()
    before = outgoing(office)
    assert office.change(made, name="Another").json["name"] == "Another"
    assert outgoing(office) == before


def test_what_stays_in_the_pool_keeps_its_turn(office: Office):
    pool = [office.content("One"), office.content("Two")]
    made = office.created(content_ids=pool, content_type="rotation", variations=["Three"])
    third = made["contents"][2]["content_id"]
    office.run()
    uses = {each["content_id"]: each["uses"] for each in office.read(made)["contents"]}
    assert uses == dict.fromkeys([*pool, third], 1)
    answer = office.change(made, content_ids=[third, pool[0]], variations=["Four"])
    shown = [(each["content_id"], each["variation_of"]) for each in answer.json["contents"]]
    assert shown[:2] == [(third, pool[0]), (pool[0], None)]
    assert shown[2][1] == third  # the pool's first


def test_two_changes_of_the_same_version_are_told_apart(office: Office):
    made = office.created()
    path, headers = f"/recurring-posts/{made['id']}", {"if-match": '"1"'}
    assert office.http.call("PATCH", path, {"name": "One"}, headers=headers).status == 200
    answer = office.http.call("PATCH", path, {"name": "Two"}, headers=headers)
    assert (answer.status, answer.json["code"]) == (412, "stale_version")
    assert office.http.call("PATCH", path, {"name": "Two"}).status == 428
    assert office.http.call("DELETE", path, headers=headers).status == 412
    assert office.http.call("DELETE", path).status == 428
    assert office.http.post(f"{path}/pause", **headers).status == 412
    assert office.read(made)["name"] == "One"


def test_a_schedule_is_changed_as_a_whole(office: Office):
    made = office.created()
    answer = office.change(made, schedule_config=BERLIN)
    assert answer.json["errors"][0]["code"] == "schedule_incomplete"
    answer = office.change(made, schedule_type="cron", schedule_config=BERLIN)
    assert {each["pointer"] for each in answer.json["errors"]} == {
        "/schedule_config/expression",
        "/schedule_config/times",
    }
    assert office.read(made) == made


def test_what_is_paused_posts_nothing_and_makes_up_for_nothing(office: Office, network: FakeNetwork):
    made = office.created(misfire_policy="catch_up")
    office.run()
    [first, *_] = office.occurrences(made)
    answer = office.act(made, "pause")
    assert (answer.json["status"], answer.json["next_run_at"]) == ("paused", None)
    assert outgoing(office) == []
    assert office.act(made, "pause").json == answer.json
    with later(timedelta(days=4)):
        office.run()
        assert outgoing(office) == []
        answer = office.act(made, "resume")
        assert answer.json["status"] == "active"
        assert at(answer.json["next_run_at"]) >= at(first["at"]) + timedelta(days=4)
        office.run()
        times = [at(each["scheduled_at"]) for each in outgoing(office)]
    assert len(times) == 3
    assert min(times) == at(answer.json["next_run_at"])


def test_what_was_said_about_an_occurrence_outlasts_a_pause(office: Office):
    made = office.created()
    office.run()
    [first, second, third, *_] = office.occurrences(made)
    office.on(made, first["key"], "skip")
    moved = office.on(made, second["key"], "move", {"scheduled_at": f"{second['local_time'][:10]}T11:11"})
    office.act(made, "pause")
    office.act(made, "resume")
    office.run()
    assert office.occurrence(made, first["key"])["status"] == "skipped"
    assert office.occurrence(made, second["key"])["at"] == moved.json["at"]
    times = {each["scheduled_at"] for each in outgoing(office)}
    assert times == {moved.json["at"], third["at"]}


def test_what_has_run_to_its_end_has_no_next_time(office: Office):
    made = office.created(schedule_config={**BERLIN, "count": 2})
    office.run()
    assert len(office.occurrences(made)) == 2
    with later(timedelta(days=3)):
        office.run()
        ended = office.read(made)
        assert (ended["status"], ended["next_run_at"], ended["warnings"]) == ("completed", None, [])
        for action in ("pause", "resume"):
            answer = office.act(made, action)
            assert (answer.status, answer.json["code"]) == (409, "already_completed")
        again = office.change(made, **EVENING)
        assert (again.json["status"], again.status) == ("active", 200)
        assert again.json["next_run_at"] is not None


def test_what_is_deleted_is_cancelled_and_its_publications_stay(office: Office, superuser: Superuser):
    made = office.created()
    office.run()
    before = office.publications()
    assert len(before) == 3
    answer = office.delete(made)
    assert (answer.status, answer.body) == (204, b"")
    assert office.http.get(f"/recurring-posts/{made['id']}").status == 404
    assert [each["id"] for each in office.publications()] == [each["id"] for each in before]
    assert {each["status"] for each in office.publications()} == {"cancelled"}
    query = "SELECT count(*) FROM recurring_occurrences WHERE recurring_post_id = %s"
    assert superuser.execute(query, [made["id"]]).fetchone() == (0,)
    office.run()
    assert len(office.publications()) == 3


def test_every_change_is_written_down(office: Office, superuser: Superuser):
    made = office.created()
    key = office.occurrences(made, "limit=1")[0]["key"]
    office.on(made, key, "skip")
    office.on(made, key, "restore")
    office.change(made, name="Another")
    office.act(made, "pause")
    office.act(made, "resume")
    office.delete(made)
    query = "SELECT action FROM audit_log WHERE target_id = %s ORDER BY id"
    expected = [
        f"recurring_post.{what}"
        for what in (
            *("created", "occurrence_skipped", "occurrence_restored"),
            *("updated", "paused", "resumed", "deleted"),
        )
    ]
    assert [action for (action,) in superuser.execute(query, [made["id"]])] == expected
    query = "SELECT type FROM outbox_events WHERE payload ->> 'recurring_post_id' = %s ORDER BY id"
    assert [kind for (kind,) in superuser.execute(query, [made["id"]])] == expected
