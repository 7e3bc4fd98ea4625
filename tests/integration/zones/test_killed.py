"""Killed before any of its statements and invoked again, the function does the rest: nothing is half done."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Engine, event, select

from lamplighter.postgres.models import Dispatch, Publication, PublicationPlatform, RecurringOccurrence
from lamplighter.postgres.session import transaction
from lamplighter.services import rezoning
from tests.integration.zones.almaty import HOUR, Almaty, daily
from tests.zone_data import AFTER, using


class KilledError(BaseException):
    """The process is gone."""


@contextmanager
def killed_before(statement: int) -> Iterator[None]:
    """Inside, the process dies before the statement of this number."""
    left = iter(range(statement))

    def count(*_: Any) -> None:
        if next(left, None) is None:
            raise KilledError

    event.listen(Engine, "before_cursor_execute", count)
    try:
        yield
    finally:
        event.remove(Engine, "before_cursor_execute", count)


def test_a_run_that_is_killed_anywhere_leaves_whole_rules_and_the_next_ends_it(almaty: Almaty):
    for _ in range(2):
        almaty.made(needs_approval=True)
    before = times(almaty)
    kills = 0
    with using(AFTER):
        while not is_through(almaty, kills):
            now = times(almaty)
            assert all(len(set(each)) == 1 for each in now)  # the ledger, the publication, its work: one time
            moved = [new[0] - old[0] for old, new in zip(before, now, strict=True)]
            assert [moved[:3], moved[3:]] in HALVES
            kills += 1
            if moved[:3] == [HOUR] * 3:
                break  # the second rule dies as the first did
        assert almaty.rezone()["after"] is None
    assert kills > 20
    assert times(almaty) == [tuple(at + HOUR for at in each) for each in before]


STAYED, WENT = [HOUR * 0] * 3, [HOUR] * 3
HALVES = ([STAYED, STAYED], [WENT, STAYED], [STAYED, WENT])


def is_through(almaty: Almaty, kills: int) -> bool:
    """Whether a run came to its end before the statement at which it was to be killed."""
    with killed_before(kills):
        try:
            almaty.rezone()
        except KilledError:
            return False
    return True


def times(almaty: Almaty) -> list[tuple[datetime, datetime, datetime]]:
    """Of each publication, when the ledger, itself and its work say that it goes out; rule by rule."""
    statement = (
        select(RecurringOccurrence.due_at, Publication.scheduled_at, Dispatch.due_at)
        .join(Publication, Publication.id == RecurringOccurrence.publication_id)
        .join(PublicationPlatform, PublicationPlatform.publication_id == Publication.id)
        .join(Dispatch, Dispatch.publication_platform_id == PublicationPlatform.id)
        .order_by(RecurringOccurrence.recurring_post_id, RecurringOccurrence.local_time)
    )
    with transaction(almaty.workspace_id) as tx:
        return [tuple(row) for row in tx.session.execute(statement)]


def test_a_run_whose_time_is_up_says_where_to_go_on(almaty: Almaty, monkeypatch: pytest.MonkeyPatch):
    posts = sorted((almaty.made() for _ in range(3)), key=lambda post: post["id"])
    before = times(almaty)
    with using(AFTER):
        first = almaty.rezone(seconds=59)
        assert (first["rules"], first["after"]) == (1, ("Asia/Almaty", posts[0]["id"]))
        second = almaty.rezone(after=list(first["after"]))
        assert (second["rules"], second["after"]) == (2, None)
        monkeypatch.setattr(rezoning, "PAGE", 1)  # page after page
        assert almaty.rezone()["rules"] == 3
    assert times(almaty) == [tuple(at + HOUR for at in each) for each in before]


def test_what_a_planner_with_the_former_data_enters_meanwhile_the_next_run_puts_right(almaty: Almaty):
    with using(AFTER):
        almaty.created(schedule_config=daily())
        almaty.rezone()
    almaty.run()
    entered = almaty.scheduled()
    with using(AFTER):
        almaty.rezone()
    assert len(entered) == 3
    assert almaty.scheduled() == {at + HOUR for at in entered}
