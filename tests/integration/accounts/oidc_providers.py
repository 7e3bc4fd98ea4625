"""Providers to sign in through: two that others wrote, and one that says whatever a test wants."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from urllib.request import Request, build_opener
from uuid import uuid4

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from oidc_provider_mock import User, run_server_in_thread

from infra.local import oidc
from infra.local.children import ROOT
from infra.local.loopback import LoopbackHandler, LoopbackServer
from infra.local.ports import free

HOME = ROOT / ".local" / "oidc"
CLIENT = {"client_id": "lamplighter", "client_secret": "of this machine"}

type SignIn = Callable[[str, str], dict[str, str]]
"""What a browser brings back from the provider's address, after somebody signed in there."""


@dataclass(frozen=True, slots=True)
class Provider:
    """How the deployment is configured for it, and a person at its pages."""

    secret: Mapping[str, Any]
    sign_in: SignIn

    @property
    def netloc(self) -> str:
        return urlsplit(self.secret["issuer"]).netloc


@contextmanager
def python_provider() -> Iterator[Provider]:
    """`oidc-provider-mock` from PyPI, on Authlib's server."""

    def claims(verified: bool) -> dict[str, Any]:
        return {"email": f"{uuid4().hex}@example.com", "email_verified": verified, "name": "Ada"}

    users = [User(sub="ada", claims=claims(True)), User(sub="unproven", claims=claims(False))]
    with run_server_in_thread(free(), user_claims=users) as server:

        def sign_in(url: str, login: str) -> dict[str, str]:
            form = urlencode({"sub": login}).encode()
            answer = build_opener(oidc.NoRedirects()).open
            try:
                answer(Request(url, data=form), timeout=5)  # noqa: S310  # our own server's
            except oidc.HTTPError as redirect:
                redirect.close()
                found = parse_qs(urlsplit(redirect.headers["location"]).query)
                return {name: values[0] for name, values in found.items()}
            raise AssertionError(url)

        issuer = f"http://localhost:{server.server_port}"
        yield Provider({"issuer": issuer, "redirect_uris": [oidc.REDIRECT_URI], **CLIENT}, sign_in)


@contextmanager
def node_provider() -> Iterator[Provider]:
    """`oidc-provider` from npm, certified by the OpenID Foundation."""
    if not (HOME / "installed").exists():
        pytest.skip("needs a provider from npm: run `make oidc-provider` once")
    with oidc.running(HOME, print) as facts:
        of = {name: facts[name] for name in ("issuer", "client_id", "client_secret")}
        of["redirect_uris"] = [facts["redirect_uri"]]
        yield Provider(of, oidc.signed_in)


@dataclass(slots=True)
class Liar:
    """A provider whose next id token is what a test says: `claims` over the right ones, signed by `sign`."""

    claims: dict[str, Any] = field(default_factory=dict)
    sign: Callable[[dict[str, Any]], str] | None = None
    keys: list[dict[str, Any]] | None = None
    document: dict[str, Any] = field(default_factory=dict)
    status: int = 200
    asked: list[tuple[str, dict[str, str], str]] = field(default_factory=list)
    nonce: str = ""
    key: RSAPrivateKey = field(default_factory=lambda: generate_private_key(65537, 2048))
    issuer: str = ""

    def rightly(self, claims: dict[str, Any]) -> str:
        return jwt.encode(claims, self.key, algorithm="RS256", headers={"kid": "k1"})

    def id_token(self) -> str:
        now = datetime.now(UTC)
        right = {
            "iss": self.issuer,
            "sub": "ada",
            "aud": CLIENT["client_id"],
            "iat": now,
            "exp": now + timedelta(minutes=5),
            "nonce": self.nonce,
            "email_verified": True,
            "name": "Ada",
        }
        said = {name: value for name, value in (right | self.claims).items() if value is not None}
        return (self.sign or self.rightly)(said)

    def jwks(self) -> dict[str, Any]:
        public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
        return {"keys": self.keys or [{**public, "kid": "k1", "use": "sig", "alg": "RS256"}]}


@contextmanager
def lying_provider() -> Iterator[tuple[Liar, Provider]]:
    """A provider that lies as its Liar says."""
    liar, port = Liar(), free()
    liar.issuer = f"http://127.0.0.1:{port}"
    server = LoopbackServer(port, type("Handler", (_LiarHandler,), {"liar": liar}))
    server.serve_in_background()

    def sign_in(url: str, _login: str) -> dict[str, str]:
        query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        liar.nonce = query["nonce"]
        return {"code": uuid4().hex, "state": query["state"]}

    try:
        secret = {"issuer": liar.issuer, "redirect_uris": [oidc.REDIRECT_URI], **CLIENT}
        yield liar, Provider(secret, sign_in)
    finally:
        server.close()


class _LiarHandler(LoopbackHandler):
    liar: Liar

    def get(self) -> None:
        if self.path.endswith("openid-configuration"):
            base = self.liar.issuer
            right = {
                "issuer": base,
                "authorization_endpoint": f"{base}/auth",
                "token_endpoint": f"{base}/token",
                "jwks_uri": f"{base}/jwks",
            }
            self._answer(right | self.liar.document)
        else:
            self._answer(self.liar.jwks())

    def post(self) -> None:
        form = {k: v[0] for k, v in parse_qs((self.body() or b"").decode()).items()}
        self.liar.asked.append((self.path, form, self.headers["authorization"]))
        self._answer({"id_token": self.liar.id_token()}, self.liar.status)

    do_GET, do_POST = get, post  # noqa: N815  # named by http.server

    def _answer(self, content: Any, status: int = 200) -> None:
        self.send(status, [("content-type", "application/json")], json.dumps(content).encode())


def unsigned(claims: dict[str, Any]) -> str:
    """A token with the algorithm `none`."""
    return jwt.encode(claims, None, algorithm="none")
