"""Which addresses are public: the networks that outgoing requests never reach, each with its source."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

type Address = IPv4Address | IPv6Address

# (network, what it is, source): IANA's registries of special-purpose addresses, and what clouds add to them.
# `ipaddress.is_global` is no substitute: it lets pass NAT64, IPv4-compatible, site-local and multicast ones.
_DENIED_V4 = (
    ("0.0.0.0/8", "this network", "RFC 791 section 3.2"),
    ("10.0.0.0/8", "private use", "RFC 1918"),
    ("100.64.0.0/10", "shared by carriers (CGNAT), also Alibaba's metadata", "RFC 6598"),
    ("127.0.0.0/8", "loopback", "RFC 1122 section 3.2.1.3"),
    (
        "168.63.129.16/32",
        "Azure's platform address",
        "learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16",
    ),
    ("169.254.0.0/16", "link-local, also the clouds' metadata", "RFC 3927"),
    ("172.16.0.0/12", "private use", "RFC 1918"),
    ("192.0.0.0/24", "protocol assignments, also Oracle's metadata", "RFC 6890 section 2.1"),
    ("192.0.2.0/24", "documentation", "RFC 5737"),
    ("192.88.99.0/24", "6to4 relays, withdrawn", "RFC 7526"),
    ("192.168.0.0/16", "private use", "RFC 1918"),
    ("198.18.0.0/15", "benchmarking", "RFC 2544"),
    ("198.51.100.0/24", "documentation", "RFC 5737"),
    ("203.0.113.0/24", "documentation", "RFC 5737"),
    ("224.0.0.0/4", "multicast", "RFC 5771"),
    ("240.0.0.0/4", "reserved and broadcast", "RFC 1112 section 4, RFC 919"),
)

_DENIED_V6 = (
    ("::/128", "unspecified", "RFC 4291 section 2.5.2"),
    ("::1/128", "loopback", "RFC 4291 section 2.5.3"),
    ("::/96", "IPv4-compatible, withdrawn", "RFC 4291 section 2.5.5.1"),
    ("::ffff:0:0/96", "IPv4-mapped", "RFC 4291 section 2.5.5.2"),
    ("::ffff:0:0:0/96", "IPv4-translated", "RFC 2765 section 2.1"),
    ("64:ff9b::/96", "NAT64: an IPv4 address inside", "RFC 6052 section 2.1"),
    ("64:ff9b:1::/48", "NAT64 of one's own: an IPv4 address inside", "RFC 8215"),
    ("100::/64", "discarded", "RFC 6666"),
    ("2001::/32", "Teredo: an IPv4 address inside", "RFC 4380 section 2.6"),
    ("2001::/23", "protocol assignments, among them benchmarking and ORCHID", "RFC 2928"),
    ("2001:db8::/32", "documentation", "RFC 3849"),
    ("2002::/16", "6to4: an IPv4 address inside", "RFC 3056"),
    ("3ffe::/16", "the 6bone's, returned", "RFC 3701"),
    ("3fff::/20", "documentation", "RFC 9637"),
    ("5f00::/16", "segment routing", "RFC 9602"),
    ("fc00::/7", "private use, also the clouds' metadata", "RFC 4193"),
    ("fe80::/10", "link-local", "RFC 4291 section 2.5.6"),
    ("fec0::/10", "site-local, withdrawn", "RFC 3879"),
    ("ff00::/8", "multicast", "RFC 4291 section 2.7"),
)

# All global unicast addresses so far come from here (RFC 3587, IANA's registry of their assignments), so what
# lies outside is refused without having to be known.
_GLOBAL_V6 = IPv6Network("2000::/3")


# The narrower ones stand first, so that the first match names the reason.
DENIED: tuple[tuple[IPv4Network | IPv6Network, str], ...] = tuple(
    (ip_network(network), title) for network, title, _ in (*_DENIED_V4, *_DENIED_V6)
)


def refusal(address: Address) -> str | None:
    """Why nothing may be sent to this address, in a few words; None where it is public."""
    for network, title in DENIED:
        if address.version == network.version and address in network:
            return title
    if isinstance(address, IPv6Address) and (address.scope_id is not None or address not in _GLOBAL_V6):
        return "not assigned to anybody"
    return None
