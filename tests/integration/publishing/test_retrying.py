"""One account of several: tried again without a call to the others, or stopped alone."""

from datetime import timedelta
from typing import Any

import psycopg
import pytest

from lamplighter.domain.history import MAX_ATTEMPTS
from tests.integration import fake_network
from tests.integration.fake_network import FakeNetwork
from tests.integration.http import Answer, Http
from tests.integration.processes import asked_at_once
from tests.integration.publishing.conftest import Desk


def platform(desk: Desk, publication: Any, status: str) -> Any:
    """The one part of the publication that is in this state."""
    [found] = [each for each in desk.read(publication)["platforms"] if each["status"] == status]
    return found


def act(desk: Desk, publication: Any, part: Any, action: str, by: Http | None = None) -> Answer:
    return (by or desk.http).post(f"/publications/{publication['id']}/platforms/{part['id']}/{action}")


def refusal(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.json["code"]


def in_part(desk: Desk, network: FakeNetwork) -> Any:
    """Published on one account, refused on the other."""
    made = desk.publication(desk.connection("one"), desk.connection("two")).json
    network.refusals = [(422, {})]
    desk.work(desk.woken())
    assert desk.read(made)["status"] == "partially_published"
    return made


def test_only_what_failed_is_called_again(desk: Desk, network: FakeNetwork):
    network.remembers = False  # nothing but our own ledger protects what is published
    made = in_part(desk, network)
    assert network.calls == 2
    failed, published = platform(desk, made, "failed"), platform(desk, made, "published")
    retried = act(desk, made, failed, "retry")
    assert (retried.status, retried.json["status"]) == (200, "publishing")
    [again] = [each for each in retried.json["platforms"] if each["id"] == failed["id"]]
    assert (again["status"], again["error_code"]) == ("pending", None)
    assert again["next_attempt_at"]
    desk.work(desk.woken())
    read = desk.read(made)
    assert read["status"] == "published"
    assert published in read["platforms"]
    assert (network.calls, len(network.accepted), len({post["key"] for post in network.accepted})) == (
        3,
        2,
        2,
    )


def test_what_is_published_is_never_tried_again(desk: Desk, network: FakeNetwork):
    made = in_part(desk, network)
    published = platform(desk, made, "published")
    assert refusal(act(desk, made, published, "retry")) == (409, "already_published")
    assert desk.woken() == []


def test_a_round_asked_for_twice_is_one(desk: Desk, network: FakeNetwork):
    made = in_part(desk, network)
    failed = platform(desk, made, "failed")
    act(desk, made, failed, "retry")
    assert refusal(act(desk, made, failed, "retry")) == (409, "not_tried_yet")
    desk.work(desk.woken() * 3)
    assert len(network.accepted) == 2


def test_of_many_who_retry_at_once_one_does(desk: Desk, network: FakeNetwork):
    network.remembers = False
    made = in_part(desk, network)
    failed = platform(desk, made, "failed")
    path = f"/publications/{made['id']}/platforms/{failed['id']}/retry"
    answers = asked_at_once(desk.http, "POST", path, [None] * 6)
    assert sorted(answer["statusCode"] for answer in answers) == [200, 409, 409, 409, 409, 409]
    messages = desk.woken()
    assert len(messages) == 1
    desk.work(messages)
    assert len(network.accepted) == 2


def test_what_may_be_on_its_network_is_not_tried_again(
    desk: Desk, network: FakeNetwork, superuser: psycopg.Connection[Any]
):
    network.answers = [fake_network.cut]
    made = desk.publication().json
    desk.work(desk.woken())
    sending = platform(desk, made, "publishing")
    assert refusal(act(desk, made, sending, "retry")) == (409, "being_sent")
    assert refusal(act(desk, made, sending, "cancel")) == (409, "too_late_to_cancel")
    superuser.execute("UPDATE publication_platforms SET status = 'unknown' WHERE id = %s", [sending["id"]])
    assert refusal(act(desk, made, sending, "retry")) == (409, "outcome_unknown")
    assert refusal(act(desk, made, sending, "cancel")) == (409, "too_late_to_cancel")


def test_a_cancelled_one_stays_cancelled(desk: Desk, network: FakeNetwork):
    made = desk.publication(when=timedelta(hours=1)).json
    [part] = made["platforms"]
    assert act(desk, made, part, "cancel").json["status"] == "cancelled"
    assert refusal(act(desk, made, part, "retry")) == (409, "already_cancelled")


@pytest.mark.parametrize(("policy", "status"), [("skip", "skipped"), ("ask", "held")])
def test_what_came_too_late_is_not_late_any_more_when_a_person_sends_it(
    desk: Desk, network: FakeNetwork, policy: str, status: str
):
    made = desk.publication(late_policy=policy, late_after_minutes=1).json
    desk.work_later(timedelta(minutes=5), desk.woken())
    assert act(desk, made, platform(desk, made, status), "retry").status == 200
    desk.work(desk.woken())
    assert desk.read(made)["status"] == "published"


def test_lateness_is_measured_from_the_new_round(
    desk: Desk, network: FakeNetwork, superuser: psycopg.Connection[Any]
):
    made = desk.publication(late_policy="skip", late_after_minutes=1).json
    desk.work_later(timedelta(minutes=5), desk.woken())
    long_ago = "UPDATE publications SET scheduled_at = scheduled_at - interval '2 days' WHERE id = %s"
    superuser.execute(long_ago, [made["id"]])
    act(desk, made, platform(desk, made, "skipped"), "retry")
    desk.work(desk.woken())
    assert desk.read(made)["status"] == "published"


def test_the_tries_of_a_new_round_are_counted_anew(
    desk: Desk, network: FakeNetwork, superuser: psycopg.Connection[Any]
):
    limited = [(429, {"Retry-After": "1"})]
    network.refusals = limited * MAX_ATTEMPTS
    made = desk.publication().json
    for tried in range(MAX_ATTEMPTS):
        desk.work_later(timedelta(minutes=20 * tried), desk.due())
        superuser.execute("DELETE FROM connection_gates WHERE workspace_id = %s", [desk.workspace_id])
    failed = platform(desk, made, "failed")
    assert (failed["error_code"], network.calls) == ("rate_limited", MAX_ATTEMPTS)
    act(desk, made, failed, "retry")
    network.refusals = limited
    desk.work(desk.due())
    assert platform(desk, made, "pending")["error_code"] == "rate_limited"  # and so it is tried again


def test_a_thread_goes_on_from_the_segment_that_is_missing(desk: Desk, network: FakeNetwork):
    network.remembers = False
    content = desk.content(
        "First", segments=[{"kind": "thread", "text": text} for text in ("Second", "Third")]
    )
    made = desk.publication(content_id=content).json
    desk.work(desk.woken())
    network.refusals = [(422, {})]
    desk.work(desk.woken())
    failed = platform(desk, made, "failed")
    assert [(s["segment"], s["platform_post_id"]) for s in failed["segments"]] == [(0, "1")]
    retried = act(desk, made, failed, "retry").json["platforms"][0]
    assert retried["status"] == "publishing"
    assert refusal(act(desk, made, failed, "cancel")) == (409, "too_late_to_cancel")
    for _ in range(2):
        desk.work(desk.woken())
    assert network.texts == ["First", "Second", "Third"]
    done = platform(desk, made, "published")
    assert [s["platform_post_id"] for s in done["segments"]] == ["1", "2", "3"]
    assert all(s["url"] and s["published_at"] for s in done["segments"])


def test_content_that_does_not_fit_any_more_is_not_sent_again(
    desk: Desk, network: FakeNetwork, superuser: psycopg.Connection[Any]
):
    made = desk.publication().json
    network.refusals = [(422, {})]
    desk.work(desk.woken())
    failed = platform(desk, made, "failed")
    superuser.execute(
        "UPDATE content SET original_text = repeat('x', 10001) WHERE workspace_id = %s", [desk.workspace_id]
    )
    assert refusal(act(desk, made, failed, "retry")) == (422, "content_does_not_fit")
    superuser.execute("UPDATE content SET status = 'archived' WHERE workspace_id = %s", [desk.workspace_id])
    assert refusal(act(desk, made, failed, "retry")) == (409, "content_archived")


def test_what_is_not_approved_is_not_tried_again(desk: Desk, network: FakeNetwork):
    made = desk.publication(when=timedelta(minutes=1), needs_approval=True).json
    desk.work_later(timedelta(minutes=1), desk.due())
    skipped = platform(desk, made, "skipped")
    assert skipped["error_code"] == "approval_pending"
    assert refusal(act(desk, made, skipped, "retry")) == (409, "approval_pending")
    assert network.calls == 0


def test_what_waits_for_an_approval_can_be_cancelled(desk: Desk):
    made = desk.publication(when=timedelta(hours=1), needs_approval=True).json
    cancelled = desk.http.post(f"/publications/{made['id']}/cancel")
    assert (cancelled.status, cancelled.json["status"]) == (200, "cancelled")
    assert desk.due() == []


def test_what_is_held_can_be_cancelled(desk: Desk, network: FakeNetwork):
    made = desk.publication(late_policy="ask", late_after_minutes=1).json
    desk.work_later(timedelta(minutes=5), desk.woken())
    assert desk.http.post(f"/publications/{made['id']}/cancel").json["status"] == "cancelled"


def test_one_account_is_cancelled_and_the_others_go_on(desk: Desk, network: FakeNetwork):
    made = desk.publication(desk.connection("one"), desk.connection("two"), when=timedelta(seconds=90)).json
    one, two = made["platforms"]
    cancelled = act(desk, made, one, "cancel")
    assert (cancelled.status, cancelled.json["status"]) == (200, "scheduled")
    assert act(desk, made, one, "cancel").json == cancelled.json
    desk.work_later(timedelta(seconds=91), desk.due())
    read = desk.read(made)
    assert read["status"] == "published"
    assert {p["id"]: p["status"] for p in read["platforms"]} == {
        one["id"]: "cancelled",
        two["id"]: "published",
    }
    assert len(network.accepted) == 1


def test_what_is_left_of_a_publication_moves_without_what_was_cancelled(desk: Desk, network: FakeNetwork):
    made = desk.publication(desk.connection("one"), desk.connection("two"), when=timedelta(hours=1)).json
    one, _two = made["platforms"]
    act(desk, made, one, "cancel")
    path = f"/publications/{made['id']}"
    headers = {"if-match": desk.http.get(path).headers["etag"]}
    moved = desk.http.call("PATCH", path, {"scheduled_at": "now"}, headers=headers)
    assert moved.status == 200
    desk.work(desk.woken())
    assert len(network.accepted) == 1


@pytest.mark.parametrize("status", ["failed", "skipped"])
def test_what_is_not_sent_any_more_has_nothing_to_cancel(
    desk: Desk, superuser: psycopg.Connection[Any], status: str
):
    made = desk.publication(when=timedelta(hours=1)).json
    [part] = made["platforms"]
    superuser.execute("UPDATE publication_platforms SET status = %s WHERE id = %s", [status, part["id"]])
    assert refusal(act(desk, made, part, "cancel")) == (409, "nothing_to_cancel")


def test_a_part_of_another_publication_is_not_found(desk: Desk):
    one, two = (desk.publication(when=timedelta(hours=1)).json for _ in range(2))
    for action in ("retry", "cancel", "remove", "edit"):
        assert refusal(act(desk, one, two["platforms"][0], action)) == (404, "not_found")
    assert desk.read(two) == two


def test_a_key_acts_only_on_what_it_sees(desk: Desk, network: FakeNetwork, http_test_key: Http):
    mine, other = desk.connection("mine"), desk.connection("other")
    made = desk.publication(mine, other).json
    network.refusals = [(422, {}), (422, {})]
    desk.work(desk.woken())
    body = {"name": "limited", "permissions": ["publications:write"], "connection_ids": [mine]}
    limited = Http(desk.http.workspace_id, desk.http.post("/api-keys", body).json["key"])
    part = next(p for p in made["platforms"] if p["connection_id"] == mine)
    for stranger in (limited, http_test_key):
        for action in ("retry", "cancel", "remove", "edit"):
            assert refusal(act(desk, made, part, action, stranger)) == (404, "not_found")
    assert desk.woken() == []
