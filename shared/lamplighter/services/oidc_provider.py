"""The deployment's OpenID Connect provider: its addresses, its keys, and what it says of a person."""

import json
import re
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from lamplighter import egress
from lamplighter.domain.oidc import Attempt, names_other_audience
from lamplighter.observability import logger
from lamplighter.problems import DomainError, Kind, not_found
from lamplighter.secrets_store import secret
from lamplighter.settings import settings

ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"]
"""Asymmetric ones alone: under HS256 a public key would pass for a shared secret."""
_KEPT_SECONDS = 3600.0
_ASK_AGAIN_SECONDS = 60.0
_LEEWAY_SECONDS = 60
_HTTP_OK = 200
_SUBJECT = re.compile(r"[\x20-\x7e]{1,255}")
"""As OpenID Connect Core 1.0 has it, section 2."""
_LONGEST_NAME = 255


@dataclass(frozen=True, slots=True)
class Client:
    """How the provider knows this deployment, out of the secret `oidc_secret_id`."""

    name: str
    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    redirect_uris: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the provider says it is. `email` only where it vouches for it."""

    issuer: str
    subject: str
    email: str | None
    name: str | None


@dataclass(slots=True)
class _Known:
    """What was read of the provider, and until when it is taken for true."""

    issuer: str = ""
    document: dict[str, Any] = field(default_factory=dict)
    keys: dict[str, Any] = field(default_factory=dict)
    document_until: float = 0.0
    keys_until: float = 0.0
    ask_again: float = 0.0


_known = _Known()


def client() -> Client:
    """The configured client; not_found in a deployment without a provider."""
    if not settings().oidc_secret_id:
        raise not_found()
    stored = secret(settings().oidc_secret_id)
    return Client(
        stored.get("name", "Single sign-on"),
        stored["issuer"],
        stored["client_id"],
        stored["client_secret"],
        tuple(stored["redirect_uris"]),
    )


def authorization_endpoint(of: Client) -> str:
    """Where people log in."""
    return str(_document(of)["authorization_endpoint"])


def identity(of: Client, login: Attempt, code: str, redirect_uri: str) -> Identity:
    """Who logged in, for the code that came back; raises login_refused. Calls the provider: outside of any
    transaction."""
    claims = _claims(of, login, _id_token(of, login, code, redirect_uri))
    email = claims.get("email") if claims.get("email_verified") is True else None
    name = claims.get("name")
    return Identity(
        of.issuer,
        claims["sub"],
        email if isinstance(email, str) else None,
        name.replace("\0", "")[:_LONGEST_NAME] if isinstance(name, str) else None,
    )


def forget() -> None:
    """Drop what is known of the provider (tests only)."""
    global _known  # noqa: PLW0603  # a cache of the process's
    _known = _Known()


def refused(why: str) -> DomainError:
    """The one answer to a login that the provider or we do not let pass; the reason is for the log."""
    logger().warning("oidc login refused", extra={"reason": why})
    detail = "The sign-in did not succeed: start again."
    return DomainError(Kind.UNAUTHENTICATED, "login_refused", detail)


def _id_token(of: Client, login: Attempt, code: str, redirect_uri: str) -> str:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri,
        "code_verifier": login.verifier,
    }
    basic = f"{quote(of.client_id, safe='')}:{quote(of.client_secret, safe='')}"  # RFC 6749, 2.3.1
    answer = _asked("POST", _document(of)["token_endpoint"], form=form, basic=basic)
    token = answer.get("id_token")
    if not isinstance(token, str):
        raise refused("no id token")
    return token


def _claims(of: Client, login: Attempt, id_token: str) -> dict[str, Any]:
    """What the token says, once its signature, issuer, audience, times and nonce hold."""
    import jwt  # noqa: PLC0415  # only where people call

    try:
        head = jwt.get_unverified_header(id_token)
        claims: dict[str, Any] = jwt.decode(
            id_token,
            _key(of, head.get("kid")),
            algorithms=ALGORITHMS,
            audience=of.client_id,
            issuer=of.issuer,
            leeway=_LEEWAY_SECONDS,
            options={"require": ["iss", "sub", "aud", "exp", "iat"]},
        )
    except jwt.PyJWTError as error:
        raise refused(type(error).__name__) from error
    if not _SUBJECT.fullmatch(claims["sub"]):
        raise refused("sub")
    if claims.get("nonce") != login.nonce:
        raise refused("nonce")
    if names_other_audience(claims, of.client_id):
        raise refused("azp")
    return claims


def _key(of: Client, kid: object) -> Any:
    """The provider's key; a provider with a single key need not name it."""
    clock = time.monotonic()
    if clock >= _known.keys_until or (kid not in _known.keys and clock >= _known.ask_again):
        _read_keys(of, clock)
    if kid is None and len(_known.keys) == 1:
        return next(iter(_known.keys.values()))
    if not isinstance(kid, str) or kid not in _known.keys:
        raise refused("unknown key")
    return _known.keys[kid]


def _read_keys(of: Client, clock: float) -> None:
    import jwt  # noqa: PLC0415

    found = jwt.PyJWKSet.from_dict(_asked("GET", _document(of)["jwks_uri"]))
    _known.keys = {key.key_id or "": key.key for key in found.keys if key.public_key_use in (None, "sig")}
    _known.keys_until, _known.ask_again = clock + _KEPT_SECONDS, clock + _ASK_AGAIN_SECONDS


def _document(of: Client) -> dict[str, Any]:
    """The provider's configuration (OpenID Connect Discovery 1.0), which must be its own."""
    clock = time.monotonic()
    if _known.issuer != of.issuer or clock >= _known.document_until:
        found = _asked("GET", of.issuer.rstrip("/") + "/.well-known/openid-configuration")
        if found.get("issuer") != of.issuer:
            raise _unavailable("issuer")
        _known.issuer, _known.document, _known.document_until = of.issuer, found, clock + _KEPT_SECONDS
    return _known.document


def _asked(
    method: str, url: str, *, form: dict[str, str] | None = None, basic: str | None = None
) -> dict[str, Any]:
    from base64 import b64encode  # noqa: PLC0415

    headers = {"accept": "application/json"}
    if basic is not None:
        headers["authorization"] = "Basic " + b64encode(basic.encode()).decode()
    body = None
    if form is not None:
        headers["content-type"] = "application/x-www-form-urlencoded"
        body = urlencode(form).encode()
    try:
        response = egress.request(method, url, headers=headers, body=body, purpose=egress.LOOKUP)
        answer = json.loads(response.body)
    except (egress.Refused, egress.NotSent, egress.Interrupted) as error:
        raise _unavailable(error.code) from error
    except ValueError as error:
        raise _unavailable("unreadable") from error
    if form is not None and response.status != _HTTP_OK:
        raise refused(f"token endpoint: {response.status}")
    if response.status != _HTTP_OK or not isinstance(answer, dict):
        raise _unavailable(f"status {response.status}")
    return answer


def _unavailable(why: str) -> DomainError:
    logger().error("oidc provider is not available", extra={"reason": why})
    detail = "The sign-in provider does not answer as it should: try again later."
    return DomainError(Kind.UPSTREAM, "provider_unavailable", detail)
