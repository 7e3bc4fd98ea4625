"""An OpenID Connect provider at which nobody signs in: a code is the nonce that its login asked for."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from infra.local.loopback import LoopbackHandler, LoopbackServer
from infra.local.ports import free

CLIENT_ID = "lamplighter"
REDIRECT_URI = "https://app.example.com/signed-in"
_KID = "1"


@contextmanager
def provider() -> Iterator[dict[str, Any]]:
    """What the deployment's secret says of it, while it runs."""
    port = free()
    issuer = f"http://127.0.0.1:{port}"
    own = {"issuer": issuer, "key": Ed25519PrivateKey.generate()}
    server = LoopbackServer(port, type("Handler", (_Handler,), own))
    server.serve_in_background()
    client = {"client_id": CLIENT_ID, "client_secret": "nobody else's"}
    try:
        yield {"issuer": issuer, "redirect_uris": [REDIRECT_URI], **client}
    finally:
        server.close()


class _Handler(LoopbackHandler):
    issuer: str
    key: Ed25519PrivateKey

    def get(self) -> None:
        if self.path.endswith("openid-configuration"):
            ends = {"authorization_endpoint": "auth", "token_endpoint": "token", "jwks_uri": "jwks"}
            addresses = {name: f"{self.issuer}/{end}" for name, end in ends.items()}
            self._answer({"issuer": self.issuer, **addresses})
        else:
            public = jwt.algorithms.OKPAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
            self._answer({"keys": [{**public, "kid": _KID, "use": "sig", "alg": "EdDSA"}]})

    def post(self) -> None:
        """A person for each code, who never was here before."""
        [code] = parse_qs((self.body() or b"").decode()).get("code", [""])
        now = datetime.now(UTC)
        times = {"iat": now, "exp": now + timedelta(minutes=5)}
        who = {"iss": self.issuer, "aud": CLIENT_ID, "sub": code[:100], "nonce": code, "name": "Ada"}
        address = {"email": f"{code[:40]}@example.com", "email_verified": True}
        token = jwt.encode({**who, **times, **address}, self.key, algorithm="EdDSA", headers={"kid": _KID})
        self._answer({"id_token": token})

    do_GET, do_POST = get, post  # noqa: N815  # named by http.server

    def _answer(self, content: Any) -> None:
        self.send(200, [("content-type", "application/json")], json.dumps(content).encode())
