"""How often somebody may try to get in: buckets per e-mail and per address, which hold neither."""

import hmac
import math
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from uuid import UUID

from lamplighter.domain.limits import Limit
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
PROVIDER = Pace(60, 120)
"""From one address, of what makes us call the sign-in provider."""
PASSWORD = Pace(5, 10)
"""Of a person who is logged in and proves it once more."""
LINKS = Pace(60, 120)
"""From one address, of what is asked with approval links, genuine or not."""
LINK = Pace(30, 60)
"""Of one approval link."""
FEEDS = Pace(60, 120)
"""From one address, of what is asked for as a calendar feed: programs of many people may share one."""
FEED = Pace(6, 30)
"""Of one feed: calendar programs come back every few minutes at most."""
TOKEN = Pace(5, 10)
"""Of one link out of a mail, used up or not: what follows it may hash a password."""


def counted(what: str, paces: Paces, email: str, address: str) -> Limit:
    """Count one attempt at `what`, and say whether it is allowed. It looks at no account: the answer is the
    same for an e-mail that has one and for one that has none.

    What is refused takes nothing from the wider bounds. How much the e-mail's own bound has left is told to
    nobody: it would tell that its owner was here.
    """
    origin = _network(address)
    own = _taken("address", f"{what}:{_veiled(origin)}", paces.address)
    if not own.allowed:
        return own
    both = _taken("attempts", f"{what}:{_veiled(email, origin)}", paces.both)
    if not both.allowed:
        return both
    anywhere = _taken("email", f"{what}:{_veiled(email)}", paces.email)
    return anywhere if not anywhere.allowed else min(own, both, key=lambda limit: limit.remaining)


def counted_from(what: str, pace: Pace, address: str) -> Limit:
    """The same where nobody says who they are yet."""
    return _taken("address", f"{what}:{_veiled(_network(address))}", pace)


def heed_person(what: str, user_id: UUID) -> None:
    """Count one attempt of a person who is logged in; raises rate_limited where there were too many."""
    _taken("password", f"{what}:{user_id}", PASSWORD).must_allow()


def heed_token(holder: UUID) -> None:
    """Count one attempt with what was mailed: to the holder of a token, or with an invitation. The same."""
    _taken("token", f"token:{holder}", TOKEN).must_allow()


def counted_link(link_id: UUID) -> Limit:
    """Count one request with an approval link, and say whether it is allowed."""
    return _taken("link", f"link:{link_id}", LINK)


def counted_feed(feed_id: UUID) -> Limit:
    """Count one reading of a calendar feed, and say whether it is allowed."""
    return _taken("feed", f"feed:{feed_id}", FEED)


def _taken(policy: str, bucket: str, pace: Pace) -> Limit:
    found = lookup("take", bucket, pace.per_minute, pace.burst)
    assert found is not None  # noqa: S101  # the function answers always
    window_s = math.ceil(60 * pace.burst / pace.per_minute)
    return Limit(policy=policy, quota=pace.burst, window_s=window_s, **found[0])


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
