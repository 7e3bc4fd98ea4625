"""SQS in a process of its own, simulated and so cheap that a benchmark does not wait for the simulation.

The local stack's SQS answers HTTP in one process, which so many workers keep busy to the last. Here a call
costs its caller SQS_CALL_SECONDS and the machine next to nothing. Who comes first is decided as there
(infra/local/fair_queues.py): the tenant with the fewest messages in flight.
"""

import json
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.managers import BaseManager
from typing import Any

from infra.local.fair_queues import Line
from lamplighter.clients import queues

SQS_CALL_SECONDS = 0.010
HIDDEN_SECONDS = 360


@dataclass(eq=False, slots=True)
class Kept:
    """A message, with moments in milliseconds."""

    body: str
    group_id: str
    delayed_until: float
    visible_at: float = 0


class Queues:
    """What the process serves."""

    def __init__(self) -> None:
        self._lines: dict[str, Any] = defaultdict(Line)
        self._changed: dict[str, threading.Condition] = defaultdict(threading.Condition)
        self._in_hand: dict[int, Kept] = {}
        self._depths: Counter[str] = Counter()

    def send(self, url: str, entries: list[tuple[str, str, int]]) -> None:
        """(body, group, delay in seconds) each."""
        with self._changed[url]:
            for body, group, delay in entries:
                self._lines[url].place(Kept(body, group, (time.time() + delay) * 1000))
            self._depths[url] += len(entries)
            self._changed[url].notify_all()

    def receive(self, url: str, seconds: float) -> tuple[int, str] | None:
        """A message's handle and body, as soon as one is visible; None after so long."""
        deadline = time.time() + seconds
        with self._changed[url]:
            while (message := self._lines[url].take()) is None:
                left = min(deadline, self._lines[url].next_moment()) - time.time()
                if time.time() >= deadline:
                    return None
                self._changed[url].wait(max(0.0005, left))
            message.visible_at = (time.time() + HIDDEN_SECONDS) * 1000
            self._lines[url].fly(message)
            self._in_hand[id(message)] = message
            return id(message), message.body

    def delete(self, url: str, handle: int) -> None:
        """What was received is done."""
        with self._changed[url]:
            self._lines[url].remove(self._in_hand.pop(handle))
            self._depths[url] -= 1

    def depth(self, url: str) -> int:
        """Waiting, delayed and in hand."""
        return self._depths[url]


class Server(BaseManager):
    """The process."""


Server.register("Queues", Queues, exposed=("send", "receive", "delete", "depth"))


def take_over(served: Any) -> None:
    """From now on this process's `clients.queues` sends to `served`: calls of ten go out at once."""

    def send(queue_url: str, messages: Sequence[queues.Message], seconds: float = 8.0) -> list[int]:
        time.sleep(SQS_CALL_SECONDS)
        served.send(
            queue_url, [(json.dumps(dict(each.body)), each.group, each.delay_seconds) for each in messages]
        )
        return []

    def depth(queue_url: str) -> int:
        time.sleep(SQS_CALL_SECONDS)
        return int(served.depth(queue_url))

    queues.send = send
    queues.depth = depth
