"""The AWS Parameters and Secrets extension: secrets over HTTP on localhost, without boto3."""

import json
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

from infra.local.loopback import LoopbackHandler, LoopbackServer

ReadSecret = Callable[[str], str | None]
TOKEN_HEADER = "X-Aws-Parameters-Secrets-Token"  # noqa: S105  # a header's name


class SecretsExtension:
    """GET /secretsmanager/get?secretId=... with any token; answers as the extension does in Lambda."""

    def __init__(self, port: int, read: ReadSecret) -> None:
        handler = type("Handler", (_Handler,), {"read": staticmethod(read)})
        self._server = LoopbackServer(port, handler)
        self._server.serve_in_background()
        self.close = self._server.close


class _Handler(LoopbackHandler):
    read: ReadSecret

    def respond(self) -> None:
        """Answer one question."""
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

    do_GET = respond  # noqa: N815  # named by http.server

    def _answer(self, status: int, content: dict[str, object]) -> None:
        self.send(status, [("content-type", "application/json")], json.dumps(content).encode())
