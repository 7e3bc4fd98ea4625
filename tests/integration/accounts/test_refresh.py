"""Refresh tokens: each is good once, and one that comes again ends the session."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from lamplighter.domain.access import Origin
from lamplighter.postgres.session import move_clock, transaction
from lamplighter.services import sessions
from lamplighter.services.sessions import IDLE, LONGEST
from tests.integration.accounts.people import (
    Client,
    Somebody,
    Superuser,
    new_client,
    stripped,
)
from tests.integration.http import Answer, logged_in


@pytest.fixture
def wait(aws: object):
    """`wait(time)`: from then on it is so much later."""
    yield move_clock
    move_clock(None)


def refreshed(client: Client, token: str) -> Answer:
    return client.post("refresh", {"refresh_token": token})


def test_a_refresh_token_is_exchanged_for_new_tokens(person: Somebody):
    answer = refreshed(person.client, person.refresh_token)
    assert answer.status == 200
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json["session_id"] == str(person.session_id)
    assert answer.json["refresh_token"] != person.refresh_token
    assert person.client.with_token(answer.json["access_token"]).is_in()
    assert refreshed(person.client, answer.json["refresh_token"]).status == 200


def test_a_token_that_comes_again_ends_the_family(person: Somebody, superuser: Superuser):
    elsewhere = person.log_in()
    newest = refreshed(person.client, person.refresh_token).json
    thief = new_client()
    replayed = refreshed(thief, person.refresh_token)
    assert (replayed.status, replayed.json["code"]) == (401, "refresh_token_invalid")
    assert refreshed(person.client, newest["refresh_token"]).status == 401
    assert not person.client.with_token(newest["access_token"]).is_in()
    assert not person.client.is_in()
    assert elsewhere.client.is_in()  # another session, another family
    assert refreshed(elsewhere.client, elsewhere.refresh_token).status == 200
    told = superuser.execute(
        "SELECT target_id FROM audit_log WHERE user_id = %s AND action = 'user.session_replayed'", [person.id]
    ).fetchall()
    assert told == [(person.session_id,)]  # once, however often it comes


def test_any_used_token_of_the_family_ends_it(person: Somebody):
    tokens = [person.refresh_token]
    for _ in range(3):
        tokens.append(refreshed(person.client, tokens[-1]).json["refresh_token"])
    assert refreshed(person.client, tokens[1]).status == 401
    assert refreshed(person.client, tokens[-1]).status == 401


def test_of_two_exchanges_at_once_one_wins_and_the_family_ends(
    new_person: Callable[[], Somebody], superuser: Superuser
):
    """The services, as a handler serves one request at a time."""
    people = [new_person() for _ in range(5)]
    with logged_in("auth"), ThreadPoolExecutor(2) as pool:
        outcomes = [list(pool.map(exchanged, [person.refresh_token] * 2)) for person in people]
    for person, (one, other) in zip(people, outcomes, strict=True):
        assert (one is None) is not (other is None)
        assert refreshed(person.client, one or other or "").status == 401
        statement = "SELECT revoked_at IS NOT NULL FROM sessions WHERE id = %s"
        assert superuser.execute(statement, [person.session_id]).fetchone() == (True,)


def exchanged(refresh_token: str) -> str | None:
    """The new refresh token, as the handler gets it."""
    token = sessions.presented(refresh_token)
    with transaction(user_id=token.user_id) as tx:
        renewal = sessions.renew(tx, token, Origin())
    return renewal.opened.refresh_token if renewal.opened else None


def test_what_does_not_hold_has_one_answer(person: Somebody, client: Client, superuser: Superuser):
    invented = refreshed(client, "lmr_" + "x" * 43)
    foreign = refreshed(client, "not even ours")
    refreshed(person.client, person.refresh_token)
    replayed = refreshed(client, person.refresh_token)
    ended = refreshed(client, person.refresh_token)
    assert invented.status == 401
    assert len({str(stripped(answer)) for answer in (invented, foreign, replayed, ended)}) == 1


def test_a_session_lives_as_long_as_it_is_carried_on(person: Somebody, wait: Callable[[timedelta], None]):
    almost = IDLE - timedelta(hours=1)
    wait(almost)
    second = refreshed(person.client, person.refresh_token)
    assert second.status == 200
    wait(2 * almost)
    third = refreshed(person.client, second.json["refresh_token"])
    assert third.status == 200
    wait(2 * almost + IDLE + timedelta(seconds=5))
    assert refreshed(person.client, third.json["refresh_token"]).status == 401


def test_a_session_ends_for_good_after_half_a_year(person: Somebody, wait: Callable[[timedelta], None]):
    token, passed = person.refresh_token, timedelta()
    while passed + timedelta(days=29) < LONGEST:
        passed += timedelta(days=29)
        wait(passed)
        answer = refreshed(person.client, token)
        assert answer.status == 200
        token = answer.json["refresh_token"]
    wait(LONGEST - timedelta(minutes=1))
    answer = refreshed(person.client, token)
    assert answer.status == 200
    wait(LONGEST + timedelta(minutes=1))
    assert refreshed(person.client, answer.json["refresh_token"]).status == 401


def test_logging_out_ends_one_session(person: Somebody):
    elsewhere = person.log_in()
    assert person.client.post("logout").status == 204
    assert not person.client.is_in()
    assert refreshed(person.client, person.refresh_token).status == 401
    assert elsewhere.client.is_in()


def test_logging_out_everywhere_ends_all(person: Somebody, superuser: Superuser):
    elsewhere = person.log_in()
    assert elsewhere.client.post("logout-all").status == 204
    for each in (person, elsewhere):
        assert not each.client.is_in()
        assert refreshed(each.client, each.refresh_token).status == 401
    acts = superuser.execute(
        "SELECT after FROM audit_log WHERE user_id = %s AND action = 'user.sessions_ended'", [person.id]
    ).fetchall()
    assert acts == [({"ended_session_ids": sorted(map(str, (person.session_id, elsewhere.session_id)))},)]


@pytest.mark.parametrize("path", ["logout", "logout-all"])
def test_who_is_not_in_cannot_log_out(client: Client, path: str):
    answer = client.post(path)
    assert (answer.status, answer.json["code"]) == (401, "unauthenticated")
