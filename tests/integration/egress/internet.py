"""The internet of a test: what names answer, where public addresses lead, and every connection attempted."""

import errno
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from typing import Any

import pytest


class Internet:
    """Names under test are answered here; public addresses lead to servers of the test's own, others nowhere.

    Neither is the code under test: this takes the place of the resolver's and the network's answers only.
    """

    def __init__(self) -> None:
        self.names: dict[str, list[list[str]]] = {}
        self.routes: dict[str, int] = {}
        self.asked: list[str] = []
        self.attempts: list[tuple[str, int]] = []
        """(address, port) of each connection that was begun, to this machine's own servers left out."""
        self.own: set[tuple[str, int]] = set()

    def answer(self, name: str, *answers: list[str]) -> None:
        """What the name resolves to, one time after another; the last one for ever."""
        self.names[name.lower().rstrip(".")] = list(answers)

    def lead(self, address: str, port: int) -> None:
        """Connections to this address, whatever their port, come out at this loopback port."""
        self.routes[address] = port

    def look_up(self, name: str) -> list[tuple[Any, ...]]:
        self.asked.append(name)
        answers = self.names[name]
        rows = []
        for text in answers.pop(0) if len(answers) > 1 else answers[0]:
            address, _, zone = text.partition("%")
            v6 = ip_address(address).version == 6
            end = (text, 0, 0, int(zone or 0)) if v6 else (text, 0)
            rows.append((socket.AF_INET6 if v6 else socket.AF_INET, socket.SOCK_STREAM, 6, "", end))
        return rows

    @contextmanager
    def connected(self, monkeypatch: pytest.MonkeyPatch) -> Iterator["Internet"]:
        real_look_up, real_connect = socket.getaddrinfo, socket.socket.connect
        tested = threading.get_ident()  # what other tests have left running goes its way

        def look_up(host: Any, *rest: Any, **more: Any) -> Any:
            text = host.decode() if isinstance(host, bytes) else str(host)
            if text.lower() in self.names:
                return self.look_up(text.lower())
            if text and not text.replace(".", "").isdigit() and ":" not in text and "." in text:
                raise socket.gaierror(socket.EAI_NONAME, "not known")
            return real_look_up(host, *rest, **more)

        def connect(sock: socket.socket, address: Any) -> None:
            is_ours = not isinstance(address, tuple) or address[:2] in self.own
            if is_ours or threading.get_ident() != tested:
                return real_connect(sock, address)
            self.attempts.append(address[:2])
            if address[0] not in self.routes:
                raise OSError(errno.ENETUNREACH, "this leads nowhere")
            return real_connect(sock, ("127.0.0.1", self.routes[address[0]]))

        with monkeypatch.context() as patched:
            patched.setattr(socket, "getaddrinfo", look_up)
            patched.setattr(socket.socket, "connect", connect)
            yield self
