"""Reading a URL that a user gave: strictly, so that no other reader of the same text sees another host."""

import re
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import SplitResult, quote, urlsplit

from lamplighter.egress.addresses import Address
from lamplighter.egress.errors import Refused

type Allowed = AbstractSet[tuple[str, int]]
"""Exact (host, port) pairs that may be local and need no TLS."""

_DEFAULT_PORTS = {"https": 443, "http": 80}
_PUBLIC_PORTS = frozenset({443, 8443})
_LONGEST_URL = 8192
_UNUSABLE = re.compile(r"[\x00-\x20\x7f-\x9f\\]")
_AUTHORITY = re.compile(r"(?:\[(?P<v6>[0-9A-Fa-f:.]+)\]|(?P<name>[^\[\]:@%]+))(?::(?P<port>[0-9]{0,5}))?")
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_KEPT = "/%:=&?~+!$,;'@()*[]"  # everything else is percent-encoded, as browsers do
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_NO_HOST = "The URL's host is not a name or an address."
# IDNA 2003, which Python has, and IDNA 2008, which browsers use, read only these four differently.
_DEVIATIONS = frozenset("\u00df\u03c2\u200c\u200d")


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request goes. Its repr leaves out path and query, which may hold tokens."""

    scheme: str
    host: str
    """Lower-case ASCII without brackets and trailing dot: what the certificate must be valid for."""
    port: int
    path: str = field(repr=False)
    """Path and query, as they stand in the request line."""
    trusted: bool = False
    """On the allow-list: its addresses are not checked."""

    @property
    def authority(self) -> str:
        """The value of the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def literal(self) -> Address | None:
        """The address that stands in the URL itself, if one does."""
        try:
            return ip_address(self.host)
        except ValueError:
            return None


def target_of(url: str, allowed: Allowed = frozenset()) -> Target:
    """The parts of a URL that may be called; raises Refused. Addresses are checked once they are known."""
    parts = _split(url)
    if parts.scheme not in _DEFAULT_PORTS:
        raise Refused("scheme", "The URL must begin with https://.")
    host, port = _authority(parts)
    trusted = (host, port) in allowed
    if not trusted:
        _must_be_public(parts.scheme, host, port)
    path = quote(parts.path or "/", safe=_KEPT)
    query = quote(parts.query, safe=_KEPT)
    return Target(parts.scheme, host, port, f"{path}?{query}" if query else path, trusted)


def _split(url: str) -> SplitResult:
    if len(url) > _LONGEST_URL:
        raise Refused("url", f"The URL is longer than {_LONGEST_URL} characters.")
    if _UNUSABLE.search(url):  # urlsplit would drop some of these silently, browsers read \ as /
        raise Refused("url", "The URL holds a space, a control character or a backslash.")
    try:
        return urlsplit(url)
    except ValueError:  # brackets, or a host that turns into another URL when normalised
        raise Refused("host", _NO_HOST) from None


def _authority(parts: SplitResult) -> tuple[str, int]:
    if "@" in parts.netloc:
        raise Refused("userinfo", "The URL must not hold a user name or password.")
    match = _AUTHORITY.fullmatch(parts.netloc)
    if match is None:
        raise Refused("host", _NO_HOST)
    host = str(IPv6Address(match["v6"])) if match["v6"] else _name(match["name"])  # urlsplit has checked it
    return host, int(match["port"] or _DEFAULT_PORTS[parts.scheme])


def _name(text: str) -> str:
    """A host name in its ASCII form, or an IPv4 address in the one spelling that all agree on."""
    name = _ascii(text).lower().removesuffix(".")
    labels = name.split(".")
    if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in labels):  # noqa: PLR2004  # RFC 1035
        raise Refused("host", "The URL's host is not a valid name.")
    if _NUMBER.fullmatch(labels[-1]):  # then browsers and inet_aton read it as an address: 127.1, 0x7f000001
        try:
            return str(IPv4Address(name))
        except ValueError:
            raise Refused("host", "An IPv4 address must be four decimal numbers.") from None
    return name


def _ascii(name: str) -> str:
    if name.isascii():
        return name
    if _DEVIATIONS.intersection(name):
        raise Refused("host", "The URL's host can be read in two ways: write it in its xn-- form.")
    try:
        return name.encode("idna").decode("ascii")
    except UnicodeError:
        raise Refused("host", "The URL's host is not a valid name.") from None


def _must_be_public(scheme: str, host: str, port: int) -> None:
    if scheme != "https":
        raise Refused("scheme", "The URL must begin with https://.")
    if port not in _PUBLIC_PORTS:
        raise Refused("port", "Only the ports 443 and 8443 are allowed.")
    if "." not in host and ":" not in host:  # such a name means something only inside somebody's network
        raise Refused("host", "The URL's host must be a full name, with a dot in it.")
