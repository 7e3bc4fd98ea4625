"""One request to a scripted server, and the bytes of answers."""

import time

import pytest

from lamplighter import egress
from tests.integration.egress.conftest import Allow
from tests.integration.egress.servers import Script, Server

QUICK = egress.Purpose(seconds=0.5, max_bytes=100_000)


def post(
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


def interrupted(script: Script, allow: Allow, purpose: egress.Purpose = QUICK, body: bytes = b"{}") -> str:
    began = time.monotonic()
    with pytest.raises(egress.Interrupted) as stopped:
        post(script, allow, purpose, body)
    assert time.monotonic() - began < purpose.seconds + 1
    assert "secret" not in stopped.value.reason
    return stopped.value.code


def with_body(body: bytes, *lines: bytes) -> bytes:
    head = b"\r\n".join([b"HTTP/1.1 200 OK", b"Content-Length: %d" % len(body), *lines])
    return head + b"\r\n\r\n" + body


def chunked(*chunks: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"".join(
        b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks
    )
