"""Access tokens: a JWT of ten minutes, signed with Ed25519 by auth and checked by every function."""

import hashlib
import time
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import text

from lamplighter.postgres.session import transaction
from lamplighter.secrets_store import secret
from lamplighter.settings import settings

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

LIFETIME = timedelta(minutes=10)
MAX_LENGTH = 1000
"""Ours are shorter by half; a longer text is refused unread."""

_ISSUER, _AUDIENCE = "lamplighter", "lamplighter-api"
_ALGORITHM, _TYPE = "EdDSA", "at+jwt"  # RFC 9068
_CLAIMS = ["iss", "aud", "sub", "sid", "iat", "exp"]
_KEPT_SECONDS = 300.0
_ASK_AGAIN_SECONDS = 2.0
_KEY_BYTES = 32


class InvalidToken(Exception):  # noqa: N818  # reads as what was found
    """No access token of this deployment's, or one whose time is over. Says neither which nor why."""


@dataclass(frozen=True, slots=True)
class Access:
    """What a genuine token says; `expires_at` is still to be compared with the database's clock."""

    user_id: UUID
    session_id: UUID
    expires_at: datetime


@dataclass(slots=True)
class _PublicKeys:
    """The table token_keys as this process read it last."""

    keys: dict[str, "Ed25519PublicKey"]
    fresh_until: float
    ask_again: float


_known = _PublicKeys({}, 0.0, 0.0)
_signers: dict[str, tuple[str, "Ed25519PrivateKey"]] = {}


def issued(user_id: UUID, session_id: UUID, now: datetime) -> str:
    """A token for the session, from `now` on. Reads a secret and may write a public key: never inside a
    transaction, and only in functions that may read the secret."""
    import jwt  # noqa: PLC0415  # only where people call

    kid, key = _signer()
    began = int(now.timestamp())
    claims = {
        "iss": _ISSUER,
        "aud": _AUDIENCE,
        "sub": str(user_id),
        "sid": str(session_id),
        "iat": began,
        "exp": began + int(LIFETIME.total_seconds()),
    }
    return jwt.encode(claims, key, algorithm=_ALGORITHM, headers={"kid": kid, "typ": _TYPE})


def verified(token: str, now: datetime) -> tuple[UUID, UUID]:
    """(user, session) of a genuine token whose time is not over at `now`; raises InvalidToken."""
    access = opened(token)
    if access.expires_at <= now:
        raise InvalidToken
    return access.user_id, access.session_id


def opened(token: str) -> Access:
    """What a genuine token says, whatever the time; raises InvalidToken. For a caller that learns the time
    from the database's answer to its next question."""
    import jwt  # noqa: PLC0415

    try:
        claims = jwt.decode(
            token,
            _public_key(token),
            algorithms=[_ALGORITHM],
            audience=_AUDIENCE,
            issuer=_ISSUER,
            # The times are compared with the database's clock, not with this machine's.
            options={"require": _CLAIMS, "strict_aud": True, "verify_exp": False, "verify_iat": False},
        )
        expires_at = datetime.fromtimestamp(int(claims["exp"]), UTC)
        return Access(UUID(claims["sub"]), UUID(claims["sid"]), expires_at)
    except (jwt.InvalidTokenError, ValueError, TypeError, AttributeError, OverflowError, OSError) as error:
        raise InvalidToken from error


def forget() -> None:
    """Drop the keys that are kept (tests only)."""
    _known.keys, _known.fresh_until, _known.ask_again = {}, 0.0, 0.0
    _signers.clear()


def _public_key(token: str) -> "Ed25519PublicKey":
    """The key that the token's head names.

    The table is read whole, every five minutes and when a key is unknown, but then once in two seconds
    whatever callers make up: whoever sends invented key ids costs the database nothing more, and cannot
    keep a new key from being learned either.
    """
    import jwt  # noqa: PLC0415

    if len(token) > MAX_LENGTH:
        raise InvalidToken
    head = jwt.get_unverified_header(token)
    kid, clock = head.get("kid"), time.monotonic()
    if head.get("typ") != _TYPE or not isinstance(kid, str):
        raise InvalidToken
    if clock >= _known.fresh_until or (kid not in _known.keys and clock >= _known.ask_again):
        _read_public_keys(clock)
    if kid not in _known.keys:
        raise InvalidToken
    return _known.keys[kid]


def _read_public_keys(clock: float) -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415

    with transaction() as tx:
        rows = tx.session.execute(text("SELECT kid, public_key FROM token_keys")).all()
    # A row that is no key opens nothing, and must not shut out everybody else.
    whole = [(kid, bytes(raw)) for kid, raw in rows if len(raw) == _KEY_BYTES]
    _known.keys = {kid: Ed25519PublicKey.from_public_bytes(raw) for kid, raw in whole}
    _known.fresh_until, _known.ask_again = clock + _KEPT_SECONDS, clock + _ASK_AGAIN_SECONDS


def _signer() -> tuple[str, "Ed25519PrivateKey"]:
    """The current key and its id, the public halves of all listed ones being in the table: a key that is
    listed some minutes before it becomes current is known everywhere by then."""
    stored = secret(settings().signing_secret_id)
    seeds = stored["keys"]
    if set(seeds.values()) != _signers.keys():
        pairs = {seed: _pair(seed) for seed in seeds.values()}
        _publish([(kid, key.public_key().public_bytes_raw()) for kid, key in pairs.values()])
        _signers.clear()
        _signers.update(pairs)
    return _signers[seeds[str(stored["current"])]]


def _pair(seed: str) -> tuple[str, "Ed25519PrivateKey"]:
    """A key and its id, which is its public half's fingerprint: one id never stands for two keys."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415

    key = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(seed.encode()).digest())
    fingerprint = hashlib.sha256(key.public_key().public_bytes_raw()).digest()
    return urlsafe_b64encode(fingerprint[:12]).decode(), key


def _publish(halves: list[tuple[str, bytes]]) -> None:
    statement = text(
        "INSERT INTO token_keys (kid, public_key) VALUES (:kid, :public_key) ON CONFLICT (kid) DO NOTHING"
    )
    with transaction() as tx:
        tx.session.execute(statement, [{"kid": kid, "public_key": raw} for kid, raw in halves])
