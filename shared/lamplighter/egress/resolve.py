"""From a name to the addresses it has now, once, each of them checked."""

import socket
import threading
from collections.abc import Callable, Sequence
from ipaddress import ip_address
from queue import Empty, SimpleQueue

from lamplighter.egress.addresses import Address, refusal
from lamplighter.egress.deadline import Deadline
from lamplighter.egress.errors import NotSent, Refused
from lamplighter.egress.targets import Target

type Resolve = Callable[[str], Sequence[Address]]
"""All addresses of a name, best first; raises OSError where there are none."""

RESOLVE_SECONDS = 3.0


def system_addresses(host: str) -> list[Address]:
    """What the operating system answers, without duplicates."""
    rows = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(ip_address(row[4][0]) for row in rows))


def checked_addresses(target: Target, resolve: Resolve, deadline: Deadline) -> Sequence[Address]:
    """The addresses that may be connected to.

    One bad address among good ones refuses them all: whoever mixes them wants the check to see the one and
    the connection to meet the other.
    """
    literal = target.literal
    addresses = [literal] if literal else _resolved(target.host, resolve, deadline.within(RESOLVE_SECONDS))
    if not target.trusted:
        for address in addresses:
            why = refusal(address)
            if why:
                raise Refused("address", f"The address of {target.host} is not public ({why}).")
    return addresses


def _resolved(host: str, resolve: Resolve, deadline: Deadline) -> Sequence[Address]:
    """In a thread: getaddrinfo knows no timeout, and the owner of a name can make it wait half a minute."""
    answer: SimpleQueue[Sequence[Address] | OSError] = SimpleQueue()

    def look_up() -> None:
        try:
            answer.put(resolve(host))
        except (OSError, UnicodeError) as error:
            answer.put(OSError(str(error)))

    threading.Thread(target=look_up, daemon=True, name="egress-resolve").start()
    try:
        addresses = answer.get(timeout=deadline.left())
    except (Empty, TimeoutError):
        raise NotSent("dns", f"The name {host} was not resolved in time.") from None
    if isinstance(addresses, OSError) or not addresses:
        raise NotSent("dns", f"The name {host} has no address.")
    return addresses
