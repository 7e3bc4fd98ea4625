"""SQS as it may behave at its worst: late, doubled, shuffled, lossy, down, and never in a hurry to forget."""

import json
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from lamplighter.clients.queues import LONGEST_DELAY_SECONDS, Message
from tests.simulation.steps import Crash, Steps, Task
from tests.simulation.weather import Faults

VISIBILITY_SECONDS = 360.0
MOST_RECEIVES = 5
WORKERS = 6
"""MaximumConcurrency of each queue."""
TIMEOUT_SECONDS = 60.0
"""publish_post's: Lambda ends whoever takes longer, unless the process stands still."""


@dataclass(eq=False)
class Copy:
    """A message in the queue. `number` names it in the trace."""

    number: int
    body: str
    received: int = 0
    poison: bool = False


@dataclass(eq=False)
class Queue:
    """One queue and the workers at it."""

    name: str
    waiting: deque[Copy] = field(default_factory=deque)
    busy: int = 0
    delayed: int = 0
    dead: list[Copy] = field(default_factory=list)


class Sqs:
    """Every queue of the deployment, by its URL."""

    def __init__(self, steps: Steps, faults: Faults, work: Callable[[str], Any]) -> None:
        self.steps, self.faults, self.work = steps, faults, work
        self.queues: dict[str, Queue] = {}
        self.down_until = 0.0
        self.sent = self.delivered = 0

    def queue(self, url: str) -> Queue:
        """The queue at this address."""
        return self.queues.setdefault(url, Queue(url.rsplit("/", 1)[-1]))

    def send(self, url: str, messages: Sequence[Message], seconds: float = 8.0) -> list[int]:
        """In the place of clients.queues.send: the indices of what was not taken."""
        task = self.steps.current
        if task is not None and messages:
            self.faults.step(task, "before sending wake-ups")
        unsent = []
        for index, message in enumerate(messages):
            down = self.steps.now < self.down_until and not self.faults.calm
            if down:
                self.faults.tally["queue down"] += 1
                unsent.append(index)
            if not down or self.faults.struck(0.1):  # what counts as not taken may arrive all the same
                self._take(url, message)
        if task is not None and messages:
            self.faults.step(task, "after sending wake-ups")
        return unsent

    def depth(self, url: str) -> int | None:
        """In the place of clients.queues.depth: what waits and what is being worked on."""
        if self.steps.now < self.down_until and not self.faults.calm:
            return None
        queue = self.queue(url)
        return len(queue.waiting) + queue.busy

    def _take(self, url: str, message: Message) -> None:
        draw, climate = self.faults.random, self.faults.climate
        if self.faults.struck(climate.queue_loss):
            self.faults.tally["message lost"] += 1
            return
        copies = draw.randint(2, 5) if self.faults.struck(climate.queue_copies) else 1
        self.faults.tally["message doubled"] += copies - 1
        delay = float(max(0, min(message.delay_seconds, LONGEST_DELAY_SECONDS)))
        for _ in range(copies):
            late = draw.uniform(0.01, 0.3)
            if self.faults.struck(climate.queue_delay):
                self.faults.tally["message late"] += 1
                late += draw.uniform(1, 180)
            self.put(url, json.dumps(message.body), delay + late)

    def put(self, url: str, body: str, delay: float, *, poison: bool = False) -> None:
        """One copy, visible after `delay`. `poison`: no worker will ever understand it."""
        self.sent += 1
        copy, queue = Copy(self.sent, body, poison=poison), self.queue(url)
        self.steps.note(f"sends message {copy.number}, visible in {delay:.1f} s")
        queue.delayed += 1
        self.steps.after(delay, lambda: self._visible(queue, copy))

    def _visible(self, queue: Queue, copy: Copy) -> None:
        queue.delayed -= 1
        queue.waiting.append(copy)
        self._deliver(queue)

    def _deliver(self, queue: Queue) -> None:
        while queue.waiting and queue.busy < WORKERS:
            copy = queue.waiting.popleft()
            copy.received += 1
            if copy.received > MOST_RECEIVES:
                self.faults.tally["dead letter"] += 1
                queue.dead.append(copy)
                continue
            queue.busy += 1
            self.delivered += 1
            self._begin(queue, copy)

    def _begin(self, queue: Queue, copy: Copy) -> None:
        event = {"Records": [{"messageId": str(copy.number), "body": copy.body}]}
        task = Task(f"worker {copy.number}.{copy.received}", lambda: self.work(event))
        task.notes["poison"] = copy.poison
        task.done = lambda ended: self._ended(queue, copy, ended)
        self.steps.spawn(task)
        self.steps.after(TIMEOUT_SECONDS, lambda: _time_is_up(task))

    def _ended(self, queue: Queue, copy: Copy, task: Task) -> None:
        queue.busy -= 1
        if task.error is not None and not isinstance(task.error, Crash):
            raise task.error
        if task.error is not None or task.result["batchItemFailures"]:
            again = max(0.0, task.began + VISIBILITY_SECONDS - self.steps.now)
            queue.delayed += 1
            self.steps.after(again, lambda: self._visible(queue, copy))
        self._deliver(queue)

    def redrive(self) -> int:
        """Every dead letter back into its queue."""
        moved = 0
        for url, queue in self.queues.items():
            dead, queue.dead = queue.dead, []
            for copy in dead:
                moved += 1
                self.put(url, copy.body, 0.1, poison=copy.poison)
        return moved

    @property
    def dead(self) -> list[Copy]:
        """Every dead letter."""
        return [copy for queue in self.queues.values() for copy in queue.dead]

    @property
    def idle(self) -> bool:
        """Whether nothing is on its way."""
        return not any(q.waiting or q.busy or q.delayed for q in self.queues.values())


def _time_is_up(task: Task) -> None:
    if task.alive and not task.frozen:
        task.doomed = True
