"""Reading an answer: bounded, complete, decoded, or Interrupted."""

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPResponse, IncompleteRead
from typing import Any

import orjson

from lamplighter.egress.errors import Interrupted
from lamplighter.egress.purposes import Purpose
from lamplighter.egress.wire import TooMuch, Wire

_FIRST_FINAL_STATUS = 200
_GZIP_OR_ZLIB = zlib.MAX_WBITS | 32


@dataclass(frozen=True, slots=True)
class Response:
    """An answer, whatever its status; redirects are not followed. Its repr shows neither headers nor body."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    """Names in lower case; what came several times is joined by ", "."""
    body: bytes = field(repr=False)
    truncated: bool = False
    """The body was longer than the purpose takes and was cut there."""

    def json(self) -> Any:
        """The body as JSON; raises ValueError where it is none."""
        return orjson.loads(self.body)


def read_response(wire: Wire, method: str, purpose: Purpose, host: str) -> tuple[Response, bool]:
    """The answer to the request just sent, and whether the connection can carry another; raises Interrupted.

    Nothing of what the other side sent comes into an error's text, so causes are dropped as well.
    """
    try:
        return _read(wire, method, purpose)
    except TimeoutError:
        raise Interrupted("timeout", f"{host} did not answer within {purpose.seconds:g} s.") from None
    except TooMuch:
        raise Interrupted("too_large", f"The answer of {host} is over {purpose.max_bytes} bytes.") from None
    except (OSError, IncompleteRead):
        raise Interrupted("reset", f"{host} closed the connection before its answer was complete.") from None
    except (HTTPException, ValueError, zlib.error):
        raise Interrupted("unreadable", f"The answer of {host} cannot be read.") from None


def _read(wire: Wire, method: str, purpose: Purpose) -> tuple[Response, bool]:
    with HTTPResponse(wire, method=method) as answer:  # type: ignore[arg-type]  # it only calls makefile
        answer.begin()
        if answer.status < _FIRST_FINAL_STATUS:  # http.client takes 103 for the answer, which would follow
            raise HTTPException
        body = answer.read(purpose.max_bytes + 1)
        truncated = len(body) > purpose.max_bytes
        if truncated and not purpose.cut:
            raise TooMuch
        if not truncated and answer.length:
            raise IncompleteRead(b"")
        headers = _joined(answer.headers.items())
        if purpose.cut:
            body = body[: purpose.max_bytes]
        else:
            body = _decoded(body, headers.get("content-encoding", ""), purpose.max_bytes)
        return Response(answer.status, headers, body, truncated), not (truncated or answer.will_close)


def _joined(items: Iterable[tuple[str, str]]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in items:
        known = headers.get(name.lower())
        headers[name.lower()] = value if known is None else f"{known}, {value}"
    return headers


def _decoded(body: bytes, encoding: str, limit: int) -> bytes:
    """Identity was asked for, but some servers compress all the same. A bomb is stopped at the limit."""
    if not body or encoding.strip().lower() in ("", "identity"):
        return body
    if encoding.strip().lower() not in ("gzip", "x-gzip", "deflate"):
        raise HTTPException
    decoder = zlib.decompressobj(_GZIP_OR_ZLIB)
    text = decoder.decompress(body, limit + 1)
    if len(text) > limit:
        raise TooMuch
    if not decoder.eof or decoder.unused_data:
        raise HTTPException
    return text
