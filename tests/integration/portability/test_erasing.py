"""The job that removes what a deleted workspace leaves: in time, in steps, and of nobody who lives."""

from typing import Any
from uuid import UUID

import pytest

from functions.erase.handler import ErasureIncomplete
from lamplighter.postgres.roles import ERASE, ERASER
from lamplighter.postgres.security.tenancy import erased_tables
from lamplighter.postgres.session import transaction
from lamplighter.services import wiping
from tests import factories
from tests.integration.http import handler_of
from tests.integration.people.office import Office, Someone
from tests.integration.portability.jobs import TICK, Jobs, countdown, keys, later
from tests.integration.portability.marks import Superuser
from tests.integration.portability.workspaces import SOON, Marked, delete
from tests.logins import as_login


def test_what_was_under_way_is_given_an_hour(marked: Marked, office: Office, owner: Someone, jobs: Jobs):
    assert delete(owner, office).status == 204
    assert jobs.run("erase") == {"erased": 0, "left": 0, "failed": 0}
    assert keys(jobs.aws, "media", f"{marked.workspace_id}/")


def test_erasing_stops_in_time_and_goes_on(
    marked: Marked, office: Office, owner: Someone, superuser: Superuser, monkeypatch: Any
):
    monkeypatch.setattr(wiping, "BATCH", 3)
    with transaction(marked.workspace_id) as tx:
        for _ in range(200):
            factories.make_content(tx.session)
    assert delete(owner, office).status == 204
    rows = "SELECT count(*) FROM content WHERE workspace_id = %s"
    left, answers = [], []
    with later(SOON), as_login(ERASE):
        while not answers or answers[-1]["erased"] == 0:
            answers.append(handler_of("erase")(TICK, countdown(len(wiping.TABLES) + 10)))
            [count] = superuser.execute(rows, [marked.workspace_id]).fetchone() or ()
            left.append(count)
            assert len(answers) < 20
    assert len(answers) > 2
    assert left == sorted(left, reverse=True)
    assert len(set(left)) > 2  # each run removed its share of one table
    assert left[-1] == 0


def test_one_that_fails_holds_up_no_other_and_is_tried_again(
    marked: Marked, office: Office, owner: Someone, jobs: Jobs, monkeypatch: Any
):
    assert delete(owner, office).status == 204
    other = office.another_workspace()
    office.superuser.execute("UPDATE workspaces SET deleted_at = now() WHERE id = %s", [other])
    real = wiping.delete_files

    def refuse(workspace_id: UUID) -> None:
        if workspace_id == marked.workspace_id:
            raise OSError("no bucket")
        real(workspace_id)

    monkeypatch.setattr(wiping, "delete_files", refuse)
    with later(SOON), pytest.raises(ErasureIncomplete, match="1 of 2"):
        jobs.run("erase")
    erased = "SELECT id FROM workspaces WHERE erased_at IS NOT NULL AND id = ANY(%s)"
    both = [marked.workspace_id, other]
    assert office.superuser.execute(erased, [both]).fetchall() == [(other,)]
    monkeypatch.setattr(wiping, "delete_files", real)
    with later(SOON):
        assert jobs.run("erase") == {"erased": 1, "left": 0, "failed": 0}


@pytest.mark.parametrize("table", erased_tables())
def test_a_living_workspace_cannot_be_erased(table: str, workspace: UUID, superuser: Superuser):
    with transaction(workspace) as tx:
        factories.make_dispatch(tx.session)
    column = erased_tables()[table]
    count = f"SELECT count(*) FROM {table} WHERE {column} = %s"  # noqa: S608
    before = superuser.execute(count, [workspace]).fetchone()
    with as_login(ERASE), transaction(workspace, role=ERASER) as tx:
        assert wiping.delete_rows(tx, table, workspace) is False
    assert superuser.execute(count, [workspace]).fetchone() == before
