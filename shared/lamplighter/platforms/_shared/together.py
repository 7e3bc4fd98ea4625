"""Calls that wait for the network at the same time."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

_MOST = 20


def together[Item, Result](call: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
    """The result of each item, in their order, after the time of the slowest one."""
    if len(items) <= 1:
        return [call(item) for item in items]
    with ThreadPoolExecutor(min(len(items), _MOST), "network") as threads:
        return list(threads.map(call, items))
