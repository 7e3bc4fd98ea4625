"""How often somebody may try to get in: buckets per e-mail and per address, which hold neither."""

import hmac
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from uuid import UUID

from lamplighter.domain.limits import too_many
from lamplighter.postgres.session import lookup
from lamplighter.services import peppers

_PURPOSE = "attempts"


@dataclass(frozen=True, slots=True)
class Pace:
    """So many a minute in the long run, and so many at once after a pause."""

    per_minute: float
    burst: int


@dataclass(frozen=True, slots=True)
class Paces:
    """`address`: any e-mails from one address. `both`: one e-mail from one address. `email`: one from
    anywhere; wider, so that no single stranger can use it up and lock its owner out."""

    address: Pace
    both: Pace
    email: Pace


LOGIN = Paces(address=Pace(60, 120), both=Pace(5, 10), email=Pace(20, 100))
MAIL = Paces(address=Pace(5, 20), both=Pace(0.1, 3), email=Pace(0.5, 10))
"""Each attempt sends a mail: nobody's mailbox is to be filled."""
PASSWORD = Pace(5, 10)
"""Of a person who is logged in and proves it once more."""


def heed(what: str, paces: Paces, email: str, address: str) -> None:
    """Count one attempt at `what`; raises rate_limited where there were too many. It looks at no account: the
    answer is the same for an e-mail that has one and for one that has none."""
    origin = _network(address)
    for pace, subject in ((paces.address, (origin,)), (paces.both, (email, origin)), (paces.email, (email,))):
        _take(f"{what}:{_veiled(*subject)}", pace)


def heed_person(what: str, user_id: UUID) -> None:
    """The same for a person who is logged in."""
    _take(f"{what}:{user_id}", PASSWORD)


def _take(bucket: str, pace: Pace) -> None:
    found = lookup("take", bucket, pace.per_minute, pace.burst)
    assert found is not None  # noqa: S101  # the function answers always
    if not found[0]["allowed"]:
        raise too_many(found[0]["retry_after_s"])


def _veiled(*parts: str) -> str:
    """What the parts are counted under: nobody reads an address out of a table."""
    _version, key = peppers.newest(_PURPOSE)
    return hmac.digest(key, "\n".join(parts).encode(), "sha256").hex()[:32]


def _network(address: str) -> str:
    """Who stands behind the address: with IPv6 a household has 2^64 of them."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return str(found if isinstance(found, IPv4Address) else IPv6Network((found, 64), strict=False))
