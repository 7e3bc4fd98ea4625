"""What a call says to PostgreSQL, out of libpq's own trace of every message it sends and gets."""

import gc
import tempfile
from collections.abc import Callable
from dataclasses import dataclass

import psycopg
from psycopg.pq import Trace

_STATEMENTS = {"Query", "Execute"}


@dataclass(frozen=True, slots=True)
class Trips:
    """`round_trips`: how often the client waited for an answer."""

    statements: int
    round_trips: int


def counted(call: Callable[[], object]) -> Trips:
    """One call's, once everything is warm, over all connections that this process has open."""
    with tempfile.TemporaryFile("w+") as file:
        connections = [c for c in gc.get_objects() if isinstance(c, psycopg.Connection) and not c.closed]
        for connection in connections:
            connection.pgconn.trace(file.fileno())
            connection.pgconn.set_trace_flags(Trace.SUPPRESS_TIMESTAMPS)
        try:
            call()
        finally:
            for connection in connections:
                connection.pgconn.untrace()
        file.seek(0)
        messages = [line.split("\t") for line in file if line.startswith(("F\t", "B\t"))]
    statements = sum(1 for side, _size, kind, *_ in messages if side == "F" and kind.strip() in _STATEMENTS)
    turns = "".join(message[0] for message in messages)
    return Trips(statements, turns.count("FB"))
