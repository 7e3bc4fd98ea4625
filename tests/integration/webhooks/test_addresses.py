"""Where an endpoint may be: every way inside is refused as it is delivered to, and nothing is connected."""

import ssl
import warnings
from collections.abc import Callable, Iterator

import pytest

from lamplighter.postgres.models import WebhookDelivery
from tests.integration.cloud import Cloud
from tests.integration.egress import vectors
from tests.integration.egress.authority import Authority
from tests.integration.egress.conftest import authority, stranger, trust
from tests.integration.egress.internet import Internet
from tests.integration.egress.servers import OK, Server, answering
from tests.integration.webhooks.conftest import SECRET, Switchboard
from tests.integration.webhooks.receiver import Receiver

NAME = "hooks.example.com"
URL = f"https://{NAME}/hook"
LONGEST = 512

__all__ = ["authority", "stranger", "trust"]


@pytest.fixture
def internet(monkeypatch: pytest.MonkeyPatch, aws: Cloud, trust: object) -> Iterator[Internet]:
    yield from internet_of(monkeypatch, aws)


def internet_of(monkeypatch: pytest.MonkeyPatch, aws: Cloud) -> Iterator[Internet]:
    """Names and public addresses of the test's own; the local stack's AWS stays where it is."""
    made = Internet()
    made.answer(NAME, [vectors.PUBLIC])
    made.own = {(host, int(port)) for host, port in map(_host_and_port, aws.environment.values()) if port}
    with made.connected(monkeypatch):
        yield made


def _host_and_port(value: str) -> tuple[str, str]:
    host, _, port = value.removeprefix("http://").partition("/")[0].partition(":")
    return host, port if port.isdigit() else ""


def told(board: Switchboard) -> list[WebhookDelivery]:
    """What became of an event's deliveries."""
    board.happens()
    board.settle()
    return board.deliveries()


def test_no_url_that_leads_inside_is_delivered_to(board: Switchboard, internet: Internet):
    """All at once: whatever a row may hold, refused at the first attempt and for good."""
    urls = {board.endpoint(url): url for url in vectors.urls(NAME) if "\0" not in url and len(url) < LONGEST}
    assert len(urls) > 500
    internet.attempts.clear()
    wrong = [
        urls[each.webhook_id]
        for each in told(board)
        if (each.status, each.error_code, each.attempts) != ("failed", "address_refused", 1)
    ]
    assert wrong == []
    assert internet.attempts == []


@pytest.mark.parametrize("answer", vectors.MIXED_ANSWERS.values(), ids=vectors.MIXED_ANSWERS)
def test_one_address_of_the_inside_ends_the_delivery(
    board: Switchboard, internet: Internet, answer: list[str]
):
    internet.answer(NAME, answer)
    board.endpoint(URL)
    [delivery] = told(board)
    assert (delivery.status, delivery.error_code) == ("failed", "address_refused")
    assert internet.attempts == []


def test_a_name_that_moves_inside_is_refused_from_then_on(
    board: Switchboard, internet: Internet, authority: Authority
):
    """Good when it was made and when it was first told, inside at the second event."""
    receiver = Receiver()
    with Server(receiver.serve, tls=authority.server_context(NAME)) as server:
        internet.lead(vectors.PUBLIC, server.port)
        internet.answer(NAME, [vectors.PUBLIC], ["127.0.0.1"])
        internet.lead("127.0.0.1", server.port)
        board.endpoint(URL)
        board.happens()
        board.settle()
        assert len(receiver.messages) == 1
        deliveries = told(board)
    assert [(d.status, d.error_code) for d in deliveries] == [
        ("delivered", None),
        ("failed", "address_refused"),
    ]
    assert internet.attempts == [(vectors.PUBLIC, 443)]
    assert len(receiver.messages) == 1


def test_a_public_endpoint_is_told_under_its_name(
    board: Switchboard, internet: Internet, authority: Authority
):
    receiver = Receiver()
    with Server(receiver.serve, tls=authority.server_context(NAME)) as server:
        internet.lead(vectors.PUBLIC, server.port)
        board.endpoint(f"https://{NAME}:8443/hook")
        [delivery] = told(board)
    assert delivery.status == "delivered"
    [message] = receiver.messages
    assert message.is_signed_with(SECRET)
    assert message.headers["host"] == f"{NAME}:8443"
    assert server.names == [NAME]
    assert internet.attempts == [(vectors.PUBLIC, 8443)]


def test_a_redirect_to_the_inside_is_a_failure_and_not_followed(
    board: Switchboard, internet: Internet, authority: Authority
):
    there = b"HTTP/1.1 307 There\r\nLocation: https://169.254.169.254/\r\nContent-Length: 0\r\n\r\n"
    with Server(answering(there), tls=authority.server_context(NAME)) as server:
        internet.lead(vectors.PUBLIC, server.port)
        board.endpoint(URL)
        [delivery] = told(board)
    assert (delivery.status, delivery.error_code) == ("pending", "redirect")
    assert internet.attempts == [(vectors.PUBLIC, 443)]


def of_tls_1_0(trusted: Authority, _stranger: Authority) -> ssl.SSLContext:
    context = trusted.server_context(NAME)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1
    context.set_ciphers("ALL:@SECLEVEL=0")
    return context


CONTEXTS: dict[str, Callable[[Authority, Authority], ssl.SSLContext]] = {
    "another name": lambda trusted, _: trusted.server_context("other.example.com"),
    "expired": lambda trusted, _: trusted.server_context(NAME, days=-1),
    "unknown authority": lambda _, stranger: stranger.server_context(NAME),
    "self-signed": lambda trusted, _: trusted.self_signed_context(NAME),
    "TLS 1.0": of_tls_1_0,
}


@pytest.mark.parametrize("fault", CONTEXTS)
def test_bad_tls_is_tried_again_by_the_schedule(
    board: Switchboard, internet: Internet, authority: Authority, stranger: Authority, fault: str
):
    """The receiver can mend it, so it is no end; and no byte of the event has left."""
    with Server(answering(OK), tls=CONTEXTS[fault](authority, stranger)) as server:
        internet.lead(vectors.PUBLIC, server.port)
        board.endpoint(URL)
        [delivery] = told(board)
        assert (delivery.status, delivery.error_code, delivery.attempts) == ("pending", "tls", 1)
        assert server.connections == 1
        assert server.requests == []
