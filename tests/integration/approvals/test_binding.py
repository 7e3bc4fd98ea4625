"""What an approval is bound to: content, accounts and time as they stand, and nothing else."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update

from lamplighter.postgres.models import Content, Publication
from lamplighter.postgres.session import Transaction, transaction
from lamplighter.services import approvals
from lamplighter.services.settling import lock
from tests import factories
from tests.integration.approvals.conftest import Table

type Change = Callable[[Transaction, Publication], Any]


def _content(**values: Any) -> Change:
    return lambda tx, row: tx.session.execute(
        update(Content).where(Content.id == row.content_id).values(**values)
    )


def _publication(**values: Any) -> Change:
    return lambda tx, row: tx.session.execute(
        update(Publication).where(Publication.id == row.id).values(**values)
    )


def _moved(tx: Transaction, row: Publication) -> None:
    _publication(scheduled_at=row.scheduled_at + timedelta(seconds=1))(tx, row)


def _another_account(tx: Transaction, row: Publication) -> None:
    factories.make_publication_platform(tx.session, publication_id=row.id)


BOUND: dict[str, Change] = {
    "text": _content(original_text="Good morning"),
    "spacing": _content(original_text="Good  evening"),
    "adapted version": _content(adapted_versions={"sandbox": {"text": "Evening"}}),
    "media": _content(media=[{"media_id": str(UUID(int=1)), "alt": ""}]),
    "segments": _content(segments=[{"kind": "thread", "text": "More", "media": []}]),
    "language": _content(language="en"),
    "accounts": _another_account,
    "time": _moved,
}
FREE: dict[str, Change] = {
    "priority": _publication(priority="high"),
    "late policy": _publication(late_policy="ask", late_after_minutes=5),
    "status of the content": _content(status="ready"),
    "version": _publication(version=9),
}


@pytest.fixture
def row(table: Table) -> Publication:
    with transaction(table.office.made.workspace_id) as tx:
        made: Publication = factories.make_publication(tx.session)
        factories.make_publication_platform(tx.session, publication_id=made.id)
        return made


@pytest.mark.parametrize("name", BOUND | FREE)
def test_an_approval_is_bound_to_what_is_posted_where_and_when(row: Publication, name: str):
    with transaction(row.workspace_id) as tx:
        before = approvals.hash_of(tx, row)
        assert approvals.hash_of(tx, row) == before
        (BOUND | FREE)[name](tx, row)
        assert (approvals.hash_of(tx, row) != before) is (name in BOUND)


def test_an_approval_stands_for_what_was_approved_alone(row: Publication):
    with transaction(row.workspace_id) as tx:
        assert approvals.standing(tx, row) == "none"
        row.approval_status, row.approval_hash = "approved", approvals.hash_of(tx, row)
        assert approvals.standing(tx, row) == "approved"
        BOUND["text"](tx, row)
        assert approvals.standing(tx, row) == "pending"


def test_who_waited_for_the_lock_sees_what_was_committed_meanwhile(row: Publication):
    """The statement that waits began before the edit's commit: what it read beside the lock would be old."""
    began, hashes = threading.Event(), []

    def decide() -> None:
        with transaction(row.workspace_id) as tx:
            approvals.hash_of(tx, row)  # the session knows the old content
            began.set()
            lock(tx, row.workspace_id, row.id)
            hashes.append(approvals.hash_of(tx, row))

    with transaction(row.workspace_id) as tx:
        lock(tx, row.workspace_id, row.id)
        waiting = threading.Thread(target=decide)
        waiting.start()
        assert began.wait(5)
        BOUND["text"](tx, row)
        edited = approvals.hash_of(tx, row)
    waiting.join(10)
    assert hashes == [edited]


def test_only_a_change_of_what_is_bound_asks_again(table: Table):
    made = table.pending()
    table.decide(table.approver, made, "approve")
    assert table.editor.change(table.path(made), {"priority": "high"}).status == 200
    assert table.state(made)[1] == "approved"
    table.edit(table.editor, made, "Good evening")
    assert table.state(made)[1] == "approved"
