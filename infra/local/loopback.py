"""The HTTP server that the parts of the stack have in common."""

import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

STOP_WITHIN_SECONDS = 0.05


class LoopbackServer(ThreadingHTTPServer):
    """Serves 127.0.0.1 with a thread per connection."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, handler: type["LoopbackHandler"]) -> None:
        super().__init__(("127.0.0.1", port), handler)

    def serve_in_background(self) -> None:
        """Answer requests until `close`."""
        threading.Thread(target=self.serve_forever, args=(STOP_WITHIN_SECONDS,), daemon=True).start()

    def close(self) -> None:
        """Take no more requests."""
        self.shutdown()
        self.server_close()

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is no error."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]  # what socketserver gave


class LoopbackHandler(BaseHTTPRequestHandler):
    """Keeps connections, answers without delay, logs nothing."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # a response leaves in one piece

    def parse_request(self) -> bool:
        """Also refuses a length that is no number (RFC 9112, 6.3): nobody knows where its body ends."""
        if not super().parse_request():
            return False
        length = self.headers.get("content-length", "0")
        if length.isascii() and length.isdecimal():
            return True
        self.close_connection = True
        self.send(400, [("content-type", "application/json")], b'{"message":"Bad Request"}')
        self.wfile.flush()
        return False

    def body(self, limit: int | None = None) -> bytes | None:
        """The request's body; None if over the limit (read all the same, or nobody would listen)."""
        if self.headers.get("transfer-encoding", "").lower() == "chunked":
            return self._chunks(limit)
        length = int(self.headers.get("content-length") or 0)
        if limit is None or length <= limit:
            return self.rfile.read(length)
        while length > 0 and (read := self.rfile.read(min(length, limit))):
            length -= len(read)
        return None

    def send(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        """Write a whole response."""
        self.send_response(status)
        for name, value in (*headers, ("content-length", str(len(body)))):
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # named by http.server
        """Nothing: who is asked has a log of its own."""

    def _chunks(self, limit: int | None) -> bytes | None:
        received = bytearray()
        is_too_large = False
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            chunk = self.rfile.read(size)
            is_too_large |= limit is not None and len(received) + size > limit
            if not is_too_large:
                received += chunk
            self.rfile.readline()
        self.rfile.readline()
        return None if is_too_large else bytes(received)
