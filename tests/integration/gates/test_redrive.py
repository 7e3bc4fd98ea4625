"""Dead letters: a poisoned post stops no other, lies with the dead letters, and comes back once at most."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from lamplighter.clients import queues
from lamplighter.services import redrive
from lamplighter.settings import settings
from tests.integration import cloud
from tests.integration.fake_network import FakeNetwork
from tests.integration.gates.conftest import Account
from tests.integration.http import handler_of, lambda_context
from tests.integration.publishing.conftest import Desk, Message

QUEUES = ("PUBLISH_QUEUE_URL", "PUBLISH_SLOW_QUEUE_URL", "MAIL_QUEUE_URL", "EXPORT_QUEUE_URL")
NOWHERE = {"media_id": "01980000-0000-7000-8000-0000000000ff", "alt": ""}


@pytest.fixture
def desk(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A tenant in front of queues of the test's own."""
    own = {name: cloud._queue(desk.aws.sqs, uuid4().hex) for name in QUEUES}
    for name, url in own.items():
        monkeypatch.setenv(name, url)
    settings.cache_clear()
    return replace(desk, aws=replace(desk.aws, environment={**desk.aws.environment, **own}))


def redriven(queue: str = "publish", **more: Any) -> dict[str, int]:
    """What the function answers."""
    answer: dict[str, int] = handler_of("redrive")({"queue": queue, **more}, lambda_context(300))
    return answer


def counts(moved: int = 0, dropped: int = 0, left: int = 0) -> dict[str, int]:
    return {"moved": moved, "dropped": dropped, "left": left, "examined": moved + dropped + left}


def letters(desk: Desk, queue: str = "PUBLISH_QUEUE_URL") -> int:
    """How many dead letters lie there."""
    return queues.depth(queues.dead_letters_of(desk.aws.environment[queue])) or 0


def put(desk: Desk, *bodies: Any, queue: str = "PUBLISH_QUEUE_URL") -> None:
    """Lay letters there, as they are."""
    url = queues.dead_letters_of(desk.aws.environment[queue])
    for body in bodies:
        text = body if isinstance(body, str) else json.dumps(body)
        desk.aws.sqs.send_message(QueueUrl=url, MessageBody=text)


def worked_off(desk: Desk, queue: str = "PUBLISH_QUEUE_URL") -> None:
    """What Lambda does with the queue: what fails is delivered again, until SQS puts it away."""
    url = desk.aws.environment[queue]
    sqs = desk.aws.sqs
    while messages := sqs.receive_message(QueueUrl=url, VisibilityTimeout=60).get("Messages"):
        for message in messages:
            record = {"messageId": message["MessageId"], "body": message["Body"]}
            answer = handler_of("publish_post")({"Records": [record]}, lambda_context(60))
            handle = {"QueueUrl": url, "ReceiptHandle": message["ReceiptHandle"]}
            if answer["batchItemFailures"]:
                sqs.change_message_visibility(**handle, VisibilityTimeout=0)
            else:
                sqs.delete_message(**handle)


def poison(account: Account, publication: str, media: list[Any]) -> None:
    """Give its text a picture that is nowhere, which no worker survives; or take it away again."""
    account.behind.execute(
        "UPDATE content SET media = %s WHERE id = (SELECT content_id FROM publications WHERE id = %s)",
        [json.dumps(media), publication],
    )


def test_one_poisoned_post_in_ten_stops_no_other_and_comes_back_once(
    account: Account, network: FakeNetwork, desk: Desk
):
    posts = [account.post() for _ in range(10)]
    poison(account, posts[4], [NOWHERE])

    worked_off(desk)
    healthy = [post for post in posts if post != posts[4]]
    assert {account.read(post)["status"] for post in healthy} == {"published"}
    assert account.read(posts[4])["status"] == "pending"
    assert (len(network.accepted), letters(desk)) == (9, 1)

    assert redriven() == counts(moved=1)
    worked_off(desk)  # it is poisoned still
    assert (len(network.accepted), letters(desk)) == (9, 1)

    poison(account, posts[4], [])
    assert redriven() == counts(moved=1)
    worked_off(desk)
    assert account.read(posts[4])["status"] == "published"
    assert redriven() == counts()
    assert len(network.accepted) == 10


def test_a_dry_run_changes_nothing(account: Account, desk: Desk):
    put(desk, account.message(account.post()), "no JSON")
    account.desk.woken()

    assert redriven(dry_run=True) == counts(moved=1, left=1)
    assert redriven(dry_run=True) == counts(moved=1, left=1)

    assert letters(desk) == 2
    assert account.desk.woken() == []


def test_a_letter_that_was_doubled_posts_once(account: Account, network: FakeNetwork, desk: Desk):
    network.remembers = False
    message = account.message(account.post())
    put(desk, message, message, message)

    assert redriven() == counts(moved=3)
    worked_off(desk)

    assert len(network.accepted) == 1


def test_what_was_claimed_anew_or_is_done_is_dropped(account: Account, network: FakeNetwork, desk: Desk):
    done, anew = account.post(), account.post()
    stale = [account.message(done), account.message(anew) | {"fence": 0}]
    account.work(done)
    put(desk, *stale)
    account.desk.woken()

    assert redriven() == counts(dropped=2)

    assert letters(desk) == 0
    assert account.desk.woken() == []


@pytest.mark.parametrize(
    "letter",
    [
        "no JSON",
        "[]",
        "{}",
        {"workspace_id": "x", "publication_platform_id": "y", "fence": 1},
        {"workspace_id": str(uuid4()), "publication_platform_id": str(uuid4()), "fence": 1},
    ],
)
def test_what_nobody_can_make_anything_of_stays_for_a_person(desk: Desk, letter: Any):
    put(desk, letter)

    assert redriven() == counts(left=1)
    assert redriven() == counts(left=1)

    assert letters(desk) == 1


def test_a_letter_of_no_lane_of_ours_stays(account: Account, desk: Desk):
    put(desk, account.message(account.post()) | {"lane": 7})

    assert redriven() == counts(left=1)


def test_another_tenants_post_in_a_letter_stays(account: Account, desk: Desk):
    put(desk, account.message(account.post()) | {"workspace_id": str(uuid4())})

    assert redriven() == counts(left=1)


def test_each_lanes_letters_go_back_to_its_queue(account: Account, desk: Desk):
    quick, slow = account.message(account.post()), account.message(account.post()) | {"lane": 1}
    account.desk.woken()
    put(desk, quick, slow)

    assert redriven() == counts(moved=2)

    assert desk.woken() == [quick]
    assert desk.aws.waiting("PUBLISH_SLOW_QUEUE_URL") == [slow]


def test_a_run_that_died_between_sending_and_deleting_doubles_nothing(
    account: Account, network: FakeNetwork, desk: Desk, monkeypatch: pytest.MonkeyPatch
):
    network.remembers = False
    put(desk, account.message(account.post()))
    account.desk.woken()
    with monkeypatch.context() as dying:
        dying.setattr(redrive, "HIDDEN_SECONDS", 0)
        dying.setattr(queues, "delete", failing)
        with pytest.raises(ConnectionError):
            redriven()

    assert redriven() == counts(moved=1)
    worked_off(desk)

    assert len(network.accepted) == 1


def failing(*_arguments: object) -> None:
    raise ConnectionError


def test_two_runs_at_once_post_each_once(account: Account, network: FakeNetwork, desk: Desk):
    network.remembers = False
    put(desk, *(account.message(account.post()) for _ in range(25)))
    account.desk.woken()

    with ThreadPoolExecutor(2) as threads:
        answers = list(threads.map(lambda _: redriven(), range(2)))
    worked_off(desk)

    assert sum(answer["moved"] for answer in answers) == 25
    assert len(network.accepted) == len(set(network.texts)) == 25


def test_no_more_are_examined_than_was_said(desk: Desk):
    put(desk, *["no JSON"] * 15)

    assert redriven(limit=12) == counts(left=12)


def test_what_the_queue_does_not_take_stays(account: Account, desk: Desk, monkeypatch: pytest.MonkeyPatch):
    put(desk, account.message(account.post()))
    monkeypatch.setattr(queues, "send", lambda _url, messages: list(range(len(messages))))

    assert redriven() == counts(left=1)

    assert letters(desk) == 1


@pytest.mark.parametrize(
    ("queue", "variable", "body"),
    [
        ("mail", "MAIL_QUEUE_URL", {"mail_id": str(uuid4())}),
        ("export", "EXPORT_QUEUE_URL", {"export_id": str(uuid4()), "user_id": str(uuid4())}),
    ],
)
def test_mails_and_exports_are_woken_again(desk: Desk, queue: str, variable: str, body: Message):
    put(desk, body, {"something": "else"}, queue=variable)

    assert redriven(queue) == counts(moved=1, left=1)

    assert desk.aws.waiting(variable) == [body]


@pytest.mark.parametrize(
    "event", [{}, {"queue": "other"}, {"queue": "publish", "limit": 0}, {"queue": "mail", "dry_run": "yes"}]
)
def test_an_order_that_nobody_understands_is_refused(desk: Desk, event: dict[str, Any]):
    handler: Callable[..., Any] = handler_of("redrive")
    with pytest.raises(ValueError, match=r"publish \| mail \| export"):
        handler(event, lambda_context(300))
