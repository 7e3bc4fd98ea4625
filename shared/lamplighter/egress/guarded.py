"""One request to an address that a user gave or a network named: checked, pinned, capped."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lamplighter.egress.addresses import Address
from lamplighter.egress.allowlist import allowed
from lamplighter.egress.deadline import Deadline
from lamplighter.egress.errors import Interrupted, Refused
from lamplighter.egress.pool import Key, Pool
from lamplighter.egress.purposes import Purpose
from lamplighter.egress.resolve import RESOLVE_SECONDS, Resolve, checked_addresses, system_addresses
from lamplighter.egress.response import Response, read_response
from lamplighter.egress.steps import Steps, alone
from lamplighter.egress.targets import Target, target_of
from lamplighter.egress.wire import Wire, connect

_METHOD = re.compile(r"[A-Z]+")
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE = re.compile(r"[\x20-\x7e\t]*")
_OUR_HEADERS = frozenset(
    {"host", "connection", "content-length", "transfer-encoding", "accept-encoding", "expect"}
)
_FRAMING_BYTES = 262_144
"""What an answer may bring beside its body: head and trailers. Small chunks may double the body itself."""

_POOL = Pool()


@dataclass(frozen=True, slots=True)
class Destination:
    """A URL whose addresses were checked: for several requests in a row, not for keeping."""

    target: Target
    addresses: Sequence[Address]


def request(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    purpose: Purpose,
    resolve: Resolve = system_addresses,
) -> Response:
    """Send one request, once; any status is an answer. Raises Refused, NotSent or Interrupted."""
    deadline = Deadline.after(purpose.seconds)
    target = target_of(url, allowed())
    message = _message(method, target, headers or {}, body)
    addresses = checked_addresses(target, resolve, deadline)
    return alone(_exchanged(method, message, Destination(target, addresses), purpose, deadline))


def destination(url: str, *, resolve: Resolve = system_addresses) -> Destination:
    """Where requests to this URL go now; raises Refused, or NotSent where the name has no address."""
    target = target_of(url, allowed())
    return Destination(target, checked_addresses(target, resolve, Deadline.after(RESOLVE_SECONDS)))


def exchange(
    to: Destination,
    method: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    purpose: Purpose,
) -> Steps[Response]:
    """The same as `request` to what was checked a moment ago, for `together`: its name is not asked again."""
    message = _message(method, to.target, headers or {}, body)
    return (yield from _exchanged(method, message, to, purpose, Deadline.after(purpose.seconds)))


def _exchanged(
    method: str, message: bytes, to: Destination, purpose: Purpose, deadline: Deadline
) -> Steps[Response]:
    key, wire = yield from _connection(to.target, to.addresses, deadline)
    wire.arm(deadline, 2 * purpose.max_bytes + _FRAMING_BYTES)
    reusable = False
    try:
        yield from _sent(wire, message, to.target, purpose)
        response, reusable = yield from read_response(wire, method, purpose, to.target.host)
    finally:
        if reusable:
            _POOL.give(key, wire)
        else:
            wire.close()
    return response


def check(url: str, *, resolve: Resolve = system_addresses) -> None:
    """Whether `request` would go to this URL now, without a request: for what a user has just typed in.

    Raises Refused, or NotSent where the name has no address.
    """
    checked_addresses(target_of(url, allowed()), resolve, Deadline.after(RESOLVE_SECONDS))


def close_idle() -> None:
    """Close the connections that are kept open between requests."""
    _POOL.close()


def _connection(target: Target, addresses: Sequence[Address], deadline: Deadline) -> Steps[tuple[Key, Wire]]:
    """One that is open to any of the addresses, else a new one; the caller closes it or gives it back."""
    for address in addresses:
        key = (target.scheme, target.host, target.port, address)
        wire = _POOL.take(key)
        if wire:
            return key, wire
    address, wire = yield from connect(target, addresses, deadline)
    return (target.scheme, target.host, target.port, address), wire


def _sent(wire: Wire, message: bytes, target: Target, purpose: Purpose) -> Steps[None]:
    """From here on nobody can prove that nothing was received: every failure is Interrupted."""
    try:
        yield from wire.send(message)
    except TimeoutError:
        raise Interrupted(
            "timeout", f"{target.host} did not take the request within {purpose.seconds:g} s."
        ) from None
    except OSError:
        raise Interrupted("reset", f"{target.host} closed the connection during the request.") from None


def _message(method: str, target: Target, headers: Mapping[str, str], body: bytes | None) -> bytes:
    """The request as it goes out, head and body in one, so that a small one is a single packet."""
    if not _METHOD.fullmatch(method):
        message = "the method must be in capitals"
        raise ValueError(message)
    lines = [f"{method} {target.path} HTTP/1.1", f"Host: {target.authority}", "Accept-Encoding: identity"]
    if body is not None or method in ("POST", "PUT", "PATCH"):
        lines.append(f"Content-Length: {len(body or b'')}")
    if not any(name.lower() == "user-agent" for name in headers):
        lines.append("User-Agent: Lamplighter")
    for name, value in headers.items():
        if name.lower() in _OUR_HEADERS or not _HEADER_NAME.fullmatch(name):
            message = f"the header {name!r} is not the caller's to set"
            raise ValueError(message)
        if not _HEADER_VALUE.fullmatch(value):  # most likely a token with a line break, as a user pasted it
            raise Refused(
                "header", f"The value of the header {name} holds characters that HTTP does not allow."
            )
        lines.append(f"{name}: {value}")
    return "\r\n".join([*lines, "", ""]).encode("ascii") + (body or b"")
