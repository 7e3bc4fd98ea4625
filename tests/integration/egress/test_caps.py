"""What is bounded: the bytes of an answer, and the time until it ends."""

import gzip
import threading
import time
import zlib

import pytest

from lamplighter import egress
from tests.integration.egress.conftest import Allow
from tests.integration.egress.exchanges import QUICK, chunked, interrupted, post, with_body
from tests.integration.egress.servers import Peer, Script, Server, dripping, flooding, once


def test_a_body_of_exactly_the_limit_arrives(allow: Allow) -> None:
    body = b"x" * QUICK.max_bytes
    assert post(once(with_body(body)), allow).body == body
    assert post(once(with_body(gzip.compress(body), b"Content-Encoding: gzip")), allow).body == body


@pytest.mark.parametrize(
    "script",
    [
        once(with_body(b"x" * 100_001)),
        once(chunked(b"x" * 60_000, b"x" * 60_000, b"")),
        flooding(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65536),
        flooding(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000000\r\n\r\n", b"x" * 65536),
        flooding(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"ffff\r\n" + b"x" * 65535 + b"\r\n"
        ),
        flooding(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1;" + b"y" * 1000 + b"\r\nx\r\n"
        ),
        flooding(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"Trailer: x\r\n" * 1000),
        flooding(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000),
        once(with_body(gzip.compress(b"\x00" * 50_000_000), b"Content-Encoding: gzip")),
        once(with_body(zlib.compress(b"\x00" * 50_000_000), b"Content-Encoding: deflate")),
    ],
    ids=[
        "length",
        "chunked",
        "until closed",
        "endless length",
        "endless chunks",
        "endless chunk extensions",
        "endless trailers",
        "endless continue",
        "gzip bomb",
        "deflate bomb",
    ],
)
def test_too_much_is_not_taken_in(allow: Allow, script: Script) -> None:
    purpose = egress.Purpose(seconds=10, max_bytes=100_000)
    assert interrupted(script, allow, purpose) == "too_large"


def test_endless_headers_are_not_taken_in(allow: Allow) -> None:
    assert interrupted(flooding(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n" * 1000), allow) == "unreadable"
    assert interrupted(flooding(b"HTTP/1.1 200 OK\r\nX: ", b"y" * 65536), allow) == "unreadable"


@pytest.mark.parametrize(
    "script",
    [
        dripping(b"", b"", 0.05),
        dripping(b"", b"H", 0.05),
        dripping(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n", 0.05),
        dripping(b"HTTP/1.1 200 OK\r\n\r\n", b"x", 0.05),
        dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", b"x", 0.05),
        dripping(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n", 0.05),
        dripping(b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.05),
    ],
    ids=["silent", "status line", "headers", "until closed", "length", "chunks", "continue"],
)
def test_a_slow_answer_ends_with_the_time(allow: Allow, script: Script) -> None:
    assert interrupted(script, allow) == "timeout"


def test_a_request_that_is_not_taken_ends_with_the_time(allow: Allow) -> None:
    over = threading.Event()

    def sipping(peer: Peer) -> None:
        while not over.wait(0.05):
            peer.sock.recv(10)

    with Server(sipping) as server:
        allow("127.0.0.1", server.port)
        began = time.monotonic()
        with pytest.raises(egress.Interrupted) as stopped:
            egress.request("POST", f"http://127.0.0.1:{server.port}/", body=b"x" * 20_000_000, purpose=QUICK)
        assert time.monotonic() - began < 1.5
        over.set()
    assert stopped.value.code == "timeout"
