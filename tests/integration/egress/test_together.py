"""Many exchanges under way at once, in one thread, over real connections."""

import threading
import time
from contextlib import ExitStack

import pytest

from lamplighter import egress
from tests.integration.egress.authority import Authority
from tests.integration.egress.conftest import Allow, here
from tests.integration.egress.servers import OK, Peer, Server, answering

QUICK = egress.Purpose(seconds=1, max_bytes=20_000, cut=True)


def echo(peer: Peer) -> None:
    while request := peer.read():
        body = request.partition(b"\r\n\r\n")[2]
        peer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))


def code_of(to: egress.Destination, body: bytes = b"{}") -> egress.Steps[str]:
    """What came of one post, in a word."""
    try:
        response = yield from egress.exchange(to, "POST", body=body, purpose=QUICK)
    except (egress.NotSent, egress.Interrupted) as failed:
        return failed.code
    return str(response.status)


def test_each_gets_its_own_answer_over_a_few_connections(authority: Authority, allow: Allow) -> None:
    with Server(echo, tls=authority.server_context("hooks.example")) as server:
        allow("hooks.example", server.port)
        to = egress.destination(f"https://hooks.example:{server.port}/", resolve=here)

        def echoed(number: int) -> egress.Steps[bytes]:
            body = str(number).encode() * (number % 50 + 1)
            response = yield from egress.exchange(to, "POST", body=body, purpose=egress.API)
            return response.body

        found = egress.together((echoed(number) for number in range(400)), 8)
        egress.close_idle()
    assert found == [str(number).encode() * (number % 50 + 1) for number in range(400)]
    assert server.connections <= 8
    assert set(server.names) == {"hooks.example"}


def test_one_thread_does_it_all(allow: Allow) -> None:
    with Server(answering(OK)) as server:
        allow("127.0.0.1", server.port)
        to = egress.destination(f"http://127.0.0.1:{server.port}/")
        seen = set()

        def one() -> egress.Steps[str]:
            found = yield from code_of(to)
            seen.add(threading.get_ident())
            return found

        assert set(egress.together((one() for _ in range(50)), 16)) == {"200"}
        egress.close_idle()
    assert seen == {threading.get_ident()}


def test_what_hangs_or_fails_takes_nothing_from_the_others(allow: Allow) -> None:
    """Each has its own deadline: the silent ones end together after theirs, the others long before."""
    ended: dict[str, list[float]] = {}

    def silent(peer: Peer) -> None:
        peer.read()
        time.sleep(2)

    def dripping(peer: Peer) -> None:
        peer.read()
        while True:
            peer.write(b"x")
            time.sleep(0.05)

    scripts = {"hangs": silent, "drips": dripping, "closes": lambda _: None, "good": answering(OK)}
    with ExitStack() as stack:
        servers = {name: stack.enter_context(Server(script)) for name, script in scripts.items()}
        for server in servers.values():
            allow("127.0.0.1", server.port)
        ends = {name: egress.destination(f"http://127.0.0.1:{each.port}/") for name, each in servers.items()}
        began = time.monotonic()

        def one(name: str) -> egress.Steps[tuple[str, str]]:
            found = yield from code_of(ends[name])
            ended.setdefault(name, []).append(time.monotonic() - began)
            return name, found

        found = set(egress.together([one(name) for name in [*servers] * 4], 16))
        egress.close_idle()
    assert found == {("hangs", "timeout"), ("drips", "timeout"), ("closes", "reset"), ("good", "200")}
    assert max(ended["good"]) < 0.7
    assert 1 <= max(ended["hangs"] + ended["drips"]) < 1.9


def test_an_exchange_that_is_given_up_leaves_no_connection(allow: Allow) -> None:
    def silent(peer: Peer) -> None:
        peer.read()
        peer.read()

    with Server(silent) as server:
        allow("127.0.0.1", server.port)
        to = egress.destination(f"http://127.0.0.1:{server.port}/")

        def failing() -> egress.Steps[str]:
            raise ZeroDivisionError
            yield  # never reached: it makes this a generator

        with pytest.raises(ZeroDivisionError):
            egress.together([code_of(to), code_of(to), failing()], 3)
        assert all(server.closed.acquire(timeout=5) for _ in range(server.connections))


def test_bytes_that_nobody_asked_for_answer_nothing_over_tls_either(
    authority: Authority, allow: Allow
) -> None:
    forged = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged"

    def script(peer: Peer) -> None:
        while peer.read():
            peer.write(OK + forged)

    with Server(script, tls=authority.server_context("hooks.example")) as server:
        allow("hooks.example", server.port)
        url = f"https://hooks.example:{server.port}/"
        for _ in range(3):
            assert egress.request("GET", url, purpose=QUICK, resolve=here).body == b"ok"
