"""Whatever bytes come back, there is a Response or an Interrupted."""

import gzip
import socket
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamplighter.egress.errors import Interrupted
from lamplighter.egress.purposes import Purpose
from lamplighter.egress.response import Response, read_response
from lamplighter.egress.steps import Steps, alone
from lamplighter.egress.wire import Wire

SMALL = Purpose(seconds=5, max_bytes=1000)

FRAGMENTS = [
    b"HTTP/1.1 200 OK\r\n",
    b"HTTP/1.0 204 No Content\r\n",
    b"HTTP/1.1 100 Continue\r\n\r\n",
    b"Content-Length: 5\r\n",
    b"Content-Length: -5\r\n",
    b"Content-Length: 99999999999999999999\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"Content-Encoding: gzip\r\n",
    b"Content-Encoding: deflate\r\n",
    b"Content-Type: \xff\xfe; a=\x00\r\n",
    b" folded\r\n",
    b"\r\n",
    b"5\r\nhello\r\n",
    b"-5\r\nhello\r\n",
    b"ffffffffffffffff\r\n",
    b"0\r\n\r\n",
    b"hello",
    gzip.compress(b"x" * 100),
    gzip.compress(b"x" * 100_000),
    b"y" * 1200,
]


class _Recorded(Wire):
    """A wire on which everything has already arrived."""

    def __init__(self, data: bytes) -> None:
        super().__init__(socket.socket())
        self.close()
        self._data = data

    def answered(self) -> Steps[None]:
        yield from ()

    def receive(self) -> Steps[bytes]:
        yield from ()
        data, self._data = self._data[:50_000], self._data[50_000:]
        return data


def _read(data: bytes, purpose: Purpose) -> Response:
    return alone(read_response(_Recorded(data), "GET", purpose, "example.com"))[0]


@given(st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.binary(max_size=20)), max_size=12).map(b"".join))
def test_any_bytes_are_an_answer_or_interrupted(data: bytes) -> None:
    for prefix in (b"", b"HTTP/1.1 200 OK\r\n"):
        for purpose in (SMALL, Purpose(5, 1000, cut=True)):
            try:
                response = _read(prefix + data, purpose)
            except Interrupted:
                continue
            assert len(response.body) <= purpose.max_bytes
            assert response.truncated <= purpose.cut


def test_a_bomb_is_never_unpacked() -> None:
    packed = gzip.compress(b"\x00" * 20_000_000)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
    tracemalloc.start()
    try:
        with pytest.raises(Interrupted, match="over 100000 bytes"):
            _read(head + packed, Purpose(5, 100_000))
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()
