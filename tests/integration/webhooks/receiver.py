"""A receiver that answers as told and keeps what it accepted."""

import base64
import hashlib
import hmac
import json
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.integration.egress.servers import Peer, Server

type Reply = bytes | Callable[[Peer], None]

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def status(code: int, *headers: str, body: bytes = b"no") -> bytes:
    """An answer with this status."""
    lines = [f"HTTP/1.1 {code} Said", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


@dataclass(frozen=True, slots=True)
class Message:
    """What the receiver was sent."""

    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def is_signed_with(self, secret: str) -> bool:
        """Whether one of its signatures is this secret's and its time is now, as the specification has it."""
        key = base64.b64decode(secret.removeprefix("whsec_"))
        stamp = self.headers["webhook-timestamp"]
        content = f"{self.id}.{stamp}.".encode() + self.body
        expected = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
        fresh = abs(int(stamp) - time.time()) < 300
        return fresh and f"v1,{expected}" in self.headers["webhook-signature"].split(" ")


@dataclass
class Receiver:
    """Answers with `replies` in turn, and with OK once they are used up."""

    replies: list[Reply] = field(default_factory=list)
    then: Reply = OK
    messages: list[Message] = field(default_factory=list)
    address: str = ""
    tls: ssl.SSLContext | None = None

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://{self.address}/hooks/é?from=lamplighter"

    def serve(self, peer: Peer) -> None:
        while request := peer.read():
            head, _, body = request.partition(b"\r\n\r\n")
            lines = [line.decode().partition(": ") for line in head.split(b"\r\n")[1:]]
            self.messages.append(Message({name.lower(): value for name, _, value in lines}, body))
            reply = self.replies.pop(0) if self.replies else self.then
            if callable(reply):
                reply(peer)
                return
            peer.write(reply)

    @contextmanager
    def running(self) -> Iterator["Receiver"]:
        with Server(self.serve, tls=self.tls) as server:
            self.address = f"127.0.0.1:{server.port}"
            yield self


def silent(_peer: Peer) -> None:
    """Takes the request and answers nothing for a while."""
    time.sleep(1.5)


def dripping(peer: Peer) -> None:
    """Sends a byte now and then."""
    for byte in b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n":
        peer.write(bytes([byte]))
        time.sleep(0.1)


def hanging_up(_peer: Peer) -> None:
    """Closes without an answer."""


def ten_megabytes(peer: Peer) -> None:
    """Says yes at great length."""
    peer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\n\r\n")
    try:
        for _ in range(1000):
            peer.write(b"x" * 10_000)
    except OSError:  # the other side has read what it wanted
        pass
