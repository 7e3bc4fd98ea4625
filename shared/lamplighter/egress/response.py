"""Reading an answer: bounded, complete, decoded, or Interrupted."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from lamplighter.egress.errors import Interrupted
from lamplighter.egress.incoming import CutShort, Incoming, Unreadable
from lamplighter.egress.purposes import Purpose
from lamplighter.egress.steps import Steps
from lamplighter.egress.wire import TooMuch, Wire

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


def read_response(wire: Wire, method: str, purpose: Purpose, host: str) -> Steps[tuple[Response, bool]]:
    """The answer to the request just sent, and whether the connection can carry another; raises Interrupted.

    Nothing of what the other side sent comes into an error's text, so causes are dropped as well.
    """
    try:
        return (yield from _read(wire, method, purpose))
    except TimeoutError:
        raise Interrupted("timeout", f"{host} did not answer within {purpose.seconds:g} s.") from None
    except TooMuch:
        raise Interrupted("too_large", f"The answer of {host} is over {purpose.max_bytes} bytes.") from None
    except (OSError, CutShort):
        raise Interrupted("reset", f"{host} closed the connection before its answer was complete.") from None
    except (Unreadable, zlib.error):
        raise Interrupted("unreadable", f"The answer of {host} cannot be read.") from None


def _read(wire: Wire, method: str, purpose: Purpose) -> Steps[tuple[Response, bool]]:
    incoming = Incoming(wire)
    head = yield from incoming.head()
    body, reusable = yield from incoming.body(method, head, purpose.max_bytes)
    truncated = len(body) > purpose.max_bytes
    if truncated and not purpose.cut:
        raise TooMuch
    if purpose.cut:
        body = body[: purpose.max_bytes]
    else:
        body = _decoded(body, head.headers.get("content-encoding", ""), purpose.max_bytes)
    is_over = reusable and not truncated and incoming.is_empty
    return Response(head.status, head.headers, body, truncated), is_over


def _decoded(body: bytes, encoding: str, limit: int) -> bytes:
    """Identity was asked for, but some servers compress all the same. A bomb is stopped at the limit."""
    if not body or encoding.strip().lower() in ("", "identity"):
        return body
    if encoding.strip().lower() not in ("gzip", "x-gzip", "deflate"):
        raise Unreadable
    decoder = zlib.decompressobj(_GZIP_OR_ZLIB)
    text = decoder.decompress(body, limit + 1)
    if len(text) > limit:
        raise TooMuch
    if not decoder.eof or decoder.unused_data:
        raise Unreadable
    return text
