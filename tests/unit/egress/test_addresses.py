"""The deny list, address by address."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamplighter.egress.addresses import DENIED, refusal

DENIED_ADDRESSES = {
    # IPv4, the first and the last of each network
    "0.0.0.0": "this network",  # noqa: S104  # nothing is bound to it
    "0.255.255.255": "this network",
    "10.0.0.0": "private use",
    "10.255.255.255": "private use",
    "100.64.0.0": "shared by carriers",
    "100.100.100.200": "shared by carriers",
    "100.127.255.255": "shared by carriers",
    "127.0.0.0": "loopback",
    "127.0.0.1": "loopback",
    "127.255.255.255": "loopback",
    "168.63.129.16": "Azure",
    "169.254.0.0": "link-local",
    "169.254.169.254": "link-local",
    "169.254.170.2": "link-local",
    "169.254.255.255": "link-local",
    "172.16.0.0": "private use",
    "172.31.255.255": "private use",
    "192.0.0.0": "protocol assignments",
    "192.0.0.192": "protocol assignments",
    "192.0.0.255": "protocol assignments",
    "192.0.2.0": "documentation",
    "192.0.2.255": "documentation",
    "192.88.99.0": "6to4 relays",
    "192.88.99.255": "6to4 relays",
    "192.168.0.0": "private use",
    "192.168.255.255": "private use",
    "198.18.0.0": "benchmarking",
    "198.19.255.255": "benchmarking",
    "198.51.100.0": "documentation",
    "203.0.113.255": "documentation",
    "224.0.0.0": "multicast",
    "239.255.255.255": "multicast",
    "240.0.0.0": "reserved",
    "255.255.255.255": "reserved",
    # IPv6
    "::": "unspecified",
    "::1": "loopback",
    "::127.0.0.1": "IPv4-compatible",
    "::ffff:127.0.0.1": "IPv4-mapped",
    "::ffff:8.8.8.8": "IPv4-mapped",
    "::ffff:0:7f00:1": "IPv4-translated",
    "64:ff9b::7f00:1": "NAT64",
    "64:ff9b::808:808": "NAT64",
    "64:ff9b:1::7f00:1": "NAT64 of one's own",
    "64:ff9b:1:ffff:ffff:ffff:a00:1": "NAT64 of one's own",
    "100::1": "discarded",
    "2001::1": "Teredo",
    "2001:0:7f00:1::": "Teredo",
    "2001:2::1": "protocol assignments",
    "2001:10::1": "protocol assignments",
    "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff": "protocol assignments",
    "2001:db8::1": "documentation",
    "2002:7f00:1::": "6to4",
    "2002:a9fe:a9fe::": "6to4",
    "3ffe::1": "6bone",
    "3fff::1": "documentation",
    "5f00::1": "segment routing",
    "fc00::1": "private use",
    "fd00:ec2::254": "private use",
    "fd20:ce::254": "private use",
    "fe80::1": "link-local",
    "fe80::1%eth0": "link-local",
    "febf:ffff::1": "link-local",
    "fec0::1": "site-local",
    "ff02::1": "multicast",
    "ff0e::1": "multicast",
    # IPv6 that nobody has been given yet
    "200::1": "not assigned",
    "1fff:ffff::1": "not assigned",
    "4000::1": "not assigned",
    "e000::1": "not assigned",
    "2606:4700:4700::1111%eth0": "not assigned",
}

PUBLIC_ADDRESSES = [
    "1.1.1.1",
    "8.8.8.8",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.0",
    "168.63.129.15",
    "168.63.129.17",
    "169.253.255.255",
    "169.255.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "191.255.255.255",
    "192.0.1.0",
    "192.167.255.255",
    "192.169.0.0",
    "198.17.255.255",
    "198.20.0.0",
    "223.255.255.255",
    "2001:200::1",
    "2001:4860:4860::8888",
    "2003::1",
    "2606:4700:4700::1111",
    "2a00:1450:4001:81b::200e",
]


@pytest.mark.parametrize(("address", "reason"), DENIED_ADDRESSES.items())
def test_a_special_address_is_refused_with_its_reason(address: str, reason: str) -> None:
    assert reason in (refusal(ip_address(address)) or "passes")


@pytest.mark.parametrize("address", PUBLIC_ADDRESSES)
def test_a_public_address_passes(address: str) -> None:
    assert refusal(ip_address(address)) is None


def _members(network: IPv4Network | IPv6Network) -> st.SearchStrategy[IPv4Address | IPv6Address]:
    first, last = int(network.network_address), int(network.broadcast_address)
    kind = IPv4Address if network.version == 4 else IPv6Address
    return st.integers(first, last).map(kind)


@given(st.sampled_from([network for network, _ in DENIED]).flatmap(_members))
def test_every_member_of_a_denied_network_is_refused(address: IPv4Address | IPv6Address) -> None:
    assert refusal(address) is not None


# How an IPv4 address travels inside an IPv6 one: position of its lowest bit, and what surrounds it.
EMBEDDINGS = {
    "IPv4-compatible": lambda v4: v4,
    "IPv4-mapped": lambda v4: int(IPv6Address("::ffff:0:0")) | v4,
    "IPv4-translated": lambda v4: int(IPv6Address("::ffff:0:0:0")) | v4,
    "NAT64": lambda v4: int(IPv6Address("64:ff9b::")) | v4,
    "NAT64 of one's own": lambda v4: int(IPv6Address("64:ff9b:1::")) | v4,
    "6to4": lambda v4: int(IPv6Address("2002::")) | v4 << 80,
    "Teredo server": lambda v4: int(IPv6Address("2001::")) | v4 << 64,
    "Teredo client": lambda v4: int(IPv6Address("2001::")) | v4 ^ 0xFFFFFFFF,
}


@given(address=st.ip_addresses(v=4), embedding=st.sampled_from(sorted(EMBEDDINGS)))
def test_no_ipv4_address_gets_through_inside_an_ipv6_address(address: IPv4Address, embedding: str) -> None:
    assert refusal(IPv6Address(EMBEDDINGS[embedding](int(address)))) is not None


@given(st.ip_addresses(v=6))
def test_whatever_is_not_global_unicast_is_refused(address: IPv6Address) -> None:
    if address not in IPv6Network("2000::/3"):
        assert refusal(address) is not None
