"""Between a worker and PostgreSQL: the answer to the n-th commit is lost, though the commit is done."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

COMMIT = b"COMMIT"


@dataclass
class Proxy:
    """Passes everything on until the commit number `cuts` is answered: the client never hears of it."""

    target: tuple[str, int]
    cuts: int = 0
    commits: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def running(self) -> Iterator[int]:
        """The port that it listens on."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            threading.Thread(target=self._serve, args=(listener,), daemon=True).start()
            yield listener.getsockname()[1]

    def cut(self, number: int) -> None:
        """Lose the answer to the n-th commit from now on."""
        with self._lock:
            self.commits, self.cuts = 0, number

    def _serve(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:  # it is over
                return
            threading.Thread(target=self._talk, args=(client,), daemon=True).start()

    def _talk(self, client: socket.socket) -> None:
        with client, socket.create_connection(self.target) as server:
            doomed = threading.Event()
            threading.Thread(target=self._answers, args=(server, client, doomed), daemon=True).start()
            while data := _received(client):
                if COMMIT in data and self._is_the_one():
                    doomed.set()
                server.sendall(data)

    def _is_the_one(self) -> bool:
        with self._lock:
            self.commits += 1
            return self.commits == self.cuts

    @staticmethod
    def _answers(server: socket.socket, client: socket.socket, doomed: threading.Event) -> None:
        while data := _received(server):
            if doomed.is_set():  # the answer has come, so the commit is done
                _hang_up(client)
                return
            try:
                client.sendall(data)
            except OSError:
                return
        _hang_up(client)


def _received(end: socket.socket) -> bytes:
    try:
        return end.recv(65_536)
    except OSError:
        return b""


def _hang_up(end: socket.socket) -> None:
    try:
        end.shutdown(socket.SHUT_RDWR)
    except OSError:  # it did so itself
        return
