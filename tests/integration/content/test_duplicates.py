"""The same on the same account around the same time: found, named to who may see it, passed once."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from infra.local.first_workspace import FirstWorkspace
from lamplighter.domain.access import Caller
from lamplighter.postgres.session import Transaction, transaction
from lamplighter.problems import DomainError
from lamplighter.services import duplicates
from tests import factories
from tests.dates import NEXT_SPRING
from tests.integration.processes import asked_at_once
from tests.integration.publishing.conftest import Desk
from tests.integration.publishing.test_scheduling import sent

DUE = datetime(2027, 3, 1, 9, tzinfo=UTC)
DAY = timedelta(hours=24)
PRINT = "f" * 64
PAIRS = 50


@pytest.fixture
def caller(first: FirstWorkspace) -> Caller:
    """A program in a tenant of its own."""
    ids = {"workspace_id": first.workspace_id, "organization_id": first.organization_id}
    return Caller(kind="api_key", id=uuid4(), **ids)


@pytest.fixture
def tx(caller: Caller) -> Iterator[Transaction]:
    with transaction(caller.workspace_id) as opened:
        yield opened


def posted(tx: Transaction, connection_id: UUID, *more: UUID, **given: Any) -> UUID:
    """A publication on the connections; of what is given, `status` and `fingerprint` are its rows'."""
    rows = {name: given.pop(name) for name in ("status", "fingerprint") if name in given}
    made = factories.make_publication(tx.session, **{"scheduled_at": DUE, **given})
    for each in (connection_id, *more):
        values = {"publication_id": made.id, "connection_id": each, "fingerprint": PRINT, **rows}
        factories.make_publication_platform(tx.session, **values)
    tx.session.flush()
    return made.id


def account(tx: Transaction) -> UUID:
    return factories.make_connection(tx.session).id


def found(tx: Transaction, by: Caller, *connections: UUID, due_at: datetime = DUE) -> str | None:
    """The publication that is named as the first; "" where there is one that is not named, None for none."""
    try:
        duplicates.refuse(tx, by, dict.fromkeys(connections, PRINT), due_at, DAY)
    except DomainError as error:
        return (
            error.members.get("publication_id", "") if error.code == "duplicate_publication" else error.code
        )
    return None


@pytest.mark.parametrize("status", ["pending", "publishing", "published", "unknown", "held"])
@pytest.mark.parametrize("apart", [timedelta(), DAY, -DAY])
def test_what_is_there_within_the_window_is_named(
    tx: Transaction, caller: Caller, status: str, apart: timedelta
):
    connection_id = account(tx)
    first = posted(tx, connection_id, status=status)
    assert found(tx, caller, account(tx), connection_id, due_at=DUE + apart) == str(first)


@pytest.mark.parametrize(
    "other",
    [
        *({"status": status} for status in ("cancelled", "failed", "skipped", "removed")),
        {"scheduled_at": DUE + DAY + timedelta(seconds=1)},
        {"scheduled_at": DUE - DAY - timedelta(seconds=1)},
        {"mode": "test"},
        {"fingerprint": "e" * 64},
        {"fingerprint": None},
    ],
    ids=str,
)
def test_what_is_gone_far_away_a_test_or_something_else_is_no_duplicate(
    tx: Transaction, caller: Caller, other: dict[str, Any]
):
    connection_id = account(tx)
    posted(tx, connection_id, **other)
    assert found(tx, caller, connection_id) is None


def test_the_same_on_another_account_is_no_duplicate(tx: Transaction, caller: Caller):
    posted(tx, account(tx))
    assert found(tx, caller, account(tx)) is None


def test_a_fingerprint_counts_for_its_own_account(tx: Transaction, caller: Caller):
    one, other = account(tx), account(tx)
    posted(tx, one)
    duplicates.refuse(tx, caller, {one: "e" * 64, other: PRINT}, DUE, DAY)


def test_a_test_is_a_duplicate_of_a_test(tx: Transaction, caller: Caller):
    connection_id = account(tx)
    first = posted(tx, connection_id, mode="test")
    assert found(tx, replace(caller, mode="test"), connection_id) == str(first)


def test_a_limited_key_is_not_told_what_it_could_not_read(tx: Transaction, caller: Caller):
    mine, other = account(tx), account(tx)
    posted(tx, mine, other)
    limited = replace(caller, connection_ids=frozenset({mine}))
    assert found(tx, limited, mine) == ""
    own = posted(tx, mine, scheduled_at=DUE + timedelta(hours=3))
    assert found(tx, limited, mine) == str(own)
    assert found(tx, replace(caller, connection_ids=frozenset()), mine) == ""


def test_the_nearest_is_named(tx: Transaction, caller: Caller):
    connection_id = account(tx)
    posted(tx, connection_id, scheduled_at=DUE - timedelta(hours=3))
    nearest = posted(tx, connection_id, scheduled_at=DUE + timedelta(hours=2))
    posted(tx, connection_id, scheduled_at=DUE + timedelta(hours=4))
    assert found(tx, caller, connection_id) == str(nearest)


def test_another_tenants_post_is_none_of_ones_own(caller: Caller):
    with transaction(caller.workspace_id) as tx:
        connection_id = account(tx)
        posted(tx, connection_id)
    stranger = replace(caller, workspace_id=factories.make_workspace().id)
    with transaction(stranger.workspace_id) as tx:
        assert found(tx, stranger, connection_id) is None
    with transaction(caller.workspace_id) as tx:
        assert found(tx, stranger, connection_id) is None


def test_without_a_window_nothing_is_asked(tx: Transaction, caller: Caller):
    connection_id = account(tx)
    posted(tx, connection_id)
    with sent() as statements:
        duplicates.refuse(tx, caller, {connection_id: PRINT}, DUE, timedelta())
    assert statements == []


def test_fifty_accounts_cost_two_statements(tx: Transaction, caller: Caller):
    fingerprints = {account(tx): PRINT for _ in range(50)}
    tx.session.flush()
    with sent() as statements:
        duplicates.refuse(tx, caller, fingerprints, DUE, DAY)
    assert len(statements) == 2


def test_accounts_are_locked_in_one_order_whatever_the_order_they_are_named_in(
    tx: Transaction, caller: Caller
):
    fingerprints = {account(tx): PRINT for _ in range(50)}
    tx.session.flush()
    with sent() as statements:
        duplicates.refuse(tx, caller, fingerprints, DUE, DAY)
        duplicates.refuse(tx, caller, dict(reversed(fingerprints.items())), DUE, DAY)
    locks = [values for statement, values in statements if "advisory" in statement]
    assert len(locks) == 2
    assert locks[0] == locks[1]


def test_many_posts_of_an_account_are_not_walked(caller: Caller, superuser: psycopg.Connection[Any]):
    with transaction(caller.workspace_id) as tx:
        connection_id = account(tx)
        first = posted(tx, connection_id)
    superuser.execute(
        "WITH more AS ("
        " INSERT INTO publications (id, workspace_id, content_id, scheduled_at)"
        " SELECT gen_random_uuid(), workspace_id, content_id, scheduled_at"
        " FROM publications, generate_series(1, 5000) WHERE id = %s RETURNING *)"
        " INSERT INTO publication_platforms"
        " (id, workspace_id, publication_id, connection_id, platform, fingerprint)"
        " SELECT gen_random_uuid(), workspace_id, id, %s, 'sandbox', md5(id::text) FROM more",
        [first, connection_id],
    )
    superuser.execute("ANALYZE publications, publication_platforms")
    with transaction(caller.workspace_id) as tx:
        with sent() as statements:
            assert found(tx, caller, connection_id, account(tx)) == str(first)
        [(statement, values)] = [each for each in statements if "wanted" in each[0]]
        explained = tx.session.connection().exec_driver_sql(f"EXPLAIN ANALYZE {statement}", values)
        plan = "\n".join(explained.scalars())
    assert "idx_pub_platforms_fingerprint" in plan
    assert "Seq Scan" not in plan
    assert "Rows Removed by Filter" not in plan


def test_of_two_at_the_same_moment_one_is_refused(caller: Caller):
    """Fifty times, on two connections to the database, whose transactions begin together."""
    with transaction(caller.workspace_id) as tx:
        accounts = [(account(tx), account(tx)) for _ in range(PAIRS)]
        content_id = factories.make_content(tx.session).id
    together = threading.Barrier(2)

    def schedule(named: tuple[UUID, ...]) -> bool:
        """Whether it passed."""
        with transaction(caller.workspace_id) as tx:
            together.wait(10)
            if found(tx, caller, *named) is not None:
                return False
            posted(tx, *named, content_id=content_id)
            return True

    with ThreadPoolExecutor(2) as pool:
        for pair in accounts:
            both = pool.map(schedule, (pair, pair[::-1]))  # in the one order and in the other: no deadlock
            assert sorted(both) == [False, True]


def test_the_refusal_names_what_is_there_and_force_passes(desk: Desk):
    connection = desk.connection()
    body = {"content_id": desk.content(), "when": timedelta(hours=1)}
    first = desk.publication(connection, **body)
    again = desk.publication(connection, **body)
    assert (again.status, again.json["code"]) == (409, "duplicate_publication")
    assert again.json["publication_id"] == first.json["id"]
    assert desk.publication(connection, desk.connection(), **body).status == 409
    assert desk.publication(desk.connection(), **body).status == 201
    assert desk.publication(connection, force=True, **body).status == 201


def test_other_words_that_read_the_same_are_a_duplicate(desk: Desk):
    connection, when = desk.connection(), timedelta(hours=1)
    words = ("Good evening", "good  EVENING ")
    answers = [desk.publication(connection, content_id=desk.content(each), when=when) for each in words]
    assert [answer.status for answer in answers] == [201, 409]


def test_what_is_edited_is_compared_as_it_is_now(desk: Desk):
    connection, when, content_id = desk.connection(), timedelta(hours=1), desk.content()
    assert desk.publication(connection, content_id=content_id, when=when).status == 201
    change = {"if-match": '"1"'}
    edited = desk.http.call("PATCH", f"/content/{content_id}", {"text": "Good night"}, headers=change)
    assert edited.status == 200
    assert desk.publication(connection, content_id=desk.content("Good night"), when=when).status == 409
    assert desk.publication(connection, content_id=desk.content(), when=when).status == 201


def test_of_twenty_requests_at_the_same_moment_one_is_accepted(desk: Desk):
    """In processes of their own, for two contents that read the same."""
    account, at = desk.connection(), NEXT_SPRING
    bodies = [
        {"content_id": desk.content(text), "connection_ids": [account], "scheduled_at": at}
        for text in ("Good evening", "good evening")
    ]
    answers = asked_at_once(desk.http, "POST", "/publications", bodies * 10)
    assert sorted(answer["statusCode"] for answer in answers) == [201, *[409] * 19]
    [made] = [answer for answer in answers if answer["statusCode"] == 201]
    refused = [json.loads(answer["body"]) for answer in answers if answer is not made]
    assert {each["publication_id"] for each in refused} == {json.loads(made["body"])["id"]}
