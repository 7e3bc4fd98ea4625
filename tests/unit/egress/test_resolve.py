"""Names and the addresses they have at this moment."""

import threading
from ipaddress import ip_address

import pytest

from lamplighter.egress import resolve
from lamplighter.egress.addresses import Address
from lamplighter.egress.deadline import Deadline
from lamplighter.egress.errors import NotSent, Refused
from lamplighter.egress.resolve import checked_addresses, system_addresses
from lamplighter.egress.targets import target_of

EXAMPLE = target_of("https://example.com/")


def _answering(*addresses: str) -> resolve.Resolve:
    return lambda _host: [ip_address(address) for address in addresses]


def _checked(*addresses: str) -> list[str]:
    return [str(found) for found in checked_addresses(EXAMPLE, _answering(*addresses), Deadline.after(5))]


def test_public_addresses_are_kept_in_their_order() -> None:
    assert _checked("2606:4700::1", "1.1.1.1", "8.8.8.8") == ["2606:4700::1", "1.1.1.1", "8.8.8.8"]


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["1.1.1.1", "10.0.0.1"],
        ["10.0.0.1", "1.1.1.1"],
        ["1.1.1.1", "8.8.8.8", "fd00::1"],
        ["2606:4700::1", "::ffff:1.1.1.1"],
    ],
)
def test_one_bad_address_refuses_the_name(addresses: list[str]) -> None:
    with pytest.raises(Refused) as refused:
        _checked(*addresses)
    assert refused.value.code == "address"
    assert not any(address in refused.value.reason for address in addresses)


def test_an_address_in_the_url_is_checked_without_asking_anybody() -> None:
    def never(_host: str) -> list[Address]:
        pytest.fail("asked")

    assert checked_addresses(target_of("https://1.1.1.1/"), never, Deadline.after(5)) == [
        ip_address("1.1.1.1")
    ]
    for url in ("https://169.254.169.254/", "https://[::1]/", "https://[::ffff:7f00:1]/", "https://0.0.0.0/"):
        with pytest.raises(Refused, match="not public"):
            checked_addresses(target_of(url), never, Deadline.after(5))


def test_an_allowed_pair_may_be_local() -> None:
    target = target_of("http://localhost:3777/", {("localhost", 3777)})
    assert checked_addresses(target, _answering("127.0.0.1"), Deadline.after(5)) == [ip_address("127.0.0.1")]


@pytest.mark.parametrize("error", [OSError("no such name"), UnicodeError("label too long")])
def test_a_name_without_addresses_is_not_sent(error: Exception) -> None:
    def failing(_host: str) -> list[Address]:
        raise error

    for lookup in (failing, _answering()):
        with pytest.raises(NotSent) as not_sent:
            checked_addresses(EXAMPLE, lookup, Deadline.after(5))
        assert not_sent.value.code == "dns"


def test_a_name_server_that_never_answers_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolve, "RESOLVE_SECONDS", 0.05)
    released = threading.Event()

    def hanging(_host: str) -> list[Address]:
        released.wait(10)
        return [ip_address("1.1.1.1")]

    try:
        with pytest.raises(NotSent, match="not resolved in time"):
            checked_addresses(EXAMPLE, hanging, Deadline.after(5))
    finally:
        released.set()


def test_the_system_s_answer_has_no_duplicates() -> None:
    found = system_addresses("localhost")
    assert len(found) == len(set(found))
    assert all(address.is_loopback for address in found)
