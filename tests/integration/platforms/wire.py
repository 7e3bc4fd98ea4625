"""A small HTTP peer that answers as scripted, and breaks the connection where it is told to."""

import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Request:
    """One request as it arrived, whole."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Answer:
    """An answer, or less: `cut` announces more bytes than it sends, `reset` and `silent` send none."""

    status: int = 200
    json: Any = None
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False
    reset: bool = False
    silent: bool = False

    def encoded(self) -> bytes:
        body = self.body if self.json is None else json.dumps(self.json).encode()
        length = len(body) + (100 if self.cut else 0)
        lines = [f"HTTP/1.1 {self.status} X", f"Content-Length: {length}", "Connection: close"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        return "\r\n".join([*lines, "", ""]).encode() + body


class Peer:
    """Listens on loopback; every request is kept, then `script` is asked for the answer."""

    def __init__(self, script: Callable[[Request], Answer]) -> None:
        self.script = script
        self.requests: list[Request] = []
        self._stop = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._serve, daemon=True)

    @contextmanager
    def running(self) -> Iterator["Peer"]:
        self._thread.start()
        try:
            yield self
        finally:
            self._stop.set()
            socket.create_connection(("127.0.0.1", self.port)).close()
            self._thread.join()
            self._socket.close()

    def _serve(self) -> None:
        while not self._stop.is_set():
            connection, _ = self._socket.accept()
            with connection:
                request = _read(connection)
                if request is None:
                    continue
                self.requests.append(request)
                self._answer(connection, self.script(request))

    def _answer(self, connection: socket.socket, answer: Answer) -> None:
        if answer.reset:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        elif answer.silent:
            connection.recv(1)  # until the other side gives up
        else:
            connection.sendall(answer.encoded())


def _read(connection: socket.socket) -> Request | None:
    data = b""
    while b"\r\n\r\n" not in data:
        received = connection.recv(65_536)
        if not received:
            return None
        data += received
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    while len(body) < int(headers.get("content-length", 0)):
        body += connection.recv(65_536)
    method, path, _ = first.split(" ")
    return Request(method, path, headers, body)
