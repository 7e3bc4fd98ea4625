"""Servers that behave as told, byte by byte."""

import socket
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Self

type Script = Callable[["Peer"], None]


@dataclass
class Peer:
    """The server's end of one connection."""

    sock: socket.socket
    requests: list[bytes]
    buffer: bytes = b""

    def read(self) -> bytes:
        """The next whole request; b"" at the end of the stream."""
        while b"\r\n\r\n" not in self.buffer:
            if not self._more():
                return b""
        head, _, rest = self.buffer.partition(b"\r\n\r\n")
        length = 0
        for line in head.lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
        while len(rest) < length:
            if not self._more():
                return b""
            rest = self.buffer.partition(b"\r\n\r\n")[2]
        request = head + b"\r\n\r\n" + rest[:length]
        self.buffer = rest[length:]
        self.requests.append(request)
        return request

    def write(self, data: bytes) -> None:
        self.sock.sendall(data)

    def _more(self) -> bool:
        data = self.sock.recv(65536)
        self.buffer += data
        return bool(data)


@dataclass
class Server:
    """Runs a script for each connection, on a loopback port of its own."""

    script: Script
    tls: ssl.SSLContext | None = None
    address: str = "127.0.0.1"
    port: int = 0
    requests: list[bytes] = field(default_factory=list)
    names: list[str | None] = field(default_factory=list)
    connections: int = 0
    closed: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    """Released each time the server has closed a connection."""

    def __enter__(self) -> Self:
        family = socket.AF_INET6 if ":" in self.address else socket.AF_INET
        self._listener = socket.create_server((self.address, self.port), family=family)
        self.port = self._listener.getsockname()[1]
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        if self.tls:
            self.tls.sni_callback = lambda _sock, name, _context: self.names.append(name)
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for sock in self._open:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)

    def _start(self, run: Callable[[], None]) -> None:
        thread = threading.Thread(target=run, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(sock)
            self._start(partial(self._serve, sock))

    def _serve(self, sock: socket.socket) -> None:
        self._run(sock)
        self.closed.release()

    def _run(self, sock: socket.socket) -> None:
        with sock:
            try:
                if self.tls is None:
                    self.script(Peer(sock, self.requests))
                    return
                with self.tls.wrap_socket(sock, server_side=True) as secured:
                    self._open.append(secured)
                    self.script(Peer(secured, self.requests))
            except OSError:  # the client left, or the test is over
                return


def answering(*answers: bytes) -> Script:
    """One answer after another, the last one for ever."""

    def script(peer: Peer) -> None:
        count = 0
        while peer.read():
            peer.write(answers[min(count, len(answers) - 1)])
            count += 1

    return script


def once(answer: bytes) -> Script:
    """One request, one answer, and the connection closed."""

    def script(peer: Peer) -> None:
        if peer.read():
            peer.write(answer)

    return script


def dripping(beginning: bytes, drop: bytes, pause: float) -> Script:
    """An answer that never ends, a few bytes at a time."""

    def script(peer: Peer) -> None:
        peer.read()
        peer.write(beginning)
        while True:
            time.sleep(pause)
            peer.write(drop)

    return script


def flooding(beginning: bytes, drop: bytes) -> Script:
    """An answer that never ends, as fast as it is taken."""

    def script(peer: Peer) -> None:
        peer.read()
        peer.write(beginning)
        while True:
            peer.write(drop)

    return script


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
