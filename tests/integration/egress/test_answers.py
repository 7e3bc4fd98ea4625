"""Answers of every kind: what is read, and what is called Interrupted."""

import gzip
import socket
import struct
import traceback
import zlib

import pytest

from lamplighter import egress
from tests.integration.egress.conftest import Allow
from tests.integration.egress.exchanges import QUICK, chunked, interrupted, post, with_body
from tests.integration.egress.servers import OK, Peer, Script, Server, answering, once


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
    response = post(once(with_body(b"{}", b"X-A: 1", b"x-a: 2", b"Content-Type: application/json")), allow)
    assert response.headers["x-a"] == "1, 2"
    assert response.json() == {}
    assert "application" not in repr(response)


@pytest.mark.parametrize(
    "body", [b"", b"no json", b"[" * 50_000, b"\xff"], ids=["nothing", "text", "deep", "no text"]
)
def test_what_is_no_json_is_a_value_error(allow: Allow, body: bytes) -> None:
    with pytest.raises(ValueError, match=r"line|surrogates|utf-8|recursion|str"):
        post(once(with_body(body)), allow).json()


@pytest.mark.parametrize(
    "answer",
    [
        with_body(b"hello"),
        chunked(b"he", b"llo", b""),
        b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello",
        b"HTTP/1.0 200 OK\r\n\r\nhello",
        b"HTTP/1.1 100 Continue\r\n\r\n" + with_body(b"hello"),
        with_body(gzip.compress(b"hello"), b"Content-Encoding: gzip"),
        with_body(zlib.compress(b"hello"), b"Content-Encoding: deflate"),
        with_body(b"hello", b"Content-Encoding: identity"),
    ],
    ids=["length", "chunked", "until closed", "HTTP/1.0", "continue", "gzip", "deflate", "identity"],
)
def test_a_body_arrives_however_it_is_framed(allow: Allow, answer: bytes) -> None:
    assert post(once(answer), allow).body == b"hello"


def test_a_connection_that_is_reset_during_the_request_is_interrupted(allow: Allow) -> None:
    def refusing(peer: Peer) -> None:
        peer.sock.recv(10)
        peer.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    with pytest.raises(egress.Interrupted, match="during the request"):
        post(refusing, allow, egress.API, b"x" * 20_000_000)


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
        once(chunked(b"hello")),
        once(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nhello"),
    ],
    ids=["reset", "closed", "short of its length", "chunks without end", "cut chunk"],
)
def test_a_lost_answer_is_interrupted(allow: Allow, script: Script) -> None:
    assert interrupted(script, allow) == "reset"


@pytest.mark.parametrize(
    "answer",
    [
        b"secret\r\n\r\n",
        b"HTTP/1.1 secret\r\n\r\n",
        b"HTTP/2.0 200 OK\r\n\r\n",
        b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + OK,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nsecret\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\nsecret",
        with_body(b"secret", b"Content-Encoding: gzip"),
        with_body(gzip.compress(b"secret" * 100)[:-12], b"Content-Encoding: gzip"),
        with_body(gzip.compress(b"a") + gzip.compress(b"b"), b"Content-Encoding: gzip"),
        with_body(b"secret", b"Content-Encoding: br"),
        with_body(gzip.compress(gzip.compress(b"secret")), b"Content-Encoding: gzip, gzip"),
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
    with pytest.raises(egress.Interrupted) as stopped:
        post(once(answer), allow)
    assert stopped.value.code in {"unreadable", "reset"}
    lines = traceback.format_exception(stopped.value)
    assert not any("secret" in line for line in lines if "/tests/" not in line)


def test_a_webhook_s_long_answer_is_cut_and_its_status_counts(allow: Allow) -> None:
    for answer in (with_body(b"x" * 100_000), chunked(b"x" * 100_000, b"")):
        response = post(once(answer), allow, egress.WEBHOOK)
        assert (response.status, len(response.body), response.truncated) == (200, 20_000, True)
    packed = gzip.compress(b"hello")
    response = post(once(with_body(packed, b"Content-Encoding: gzip")), allow, egress.WEBHOOK)
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
