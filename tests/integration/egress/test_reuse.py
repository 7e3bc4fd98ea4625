"""Connections kept between requests: fewer handshakes, never a wrong or a dead one."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address

import pytest

from lamplighter import egress
from lamplighter.egress import pool
from lamplighter.egress.deadline import Deadline
from lamplighter.egress.pool import Pool
from lamplighter.egress.targets import target_of
from lamplighter.egress.wire import connect
from tests.integration.egress.authority import Authority
from tests.integration.egress.conftest import Allow, here
from tests.integration.egress.servers import OK, Peer, Server, answering, once

QUICK = egress.Purpose(seconds=5, max_bytes=1000)


def test_a_second_request_takes_the_same_connection(authority: Authority, allow: Allow) -> None:
    with Server(answering(OK), tls=authority.server_context("hooks.example")) as server:
        allow("hooks.example", server.port)
        for _ in range(3):
            egress.request("GET", f"https://hooks.example:{server.port}/", purpose=QUICK, resolve=here)
        egress.close_idle()
    assert server.connections == 1
    assert len(server.requests) == 3


def test_another_name_on_the_same_address_gets_a_connection_of_its_own(allow: Allow) -> None:
    with Server(answering(OK)) as server:
        for name in ("one.example", "two.example", "one.example"):
            allow(name, server.port)
            egress.request("GET", f"http://{name}:{server.port}/", purpose=QUICK, resolve=here)
        egress.close_idle()
    assert server.connections == 2


def test_a_name_that_moved_is_followed(allow: Allow) -> None:
    found = [ip_address("127.0.0.1"), ip_address("127.0.0.2")]
    with Server(answering(OK)) as old, Server(answering(OK), address="127.0.0.2", port=old.port) as new:
        allow("hooks.example", old.port)
        url = f"http://hooks.example:{old.port}/"
        for _ in range(2):
            egress.request("GET", url, purpose=QUICK, resolve=lambda _host: [found.pop(0)])
        egress.close_idle()
    assert (len(old.requests), len(new.requests)) == (1, 1)


def test_a_connection_that_its_server_closed_is_not_used_again(allow: Allow) -> None:
    with Server(once(OK)) as server:
        allow("127.0.0.1", server.port)
        for _ in range(3):
            response = egress.request("POST", f"http://127.0.0.1:{server.port}/", body=b"x", purpose=QUICK)
            assert response.body == b"ok"
            assert server.closed.acquire(timeout=5)
    assert server.connections == 3


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok",
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n" + b"x" * 2000,
    ],
    ids=["close", "HTTP/1.0", "cut"],
)
def test_a_connection_in_doubt_is_given_up(allow: Allow, answer: bytes) -> None:
    cutting = egress.Purpose(seconds=5, max_bytes=1000, cut=True)
    with Server(answering(answer)) as server:
        allow("127.0.0.1", server.port)
        for _ in range(2):
            egress.request("GET", f"http://127.0.0.1:{server.port}/", purpose=cutting)
    assert server.connections == 2


def test_bytes_that_nobody_asked_for_answer_nothing(allow: Allow) -> None:
    forged = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged"

    def script(peer: Peer) -> None:
        while peer.read():
            peer.write(OK + forged)

    with Server(script) as server:
        allow("127.0.0.1", server.port)
        for _ in range(3):
            response = egress.request("GET", f"http://127.0.0.1:{server.port}/", purpose=QUICK)
            assert response.body == b"ok"


def test_a_lost_answer_on_a_kept_connection_is_interrupted_and_never_repeated(allow: Allow) -> None:
    def dropping(peer: Peer) -> None:
        peer.read()
        peer.write(OK)
        peer.read()

    with Server(dropping) as server:
        allow("127.0.0.1", server.port)
        url = f"http://127.0.0.1:{server.port}/"
        egress.request("POST", url, body=b"1", purpose=QUICK)
        with pytest.raises(egress.Interrupted):
            egress.request("POST", url, body=b"2", purpose=QUICK)
    assert server.connections == 1
    assert len(server.requests) == 2


def test_threads_never_share_a_connection(allow: Allow) -> None:
    def echo(peer: Peer) -> None:
        while request := peer.read():
            body = request.partition(b"\r\n\r\n")[2]
            peer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))

    with Server(echo) as server, ThreadPoolExecutor(8) as threads:
        allow("127.0.0.1", server.port)
        url = f"http://127.0.0.1:{server.port}/"

        def echoed(number: int) -> bool:
            body = str(number).encode() * (number % 50 + 1)
            return egress.request("POST", url, body=body, purpose=QUICK).body == body

        assert all(threads.map(echoed, range(400)))
        egress.close_idle()
    assert server.connections <= 8


@pytest.fixture
def small_pool() -> Iterator[Pool]:
    kept = Pool(limit=2)
    yield kept
    kept.close()


def test_the_number_of_idle_connections_is_bounded_and_so_is_their_age(
    small_pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Server(answering(OK)) as server:
        target = target_of(f"http://127.0.0.1:{server.port}/", {("127.0.0.1", server.port)})
        address = ip_address("127.0.0.1")
        wires = [egress.alone(connect(target, [address], Deadline.after(5)))[1] for _ in range(3)]
        for number, wire in enumerate(wires):
            small_pool.give(("http", f"{number}.example", 80, address), wire)
        assert small_pool.take(("http", "0.example", 80, address)) is None
        assert small_pool.take(("http", "1.example", 80, address)) is wires[1]
        monkeypatch.setattr(pool, "IDLE_SECONDS", 0)
        assert small_pool.take(("http", "2.example", 80, address)) is None
        wires[1].close()
