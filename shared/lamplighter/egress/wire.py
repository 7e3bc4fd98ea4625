"""One connection to one checked address, its every wait under the request's deadline."""

import io
import select
import socket
import ssl
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

from lamplighter.egress.addresses import Address
from lamplighter.egress.deadline import Deadline
from lamplighter.egress.errors import NotSent
from lamplighter.egress.targets import Target

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

CONNECT_SECONDS = 3.0
"""For TCP, over all addresses of the name, and again for TLS."""


class TooMuch(Exception):  # noqa: N818  # never leaves this package
    """The peer sent more bytes than the request may take in."""


class Wire:
    """What `http.client` sees as its socket. A wire belongs to one thread at a time."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._deadline = Deadline(0)
        self._budget = 0

    def arm(self, deadline: Deadline, budget: int) -> None:
        """Begin a request: when it must have ended, how many bytes may come in with head and framing."""
        self._deadline = deadline
        self._budget = budget

    def send(self, data: bytes) -> None:
        """All of it, by the deadline."""
        rest = memoryview(data)
        while rest:
            self._sock.settimeout(self._deadline.left())
            rest = rest[self._sock.send(rest) :]

    def receive(self, buffer: "WriteableBuffer") -> int:
        """What is there, by the deadline; 0 at the end."""
        self._sock.settimeout(self._deadline.left())
        count = self._sock.recv_into(buffer)
        self._budget -= count
        if self._budget < 0:
            raise TooMuch
        return count

    def makefile(self, _mode: str) -> io.BufferedReader:
        """What `http.client.HTTPResponse` reads from; closing it leaves the wire open."""
        return io.BufferedReader(_Incoming(self), 16384)

    def is_quiet(self) -> bool:
        """Open and nothing to read: the state between two requests. The end of the stream is readable too."""
        poll = select.poll()
        poll.register(self._sock, select.POLLIN)
        return not poll.poll(0)

    def close(self) -> None:
        """Drop the connection; the peer may learn it by a reset."""
        self._sock.close()


class _Incoming(io.RawIOBase):
    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        return self._wire.receive(buffer)


def connect(target: Target, addresses: Sequence[Address], deadline: Deadline) -> tuple[Address, Wire]:
    """A new connection to the first of the addresses that takes one; raises NotSent."""
    address, sock = _connect_tcp(target, addresses, deadline.within(CONNECT_SECONDS))
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if target.scheme == "https":
        sock = _secured(sock, target, deadline.within(CONNECT_SECONDS))
    return address, Wire(sock)


def _connect_tcp(
    target: Target, addresses: Sequence[Address], deadline: Deadline
) -> tuple[Address, socket.socket]:
    """The time is shared out evenly, so that an address that swallows packets leaves some to the next."""
    for index, address in enumerate(addresses):
        try:
            seconds = deadline.left() / (len(addresses) - index)
            return address, socket.create_connection((str(address), target.port), seconds)
        except OSError:  # TimeoutError is one
            continue
    raise NotSent("connect", f"No connection to {target.host} on port {target.port}.")


@cache
def tls_context() -> ssl.SSLContext:
    """Verifies certificate and name against the system's authorities (SSL_CERT_FILE replaces them).

    One per process: loading the authorities takes about 30 ms.
    """
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context


def _secured(sock: socket.socket, target: Target, deadline: Deadline) -> ssl.SSLSocket:
    """TLS with the name of the URL, whatever address it goes to. `ssl` bounds the handshake as a whole."""
    try:
        sock.settimeout(deadline.left())
        return tls_context().wrap_socket(sock, server_hostname=target.host)
    except ssl.SSLCertVerificationError as error:
        reason = f"The certificate of {target.host} is not valid: {error.verify_message}."
    except OSError:
        reason = f"No TLS connection to {target.host} on port {target.port}."
    sock.close()
    raise NotSent("tls", reason)
