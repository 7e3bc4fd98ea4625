"""moto's SQS with what a runtime needs of it: to-the-moment delivery, safety among threads, fair queues.

moto's own long poll looks once a second, its queues lose messages when a deletion and a sending coincide,
every call walks through all messages, and it keeps no fairness. Messages stay moto's; this decides when and
in which order they are handed out. The fairness is a simulation of SQS's: the group with the fewest messages
in flight comes first, then the oldest message.
"""

import copy
import heapq
import itertools
import math
import threading
import time
import uuid
from collections import Counter, deque
from collections.abc import Callable
from typing import Any

from moto.sqs.exceptions import InvalidParameterValue
from moto.sqs.models import (
    MAXIMUM_MESSAGE_DELAY,
    Message,
    Queue,
    SQSBackend,
    _filter_message_attributes,
)

READY = -1.0
NO_GROUP = ""


class Line:
    """The order in which the messages of one queue are handed out."""

    def __init__(self) -> None:
        self._numbers = itertools.count()
        self._later: list[tuple[float, int, Message]] = []
        """A heap. An entry counts only while its moment is the message's own one."""
        self._moments: dict[Message, float] = {}
        self._ready: dict[str, deque[Message]] = {}
        self._in_flight: Counter[str] = Counter()
        self._flying: set[Message] = set()

    def place(self, message: Message) -> None:
        """A message that is new, or whose visibility has changed."""
        moment = max(message.visible_at, message.delayed_until) / 1000
        self._moments[message] = moment
        heapq.heappush(self._later, (moment, next(self._numbers), message))

    def remove(self, message: Message) -> None:
        """A message that is deleted, or goes to another queue."""
        self._moments.pop(message, None)
        self._land(message)

    def take(self) -> Message | None:
        """The next message that is visible; the caller receives or removes it."""
        self._advance()
        while self._ready:
            # min() keeps the first of equals, and groups stand in the order in which they came.
            group = min(self._ready, key=lambda name: self._in_flight[name])
            message = self._ready[group].popleft()
            if not self._ready[group]:
                del self._ready[group]
            if self._moments.get(message) == READY:
                return message
        return None

    def fly(self, message: Message) -> None:
        """A message that was received and is not visible for a while."""
        self._flying.add(message)
        self._in_flight[message.group_id or NO_GROUP] += bool(message.group_id)
        self.place(message)

    def next_moment(self) -> float:
        """When another message will be visible."""
        while self._later and self._moments.get(self._later[0][2]) != self._later[0][0]:
            heapq.heappop(self._later)
        return self._later[0][0] if self._later else math.inf

    def _advance(self) -> None:
        while self.next_moment() <= time.time():
            message = heapq.heappop(self._later)[2]
            self._moments[message] = READY
            self._land(message)
            self._ready.setdefault(message.group_id or NO_GROUP, deque()).append(message)

    def _land(self, message: Message) -> None:
        if message in self._flying:
            self._flying.remove(message)
            self._in_flight[message.group_id or NO_GROUP] -= bool(message.group_id)


class FairQueues:
    """Takes over `backend`: every change goes through one lock and wakes whoever waits for messages."""

    def __init__(self, backend: SQSBackend) -> None:
        self._backend = backend
        self._lines: dict[str, Line] = {}
        self._handed_out: dict[str, Message] = {}
        self._changed = threading.Condition(threading.RLock())
        self._change_visibility = backend.change_message_visibility
        self._delete_message = backend.delete_message
        self._purge_queue = backend.purge_queue
        for name in ("delete_message_batch", "send_message_batch", "set_queue_attributes"):
            setattr(backend, name, self._alone(getattr(backend, name)))
        for name in ("change_message_visibility", "delete_message", "purge_queue", "send_message"):
            setattr(backend, name, self._alone(getattr(self, name)))
        backend.receive_message = self.receive_message  # type: ignore[method-assign]  # taking over is the point

    def send_message(
        self,
        queue_name: str,
        message_body: str,
        *,
        message_attributes: dict[str, Any] | None = None,
        delay_seconds: int | None = None,
        group_id: str | None = None,
        system_attributes: dict[str, Any] | None = None,
        **_of_fifo_queues: Any,
    ) -> Message:
        """SQS's SendMessage."""
        queue = self._backend.get_queue(queue_name)
        delay = int(queue.delay_seconds if delay_seconds is None else delay_seconds)  # type: ignore[attr-defined]
        if delay > MAXIMUM_MESSAGE_DELAY:
            message = f"Value {delay} for parameter DelaySeconds is invalid. Reason: it is over 900."
            raise InvalidParameterValue(message)
        self._backend._validate_message(queue, message_body, delay, None, group_id)
        sent = Message(str(uuid.uuid4()), message_body, system_attributes)
        sent.message_attributes = message_attributes or {}
        sent.group_id = group_id
        sent.mark_sent(delay_seconds=delay)
        queue._messages.append(sent)
        self._line(queue).place(sent)
        return sent

    def receive_message(
        self,
        queue_name: str,
        count: int,
        wait_seconds_timeout: float,
        visibility_timeout: int,
        message_attribute_names: list[str] | None = None,
    ) -> list[Message]:
        """SQS's ReceiveMessage: waits, if it may, for exactly as long as no message is visible."""
        queue = self._backend.get_queue(queue_name)
        deadline = time.time() + (wait_seconds_timeout or 0)
        with self._changed:
            while not (taken := self._take(queue, count, visibility_timeout)):
                now = time.time()
                if now >= deadline:
                    return []
                self._changed.wait(max(0.0005, min(deadline, self._line(queue).next_moment()) - now))
            # Copies, because the requested attributes are filtered in place.
            received = [copy.copy(message) for message in taken]
        for message in received:
            _filter_message_attributes(message, message_attribute_names or [])
        return received

    def delete_message(self, queue_name: str, receipt_handle: str) -> None:
        """SQS's DeleteMessage."""
        message = self._handed_out.pop(receipt_handle, None)
        queue = self._backend.get_queue(queue_name)
        if message is None or message not in queue._messages:
            self._delete_message(queue_name, receipt_handle)
            return
        queue._messages.remove(message)
        queue.deleted_messages.add(receipt_handle)
        self._line(queue).remove(message)

    def change_message_visibility(
        self, queue_name: str, receipt_handle: str, visibility_timeout: int
    ) -> None:
        """SQS's ChangeMessageVisibility."""
        self._change_visibility(queue_name, receipt_handle, visibility_timeout)
        if receipt_handle in self._handed_out:
            self._line(self._backend.get_queue(queue_name)).place(self._handed_out[receipt_handle])

    def purge_queue(self, queue_name: str) -> None:
        """SQS's PurgeQueue."""
        self._purge_queue(queue_name)
        self._lines.pop(queue_name, None)

    def _take(self, queue: Queue, count: int, visibility_timeout: int) -> list[Message]:
        line = self._line(queue)
        taken: list[Message] = []
        while len(taken) < count and (message := line.take()) is not None:
            if _is_exhausted(message, queue):
                self._redrive(message, queue)
                continue
            message.mark_received(visibility_timeout=visibility_timeout)
            self._handed_out[str(message.receipt_handle)] = message
            line.fly(message)
            taken.append(message)
        return taken

    def _redrive(self, message: Message, queue: Queue) -> None:
        """To the dead-letter queue, where it is visible at once."""
        self._line(queue).remove(message)
        queue._messages.remove(message)
        target = queue.dead_letter_queue
        if target is not None:
            target._messages.append(message)
            self._line(target).place(message)

    def _line(self, queue: Queue) -> Line:
        return self._lines.setdefault(queue.name, Line())

    def _alone(self, change: Callable[..., Any]) -> Callable[..., Any]:
        def alone(*args: Any, **kwargs: Any) -> Any:
            with self._changed:
                try:
                    return change(*args, **kwargs)
                finally:
                    self._changed.notify_all()

        return alone


def _is_exhausted(message: Message, queue: Queue) -> bool:
    if queue.dead_letter_queue is None or not queue.redrive_policy:
        return False
    return message.approximate_receive_count >= int(queue.redrive_policy["maxReceiveCount"])
