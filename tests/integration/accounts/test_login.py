"""Login: an e-mail and a password open a session, and whoever lacks one of them learns nothing."""

import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from cryptography.hazmat.primitives.kdf import argon2

from lamplighter.domain.access import Origin
from lamplighter.postgres.session import transaction
from lamplighter.problems import DomainError
from lamplighter.schemas.auth import Login
from lamplighter.services import accounts, passwords
from tests.benchmarks._trips import counted
from tests.integration.accounts.people import (
    PASSWORD,
    Client,
    Mailed,
    Somebody,
    Superuser,
    new_client,
    new_email,
    somebody,
    stripped,
    verification,
)
from tests.integration.http import logged_in

Derivations = list[tuple[str, bytes]]


@contextmanager
def derivations(monkeypatch: pytest.MonkeyPatch) -> Iterator[Derivations]:
    """The parameters of every verification inside, in their order; each is made as ever."""
    real, seen = argon2.Argon2id, []

    class Watched:
        @staticmethod
        def verify_phc_encoded(key_material: bytes, phc_encoded: str) -> None:
            seen.append((phc_encoded.rsplit("$", 2)[0], key_material))
            real.verify_phc_encoded(key_material, phc_encoded)

    with monkeypatch.context() as changed:
        changed.setattr(argon2, "Argon2id", Watched)
        yield seen


def test_a_password_opens_a_session(person: Somebody, superuser: Superuser):
    device = new_client()
    answer = device.post("login", {"email": person.email.upper(), "password": PASSWORD})
    assert answer.status == 200
    assert answer.headers["cache-control"] == "no-store"
    assert (answer.json["token_type"], answer.json["expires_in"]) == ("Bearer", 600)
    assert answer.json["refresh_token"].startswith("lmr_")
    again = somebody(answer, device)
    assert again.client.is_in()
    assert again.session_id != person.session_id
    row = superuser.execute(
        "SELECT user_id, address, user_agent FROM sessions WHERE id = %s", [again.session_id]
    ).fetchone()
    assert row == (person.id, device.address, "Harbour/1.0")
    acts = superuser.execute(
        "SELECT after->>'session_id' FROM audit_log WHERE user_id = %s AND action = 'user.logged_in'",
        [person.id],
    ).fetchall()
    assert acts == [(str(again.session_id),)]


def test_no_secret_is_stored_as_it_is(person: Somebody, superuser: Superuser):
    stored = superuser.execute(
        "SELECT u::text || s::text || r::text FROM users u JOIN sessions s ON s.user_id = u.id"
        " JOIN refresh_tokens r ON r.session_id = s.id WHERE u.id = %s",
        [person.id],
    ).fetchone()
    assert stored
    assert person.client.token
    for secret in (PASSWORD, person.refresh_token, person.refresh_token[4:], person.client.token):
        assert secret not in stored[0]


def test_an_accent_may_be_typed_in_either_way(client: Client, mailed: Mailed):
    email, composed = new_email(), unicodedata.normalize("NFC", "über den Dächern")
    client.post("verify-email", verification(mailed(email, "sign_up"), password=composed))
    typed = unicodedata.normalize("NFD", composed)
    assert typed != composed
    assert client.post("login", {"email": email, "password": typed}).status == 200


def strangers(superuser: Superuser, new_person: Callable[[], Somebody]) -> dict[str, tuple[str, str]]:
    """What does not open anything, and why."""
    one, deleted, without = new_person(), new_person(), new_person()
    superuser.execute("UPDATE users SET deleted_at = now() WHERE id = %s", [deleted.id])
    superuser.execute("UPDATE users SET password_hash = NULL WHERE id = %s", [without.id])
    return {
        "another password": (one.email, "not the lamp that was lit"),
        "nobody": (new_email(), PASSWORD),
        "deleted": (deleted.email, PASSWORD),
        "no password": (without.email, PASSWORD),
    }


def test_who_is_not_let_in_gets_one_answer(
    client: Client, superuser: Superuser, new_person: Callable[[], Somebody]
):
    answers = {
        why: client.post("login", {"email": email, "password": password})
        for why, (email, password) in strangers(superuser, new_person).items()
    }
    assert {answer.status for answer in answers.values()} == {401}
    assert answers["nobody"].json["code"] == "wrong_credentials"
    assert len({str(stripped(answer)) for answer in answers.values()}) == 1


def test_who_is_not_let_in_costs_the_same_hashing_and_the_same_questions(
    client: Client,
    superuser: Superuser,
    new_person: Callable[[], Somebody],
    monkeypatch: pytest.MonkeyPatch,
):
    work: dict[str, Any] = {}
    whose = strangers(superuser, new_person)
    for _ in range(8):  # secrets are kept, and a statement that comes often is prepared
        new_client().post("login", {"email": new_email(), "password": "a guess"})
    for why, (email, _password) in whose.items():
        body = {"email": email, "password": "the same wrong lamp"}
        with derivations(monkeypatch) as seen:
            trips = counted(lambda body=body: client.post("login", body))  # type: ignore[misc]
        work[why] = (seen, trips)
    hashing, trips = work["another password"]
    assert hashing == [("$argon2id$v=19$m=47104,t=1,p=1", b"the same wrong lamp")]
    assert all(done == (hashing, trips) for done in work.values()), work


def test_a_hash_of_yesterdays_parameters_is_renewed_by_a_login(person: Somebody, superuser: Superuser):
    weak = argon2.Argon2id(salt=bytes(16), length=32, iterations=1, lanes=1, memory_cost=8 * 1024)
    old = weak.derive_phc_encoded(PASSWORD.encode())
    superuser.execute("UPDATE users SET password_hash = %s WHERE id = %s", [old, person.id])
    person.log_in()
    row = superuser.execute("SELECT password_hash FROM users WHERE id = %s", [person.id]).fetchone()
    assert row
    assert passwords.is_outdated(old)
    assert not passwords.is_outdated(row[0])
    person.log_in()
    assert superuser.execute("SELECT password_hash FROM users WHERE id = %s", [person.id]).fetchone() == row


def test_a_password_that_is_changed_while_it_is_checked_opens_nothing(person: Somebody, superuser: Superuser):
    origin = Origin(person.client.address)
    with logged_in("auth"):
        proof = accounts.proven(Login(email=person.email, password=PASSWORD))
        superuser.execute(
            "UPDATE users SET password_hash = %s WHERE id = %s", [passwords.hashed("another"), person.id]
        )
        with pytest.raises(DomainError, match="wrong"), transaction(user_id=person.id) as tx:
            accounts.log_in(tx, proof, origin)
    (count,) = (
        superuser.execute("SELECT count(*) FROM sessions WHERE user_id = %s", [person.id]).fetchone() or ()
    )
    assert count == 1


def test_a_body_is_what_the_schema_says(client: Client):
    for body in ({"email": "ada@example.com"}, {"email": "ada@example.com", "password": "x", "code": "1"}):
        assert client.post("login", body).status == 422
