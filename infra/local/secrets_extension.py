"""The AWS Parameters and Secrets extension: secrets over HTTP on localhost, without boto3."""

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

ReadSecret = Callable[[str], str | None]
TOKEN_HEADER = "X-Aws-Parameters-Secrets-Token"  # noqa: S105  # a header's name


class SecretsExtension:
    """GET /secretsmanager/get?secretId=... with any token; answers as the extension does in Lambda."""

    def __init__(self, port: int, read: ReadSecret) -> None:
        handler = type("Handler", (_Handler,), {"read": staticmethod(read)})
        self._server = ThreadingHTTPServer(("127.0.0.1", port), handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), name="secrets", daemon=True).start()

    def close(self) -> None:
        """Stop answering."""
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    read: ReadSecret

    def do_GET(self) -> None:  # named by http.server
        address = urlsplit(self.path)
        name = parse_qs(address.query).get("secretId", [""])[0]
        if address.path != "/secretsmanager/get" or not name:
            self._answer(400, {"message": "only /secretsmanager/get?secretId=... is known here"})
        elif TOKEN_HEADER not in self.headers:
            self._answer(401, {"message": f"no {TOKEN_HEADER}, which is $AWS_SESSION_TOKEN"})
        elif (value := self.read(name)) is None:
            self._answer(400, {"message": f"there is no secret {name}"})
        else:
            self._answer(200, {"ARN": name, "SecretString": value, "VersionStages": ["AWSCURRENT"]})

    def _answer(self, status: int, content: dict[str, object]) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # named by http.server
        """Nothing: what is asked here is secret, and frequent."""
