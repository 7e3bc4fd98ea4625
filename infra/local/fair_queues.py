"""moto's SQS with what a runtime needs of it: to-the-moment delivery, safety among threads, fair queues.

moto's own long poll looks once a second, its queues lose messages when a deletion and a sending coincide, and
it keeps no fairness. Messages stay moto's; this decides when and in which order they are handed out. The
fairness is a simulation of SQS's: the group with the fewest messages in flight comes first, then the oldest
message.
"""

import copy
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from typing import Any

from moto.sqs.models import Message, Queue, SQSBackend, _filter_message_attributes

CHANGES = (
    "change_message_visibility",
    "change_message_visibility_batch",
    "delete_message",
    "delete_message_batch",
    "purge_queue",
    "send_message",
    "send_message_batch",
    "set_queue_attributes",
)


class FairQueues:
    """Takes over `backend`: every change goes through one lock and wakes whoever waits for messages."""

    def __init__(self, backend: SQSBackend) -> None:
        self._backend = backend
        self._changed = threading.Condition(threading.RLock())
        for name in CHANGES:
            setattr(backend, name, self._announced(getattr(backend, name)))
        backend.receive_message = self.receive  # type: ignore[method-assign]  # taking over is the point

    def receive(
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
                next_visible = min((_visible_at(message) for message in queue._messages), default=deadline)
                self._changed.wait(max(0.0005, min(deadline, next_visible) - now))
            # Copies, because the requested attributes are filtered in place.
            received = [copy.copy(message) for message in taken]
        for message in received:
            _filter_message_attributes(message, message_attribute_names or [])
        return received

    def _take(self, queue: Queue, count: int, visibility_timeout: int) -> list[Message]:
        now = time.time()
        waiting: dict[str, deque[Message]] = {}
        in_flight: Counter[str] = Counter()
        for message in list(queue._messages):
            group = message.group_id or message.id
            if _visible_at(message) > now:
                in_flight[group] += message.visible_at / 1000 > now
            elif _is_exhausted(message, queue):
                _redrive(message, queue)
            else:
                waiting.setdefault(group, deque()).append(message)
        taken: list[Message] = []
        while waiting and len(taken) < count:
            # min() keeps the first of equals, and groups stand in the order of their oldest message.
            group = min(waiting, key=lambda name: in_flight[name])
            message = waiting[group].popleft()
            if not waiting[group]:
                del waiting[group]
            in_flight[group] += 1
            message.mark_received(visibility_timeout=visibility_timeout)
            taken.append(message)
        return taken

    def _announced(self, change: Callable[..., Any]) -> Callable[..., Any]:
        def announced(*args: Any, **kwargs: Any) -> Any:  # whatever moto's method takes and gives
            with self._changed:
                try:
                    return change(*args, **kwargs)
                finally:
                    self._changed.notify_all()

        return announced


def _visible_at(message: Message) -> float:
    return max(message.visible_at, message.delayed_until) / 1000


def _is_exhausted(message: Message, queue: Queue) -> bool:
    if queue.dead_letter_queue is None or not queue.redrive_policy:
        return False
    return message.approximate_receive_count >= int(queue.redrive_policy["maxReceiveCount"])


def _redrive(message: Message, queue: Queue) -> None:
    """To the dead-letter queue, where it is visible at once."""
    assert queue.dead_letter_queue is not None  # noqa: S101  # _is_exhausted said so
    queue._messages.remove(message)
    queue.dead_letter_queue.add_message(message)
