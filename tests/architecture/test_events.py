"""Every function has event files, in the shape of what starts it, each with what it expects."""

from pathlib import Path
from typing import Any

import pytest

from infra.local import template as templates
from infra.local.routing import resolve
from infra.local.template import Function
from infra.tools.events import Case, cases, differences, unlisted

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = templates.load(ROOT / "template.yaml")
FUNCTIONS = {function.name: function for function in TEMPLATE.functions()}
CASES = cases()


def ids(case: Case) -> str:
    return f"{case.function}-{case.name}"


def test_every_function_has_an_event_file_and_every_event_file_a_function():
    assert {case.function for case in CASES} == FUNCTIONS.keys()


def test_every_event_file_says_what_it_expects():
    assert unlisted() == set()


@pytest.mark.parametrize("case", [c for c in CASES if FUNCTIONS[c.function].routes], ids=ids)
def test_an_http_event_is_what_the_gateway_would_send_to_this_function(case: Case):
    event = case.event()
    http = event["requestContext"]["http"]
    match = resolve(TEMPLATE.routes(), http["method"], event["rawPath"])
    assert match
    assert match.logical_id == FUNCTIONS[case.function].logical_id
    assert (event["version"], event["routeKey"]) == ("2.0", match.route_key)
    assert event.get("pathParameters", {}) == match.path_parameters
    assert http["path"] == event["rawPath"]
    assert all(name == name.lower() for name in event["headers"])


def is_of_a_queue(case: Case) -> bool:
    """Of a function with both a queue and a schedule, which of them the file is from."""
    function = FUNCTIONS[case.function]
    return bool(function.mappings) and (not function.schedules or "Records" in case.event())


def is_by_hand(case: Case) -> bool:
    """Of a function with a schedule, whether the file is what a person gives it."""
    return not {"source", "Records"} & case.event().keys()


SCHEDULED = [
    c for c in CASES if FUNCTIONS[c.function].schedules and not is_of_a_queue(c) and not is_by_hand(c)
]


def test_every_scheduled_function_has_a_scheduled_event():
    assert {case.function for case in SCHEDULED} >= {
        function.name for function in FUNCTIONS.values() if function.schedules and not function.mappings
    }


@pytest.mark.parametrize("case", SCHEDULED, ids=ids)
def test_a_scheduled_event_is_what_eventbridge_would_send(case: Case):
    event = case.event()
    assert (event["source"], event["detail-type"]) == ("aws.events", "Scheduled Event")


@pytest.mark.parametrize("case", [c for c in CASES if is_of_a_queue(c)], ids=ids)
def test_a_queues_event_holds_no_more_messages_than_its_batch(case: Case):
    function: Function = FUNCTIONS[case.function]
    records: list[dict[str, Any]] = case.event()["Records"]
    assert 1 <= len(records) <= min(mapping.batch_size for mapping in function.mappings)
    assert {record["eventSource"] for record in records} == {"aws:sqs"}


@pytest.mark.parametrize(
    ("expected", "answer", "found"),
    [
        ({"statusCode": 200}, {"statusCode": 200, "body": "{}"}, 0),
        ({"statusCode": 200}, {"statusCode": 500}, 1),
        ({"body": {"id": "a"}}, {"body": '{"id": "a", "more": 1}'}, 0),
        ({"body": {"id": "a"}}, {"body": '{"id": "b"}'}, 1),
        ({"body": {"items": [{}]}}, {"body": '{"items": []}'}, 1),
        ({"body": {"code": "x"}}, {}, 1),
    ],
)
def test_an_answer_that_differs_from_what_is_expected_is_noticed(expected: Any, answer: Any, found: int):
    assert len(differences(expected, answer)) == found
