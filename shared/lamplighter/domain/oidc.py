"""Sign-in through an OpenID Connect provider: what a login is made of, without a server to remember it.

Authorization code with PKCE (RFC 7636) and a nonce (OpenID Connect Core 1.0, 3.1.2.1). State, nonce and
verifier are derived from one secret that the client keeps between start and completion: whoever has only the
address bar has none of them, and nothing is to be stored, to expire or to be cleaned up here.
"""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

SCOPE = "openid email profile"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One login under way."""

    state: str
    nonce: str
    verifier: str

    @property
    def challenge(self) -> str:
        """What the provider sees of the verifier (S256)."""
        return _text(hashlib.sha256(self.verifier.encode()).digest())


def attempt(login_token: str) -> Attempt:
    """The login that the client's secret stands for."""
    state, nonce, verifier = (
        _text(hmac.digest(login_token.encode(), f"lamplighter.oidc.{part}".encode(), "sha256"))
        for part in ("state", "nonce", "verifier")
    )
    return Attempt(state, nonce, verifier)


def authorization_url(endpoint: str, client_id: str, redirect_uri: str, login: Attempt) -> str:
    """Where the person's browser goes. The endpoint may have a query of its own."""
    query = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": redirect_uri,
        "scope": SCOPE,
        "state": login.state,
        "nonce": login.nonce,
        "code_challenge": login.challenge,
        "code_challenge_method": "S256",
    }
    return f"{endpoint}{'&' if urlsplit(endpoint).query else '?'}{urlencode(query)}"


def names_other_audience(claims: Mapping[str, object], client_id: str) -> bool:
    """Whether the id token was made for somebody else too, and for them in the first place (3.1.3.7)."""
    audience = claims.get("aud")
    several = isinstance(audience, list) and len(audience) > 1
    return claims.get("azp", None if several else client_id) != client_id


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")
