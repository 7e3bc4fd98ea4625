"""One connection to one checked address, its every wait under the request's deadline."""

import select
import socket
import ssl
from collections.abc import Sequence
from functools import cache

from lamplighter.egress.addresses import Address
from lamplighter.egress.deadline import Deadline
from lamplighter.egress.errors import NotSent
from lamplighter.egress.steps import READABLE, WRITABLE, Steps, Wait
from lamplighter.egress.targets import Target

CONNECT_SECONDS = 3.0
"""For TCP, over all addresses of the name, and again for TLS."""
_AT_A_TIME = 65536


class TooMuch(Exception):  # noqa: N818  # never leaves this package
    """The peer sent more bytes than the request may take in."""


class Wire:
    """A socket that never blocks, under the deadline and the budget of the request it carries."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._deadline = Deadline(0)
        self._budget = 0

    def arm(self, deadline: Deadline, budget: int) -> None:
        """Begin a request: when it must have ended, how many bytes may come in with head and framing."""
        self._deadline = deadline
        self._budget = budget

    def send(self, data: bytes) -> Steps[None]:
        """All of it, by the deadline."""
        rest = memoryview(data)
        while rest:
            self._deadline.left()
            try:
                rest = rest[self._sock.send(rest) :]
            except (BlockingIOError, ssl.SSLWantWriteError):
                yield self._wait(WRITABLE)
            except ssl.SSLWantReadError:
                yield self._wait(READABLE)

    def answered(self) -> Steps[None]:
        """Until something has come in: a first try would be in vain."""
        yield self._wait(READABLE)

    def receive(self) -> Steps[bytes]:
        """What is there, by the deadline; nothing at the end."""
        while True:
            self._deadline.left()
            try:
                data = self._sock.recv(_AT_A_TIME)
            except (BlockingIOError, ssl.SSLWantReadError):
                yield self._wait(READABLE)
            except ssl.SSLWantWriteError:
                yield self._wait(WRITABLE)
            else:
                self._budget -= len(data)
                if self._budget < 0:
                    raise TooMuch
                return data

    def is_quiet(self) -> bool:
        """Open and nothing to read: the state between two requests. The end of the stream is readable too."""
        poll = select.poll()
        poll.register(self._sock, select.POLLIN)
        return not poll.poll(0)

    def close(self) -> None:
        """Drop the connection; the peer may learn it by a reset."""
        self._sock.close()

    def _wait(self, events: int) -> Wait:
        return Wait(self._sock.fileno(), events, self._deadline.at)


def connect(target: Target, addresses: Sequence[Address], deadline: Deadline) -> Steps[tuple[Address, Wire]]:
    """A new connection to the first of the addresses that takes one; raises NotSent."""
    address, sock = yield from _connected(target, addresses, deadline.within(CONNECT_SECONDS))
    try:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if target.scheme == "https":
            sock = yield from _secured(sock, target, deadline.within(CONNECT_SECONDS))
    except BaseException:
        sock.close()
        raise
    return address, Wire(sock)


def _connected(
    target: Target, addresses: Sequence[Address], deadline: Deadline
) -> Steps[tuple[Address, socket.socket]]:
    """The time is shared out evenly, so that an address that swallows packets leaves some to the next."""
    for index, address in enumerate(addresses):
        sock = socket.socket(socket.AF_INET if address.version == 4 else socket.AF_INET6)  # noqa: PLR2004
        try:
            part = deadline.within(deadline.left() / (len(addresses) - index))
            yield from _reached(sock, (str(address), target.port), part)
        except OSError:  # TimeoutError is one
            sock.close()
        except BaseException:
            sock.close()
            raise
        else:
            return address, sock
    raise NotSent("connect", f"No connection to {target.host} on port {target.port}.")


def _reached(sock: socket.socket, end: tuple[str, int], deadline: Deadline) -> Steps[None]:
    sock.setblocking(False)
    try:
        sock.connect(end)
    except BlockingIOError:
        yield Wait(sock.fileno(), WRITABLE, deadline.at)
        deadline.left()
        error = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if error:
            raise OSError(error, "not connected") from None


@cache
def tls_context() -> ssl.SSLContext:
    """Verifies certificate and name against the system's authorities (SSL_CERT_FILE replaces them).

    One per process: loading the authorities takes about 30 ms.
    """
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context


def _secured(sock: socket.socket, target: Target, deadline: Deadline) -> Steps[ssl.SSLSocket]:
    """TLS with the name of the URL, whatever address it goes to, within the time for the whole handshake."""
    try:
        secured = tls_context().wrap_socket(sock, server_hostname=target.host, do_handshake_on_connect=False)
        try:
            yield from _shaken(secured, deadline)
        except BaseException:
            secured.close()
            raise
    except ssl.SSLCertVerificationError as error:
        reason = f"The certificate of {target.host} is not valid: {error.verify_message}."
    except OSError:
        reason = f"No TLS connection to {target.host} on port {target.port}."
    else:
        return secured
    raise NotSent("tls", reason)


def _shaken(sock: ssl.SSLSocket, deadline: Deadline) -> Steps[None]:
    while True:
        deadline.left()
        try:
            sock.do_handshake()
        except ssl.SSLWantReadError:
            yield Wait(sock.fileno(), READABLE, deadline.at)
        except ssl.SSLWantWriteError:
            yield Wait(sock.fileno(), WRITABLE, deadline.at)
        else:
            return
