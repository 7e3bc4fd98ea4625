"""The faults of the sandbox network: each answers as it says, and stores or does not."""

import time

import pytest

from tests.integration.sandbox.client import Client

STORED = {"error_after": 500, "garbage_after": 200}
NOT_STORED = {"reject": 422, "rate_limit": 429, "unauthorized": 401, "error_before": 500, "duplicate": 409}


@pytest.mark.parametrize(("fault", "status"), NOT_STORED.items())
def test_a_fault_that_stores_nothing(ada: Client, fault: str, status: int):
    ada.switch_on(fault=fault, remaining=1)
    assert ada.post(key="k").status == status
    assert ada.texts() == []
    assert ada.post(key="k").status == 201
    assert (fault, status) in ada.outcomes()


@pytest.mark.parametrize(("fault", "status"), STORED.items())
def test_a_fault_that_hides_that_it_stored(ada: Client, fault: str, status: int):
    ada.switch_on(fault=fault, remaining=1)
    assert ada.post("stored", key="k").status == status
    assert ada.texts() == ["stored"]
    again = ada.post("stored", key="k")
    assert (again.status, again.json["replayed"]) == (200, True)
    assert ada.texts() == ["stored"]


def test_the_answers_are_what_a_client_must_understand(ada: Client):
    ada.switch_on(fault="rate_limit", remaining=1)
    assert ada.post().headers["retry-after"] == "2"
    ada.switch_on(fault="garbage_after", remaining=1)
    garbage = ada.post()
    assert not garbage.headers["content-type"].startswith("application/json")
    assert b"{" not in garbage.body


def test_nobody_can_tell_an_error_before_from_one_after(ada: Client):
    answers = []
    for fault in ("error_before", "error_after"):
        ada.switch_on(fault=fault, remaining=1)
        answers.append(ada.post())
    before, after = ({**answer.json, "request_id": ""} for answer in answers)
    assert before == after


def test_slow_waits_and_then_answers_well(ada: Client):
    ada.switch_on(fault="slow", latency_ms=300, remaining=1)
    began = time.perf_counter()
    assert ada.post().status == 201
    assert time.perf_counter() - began >= 0.3
    began = time.perf_counter()
    assert ada.post().status == 201
    assert time.perf_counter() - began < 0.3


def test_a_delay_is_spent_after_the_post_is_stored(ada: Client):
    ada.switch_on(latency_ms=200, remaining=1)
    accepted = ada.post(key="k")
    call = ada.call("GET", "/sandbox/api/calls").json["calls"][0]
    # Both by the database's clock: the call came in before the post was taken, the delay lies behind both.
    assert call["received_at"] <= accepted.json["accepted_at"]
    assert call["outcome"] == "accepted"


def test_a_fault_is_used_up_by_as_many_posts_as_it_was_given(ada: Client):
    ada.switch_on(fault="error_before", remaining=2)
    assert [ada.post().status for _ in range(3)] == [500, 500, 201]
    assert ada.call("GET", "/sandbox/api/faults").json["remaining"] == 0


def test_a_fault_without_a_count_stays_until_it_is_switched_off(ada: Client):
    ada.switch_on(fault="reject")
    assert [ada.post().status for _ in range(3)] == [422, 422, 422]
    assert ada.call("DELETE", "/sandbox/api/faults").status == 204
    assert ada.call("GET", "/sandbox/api/faults").json == {
        "fault": None,
        "latency_ms": 0,
        "remaining": None,
        "calls": None,
    }
    assert ada.post().status == 201


def test_a_post_that_is_not_valid_uses_up_no_fault(ada: Client):
    ada.switch_on(fault="error_before", remaining=1)
    assert ada.post("").json["code"] == "validation_failed"
    assert ada.post().status == 500


def test_a_fault_of_one_account_meets_no_other(ada: Client, grace: Client):
    ada.switch_on(fault="error_before")
    assert grace.post().status == 201
    assert grace.call("GET", "/sandbox/api/faults").json["fault"] is None


def test_a_fault_for_all_meets_whoever_has_none_of_their_own(ada: Client, grace: Client, nobody: Client):
    ada.switch_on(fault="reject", remaining=1)
    assert nobody.call("PUT", "/sandbox/faults", {"fault": "error_before"}).status == 200
    try:
        assert [ada.post().status, ada.post().status, grace.post().status] == [422, 500, 500]
    finally:
        assert nobody.call("DELETE", "/sandbox/faults").status == 204
    assert grace.post().status == 201


def test_reading_meets_no_fault(ada: Client):
    ada.post("there")
    ada.switch_on(fault="error_before")
    assert ada.texts() == ["there"]


@pytest.mark.parametrize(
    "wanted",
    [
        {},
        {"fault": "slow"},
        {"fault": "nonsense"},
        {"latency_ms": 15_001},
        {"fault": "reject", "remaining": 0},
    ],
)
def test_a_fault_that_would_do_nothing_or_is_not_known_is_refused(ada: Client, wanted: dict[str, object]):
    assert ada.switch_on(**wanted).status == 422
