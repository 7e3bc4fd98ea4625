"""The reader of answers: one meaning for any bytes, whatever pieces they come in."""

import io
from collections.abc import Iterator
from http.client import HTTPException, HTTPResponse
from itertools import pairwise
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamplighter.egress.errors import Interrupted
from lamplighter.egress.purposes import Purpose
from lamplighter.egress.response import Response, read_response
from lamplighter.egress.steps import Steps, alone
from lamplighter.egress.wire import Wire

ANY = Purpose(seconds=5, max_bytes=1000)
OK = b"HTTP/1.1 200 OK\r\n"


class _InPieces(Wire):
    """A wire on which an answer arrives piece by piece, and then the end."""

    def __init__(self, *pieces: bytes) -> None:
        self._pieces: Iterator[bytes] = iter(pieces)

    def answered(self) -> Steps[None]:
        yield from ()

    def receive(self) -> Steps[bytes]:
        yield from ()
        return next(self._pieces, b"")


def read(*pieces: bytes, method: str = "GET", purpose: Purpose = ANY) -> tuple[Response, bool]:
    return alone(read_response(_InPieces(*pieces), method, purpose, "example.com"))


def code_of(*pieces: bytes) -> str:
    with pytest.raises(Interrupted) as stopped:
        read(*pieces)
    return stopped.value.code


COMPLETE = [
    OK + b"Content-Length: 5\r\nX: 1\r\nx: 2\r\n\r\nhello",
    OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;a=b\r\nllo\r\n0\r\nTrailer: x\r\n\r\n",
    b"HTTP/1.1 100 Continue\r\n\r\n" + OK + b"Content-Length: 0\r\n\r\n",
    b"HTTP/1.1 204 No Content\r\n\r\n",
    b"HTTP/1.0 200 OK\r\n\r\nto the end",
    b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok",
]


@given(st.sampled_from(COMPLETE), st.sets(st.integers(1, 100)))
def test_the_pieces_an_answer_comes_in_mean_nothing(data: bytes, cuts: set[int]) -> None:
    places = [0, *sorted(cut for cut in cuts if cut < len(data)), len(data)]
    pieces = [data[a:b] for a, b in pairwise(places)]
    whole, pieced = read(data), read(*pieces)
    assert (whole[0].headers, whole[0].body) == (pieced[0].headers, pieced[0].body)
    assert whole == pieced


HEADERS = st.lists(
    st.sampled_from(
        [
            *("Content-Type: a/b", "X-A: 1", "x-a: 2", "X-Empty:", "X-Colon: a:b", "X-Tab:\tz\t"),
            *(
                "Connection: close",
                "Connection: keep-alive",
                "Content-Length: 5",
                "Transfer-Encoding: chunked",
            ),
        ]
    ),
    max_size=6,
    unique=True,
)
BODIES = st.sampled_from([b"", b"hello", b"5\r\nhello\r\n0\r\n\r\n", b"hello" * 50, b"5;x\r\nhel"])


class _Socket:
    def __init__(self, data: bytes) -> None:
        self._data = data

    def makefile(self, _mode: str) -> io.BytesIO:
        return io.BytesIO(self._data)


@given(st.sampled_from([200, 204, 304, 404, 503]), HEADERS, BODIES, st.sampled_from(["GET", "HEAD", "POST"]))
def test_what_the_standard_library_reads_is_read_the_same(
    status: int, lines: list[str], body: bytes, method: str
) -> None:
    data = "\r\n".join([f"HTTP/1.1 {status} Said", *lines, "", ""]).encode() + body
    other = HTTPResponse(cast("object", _Socket(data)), method=method)  # type: ignore[arg-type]
    try:
        other.begin()
        theirs = other.read()
    except HTTPException:
        return
    if status in {204, 304} and "Transfer-Encoding: chunked" in lines:
        theirs = b""  # of which it reads chunks, against RFC 9112, 6.3
    ours, _ = read(data, method=method)
    assert (ours.status, ours.body) == (other.status, theirs)
    assert set(ours.headers) == {name.lower() for name in other.headers}


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: 5\r\nContent-Length: 6\r\n",
        b"Content-Length: 5, 6\r\n",
        b"Content-Length: -5\r\n",
        b"Content-Length: +5\r\n",
        b"Content-Length: 0x5\r\n",
        b"Content-Length: 5 5\r\n",
        b"Content-Length:\r\n",
        b"Content-Length: \xb2\r\n",
        b"Transfer-Encoding: gzip, chunked\r\n",
        b"Transfer-Encoding: chunked, identity\r\n",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: xchunked\r\n",
        b"X: y\r\n" * 101,
    ],
)
def test_a_frame_that_two_readers_would_see_differently_is_unreadable(head: bytes) -> None:
    assert code_of(OK + head + b"\r\nhello") == "unreadable"


@pytest.mark.parametrize(
    "size", [b"", b"-1", b"+5", b"0x5", b"5 5", b"5_0", b" 5", b"f" * 16, b"\xb2", b"5" + b";" * 9000]
)
def test_a_chunk_s_size_is_a_hexadecimal_number(size: bytes) -> None:
    answer = OK + b"Transfer-Encoding: chunked\r\n\r\n" + size + b"\r\nhello\r\n0\r\n\r\n"
    assert code_of(answer) == "unreadable"


@pytest.mark.parametrize(
    "line",
    [
        *(b"HTTP/1.1 20 OK", b"HTTP/1.1 2000 OK", b"HTTP/1.2 200 OK", b"HTTP/1.1 099 OK", b"http/1.1 200"),
        *(b"HTTP/1.1 101 Switching", b"HTTP/1.1 199 x", b"HTTP/1.1 200OK", b" HTTP/1.1 200 OK", b"ICY 200"),
    ],
)
def test_a_status_line_is_one(line: bytes) -> None:
    assert code_of(line + b"\r\nContent-Length: 0\r\n\r\n") == "unreadable"


def test_a_length_beyond_all_measure_is_too_large() -> None:
    assert code_of(OK + b"Content-Length: " + b"9" * 30 + b"\r\n\r\n") == "too_large"


def test_both_frames_at_once_end_the_connection() -> None:
    both = OK + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
    response, reusable = read(both)
    assert (response.body, reusable) == (b"hello", False)


@pytest.mark.parametrize(
    ("answer", "kept"),
    [
        (OK + b"Content-Length: 2\r\n\r\nok", True),
        (OK + b"Content-Length: 2, 2\r\n\r\nok", True),
        (OK + b"Content-Length: 2\r\n\r\nok!", False),
        (OK + b"Content-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n\r\n", False),
        (OK + b"Connection: Keep-Alive, Close\r\nContent-Length: 2\r\n\r\nok", False),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", False),
        (OK + b"\r\nok", False),
    ],
)
def test_a_connection_is_kept_where_nothing_is_in_doubt(answer: bytes, kept: bool) -> None:
    response, reusable = read(answer)
    assert (response.body[:2], reusable) == (b"ok", kept)


def test_lines_that_are_no_headers_hide_nothing() -> None:
    odd = (
        OK
        + b"No colon\r\n folded\r\nX Y: 1\r\nContent-Length : 9\r\nA: 1\r\n  2\r\nContent-Length: 2\r\n\r\nok"
    )
    response, _ = read(odd)
    assert response.headers == {"a": "1 2", "content-length": "2"}
