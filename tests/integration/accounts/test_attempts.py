"""How often one may try: guessing is stopped, and nobody learns from it or is locked out by it."""

import secrets

import pytest

from lamplighter.services import attempts
from tests.integration.accounts.people import (
    PASSWORD,
    Client,
    Somebody,
    Superuser,
    new_client,
    new_email,
    stripped,
)
from tests.integration.cloud import Cloud
from tests.integration.http import Answer, logged_in


def guess(client: Client, email: str) -> Answer:
    return client.post("login", {"email": email, "password": "a guess of a lamp"})


def allowed(what: str, paces: attempts.Paces, pairs: list[tuple[str, str]]) -> int:
    """How many of the attempts (e-mail, address) come before the first that is refused."""
    with logged_in("auth"):
        verdicts = (attempts.counted(what, paces, *pair).allowed for pair in pairs)
        return next((number for number, verdict in enumerate(verdicts) if not verdict), len(pairs))


def addresses(count: int) -> list[str]:
    return [new_client().address for _ in range(count)]


def test_guessing_is_stopped_with_or_without_an_account(person: Somebody):
    ends = {}
    for whose, email in (("known", person.email), ("unknown", new_email())):
        client = new_client()
        answers = [guess(client, email) for _ in range(12)]
        assert [answer.status for answer in answers] == [401] * 10 + [429] * 2
        ends[whose] = answers[-1]
        assert ends[whose].json["code"] == "rate_limited"
        assert 1 <= int(ends[whose].headers["retry-after"]) <= 13
    known, unknown = (stripped(ends[whose]) for whose in ("known", "unknown"))
    assert known[0] == unknown[0]
    assert known[2].keys() == unknown[2].keys()


def test_the_headers_tell_how_often_one_may_try(client: Client):
    email = new_email()
    answers = [guess(client, email) for _ in range(11)]
    first, last = answers[0].headers, answers[-1].headers
    assert first["ratelimit-policy"] == last["ratelimit-policy"] == '"attempts";q=10;w=120'
    assert first["ratelimit"].startswith('"attempts";r=9;t=')
    assert last["ratelimit"].startswith('"attempts";r=0;t=')


def test_nobody_is_told_how_often_others_tried(aws: Cloud):
    tried, untried = new_email(), new_email()
    allowed("login", attempts.LOGIN, [(tried, address) for address in addresses(19) for _ in range(5)])
    known, unknown = (guess(new_client(), email) for email in (tried, untried))
    assert known.status == unknown.status == 401
    assert known.headers["ratelimit"] == unknown.headers["ratelimit"]


def test_the_right_password_does_not_help_who_guessed_too_often(person: Somebody):
    client = new_client()
    for _ in range(10):
        guess(client, person.email)
    assert client.post("login", {"email": person.email, "password": PASSWORD}).status == 429


def test_a_stranger_who_guesses_locks_nobody_out(person: Somebody):
    stranger = new_client()
    while guess(stranger, person.email).status != 429:
        pass
    assert person.log_in().client.is_in()


def test_many_addresses_share_one_bound_for_one_person(aws: Cloud):
    email = new_email()
    pairs = [(email, address) for address in addresses(30) for _ in range(5)]
    assert 100 <= allowed("login", attempts.LOGIN, pairs) <= 105  # some grow back meanwhile


def test_one_address_cannot_try_many_persons(aws: Cloud):
    (address,) = addresses(1)
    pairs = [(new_email(), address) for _ in range(200)]
    assert 120 <= allowed("login", attempts.LOGIN, pairs) <= 135


def test_an_ipv6_household_is_one_address(aws: Cloud):
    household = f"2001:db8:{secrets.token_hex(2)}:{secrets.token_hex(2)}"
    pairs = [(new_email(), f"{household}::{number:x}") for number in range(200)]
    assert 120 <= allowed("login", attempts.LOGIN, pairs) <= 135


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::1", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("", "", True),
        ("unix:", "192.0.2.1", False),
    ],
)
def test_who_stands_behind_an_address(one: str, other: str, same: bool):
    assert (attempts._network(one) == attempts._network(other)) is same


@pytest.mark.parametrize("route", ["sign-up", "password-reset"])
def test_a_mailbox_is_not_filled(client: Client, route: str):
    email = new_email()
    answers = [client.post(route, {"email": email}).status for _ in range(4)]
    assert answers == [202, 202, 202, 429]
    assert new_client().post(route, {"email": email}).status == 202
    other = "password-reset" if route == "sign-up" else "sign-up"
    assert client.post(other, {"email": email}).status == 202


def test_a_mailbox_has_one_bound_for_all_addresses(aws: Cloud):
    email = new_email()
    assert allowed("reset_password", attempts.MAIL, [(email, each) for each in addresses(20)]) == 10


def test_what_was_refused_takes_nothing_from_the_wider_bound(aws: Cloud):
    """Else a stranger's refused attempts would lock the owner out all the same."""
    email, (stranger, owner) = new_email(), addresses(2)
    allowed("login", attempts.LOGIN, [(email, stranger)] * 11)
    for _ in range(100):
        assert allowed("login", attempts.LOGIN, [(email, stranger)]) in (0, 1)
    assert allowed("login", attempts.LOGIN, [(email, owner)] * 5) == 5


def test_the_buckets_name_nobody(client: Client, superuser: Superuser):
    email = new_email()
    guess(client, email)
    client.post("sign-up", {"email": email})
    buckets = [row[0] for row in superuser.execute("SELECT bucket FROM rate_limits")]
    assert any(bucket.startswith("attempts:login:") for bucket in buckets)
    for told in (email, email.split("@")[0], client.address, client.address.rsplit(".", 1)[0]):
        assert not any(told in bucket for bucket in buckets)
