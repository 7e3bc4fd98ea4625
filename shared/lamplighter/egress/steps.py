"""Exchanges that say what they wait for, so that one thread can have many of them under way."""

import math
import select
import time
from collections.abc import Generator, Iterable
from typing import NamedTuple

READABLE, WRITABLE = select.POLLIN, select.POLLOUT


class Wait(NamedTuple):
    """Go on once the file can be read or written, and at this moment (of time.monotonic) in any case."""

    fd: int
    events: int
    until: float


type Steps[T] = Generator[Wait, None, T]


def together[T](each: Iterable[Steps[T]], most: int) -> list[T]:
    """What each of them comes to, in their order; at most so many under way at a time, each begun only then.
    An exception of one ends them all."""
    coming = enumerate(each)
    found: dict[int, T] = {}
    waiting: dict[int, tuple[int, Steps[T], float]] = {}
    poll = select.poll()

    def go_on(number: int, steps: Steps[T]) -> None:
        try:
            wait = next(steps)
        except StopIteration as end:
            found[number] = end.value
            return
        poll.register(wait.fd, wait.events)
        waiting[wait.fd] = (number, steps, wait.until)

    try:
        while True:
            while len(waiting) < most and (new := next(coming, None)) is not None:
                go_on(*new)
            if not waiting:
                return [found[number] for number in range(len(found))]
            left = min(until for _, _, until in waiting.values()) - time.monotonic()
            ready = {fd for fd, _ in poll.poll(max(0, math.ceil(left * 1000)))}
            now = time.monotonic()
            for fd in [fd for fd, (_, _, until) in waiting.items() if fd in ready or until <= now]:
                number, steps, _ = waiting.pop(fd)
                poll.unregister(fd)
                go_on(number, steps)
    finally:
        for _, steps, _ in waiting.values():
            steps.close()


def alone[T](steps: Steps[T]) -> T:
    """What it comes to, waited for; raises what it raises."""
    return together([steps], 1)[0]
