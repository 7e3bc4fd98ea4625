"""What is on its network already: taken back, or made to say what the content says now."""

from datetime import timedelta
from typing import Any

import psycopg
import pytest
from sqlalchemy import select

from lamplighter.domain.networks import NETWORKS
from lamplighter.postgres.models import Publication
from lamplighter.postgres.session import transaction
from lamplighter.services import approvals
from tests.integration import fake_network
from tests.integration.fake_network import FakeNetwork
from tests.integration.http import Answer, Http
from tests.integration.publishing.conftest import Desk


def published(desk: Desk, text: str = "Good evening", **more: Any) -> tuple[Any, str]:
    """A publication that is out, and its content."""
    content = desk.content(text)
    made = desk.publication(content_id=content, **more).json
    desk.work(desk.woken())
    assert desk.read(made)["status"] == "published"
    return made, content


def act(desk: Desk, publication: Any, action: str, by: Http | None = None, **headers: str) -> Answer:
    [part] = publication["platforms"]
    path = f"/publications/{publication['id']}/platforms/{part['id']}/{action}"
    return (by or desk.http).post(path, **headers)


def part(desk: Desk, publication: Any) -> Any:
    [found] = desk.read(publication)["platforms"]
    return found


def write(desk: Desk, content: str, **fields: Any) -> None:
    etag = desk.http.get(f"/content/{content}").headers["etag"]
    assert desk.http.call("PATCH", f"/content/{content}", fields, headers={"if-match": etag}).status == 200


def refusal(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.json["code"]


def test_a_published_post_is_taken_back(desk: Desk, network: FakeNetwork):
    made, _content = published(desk)
    asked = act(desk, made, "remove")
    assert (asked.status, asked.json["status"]) == (200, "published")
    [platform] = asked.json["platforms"]
    assert (platform["status"], platform["change"]) == ("published", "remove")
    assert platform["next_attempt_at"]
    desk.work(desk.woken())
    assert network.texts == []
    read = desk.read(made)
    [platform] = read["platforms"]
    assert (read["status"], platform["status"], platform["change"]) == ("removed", "removed", None)
    assert platform["removed_at"]
    assert platform["published_at"]
    assert refusal(act(desk, made, "remove")) == (409, "already_removed")
    assert refusal(act(desk, made, "retry")) == (409, "already_removed")


def test_a_published_post_says_what_its_content_says_now(desk: Desk, network: FakeNetwork):
    made, content = published(desk)
    write(desk, content, text="Good night")
    [platform] = act(desk, made, "edit").json["platforms"]
    assert platform["change"] == "edit"
    desk.work(desk.woken())
    assert network.texts == ["Good night"]
    platform = part(desk, made)
    assert (platform["status"], platform["change"], platform["platform_post_id"]) == ("published", None, "1")
    assert refusal(act(desk, made, "edit")) == (409, "nothing_to_change")


def test_one_change_at_a_time(desk: Desk, network: FakeNetwork):
    made, content = published(desk)
    write(desk, content, text="Good night")
    assert act(desk, made, "edit").status == 200
    for action in ("edit", "remove"):
        assert refusal(act(desk, made, action)) == (409, "change_under_way")
    desk.work(desk.woken())
    assert act(desk, made, "remove").status == 200


def test_a_repetition_with_the_same_key_is_one_change(desk: Desk, network: FakeNetwork):
    made, _content = published(desk)
    first, again = (act(desk, made, "remove", **{"idempotency-key": "away"}) for _ in range(2))
    assert (first.status, first.json) == (again.status, again.json)
    desk.work(desk.woken())
    assert network.changes == 1


def test_what_the_content_says_already_is_no_edit(desk: Desk, network: FakeNetwork):
    made, _content = published(desk)
    assert refusal(act(desk, made, "edit")) == (409, "nothing_to_change")
    assert desk.woken() == []


def test_an_edit_neither_adds_segments_nor_takes_them_away(desk: Desk, network: FakeNetwork):
    made, content = published(desk)
    write(desk, content, segments=[{"kind": "thread", "text": "One more"}])
    assert refusal(act(desk, made, "edit")) == (409, "segments_differ")


def test_an_edit_needs_an_approval_of_its_words(
    desk: Desk, network: FakeNetwork, superuser: psycopg.Connection[Any]
):
    made, content = published(desk)
    approved = "UPDATE publications SET approval_status = 'approved', approval_hash = %s WHERE id = %s"
    with transaction(desk.workspace_id) as tx:
        stands = approvals.hash_of(tx, tx.session.scalars(select(Publication)).one())
    superuser.execute(approved, [stands, made["id"]])
    write(desk, content, text="Good night")
    assert refusal(act(desk, made, "edit")) == (409, "approval_pending")
    with transaction(desk.workspace_id) as tx:
        stands = approvals.hash_of(tx, tx.session.scalars(select(Publication)).one())
    superuser.execute(approved, [stands, made["id"]])
    assert act(desk, made, "edit").status == 200
    desk.work(desk.woken())
    assert network.texts == ["Good night"]


def test_what_is_not_published_cannot_be_changed(desk: Desk, network: FakeNetwork):
    network.refusals = [(422, {})]
    made = desk.publication().json
    for action in ("remove", "edit"):
        assert refusal(act(desk, made, action)) == (409, "not_published")
    desk.work(desk.woken())
    for action in ("remove", "edit"):
        assert refusal(act(desk, made, action)) == (409, "not_published")


@pytest.mark.parametrize("network_name", [each.key for each in NETWORKS.values() if not each.edits])
def test_a_network_that_lets_nobody_edit_is_told_of_at_once(
    desk: Desk, network: FakeNetwork, superuser: psycopg.Connection[Any], network_name: str
):
    made, content = published(desk)
    write(desk, content, text="Good night")
    superuser.execute(
        "UPDATE publication_platforms SET platform = %s WHERE workspace_id = %s",
        [network_name, desk.workspace_id],
    )
    assert refusal(act(desk, made, "edit")) == (409, "not_supported_by_network")


def test_a_post_without_a_known_id_cannot_be_changed(desk: Desk, network: FakeNetwork):
    network.answers = [fake_network.cut]
    made = desk.publication().json
    desk.work(desk.woken())
    found = {"outcome": "posted", "url": "https://social.example/@lamp/7"}
    [platform] = made["platforms"]
    path = f"/publications/{made['id']}/platforms/{platform['id']}/resolve"
    assert desk.http.post(path, found).status == 200
    for action in ("remove", "edit"):
        assert refusal(act(desk, made, action)) == (409, "post_id_unknown")


def test_a_lost_account_changes_nothing(desk: Desk, network: FakeNetwork, superuser: psycopg.Connection[Any]):
    made, content = published(desk)
    write(desk, content, text="Good night")
    lost = "UPDATE platform_connections SET status = 'needs_reconnect' WHERE workspace_id = %s"
    superuser.execute(lost, [desk.workspace_id])
    for action in ("remove", "edit"):
        assert refusal(act(desk, made, action)) == (409, "needs_reconnect")


def test_a_change_whose_answer_was_lost_is_made_again(desk: Desk, network: FakeNetwork):
    made, content = published(desk)
    write(desk, content, text="Good night")
    act(desk, made, "edit")
    network.answers = [fake_network.cut]
    desk.work(desk.woken())
    assert part(desk, made)["change"] == "edit"
    for message in desk.due():
        desk.work_later(timedelta(minutes=1), [message])
    assert (part(desk, made)["change"], network.texts) == (None, ["Good night"])


def test_a_removal_that_may_have_been_made_is_not_said_to_have_failed(desk: Desk, network: FakeNetwork):
    made, _content = published(desk)
    act(desk, made, "remove")
    network.answers = [fake_network.cut]
    desk.work(desk.woken())
    assert (part(desk, made)["change"], network.texts) == ("remove", [])
    network.refusals = [(422, {})]
    for message in desk.due():
        desk.work_later(timedelta(minutes=1), [message])
    left = part(desk, made)
    assert (left["status"], left["change"], left["error_code"]) == ("published", None, "change_unknown")
    assert act(desk, made, "remove").status == 200
    desk.work(desk.woken())
    assert part(desk, made)["status"] == "removed"


def test_what_was_removed_on_one_account_stays_on_the_others(desk: Desk, network: FakeNetwork):
    made = desk.publication(desk.connection("one"), desk.connection("two")).json
    desk.work(desk.woken())
    one = made["platforms"][0]
    desk.http.post(f"/publications/{made['id']}/platforms/{one['id']}/remove")
    desk.work(desk.woken())
    read = desk.read(made)
    assert (read["status"], sorted(p["status"] for p in read["platforms"])) == (
        "published",
        ["published", "removed"],
    )
    assert len(network.accepted) == 1


def test_a_tests_post_is_changed_on_the_sandbox(
    desk: Desk, http_test_key: Http, network: FakeNetwork, superuser: psycopg.Connection[Any]
):
    connection = desk.connection()
    superuser.execute(
        "UPDATE platform_connections SET platform = 'mastodon', base_url = 'https://mastodon.invalid',"
        " access_token = 'sealed elsewhere' WHERE id = %s",
        [connection],
    )
    body = {"content_id": desk.content("a test"), "connection_ids": [connection], "scheduled_at": "now"}
    made = http_test_key.post("/publications", body).json
    desk.work(desk.woken())
    assert refusal(act(desk, made, "remove")) == (404, "not_found")
    assert act(desk, made, "remove", http_test_key).status == 200
    desk.work(desk.woken())
    assert network.texts == []
    assert http_test_key.get(f"/publications/{made['id']}").json["status"] == "removed"
