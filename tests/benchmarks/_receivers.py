"""Receivers of webhooks in a process of their own."""

import asyncio
import json
import multiprocessing
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from lamplighter import egress

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
spawn = multiprocessing.get_context("spawn")


@contextmanager
def receivers() -> Iterator[tuple[int, int, Any]]:
    """A receiver that answers at once and tells whom it was told of, and one that never answers; in a process
    of their own."""
    ports, arrivals = spawn.Queue(), spawn.Queue()
    process = spawn.Process(target=_serve, args=(ports, arrivals), daemon=True)
    process.start()
    try:
        yield ports.get(timeout=20), ports.get(timeout=20), arrivals
    finally:
        egress.close_idle()
        process.terminate()
        process.join(10)


class _Receiver(asyncio.Protocol):
    def __init__(self, arrivals: Any, *, answers: bool) -> None:
        self._arrivals, self._answers, self._buffer = arrivals, answers, b""

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while b"\r\n\r\n" in self._buffer:
            head, _, rest = self._buffer.partition(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
            if len(rest) < length:
                return
            body, self._buffer = rest[:length], rest[length:]
            if not self._answers:
                continue
            self._transport.write(ANSWER)
            if b'"user_id"' in body and b'"words"' not in body:
                self._arrivals.put((json.loads(body)["data"]["user_id"], time.time()))


def _serve(ports: Any, arrivals: Any) -> None:
    async def run() -> None:
        loop = asyncio.get_running_loop()
        servers = [
            await loop.create_server(lambda a=a: _Receiver(arrivals, answers=a), "127.0.0.1", 0)
            for a in (True, False)
        ]
        for server in servers:
            ports.put(server.sockets[0].getsockname()[1])
        await asyncio.gather(*(server.serve_forever() for server in servers))

    asyncio.run(run())
