"""Connections kept open between requests, few and not for long."""

import threading
import time

from lamplighter.egress.addresses import Address
from lamplighter.egress.wire import Wire

type Key = tuple[str, str, int, Address]
"""Scheme, host, port and the address that was checked: two names on one address never share a connection."""

# Under the shortest time in use after which servers close an idle connection (5 s: Node, Apache). A request
# that crosses with such a close is Interrupted, which for a post means asking the network what became of it.
IDLE_SECONDS = 4.0


class Pool:
    """Idle connections of all threads, the oldest given up first."""

    def __init__(self, limit: int = 16) -> None:
        self._limit = limit
        self._idle: list[tuple[Key, float, Wire]] = []
        self._lock = threading.Lock()

    def take(self, key: Key) -> Wire | None:
        """The connection used last for this key that is still good, now the caller's own."""
        while True:
            with self._lock:
                self._close_stale()
                found = next((row for row in reversed(self._idle) if row[0] == key), None)
                if found is None:
                    return None
                self._idle.remove(found)
            wire = found[2]
            if wire.is_quiet():
                return wire
            wire.close()

    def give(self, key: Key, wire: Wire) -> None:
        """Keep a connection whose last answer was read to its end."""
        with self._lock:
            self._idle.append((key, time.monotonic(), wire))
            self._close_stale()
            while len(self._idle) > self._limit:
                self._idle.pop(0)[2].close()

    def close(self) -> None:
        """Close all that are idle."""
        with self._lock:
            while self._idle:
                self._idle.pop()[2].close()

    def _close_stale(self) -> None:
        oldest = time.monotonic() - IDLE_SECONDS
        while self._idle and self._idle[0][1] < oldest:
            self._idle.pop(0)[2].close()
