"""A queue message that names what its workspace does not have is refused, put away and heard of."""

import io
import json
import logging
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any
from uuid import uuid4

import pytest

from lamplighter.entrypoints import batch
from lamplighter.ids import new_id
from lamplighter.observability import logger
from lamplighter.settings import settings
from tests.integration.cloud import Cloud
from tests.integration.http import TEMPLATE, handler_of, lambda_context, logged_in
from tests.integration.tenancy.conftest import New
from tests.integration.tenancy.strangers import rows_of
from tests.integration.tenancy.tenants import Tenant

type Message = dict[str, Any]
type Make = Callable[[Tenant], Message]

WORKERS = {function.name: function for function in TEMPLATE.functions() if function.mappings}
RESOURCES = TEMPLATE.document["Resources"]


def _wake_up(tenant: Tenant) -> Message:
    tenant.aws.waiting()
    body = {
        "content_id": tenant.make("content_id"),
        "connection_ids": [tenant.make("connection_id")],
        "scheduled_at": "now",
    }
    tenant.made("/publications", body)
    [message] = tenant.aws.waiting()
    return message


def _export(tenant: Tenant) -> Message:
    return {"export_id": tenant.made("/exports", None), "workspace_id": str(tenant.first.workspace_id)}


def _own_export(tenant: Tenant) -> Message:
    answer = tenant.caller("access_token").post("/v1/users/me/exports")
    assert answer.status == 202, answer.body
    return {"export_id": answer.json["id"], "user_id": str(tenant.person.id)}


def _delivery(tenant: Tenant) -> Message:
    """Of an endpoint with a test on its way, which goes nowhere: its address is refused when it is sent."""
    webhook_id = tenant.make("webhook_id")
    tenant.make("delivery_id")
    inside = "UPDATE webhooks SET url = 'https://127.0.0.1/hooks' WHERE id = %s"
    tenant.behind.execute(inside, [webhook_id])
    return {"webhook_id": webhook_id, "workspace_id": str(tenant.first.workspace_id)}


MESSAGES: Sequence[tuple[str, str, Make]] = (
    ("publish_post", "workspace_id", _wake_up),
    ("write_export", "workspace_id", _export),
    ("write_export", "user_id", _own_export),
)
"""A worker, what its messages name their tenant by, and a good one of them."""
LEASED: Sequence[tuple[str, str, Make]] = (("deliver_webhook", "workspace_id", _delivery),)
"""Likewise, where whoever comes counts up the fence of what they are at, though nothing is left to do."""
WITHOUT_WORKSPACE: Mapping[str, str] = {
    "send_mail": "a mail may be to somebody who is in no workspace",
    "fill_occurrences": "it names a workspace and nothing of it: what is planned there is made there",
}
"""Workers whose messages cannot name one tenant and another's, and why."""

each_message = pytest.mark.parametrize(("worker", "tenant_id", "make"), MESSAGES)


@pytest.fixture
def dead_letters(aws: Cloud, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[Message]]:
    """Take what was put away."""
    url = aws.sqs.create_queue(QueueName=f"dead-{uuid4().hex}")["QueueUrl"]
    monkeypatch.setenv("DEAD_LETTERS_URL", url)
    settings.cache_clear()

    def take() -> list[Message]:
        found = aws.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        return [json.loads(message["Body"]) for message in found]

    return take


@pytest.fixture
def log() -> Iterator[Callable[[], list[Message]]]:
    """What was logged since, a line at a time."""
    written = io.StringIO()
    lines = logging.StreamHandler(written)
    lines.setFormatter(logger().registered_formatter)
    logger().addHandler(lines)
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    logger().removeHandler(lines)


def deliver(worker: str, *messages: Message) -> Any:
    records = [{"messageId": str(n), "body": json.dumps(message)} for n, message in enumerate(messages)]
    with logged_in(worker):
        return handler_of(worker)({"Records": records}, lambda_context(60))


def test_every_worker_is_asked():
    assert WORKERS.keys() == {worker for worker, _, _ in (*MESSAGES, *LEASED)} | WITHOUT_WORKSPACE.keys()


@pytest.mark.parametrize(("worker", "tenant_id", "make"), [*MESSAGES, *LEASED])
def test_a_message_whose_tenant_does_not_match_is_refused_and_put_away(  # noqa: PLR0917  # its parts and stage
    worker: str, tenant_id: str, make: Make, new: New, dead_letters: Any, log: Any
):
    mine, theirs = new(), new()
    strangers = {"workspace_id": mine.first.workspace_id, "user_id": mine.person.id}[tenant_id]
    good = make(theirs)
    messages = [{**good, tenant_id: str(other)} for other in (strangers, new_id())]
    before = rows_of(theirs), rows_of(mine)
    assert deliver(worker, *messages) == {"batchItemFailures": []}
    by_tenant = itemgetter(tenant_id)
    assert sorted(dead_letters(), key=by_tenant) == sorted(messages, key=by_tenant)
    assert (rows_of(theirs), rows_of(mine)) == before
    lines = [line for line in log() if line["level"] == "ERROR"]
    assert [(line["message"], line["message_id"]) for line in lines] == [(batch.REFUSED, n) for n in "01"]
    ids = [{name: value for name, value in each.items() if name.endswith("_id")} for each in messages]
    assert [line["names"] for line in lines] == ids


@each_message
def test_a_message_that_was_overtaken_is_no_matter(  # noqa: PLR0917  # likewise
    worker: str, tenant_id: str, make: Make, new: New, dead_letters: Any, log: Any
):
    theirs = new()
    message = make(theirs)
    assert deliver(worker, message) == {"batchItemFailures": []}
    before = rows_of(theirs)
    assert deliver(worker, message) == {"batchItemFailures": []}
    assert rows_of(theirs) == before
    assert dead_letters() == []
    assert [line for line in log() if line["level"] in ("ERROR", "WARNING")] == []


def test_a_delivery_that_was_overtaken_is_not_tried_again(new: New, dead_letters: Any, log: Any):
    theirs = new()
    message = _delivery(theirs)
    tries = "SELECT number, error_code FROM webhook_attempts WHERE workspace_id = %s"
    for _ in range(2):
        assert deliver("deliver_webhook", message) == {"batchItemFailures": []}
        found = theirs.behind.execute(tries, [theirs.first.workspace_id]).fetchall()
        assert found == [(1, "address_refused")]
    assert dead_letters() == []
    assert [line for line in log() if line["level"] in ("ERROR", "WARNING")] == []


def test_what_cannot_be_put_away_is_delivered_again(new: New, monkeypatch: pytest.MonkeyPatch, log: Any):
    mine, theirs = new(), new()
    message = {**_wake_up(theirs), "workspace_id": str(mine.first.workspace_id)}
    for url in ("", theirs.aws.environment["PUBLISH_QUEUE_URL"] + "-that-is-not-there"):
        monkeypatch.setenv("DEAD_LETTERS_URL", url)
        settings.cache_clear()
        assert deliver("publish_post", message) == {"batchItemFailures": [{"itemIdentifier": "0"}]}
    assert [line["message"] for line in log()].count(batch.REFUSED) == 2


def test_of_a_refused_message_nothing_but_ids_is_logged(dead_letters: Any, log: Any, new: New):
    mine, theirs = new(), new()
    message = {**_wake_up(theirs), "workspace_id": str(mine.first.workspace_id)}
    words = {"text": "a secret", "token_id": "a secret", "secret_id": {"a": "secret"}}
    deliver("publish_post", {**message, **words})
    assert "secret" not in json.dumps(log())
    assert dead_letters() == [{**message, **words}]


def test_the_alarm_hears_what_is_logged_of_a_refusal(new: New, dead_letters: Any, log: Any):
    mine, theirs = new(), new()
    deliver("publish_post", {**_wake_up(theirs), "workspace_id": str(mine.first.workspace_id)})
    [refusal] = [line for line in log() if line["level"] == "ERROR"]
    heard = RESOURCES["RefusedMessages"]["Properties"]
    pattern = re.fullmatch(r'\{ \$\.(\w+) = "([^"]+)" \}', heard["FilterPattern"])
    assert pattern
    assert refusal[pattern[1]] == pattern[2]
    [metric] = heard["MetricTransformations"]
    alarm = RESOURCES["RefusedMessagesAlarm"]["Properties"]
    assert (alarm["Namespace"], alarm["MetricName"]) == (metric["MetricNamespace"], metric["MetricName"])
    assert (alarm["Statistic"], alarm["Threshold"], alarm["EvaluationPeriods"]) == ("Sum", 0, 1)
    assert alarm["AlarmActions"] == RESOURCES["DeadLettersAlarm"]["Properties"]["AlarmActions"]
    assert heard["LogGroupName"] == {"Ref": "Logs"}
    assert TEMPLATE.document["Globals"]["Function"]["LoggingConfig"]["LogGroup"] == {"Ref": "Logs"}


@pytest.mark.parametrize("worker", sorted(WORKERS.keys() - WITHOUT_WORKSPACE.keys()))
def test_a_worker_puts_away_into_its_own_queues_dead_letters(worker: str):
    function = WORKERS[worker]
    for mapping in function.mappings:
        redrive = RESOURCES[mapping.queue]["Properties"]["RedrivePolicy"]
        name, _ = redrive["deadLetterTargetArn"]["Fn::GetAtt"]
        assert function.environment["DEAD_LETTERS_URL"] == {"Ref": name}
        policies = RESOURCES[function.logical_id]["Properties"]["Policies"]
        statements = [each for policy in policies if "Statement" in policy for each in policy["Statement"]]
        sending = [each["Resource"] for each in statements if each["Action"] == "sqs:SendMessage"]
        assert str(redrive["deadLetterTargetArn"]) in str(sending)
