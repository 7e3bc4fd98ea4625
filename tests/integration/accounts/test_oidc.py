"""Signing in through an OpenID Connect provider: honest ones, and one that lies."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any
from uuid import uuid4

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from lamplighter import egress, secrets_store
from lamplighter.domain.oidc import attempt
from lamplighter.services import attempts, oidc_provider
from lamplighter.settings import settings
from tests.integration.accounts.oidc_providers import (
    CLIENT,
    Liar,
    Provider,
    lying_provider,
    node_provider,
    python_provider,
    unsigned,
)
from tests.integration.accounts.people import Client, Somebody, new_email
from tests.integration.cloud import Cloud
from tests.integration.http import Answer, logged_in

type NewPerson = Callable[[], Somebody]


@pytest.fixture
def configured(aws: Cloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Provider], Provider]]:
    """Configures the deployment for a provider on this machine."""

    def configure(provider: Provider) -> Provider:
        aws.secrets["oidc"] = json.dumps(dict(provider.secret))
        monkeypatch.setenv("OIDC_SECRET_ID", "oidc")
        monkeypatch.setenv("EGRESS_ALLOW", provider.netloc)
        settings.cache_clear()
        return provider

    yield configure
    egress.close_idle()
    oidc_provider.forget()
    secrets_store.forget()


@pytest.fixture(params=[python_provider, node_provider])
def provider(request: Any, configured: Callable[[Provider], Provider]) -> Iterator[Provider]:
    """A provider that others wrote."""
    with request.param() as made:
        yield configured(made)


@pytest.fixture
def lying(configured: Callable[[Provider], Provider]) -> Iterator[tuple[Liar, Provider]]:
    """A provider that says what a test wants."""
    context: AbstractContextManager[tuple[Liar, Provider]] = lying_provider()
    with context as (liar, provider):
        liar.claims["email"] = new_email()
        liar.claims["sub"] = uuid4().hex
        yield liar, configured(provider)


def started(client: Client) -> dict[str, str]:
    answer = client.post("oidc/start", {})
    assert answer.status == 200, answer.body
    body: dict[str, str] = answer.json
    return body


def completed(client: Client, login_token: str, back: dict[str, str]) -> Answer:
    body = {"login_token": login_token, "state": back["state"], "code": back["code"]}
    return client.post("oidc/complete", body)


def through(provider: Provider, client: Client, login: str = "ada") -> Answer:
    """The whole way, once."""
    begun = started(client)
    back = provider.sign_in(begun["authorization_url"], login)
    return completed(client, begun["login_token"], back)


def test_the_first_time_makes_an_account_and_the_next_time_finds_it(provider: Provider, client: Client):
    first = through(provider, client)
    assert first.status == 200, first.body
    user = first.json["user"]
    again = through(provider, client)
    assert (again.status, again.json["user"]["id"]) == (200, user["id"])
    assert (
        client.with_token(again.json["access_token"]).call("GET", "/v1/users/me").json["name"] == user["name"]
    )
    assert again.json["session_id"] != first.json["session_id"]


def test_a_stranger_whose_address_the_provider_does_not_vouch_for_gets_no_account(
    provider: Provider, client: Client
):
    answer = through(provider, client, "unproven")
    assert (answer.status, answer.json["code"]) == (403, "email_unverified")


def test_a_code_is_good_once_and_for_its_own_login(provider: Provider, client: Client):
    mine, others = started(client), started(client)
    back = provider.sign_in(mine["authorization_url"], "ada")
    stolen = completed(client, others["login_token"], back)
    assert (stolen.status, stolen.json["code"]) == (401, "login_refused")
    assert completed(client, mine["login_token"], back).status == 200
    assert completed(client, mine["login_token"], back).status == 401


def test_a_state_of_any_characters_is_refused_like_every_other(provider: Provider, client: Client):
    begun = started(client)
    back = provider.sign_in(begun["authorization_url"], "ada")
    answer = completed(client, begun["login_token"], {**back, "state": "zurück 🪔"})
    assert (answer.status, answer.json["code"]) == (401, "login_refused")


def test_an_account_with_the_vouched_address_is_joined_by_the_identity(
    lying: tuple[Liar, Provider], new_person: NewPerson, client: Client
):
    liar, provider = lying
    ada = new_person()
    liar.claims["email"] = ada.email.upper()
    assert through(provider, client).json["user"]["id"] == str(ada.id)
    liar.claims["email"] = new_email()  # the identity is known by now: its address may change
    assert through(provider, client).json["user"]["id"] == str(ada.id)


def test_an_address_that_is_not_vouched_for_opens_nobodys_account(
    lying: tuple[Liar, Provider], new_person: NewPerson, client: Client
):
    liar, provider = lying
    for verified in (False, None, "true", 1):
        liar.claims |= {"email": new_person().email, "email_verified": verified}
        answer = through(provider, client)
        assert (answer.status, answer.json["code"]) == (403, "email_unverified"), verified


def test_the_provider_is_asked_with_the_verifier_and_the_clients_secret(
    lying: tuple[Liar, Provider], client: Client
):
    liar, provider = lying
    begun = started(client)
    back = provider.sign_in(begun["authorization_url"], "ada")
    assert completed(client, begun["login_token"], back).status == 200
    ((path, form, authorization),) = liar.asked
    assert (path, form["grant_type"], form["code"]) == ("/token", "authorization_code", back["code"])
    challenge = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).decode()
    assert f"code_challenge={challenge.rstrip('=')}" in begun["authorization_url"]
    assert form["code_verifier"] not in begun["authorization_url"]
    assert base64.b64decode(authorization.removeprefix("Basic ")) == b"lamplighter:of%20this%20machine"


LIES: dict[str, dict[str, Any]] = {
    "another login's nonce": {"nonce": "another"},
    "no nonce": {"nonce": None},
    "another issuer": {"iss": "https://accounts.example.com"},
    "another client": {"aud": "somebody-else"},
    "several clients and none in the first place": {"aud": [CLIENT["client_id"], "somebody-else"]},
    "another client in the first place": {"azp": "somebody-else"},
    "too old": {"iat": 1_600_000_000, "exp": 1_600_000_300},
    "without an end": {"exp": None},
    "without a subject": {"sub": None},
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES.keys())
def test_a_token_that_says_something_else_is_refused(
    lie: dict[str, Any], lying: tuple[Liar, Provider], client: Client
):
    liar, provider = lying
    assert through(provider, client).status == 200
    liar.claims |= lie
    answer = through(provider, client)
    assert (answer.status, answer.json["code"]) == (401, "login_refused")


def _with_the_public_key_as_a_secret(liar: Liar) -> Callable[[dict[str, Any]], str]:
    """HS256 by hand: PyJWT itself refuses to sign with a public key."""
    public = liar.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def sign(claims: dict[str, Any]) -> str:
        def part(raw: bytes) -> bytes:
            return base64.urlsafe_b64encode(raw).rstrip(b"=")

        plain = {name: getattr(value, "timestamp", lambda v=value: v)() for name, value in claims.items()}
        head = part(json.dumps({"alg": "HS256", "kid": "k1", "typ": "JWT"}).encode())
        signed = head + b"." + part(json.dumps(plain).encode())
        return (signed + b"." + part(hmac.digest(public, signed, "sha256"))).decode()

    return sign


def _with_another_key(_liar: Liar) -> Callable[[dict[str, Any]], str]:
    other = generate_private_key(65537, 2048)
    return lambda claims: jwt.encode(claims, other, algorithm="RS256", headers={"kid": "k1"})


@pytest.mark.parametrize(
    "forgery", [lambda _liar: unsigned, _with_the_public_key_as_a_secret, _with_another_key]
)
def test_a_token_that_the_provider_did_not_sign_is_refused(
    forgery: Callable[[Liar], Any], lying: tuple[Liar, Provider], client: Client
):
    liar, provider = lying
    assert through(provider, client).status == 200
    liar.sign = forgery(liar)
    answer = through(provider, client)
    assert (answer.status, answer.json["code"]) == (401, "login_refused")


def test_a_provider_that_speaks_for_another_issuer_is_not_believed(
    lying: tuple[Liar, Provider], client: Client
):
    liar, _provider = lying
    liar.document["issuer"] = "https://accounts.example.com"
    answer = client.post("oidc/start", {})
    assert (answer.status, answer.json["code"]) == (502, "provider_unavailable")


def test_a_provider_that_refuses_the_code_refuses_the_login(lying: tuple[Liar, Provider], client: Client):
    liar, provider = lying
    liar.status = 400
    answer = through(provider, client)
    assert (answer.status, answer.json["code"]) == (401, "login_refused")


def test_only_configured_addresses_are_sent_back_to(lying: tuple[Liar, Provider], client: Client):
    answer = client.post("oidc/start", {"redirect_uri": "https://attacker.example/cb"})
    assert (answer.status, answer.json["errors"][0]["code"]) == (422, "redirect_uri_unknown")


def test_without_a_provider_there_is_nothing_to_sign_in_through(client: Client):
    assert client.call("GET", "/v1/auth/oidc").status == 404
    assert client.post("oidc/start", {}).status == 404


def test_an_account_made_by_a_provider_has_no_password_to_guess(lying: tuple[Liar, Provider], client: Client):
    liar, provider = lying
    assert through(provider, client).status == 200
    body = {"email": liar.claims["email"], "password": ""}
    assert client.post("login", body).status == 422
    assert client.post("login", body | {"password": "None"}).status == 401


def test_nobody_has_the_provider_called_without_end(client: Client, lying: tuple[Liar, Provider]):
    liar, _ = lying
    with logged_in("auth"):
        while attempts.counted_from("oidc", attempts.PROVIDER, client.address).allowed:
            pass
    back = {"state": attempt("anything").state, "code": "anything"}
    answers = [client.post("oidc/start", {}), completed(client, "anything", back)]
    assert [answer.status for answer in answers] == [429, 429]
    assert liar.asked == []


@pytest.mark.parametrize(
    ("claims", "status"),
    [
        ({"name": "A" * 300}, 200),
        ({"name": "A\0da"}, 200),
        ({"name": ""}, 200),
        ({"sub": "s" * 256}, 401),
        ({"sub": "a\0da"}, 401),
        ({"sub": ""}, 401),
    ],
)
def test_what_no_column_can_hold_breaks_nothing(
    client: Client, lying: tuple[Liar, Provider], claims: dict[str, str], status: int
):
    liar, provider = lying
    liar.claims |= claims
    given = started(client)
    answer = completed(client, given["login_token"], provider.sign_in(given["authorization_url"], "ada"))
    assert answer.status == status, answer.body
