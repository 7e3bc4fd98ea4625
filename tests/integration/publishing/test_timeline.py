"""A publication's timeline: what happened, in an order and in words that can be read."""

from datetime import timedelta
from typing import Any

from tests.integration import fake_network
from tests.integration.fake_network import FakeNetwork
from tests.integration.http import Http
from tests.integration.publishing.conftest import Desk


def told(desk: Desk, made: Any) -> list[Any]:
    answer = desk.http.get(f"/publications/{made['id']}/timeline")
    assert answer.status == 200
    return list(answer.json["entries"])


def test_a_plain_post_is_told_in_four_sentences(desk: Desk, network: FakeNetwork):
    made = desk.publication().json
    desk.work(desk.woken())
    entries = told(desk, made)
    assert [(e["kind"], e["actor"] and e["actor"]["kind"]) for e in entries] == [
        ("created", "api_key"),
        ("begun", None),
        ("sent", None),
        ("published", None),
    ]
    assert entries[-1]["text"] == f"The sandbox published it: http://{network.address}/posts/1"
    times = [e["at"] for e in entries]
    assert times == sorted(times)


def test_a_lost_answer_reads_as_what_it_is(desk: Desk, network: FakeNetwork):
    network.answers = [fake_network.cut]
    made = desk.publication().json
    desk.work(desk.woken())
    before = told(desk, made)
    assert (before[-2]["kind"], before[-2]["code"]) == ("unknown", "no_answer")
    assert before[-2]["text"].endswith("Nothing is sent again until that is found out.")
    assert (before[-1]["kind"], before[-1]["is_planned"]) == ("next", True)
    assert before[-1]["text"].startswith("What became of it on The sandbox is looked into at")
    desk.work_later(timedelta(minutes=1), desk.due())
    after = told(desk, made)
    assert after[-1]["text"].startswith("The sandbox has the post")
    assert len(network.accepted) == 1


def test_what_waits_says_for_what(desk: Desk, network: FakeNetwork):
    network.refusals = [(429, {"Retry-After": "90"})]
    made = desk.publication().json
    desk.work(desk.woken())
    *_, ended, coming = told(desk, made)
    assert (ended["kind"], ended["code"]) == ("not_sent", "rate_limited")
    assert coming["is_planned"]
    assert coming["code"] == "rate_limited"


def test_what_is_only_scheduled_says_when(desk: Desk):
    made = desk.publication(when=timedelta(days=1)).json
    created, coming = told(desk, made)
    assert created["text"].startswith("It was scheduled for ")
    assert coming["text"].startswith("It goes out on The sandbox at ")


def test_what_people_did_stands_between_the_tries(desk: Desk, network: FakeNetwork):
    network.refusals = [(422, {})]
    made = desk.publication().json
    desk.work(desk.woken())
    [platform] = desk.read(made)["platforms"]
    assert desk.http.post(f"/publications/{made['id']}/platforms/{platform['id']}/retry").status == 200
    desk.work(desk.woken())
    kinds = [e["kind"] for e in told(desk, made)]
    assert kinds.index("refused") < kinds.index("retried") < kinds.index("published")


def test_a_timeline_is_as_visible_as_its_publication(desk: Desk, http_test_key: Http):
    made = desk.publication(when=timedelta(days=1)).json
    assert http_test_key.get(f"/publications/{made['id']}/timeline").status == 404
