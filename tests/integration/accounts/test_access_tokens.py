"""Access tokens: only what auth signed, for ten minutes, whatever else is tried."""

import base64
import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from lamplighter import secrets_store
from lamplighter.services import access_tokens
from lamplighter.services.access_tokens import InvalidToken, issued, opened, verified
from tests.integration.accounts.people import Somebody, Superuser
from tests.integration.cloud import SIGNING_KEYS, Cloud
from tests.integration.http import logged_in

NOW = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
USER, SESSION = uuid4(), uuid4()


@pytest.fixture(autouse=True)
def keys(aws: Cloud) -> Iterator[Any]:
    """`keys(secret)` replaces the signing secret; what this process keeps is forgotten before and after."""
    before = aws.secrets["signing"]

    def replace(secret: dict[str, Any]) -> None:
        aws.secrets["signing"] = json.dumps(secret)
        secrets_store.forget()

    access_tokens.forget()
    yield replace
    aws.secrets["signing"] = before
    secrets_store.forget()
    access_tokens.forget()


def token(now: datetime = NOW) -> str:
    with logged_in("auth"):
        return issued(USER, SESSION, now)


def current_key() -> tuple[str, Ed25519PrivateKey]:
    return access_tokens._signer()


def signed(claims: dict[str, Any], **head: Any) -> str:
    kid, key = current_key()
    return jwt.encode(claims, key, algorithm="EdDSA", headers={"kid": kid, "typ": "at+jwt"} | head)


def claims(**changes: Any) -> dict[str, Any]:
    began = int(NOW.timestamp())
    usual = {"iss": "lamplighter", "aud": "lamplighter-api", "sub": str(USER), "sid": str(SESSION)}
    changed = usual | {"iat": began, "exp": began + 600} | changes
    return {name: value for name, value in changed.items() if value is not None}


def test_a_token_says_who_and_which_session_for_ten_minutes():
    mine = token()
    assert verified(mine, NOW) == (USER, SESSION)
    assert verified(mine, NOW + timedelta(minutes=10) - timedelta(seconds=1)) == (USER, SESSION)
    with pytest.raises(InvalidToken):
        verified(mine, NOW + timedelta(minutes=10))
    assert opened(mine).expires_at == NOW + timedelta(minutes=10)


def test_a_token_is_small_and_holds_no_personal_data():
    mine = token()
    assert len(mine) < access_tokens.MAX_LENGTH / 2
    head, body = (json.loads(base64.urlsafe_b64decode(part + "==")) for part in mine.split(".")[:2])
    assert head.keys() == {"alg", "kid", "typ"}
    assert body.keys() == {"iss", "aud", "sub", "sid", "iat", "exp"}


def test_the_same_claims_signed_by_hand_are_taken():
    """So that the refusals below are refused for what was changed, and for nothing else."""
    token()
    assert verified(signed(claims()), NOW) == (USER, SESSION)


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "somebody"},
        {"iss": None},
        {"aud": "somebody"},
        {"aud": ["lamplighter-api"]},
        {"aud": None},
        {"sub": None},
        {"sub": "ada"},
        {"sid": None},
        {"sid": "1"},
        {"sid": 5},
        {"exp": None},
        {"exp": "never"},
        {"exp": 1e300},
        {"iat": None},
    ],
    ids=str,
)
def test_a_claim_that_is_not_as_it_should_be(changes: dict[str, Any]):
    token()
    with pytest.raises(InvalidToken):
        verified(signed(claims(**changes)), NOW)


@pytest.mark.parametrize("head", [{"typ": "JWT"}, {"typ": None}, {"kid": "unknown"}, {"kid": ""}], ids=str)
def test_a_head_that_is_not_as_it_should_be(head: dict[str, Any]):
    token()
    with pytest.raises(InvalidToken):
        verified(signed(claims(), **head), NOW)


def forgeries() -> dict[str, str]:
    token()
    kid, key = current_key()
    head = {"kid": kid, "typ": "at+jwt"}
    raw = key.public_key().public_bytes_raw()
    pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    genuine = token()
    first, body, signature = genuine.split(".")
    other = base64.urlsafe_b64encode(json.dumps(claims(sub=str(uuid4()))).encode()).decode().rstrip("=")
    none = base64.urlsafe_b64encode(json.dumps({"alg": "none", **head}).encode()).decode().rstrip("=")
    return {
        "another key": jwt.encode(claims(), Ed25519PrivateKey.generate(), algorithm="EdDSA", headers=head),
        "no signature": jwt.encode(claims(), None, algorithm="none", headers=head),
        "none with the signature": f"{none}.{body}.{signature}",
        "HMAC with the public key": _hmac(claims(), raw, head),
        "HMAC with the public key as PEM": _hmac(claims(), pem, head),
        "another person": f"{first}.{other}.{signature}",
        "cut": genuine[:-1],
        "signature left out": f"{first}.{body}.",
        "two parts": f"{first}.{body}",
        "garbage": "a.b.c",
        "nothing": "..",
        "not ASCII": "é.é.é",
        "too long": genuine + "A" * 2000,
    }


def _hmac(body: dict[str, Any], key: bytes, head: dict[str, Any]) -> str:
    """By hand, as PyJWT refuses to make such a thing."""
    parts = [
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=")
        for part in ({"alg": "HS256", **head}, body)
    ]
    text = b".".join(parts)
    mac = base64.urlsafe_b64encode(hmac.digest(key, text, "sha256")).rstrip(b"=")
    return (text + b"." + mac).decode()


def test_what_others_make_is_refused():
    taken = {what for what, forged in forgeries().items() if is_taken(forged)}
    assert taken == set()


def is_taken(given: str) -> bool:
    try:
        verified(given, NOW)
    except InvalidToken:
        return False
    return True


def test_the_public_half_alone_is_stored(superuser: Superuser):
    token()
    kid, key = current_key()
    rows = superuser.execute("SELECT public_key FROM token_keys WHERE kid = %s", [kid]).fetchall()
    assert [bytes(row[0]) for row in rows] == [key.public_key().public_bytes_raw()]


def test_the_key_is_changed_without_refusing_anybody(keys: Any, monkeypatch: pytest.MonkeyPatch):
    """Listed first, current later: by then every function knows the new public half and asks for nothing."""
    old = token()
    verified(old, NOW)
    both = {"1": SIGNING_KEYS["keys"]["1"], "2": "the next one"}  # type: ignore[index]
    keys({"current": 1, "keys": both})
    token()  # a sandbox of auth that signed before sees the list
    later = access_tokens.time.monotonic() + 301
    monkeypatch.setattr(access_tokens.time, "monotonic", lambda: later)
    verified(old, NOW)
    keys({"current": 2, "keys": both})
    new = token()
    assert jwt.get_unverified_header(new)["kid"] != jwt.get_unverified_header(old)["kid"]
    monkeypatch.setattr(access_tokens, "_read_public_keys", lambda clock: pytest.fail("asked"))
    assert verified(old, NOW) == verified(new, NOW) == (USER, SESSION)


def test_a_key_that_nobody_was_told_of_is_learned_at_once(keys: Any, monkeypatch: pytest.MonkeyPatch):
    verified(token(), NOW)
    keys({"current": 9, "keys": {"9": "in a hurry"}})
    later = access_tokens.time.monotonic() + 3
    monkeypatch.setattr(access_tokens.time, "monotonic", lambda: later)
    assert verified(token(), NOW) == (USER, SESSION)


def test_a_key_that_is_taken_out_of_the_table_opens_nothing_within_minutes(
    superuser: Superuser, monkeypatch: pytest.MonkeyPatch, keys: Any
):
    keys({"current": 1, "keys": {"1": "leaked"}})
    leaked = token()
    verified(leaked, NOW)
    superuser.execute("DELETE FROM token_keys WHERE kid = %s", [jwt.get_unverified_header(leaked)["kid"]])
    later = access_tokens.time.monotonic() + 301
    monkeypatch.setattr(access_tokens.time, "monotonic", lambda: later)
    with pytest.raises(InvalidToken):
        verified(leaked, NOW)


def test_invented_keys_cost_the_database_one_question_in_two_seconds(monkeypatch: pytest.MonkeyPatch):
    mine, asked = token(), []
    ask = access_tokens._read_public_keys
    monkeypatch.setattr(access_tokens, "_read_public_keys", lambda clock: (asked.append(clock), ask(clock)))
    forged = [signed(claims(), kid=f"invented-{number}") for number in range(50)]
    for each in forged:
        with pytest.raises(InvalidToken):
            verified(each, NOW)
    assert len(asked) == 1
    assert verified(mine, NOW)
    assert len(asked) == 1
    later = access_tokens.time.monotonic() + 3
    monkeypatch.setattr(access_tokens.time, "monotonic", lambda: later)
    for each in forged:
        with pytest.raises(InvalidToken):
            verified(each, NOW)
    assert len(asked) == 2


def test_a_session_that_ended_ends_its_access_tokens_with_the_next_request(
    person: Somebody, superuser: Superuser
):
    assert person.client.is_in()
    superuser.execute("UPDATE sessions SET revoked_at = now() WHERE id = %s", [person.session_id])
    assert not person.client.is_in()


def test_a_token_of_another_persons_session_opens_nothing(person: Somebody):
    with logged_in("auth"):
        mixed = issued(UUID(int=person.id.int ^ 1), person.session_id, datetime.now(UTC))
    assert not person.client.with_token(mixed).is_in()


def test_a_row_that_is_no_key_shuts_nobody_out(superuser: Superuser):
    superuser.execute("INSERT INTO token_keys (kid, public_key) VALUES ('broken', 'short')")
    try:
        assert verified(token(), NOW) == (USER, SESSION)
    finally:
        superuser.execute("DELETE FROM token_keys WHERE kid = 'broken'")
