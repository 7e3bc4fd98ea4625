"""Answers of every kind: what is read, what is bounded, and what is called Interrupted."""

import gzip
import socket
import struct
import threading
import time
import traceback
import zlib

import pytest

from lamplighter import egress
from tests.integration.egress.conftest import Allow
from tests.integration.egress.servers import OK, Peer, Script, Server, answering, dripping, flooding, once

QUICK = egress.Purpose(seconds=0.5, max_bytes=100_000)


def _post(
    script: Script, allow: Allow, purpose: egress.Purpose = QUICK, body: bytes = b"{}"
) -> egress.Response:
    with Server(script) as server:
        allow("127.0.0.1", server.port)
        try:
            url = f"http://127.0.0.1:{server.port}/secret?token=secret"
            headers = {"Authorization": "Bearer secret"}
            return egress.request("POST", url, headers=headers, body=body, purpose=purpose)
        finally:
            egress.close_idle()


def _interrupted(script: Script, allow: Allow, purpose: egress.Purpose = QUICK, body: bytes = b"{}") -> str:
    began = time.monotonic()
    with pytest.raises(egress.Interrupted) as interrupted:
        _post(script, allow, purpose, body)
    assert time.monotonic() - began < purpose.seconds + 1
    assert "secret" not in interrupted.value.reason
    return interrupted.value.code


def _with_body(body: bytes, *lines: bytes) -> bytes:
    head = b"\r\n".join([b"HTTP/1.1 200 OK", b"Content-Length: %d" % len(body), *lines])
    return head + b"\r\n\r\n" + body


def _chunked(*chunks: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"".join(
        b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks
    )


def test_the_request_goes_out_as_given(allow: Allow) -> None:
    with Server(answering(OK)) as server:
        allow("127.0.0.1", server.port)
        url = f"http://127.0.0.1:{server.port}/x"
        egress.request(
            "POST", url, headers={"X-One": "1", "User-Agent": "mine"}, body=b"\x00\xff", purpose=QUICK
        )
        egress.request("DELETE", url, purpose=QUICK)
        egress.request("POST", url, purpose=QUICK)
    posted, deleted, empty = server.requests
    authority = f"127.0.0.1:{server.port}".encode()
    assert posted == (
        b"POST /x HTTP/1.1\r\nHost: %b\r\nAccept-Encoding: identity\r\nContent-Length: 2\r\n"
        b"X-One: 1\r\nUser-Agent: mine\r\n\r\n\x00\xff" % authority
    )
    assert deleted == (
        b"DELETE /x HTTP/1.1\r\nHost: %b\r\nAccept-Encoding: identity\r\nUser-Agent: Lamplighter\r\n\r\n"
        % authority
    )
    assert b"Content-Length: 0\r\n" in empty


def test_a_large_body_is_sent_whole(allow: Allow) -> None:
    body = bytes(range(256)) * 20_000
    with Server(answering(OK)) as server:
        allow("127.0.0.1", server.port)
        egress.request("PUT", f"http://127.0.0.1:{server.port}/", body=body, purpose=egress.MEDIA)
    assert server.requests[0].endswith(b"\r\n\r\n" + body)


def test_headers_are_found_in_lower_case_and_joined(allow: Allow) -> None:
    response = _post(once(_with_body(b"{}", b"X-A: 1", b"x-a: 2", b"Content-Type: application/json")), allow)
    assert response.headers["x-a"] == "1, 2"
    assert response.json() == {}
    assert "application" not in repr(response)


@pytest.mark.parametrize(
    "body", [b"", b"no json", b"[" * 50_000, b"\xff"], ids=["nothing", "text", "deep", "no text"]
)
def test_what_is_no_json_is_a_value_error(allow: Allow, body: bytes) -> None:
    with pytest.raises(ValueError, match=r"line|surrogates|utf-8|recursion|str"):
        _post(once(_with_body(body)), allow).json()


@pytest.mark.parametrize(
    "answer",
    [
        _with_body(b"hello"),
        _chunked(b"he", b"llo", b""),
        b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello",
        b"HTTP/1.0 200 OK\r\n\r\nhello",
        b"HTTP/1.1 100 Continue\r\n\r\n" + _with_body(b"hello"),
        _with_body(gzip.compress(b"hello"), b"Content-Encoding: gzip"),
        _with_body(zlib.compress(b"hello"), b"Content-Encoding: deflate"),
        _with_body(b"hello", b"Content-Encoding: identity"),
    ],
    ids=["length", "chunked", "until closed", "HTTP/1.0", "continue", "gzip", "deflate", "identity"],
)
def test_a_body_arrives_however_it_is_framed(allow: Allow, answer: bytes) -> None:
    assert _post(once(answer), allow).body == b"hello"


def test_a_body_of_exactly_the_limit_arrives(allow: Allow) -> None:
    body = b"x" * QUICK.max_bytes
    assert _post(once(_with_body(body)), allow).body == body
    assert _post(once(_with_body(gzip.compress(body), b"Content-Encoding: gzip")), allow).body == body


@pytest.mark.parametrize(
    "script",
    [
        once(_with_body(b"x" * 100_001)),
        once(_chunked(b"x" * 60_000, b"x" * 60_000, b"")),
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
        once(_with_body(gzip.compress(b"\x00" * 50_000_000), b"Content-Encoding: gzip")),
        once(_with_body(zlib.compress(b"\x00" * 50_000_000), b"Content-Encoding: deflate")),
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
    assert _interrupted(script, allow, purpose) == "too_large"


def test_endless_headers_are_not_taken_in(allow: Allow) -> None:
    assert _interrupted(flooding(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n" * 1000), allow) == "unreadable"
    assert _interrupted(flooding(b"HTTP/1.1 200 OK\r\nX: ", b"y" * 65536), allow) == "unreadable"


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
    assert _interrupted(script, allow) == "timeout"


def test_a_request_that_is_not_taken_ends_with_the_time(allow: Allow) -> None:
    over = threading.Event()

    def sipping(peer: Peer) -> None:
        while not over.wait(0.05):
            peer.sock.recv(10)

    with Server(sipping) as server:
        allow("127.0.0.1", server.port)
        began = time.monotonic()
        with pytest.raises(egress.Interrupted) as interrupted:
            egress.request("POST", f"http://127.0.0.1:{server.port}/", body=b"x" * 20_000_000, purpose=QUICK)
        assert time.monotonic() - began < 1.5
        over.set()
    assert interrupted.value.code == "timeout"


def test_a_connection_that_is_reset_during_the_request_is_interrupted(allow: Allow) -> None:
    def refusing(peer: Peer) -> None:
        peer.sock.recv(10)
        peer.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    with pytest.raises(egress.Interrupted, match="during the request"):
        _post(refusing, allow, egress.API, b"x" * 20_000_000)


def _resetting(peer: Peer) -> None:
    peer.read()
    peer.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.sock.close()


@pytest.mark.parametrize(
    "script",
    [
        _resetting,
        once(b""),
        once(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello"),
        once(_chunked(b"hello")),
        once(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nhello"),
    ],
    ids=["reset", "closed", "short of its length", "chunks without end", "cut chunk"],
)
def test_a_lost_answer_is_interrupted(allow: Allow, script: Script) -> None:
    assert _interrupted(script, allow) == "reset"


@pytest.mark.parametrize(
    "answer",
    [
        b"secret\r\n\r\n",
        b"HTTP/1.1 secret\r\n\r\n",
        b"HTTP/2.0 200 OK\r\n\r\n",
        b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + OK,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nsecret\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\nsecret",
        _with_body(b"secret", b"Content-Encoding: gzip"),
        _with_body(gzip.compress(b"secret" * 100)[:-12], b"Content-Encoding: gzip"),
        _with_body(gzip.compress(b"a") + gzip.compress(b"b"), b"Content-Encoding: gzip"),
        _with_body(b"secret", b"Content-Encoding: br"),
        _with_body(gzip.compress(gzip.compress(b"secret")), b"Content-Encoding: gzip, gzip"),
    ],
    ids=[
        "no HTTP",
        "no status",
        "HTTP/2",
        "early hints",
        "no chunk size",
        "negative chunk size",
        "no gzip",
        "cut gzip",
        "two gzip members",
        "brotli",
        "gzip in gzip",
    ],
)
def test_an_unreadable_answer_is_interrupted_and_not_repeated_in_the_error(
    allow: Allow, answer: bytes
) -> None:
    with pytest.raises(egress.Interrupted) as interrupted:
        _post(once(answer), allow)
    assert interrupted.value.code in {"unreadable", "reset"}
    lines = traceback.format_exception(interrupted.value)
    assert not any("secret" in line for line in lines if "/tests/" not in line)


def test_a_webhook_s_long_answer_is_cut_and_its_status_counts(allow: Allow) -> None:
    for answer in (_with_body(b"x" * 100_000), _chunked(b"x" * 100_000, b"")):
        response = _post(once(answer), allow, egress.WEBHOOK)
        assert (response.status, len(response.body), response.truncated) == (200, 20_000, True)
    packed = gzip.compress(b"hello")
    response = _post(once(_with_body(packed, b"Content-Encoding: gzip")), allow, egress.WEBHOOK)
    assert (response.body, response.truncated) == (packed, False)


def test_answers_without_a_body_are_complete(allow: Allow) -> None:
    with Server(
        answering(
            b"HTTP/1.1 204 No Content\r\n\r\n",
            b"HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\nContent-Encoding: gzip\r\n\r\n",
        )
    ) as server:
        allow("127.0.0.1", server.port)
        url = f"http://127.0.0.1:{server.port}/"
        answers = [egress.request(method, url, purpose=QUICK) for method in ("GET", "GET", "HEAD")]
    assert [(answer.status, answer.body) for answer in answers] == [(204, b""), (304, b""), (200, b"")]
    assert server.connections == 1


@pytest.mark.parametrize("value", ["secret\r\nX: y", "secret\n", "s\u00e9cret", "secret\x00", "secret\x7f"])
def test_a_header_value_that_would_break_the_request_is_refused_unspoken(value: str) -> None:
    with pytest.raises(egress.Refused) as refused:
        egress.request("GET", "https://1.1.1.1/", headers={"Authorization": value}, purpose=QUICK)
    assert refused.value.code == "header"
    assert "cret" not in refused.value.reason


@pytest.mark.parametrize(
    "name", ["Host", "content-length", "Transfer-Encoding", "Connection", "X Y", "", "X\r\nY"]
)
def test_the_caller_does_not_frame_the_request(name: str) -> None:
    with pytest.raises(ValueError, match="header"):
        egress.request("GET", "https://1.1.1.1/", headers={name: "x"}, purpose=QUICK)
    with pytest.raises(ValueError, match="method"):
        egress.request("GET / HTTP/1.1", "https://1.1.1.1/", purpose=QUICK)
