"""A scenario as it is played: calls of the API, then queue, worker and tick by turns.

Time does not pass by itself: it is moved to when the next thing is due. A scenario that is played again goes
on where it broke: its calls bear Idempotency-Keys, and what is left of it lies in the database.
"""

import json
import os
import random
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from pathlib import Path
from string import Template
from typing import Any
from uuid import UUID

from sqlalchemy import select, text

from lamplighter import secrets_store
from lamplighter.clients import aws, queues
from lamplighter.postgres import session
from lamplighter.postgres.models import Dispatch, RecurringOccurrence, RecurringPost
from lamplighter.postgres.session import move_clock, transaction
from lamplighter.services import access_tokens, filling, sealing
from lamplighter.settings import settings
from tests.integration.http import Http, handler_of, lambda_context, logged_in
from tests.integration.promises.clocks import Moved, with_a_clock
from tests.integration.promises.points import Points, stand_at_the_seams

MOST_ROUNDS = 60
QUEUES = ("PUBLISH_QUEUE_URL", "PUBLISH_SLOW_QUEUE_URL")
type Message = dict[str, Any]
FILL = "FILL_QUEUE_URL"
BATCH = filling.BATCH
type Waiting = dict[str, Dispatch]


def play(order: dict[str, Any], points: Points) -> Any:
    """Play `order["steps"]`; the steps that were taken, and what the API answered last."""
    os.environ.update(order["environment"])
    settings.cache_clear()
    if "pid" in order:
        # The database ends a transaction that stands still, so that its locks hold nobody up: here at once.
        session._OPTIONS = session._OPTIONS.replace("timeout=30s", "timeout=1s")
        Path(order["pid"]).write_text(str(os.getpid()))
    filling.BATCH = BATCH
    random.seed(order.get("seed", 1))
    access_tokens.forget()
    stage = _Stage(order, points)
    stage.deliver_again(order.get("again", []))
    for step in order["steps"]:
        stage.take(step)
    return {"kinds": points.kinds, "lines": sorted(points.lines), "answers": stage.answers}


def stand_in() -> None:
    """For what is outside of a process: once, before anything is played."""
    stand_at_the_seams()
    for module in with_a_clock():
        module.datetime = Moved  # type: ignore[attr-defined]
    _let_no_message_wait()


class _Stage:
    def __init__(self, order: dict[str, Any], points: Points) -> None:
        self._http = Http(order["workspace_id"], order["key"])
        self._workspace_id = UUID(order["workspace_id"])
        self._run = order["run"]
        self._points = points
        self._offset = timedelta(seconds=order.get("late", 0))
        move_clock(self._offset)
        self._calls = 0
        self.answers: list[Any] = []
        self._names: dict[str, Any] = {"workspace": order["workspace_id"], **order["names"]}
        self._urls = {name: os.environ[name] for name in (*QUEUES, FILL) if name in os.environ}
        self._queues = {os.environ[name] for name in QUEUES if name in os.environ}
        self._journal = Path(order["journal"])

    def deliver_again(self, messages: list[Message]) -> None:
        """What a process that was killed had taken off the queue: SQS delivers it once more."""
        for message in messages:
            self._handed_over(message)

    def take(self, step: dict[str, Any]) -> None:
        """One step of a scenario."""
        if "call" in step:
            self._call(*step["call"], caller=self._caller(step.get("as")))
        elif "late" in step:
            self._move_to(self._now() + timedelta(seconds=step["late"]))
        elif "queue" in step:
            self._queue(step["queue"], step["of"])
        elif "behind" in step:
            with transaction(self._workspace_id) as tx:
                tx.session.execute(text(step["behind"]))
        elif "deliver" in step:
            self._handed_over(self._filled(step["deliver"]))
        elif "batch" in step:
            filling.BATCH = step["batch"]
        elif "spawn" in step:
            self._spawn(step["spawn"])
        else:
            self._drive(step["drive"], timedelta(seconds=step.get("until", 10**8)))

    def _call(self, method: str, path: str, body: Any = None, *, caller: Http) -> None:
        """A call with an Idempotency-Key of its own, the same one whenever the scenario is played again."""
        self._calls += 1
        where = path.format(**self._names)
        given = None if body is None else self._filled(body)
        key = {"idempotency-key": f"{self._run}-{self._calls}"} if method == "POST" else {}
        if method == "PATCH" or "/approval/" in path:
            read = where.partition("/approval/")[0]
            key["if-match"] = f'"{self._http.get(read).json["version"]}"'
        with self._points.watched():
            answer = caller.call(method, where, given, headers=key)
        self.answers.append([answer.status, answer.json])
        if answer.status == 201 and path == "/publications":
            self._names["publication"] = answer.json["id"]
            self._names["platform"] = answer.json["platforms"][0]["id"]

    def _caller(self, name: str | None) -> Http:
        return self._http if name is None else Http(self._http.workspace_id, self._names[name])

    def _filled(self, given: Any) -> Any:
        """With what $names stand for."""
        later = (self._now() + timedelta(minutes=30)).isoformat()
        return json.loads(Template(json.dumps(given)).substitute(self._names, later=later))

    def _queue(self, name: str, of: str) -> None:
        os.environ[of] = self._urls[of] + ("-gone" if name == "gone" else "")
        settings.cache_clear()

    def _spawn(self, rounds: int) -> None:
        """Ticks of the recurring posts and what they wake, by turns and a few minutes apart: until nothing is
        planned any more, or for so many rounds."""
        for _ in range(rounds or MOST_ROUNDS):
            with self._points.watched(), logged_in("spawn_recurring"):
                handler_of("spawn_recurring")({}, lambda_context(60))
            while messages := self._received({self._urls[FILL]}):
                for message in messages:
                    if message["workspace_id"] == str(self._workspace_id):
                        self._handed_over(message)
            if not self._is_planned():
                return
            self._move_to(self._now() + timedelta(minutes=2))
        if not rounds:
            message = f"after {MOST_ROUNDS} rounds there are still occurrences to be made"
            raise AssertionError(message)

    def _is_planned(self) -> bool:
        """Whether an occurrence is still to be made, or a rule to come to its first."""
        with transaction(self._workspace_id) as tx:
            planned = select(RecurringOccurrence).where(RecurringOccurrence.status == "planned")
            begun = select(RecurringOccurrence.recurring_post_id)
            new = select(RecurringPost).where(RecurringPost.id.not_in(begun))
            return any(tx.session.scalars(each.limit(1)).first() is not None for each in (planned, new))

    def _drive(self, rounds: int, until: timedelta) -> None:
        """Queue, worker and tick by turns: until nothing is left to do, or only what is for later, or for so
        many rounds."""
        for _ in range(rounds or MOST_ROUNDS):
            waiting = self._waiting()
            if not waiting or _free_at(waiting) > datetime.now(UTC) + until:
                return
            if not self._worked(waiting):
                self._ticked(waiting)
                self._worked(self._waiting())
        if not rounds:
            message = f"after {MOST_ROUNDS} rounds there is still work"
            raise AssertionError(message)

    def _waiting(self) -> Waiting:
        with transaction(self._workspace_id) as tx:
            rows = tx.session.scalars(select(Dispatch).order_by(Dispatch.publication_platform_id))
            return {str(row.publication_platform_id): row for row in rows}

    def _worked(self, waiting: Waiting) -> bool:
        """Hand the messages that still count to the worker; whether there were any."""
        live = [
            message
            for message in sorted(
                self._received(self._queues), key=lambda each: str(each["publication_platform_id"])
            )
            if (row := waiting.get(message["publication_platform_id"])) and row.fence == message["fence"]
        ]
        for message in live:
            self._move_to(waiting[message["publication_platform_id"]].due_at)
            self._handed_over(message)
        return bool(live)

    def _handed_over(self, message: Message) -> None:
        secrets_store.forget()
        sealing._unwrapped.clear()  # as in a process of Lambda's that is new
        with self._journal.open("a") as journal:
            journal.write(json.dumps([self._offset.total_seconds(), message]) + "\n")
        records = [{"messageId": "1", "body": json.dumps(message)}]
        function = "publish_post" if "publication_platform_id" in message else "fill_occurrences"
        with self._points.watched(), logged_in(function):
            handler_of(function)({"Records": records}, lambda_context(60))

    def _ticked(self, waiting: Waiting) -> None:
        """A tick when the first work is both due and in nobody's hands any more."""
        self._move_to(_free_at(waiting))
        with self._points.watched(), logged_in("publish_due"):
            handler_of("publish_due")({}, lambda_context(50))

    def _received(self, urls: Collection[str]) -> list[Message]:
        taken: list[Message] = []
        for url in urls:
            found = aws.sqs().receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
            if found:
                entries = [{"Id": str(n), "ReceiptHandle": m["ReceiptHandle"]} for n, m in enumerate(found)]
                aws.sqs().delete_message_batch(QueueUrl=url, Entries=entries)
            taken += [json.loads(message["Body"]) for message in found]
        return taken

    def _now(self) -> datetime:
        return datetime.now(UTC) + self._offset

    def _move_to(self, moment: datetime) -> None:
        """The clock at least there, and a little past it."""
        self._offset = max(self._offset, moment - datetime.now(UTC) + timedelta(milliseconds=200))
        move_clock(self._offset)


def _free_at(waiting: Waiting) -> datetime:
    """When the first work is both due and in nobody's hands any more."""
    return min(max(row.due_at, row.lease_until or row.due_at) for row in waiting.values())


def _let_no_message_wait() -> None:
    """All arrive at once: the clock is moved to when they are due."""
    entry = queues._entry
    queues._entry = lambda *message: {**entry(*message), "DelaySeconds": 0}
