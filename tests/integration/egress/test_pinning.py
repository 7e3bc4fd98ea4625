"""The address that was checked is the one connected to, and the name is the one that is verified."""

import socket
import ssl
from collections.abc import Callable
from contextlib import ExitStack
from ipaddress import ip_address

import pytest

from lamplighter import egress
from lamplighter.egress import wire
from lamplighter.egress.addresses import Address
from tests.integration.egress.authority import Authority
from tests.integration.egress.conftest import Allow, here
from tests.integration.egress.servers import OK, Peer, Server, answering, once

API = egress.API


def test_sni_host_and_certificate_are_the_name_s_on_a_pinned_address(
    authority: Authority, allow: Allow
) -> None:
    with Server(answering(OK), tls=authority.server_context("hooks.example")) as server:
        allow("hooks.example", server.port)
        url = f"https://Hooks.example.:{server.port}/a?b=c"
        response = egress.request("GET", url, purpose=API, resolve=here)
    assert response.status == 200
    assert response.body == b"ok"
    assert server.names == ["hooks.example"]
    lines = server.requests[0].decode().split("\r\n")
    assert lines[0] == "GET /a?b=c HTTP/1.1"
    assert f"Host: hooks.example:{server.port}" in lines


@pytest.mark.parametrize(
    ("context", "said"),
    [
        (lambda trusted, _: trusted.server_context("other.example"), "not valid for 'hooks.example'"),
        (lambda trusted, _: trusted.server_context("hooks.example", days=-1), "expired"),
        (
            lambda _, stranger: stranger.server_context("hooks.example"),
            "unable to get local issuer certificate",
        ),
    ],
    ids=["another name", "expired", "unknown authority"],
)
def test_a_wrong_certificate_stops_the_request_before_its_first_byte(
    authority: Authority,
    stranger: Authority,
    allow: Allow,
    context: Callable[[Authority, Authority], ssl.SSLContext],
    said: str,
) -> None:
    with Server(answering(OK), tls=context(authority, stranger)) as server:
        allow("hooks.example", server.port)
        with pytest.raises(egress.NotSent) as not_sent:
            egress.request(
                "POST", f"https://hooks.example:{server.port}/", body=b"x", purpose=API, resolve=here
            )
    assert not_sent.value.code == "tls"
    assert said in not_sent.value.reason
    assert server.connections == 1
    assert server.requests == []


def test_the_name_is_resolved_once_for_each_request(allow: Allow) -> None:
    """Rebinding: the second answer is another address, and it is never asked for."""
    answers = [ip_address("127.0.0.2"), ip_address("127.0.0.1")]

    def rebinding(_host: str) -> list[Address]:
        return [answers.pop(0)]

    with Server(answering(OK), address="127.0.0.2") as meant, Server(answering(OK), port=meant.port) as other:
        allow("hooks.example", meant.port)
        egress.request("GET", f"http://hooks.example:{meant.port}/", purpose=API, resolve=rebinding)
    assert (meant.connections, other.connections) == (1, 0)
    assert answers == [ip_address("127.0.0.1")]


def test_what_was_public_when_it_was_typed_in_is_checked_again_when_called() -> None:
    answers = [ip_address("1.1.1.1"), ip_address("127.0.0.1")]

    def rebinding(_host: str) -> list[Address]:
        return [answers.pop(0)]

    egress.check("https://hooks.example/", resolve=rebinding)
    with pytest.raises(egress.Refused, match="not public"):
        egress.request("GET", "https://hooks.example/", purpose=API, resolve=rebinding)


@pytest.mark.parametrize(
    "call", [egress.check, lambda url, **given: egress.request("GET", url, purpose=API, **given)]
)
def test_checking_and_calling_refuse_the_same(call: Callable[..., object]) -> None:
    for url in (
        "http://hooks.example/",
        "https://hooks.example:22/",
        "https://10.0.0.1/",
        "https://hooks.example/",
    ):
        with pytest.raises(egress.Refused):
            call(url, resolve=here)


def test_a_server_that_is_not_on_the_list_sees_no_connection(authority: Authority, allow: Allow) -> None:
    with Server(answering(OK), tls=authority.server_context("hooks.example")) as server:
        allow("other.example", server.port)
        with pytest.raises(egress.Refused):
            egress.request("GET", f"https://hooks.example:{server.port}/", purpose=API, resolve=here)
    assert server.connections == 0


def test_a_redirect_is_an_answer_and_is_not_followed(allow: Allow) -> None:
    redirect = b"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n"
    with Server(answering(redirect)) as server:
        allow("127.0.0.1", server.port)
        response = egress.request("GET", f"http://127.0.0.1:{server.port}/", purpose=API)
    assert response.status == 302
    assert response.headers["location"] == "http://169.254.169.254/"
    assert len(server.requests) == 1


def test_proxies_of_the_environment_are_not_used(allow: Allow, monkeypatch: pytest.MonkeyPatch) -> None:
    with Server(answering(OK)) as server, Server(answering(OK)) as proxy:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
            monkeypatch.setenv(name.lower(), f"http://127.0.0.1:{proxy.port}")
        allow("127.0.0.1", server.port)
        egress.request("GET", f"http://127.0.0.1:{server.port}/", purpose=API)
    assert (server.connections, proxy.connections) == (1, 0)


def test_lambda_refuses_the_allow_list_at_first_use(allow: Allow, monkeypatch: pytest.MonkeyPatch) -> None:
    allow("127.0.0.1", 1)
    monkeypatch.setenv("AWS_EXECUTION_ENV", "AWS_Lambda_python3.13")
    with pytest.raises(RuntimeError, match="EGRESS_ALLOW"):
        egress.request("GET", "https://example.com/", purpose=API)


def _has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


def _closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def test_a_refused_connection_is_not_sent(allow: Allow) -> None:
    port = _closed_port()
    allow("127.0.0.1", port)
    with pytest.raises(egress.NotSent) as not_sent:
        egress.request("POST", f"http://127.0.0.1:{port}/?token=secret", body=b"secret", purpose=API)
    assert not_sent.value.code == "connect"
    assert "secret" not in str(not_sent.value)


def test_a_name_s_next_address_is_tried_when_the_first_takes_no_connection(allow: Allow) -> None:
    with Server(once(OK), address="127.0.0.2") as server:
        allow("hooks.example", server.port)
        url = f"http://hooks.example:{server.port}/"
        both = [ip_address("127.0.0.1"), ip_address("127.0.0.2")]
        response = egress.request("GET", url, purpose=API, resolve=lambda _host: both)
    assert response.body == b"ok"


def test_an_address_that_swallows_packets_leaves_time_for_the_next(
    allow: Allow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "CONNECT_SECONDS", 1.0)
    with ExitStack() as stack:
        full = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        waiting = stack.enter_context(
            socket.create_connection(full.getsockname())
        )  # nobody will ever accept it
        port = waiting.getpeername()[1]
        stack.enter_context(Server(once(OK), address="127.0.0.2", port=port))
        allow("hooks.example", port)
        both = [ip_address("127.0.0.1"), ip_address("127.0.0.2")]
        url = f"http://hooks.example:{port}/"
        assert egress.request("GET", url, purpose=API, resolve=lambda _host: both).body == b"ok"


@pytest.mark.skipif(not _has_ipv6(), reason="this machine has no IPv6 loopback")
def test_an_ipv6_address_of_the_url_is_reached(allow: Allow) -> None:
    with Server(once(OK), address="::1") as server:
        allow("[::1]", server.port)
        response = egress.request("GET", f"http://[0:0::1]:{server.port}/", purpose=API)
    assert response.body == b"ok"
    assert f"Host: [::1]:{server.port}\r\n".encode() in server.requests[0]


def test_a_handshake_that_never_ends_is_not_sent(allow: Allow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "CONNECT_SECONDS", 0.2)

    def silent(peer: Peer) -> None:
        while peer.sock.recv(1000):
            pass

    with Server(silent) as server:
        allow("hooks.example", server.port)
        with pytest.raises(egress.NotSent) as not_sent:
            egress.request("GET", f"https://hooks.example:{server.port}/", purpose=API, resolve=here)
    assert not_sent.value.code == "tls"


def test_plain_http_on_the_other_side_is_not_sent(allow: Allow) -> None:
    with Server(lambda peer: peer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as server:
        allow("hooks.example", server.port)
        with pytest.raises(egress.NotSent):
            egress.request("GET", f"https://hooks.example:{server.port}/", purpose=API, resolve=here)
