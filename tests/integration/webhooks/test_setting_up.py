"""Every way inside is refused as an endpoint is set up, changed and tested, before anything is connected."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.cloud import Cloud
from tests.integration.egress import vectors
from tests.integration.egress.conftest import authority, trust
from tests.integration.egress.internet import Internet
from tests.integration.webhooks.conftest import Switchboard
from tests.integration.webhooks.test_addresses import NAME, URL, internet_of

__all__ = ["authority", "trust"]


@pytest.fixture
def internet(monkeypatch: pytest.MonkeyPatch, aws: Cloud, trust: object) -> Iterator[Internet]:
    yield from internet_of(monkeypatch, aws)


def refusal(answer: Any) -> tuple[int, str, str]:
    """Its status, where it points and why."""
    [error] = answer.json["errors"]
    return answer.status, error["pointer"], error["code"]


REFUSED = (422, "/url", "address_refused")


def test_no_url_that_leads_inside_is_taken(board: Switchboard, internet: Internet):
    """Too short or too long a text is refused as such; everything else as an address."""
    wrong = {}
    for url in vectors.urls(NAME):
        found = refusal(board.http.post("/webhooks", {"url": url, "events": ["*"]}))
        if found != REFUSED and not (found[:2] == REFUSED[:2] and len(url) < 8):
            wrong[url] = found
    assert wrong == {}
    assert board.http.get("/webhooks").json["items"] == []
    assert internet.attempts == []


def test_a_name_that_resolves_inside_is_not_taken(board: Switchboard, internet: Internet):
    answers = [[each] for each in (*vectors.INSIDE_V4, *vectors.INSIDE_V6)]
    for answer in [*answers, *vectors.MIXED_ANSWERS.values()]:
        internet.answer(NAME, answer)
        assert refusal(board.http.post("/webhooks", {"url": URL, "events": ["*"]})) == REFUSED, answer
    assert board.http.get("/webhooks").json["items"] == []
    assert internet.attempts == []


def test_a_url_is_changed_to_none_that_leads_inside(board: Switchboard, internet: Internet):
    made = board.http.post("/webhooks", {"url": URL, "events": ["*"]}).json
    for url in (
        "https://127.1/",
        "https://[::ffff:a9fe:a9fe]/",
        "https://user@127.0.0.1/",
        "http://127.0.0.1/",
    ):
        answer = board.http.call(
            "PATCH", f"/webhooks/{made['id']}", {"url": url}, headers={"if-match": f'"{made["version"]}"'}
        )
        assert refusal(answer) == REFUSED, url
    assert board.http.get(f"/webhooks/{made['id']}").json["url"] == URL
    assert internet.attempts == []


@pytest.mark.parametrize("answer", vectors.MIXED_ANSWERS.values(), ids=vectors.MIXED_ANSWERS)
def test_a_name_that_has_moved_inside_is_neither_tested_nor_told(
    board: Switchboard, internet: Internet, answer: list[str]
):
    """Public when it was set up, and another time it is not."""
    internet.answer(NAME, [vectors.PUBLIC], answer)
    made = board.http.post("/webhooks", {"url": URL, "events": ["*"]})
    assert made.status == 201
    assert refusal(board.http.post(f"/webhooks/{made.json['id']}/test")) == REFUSED
    board.happens()
    board.settle()
    [delivery] = board.deliveries()
    assert (delivery.status, delivery.error_code) == ("failed", "address_refused")
    assert internet.attempts == []


def test_a_name_that_moves_between_the_test_s_check_and_its_request_is_not_told(
    board: Switchboard, internet: Internet
):
    internet.answer(NAME, [vectors.PUBLIC], [vectors.PUBLIC], ["169.254.169.254"])
    made = board.http.post("/webhooks", {"url": URL, "events": ["*"]}).json
    assert board.http.post(f"/webhooks/{made['id']}/test").status == 202
    board.sweep()
    [delivery] = board.deliveries()
    assert (delivery.status, delivery.error_code) == ("failed", "address_refused")
    assert internet.attempts == []
