"""The job that replaces data keys: what it replaces, what it leaves alone, and when an old key goes."""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine, event

from lamplighter.clients import keys
from lamplighter.postgres.roles import ROTATOR
from lamplighter.postgres.session import move_clock, transaction
from lamplighter.services import rotation, sealing
from lamplighter.services.sealing import Unsealable
from tests.integration.sealing.conftest import DAY, EVERY_DAY, Vault, of

YEAR = timedelta(days=366)


def test_everything_is_sealed_anew_and_reads_as_before(vault: Vault, rotate: Callable[..., Any]):
    before, stored = vault.opened(), vault.rows()
    answer = rotate(of(vault))
    assert (answer["made"], answer["resealed"], answer["unreadable"]) == (1, 4, 0)
    assert vault.opened() == before
    assert vault.versions() == {2}
    old = {text for texts in stored.values() for text in texts if text}
    assert old.isdisjoint(text for texts in vault.rows().values() for text in texts)


def test_what_is_written_afterwards_is_sealed_with_the_new_key(vault: Vault, rotate: Callable[..., Any]):
    rotate(of(vault))
    vault.connect("five", "access of five")
    vault.connect("one", "access of one, again")
    assert vault.versions() == {2}


def test_an_old_key_goes_a_day_after_nothing_needs_it(vault: Vault, rotate: Callable[..., Any]):
    before = vault.opened()
    rotate(of(vault))
    assert vault.keys() == {1: True, 2: False}
    rotate(EVERY_DAY)
    assert vault.keys() == {1: True, 2: False}
    assert rotate(EVERY_DAY, later=DAY)["destroyed"] >= 1
    assert vault.keys() == {2: False}
    assert vault.opened() == before


def test_the_schedule_replaces_keys_that_are_too_old_and_no_others(
    vault: Vault, rotate: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
):
    rotate(EVERY_DAY)
    rotate(EVERY_DAY, later=timedelta(days=364))
    assert vault.keys() == {1: False}
    rotate(EVERY_DAY, later=YEAR)
    assert vault.keys() == {1: True, 2: False}
    assert vault.versions() == {2}
    rotate(EVERY_DAY, later=YEAR)
    assert vault.keys() == {1: True, 2: False}


def test_by_hand_every_workspaces_key_is_replaced(
    vault: Vault, new_vault: Callable[[], Vault], rotate: Callable[..., Any]
):
    other = new_vault()
    rotate({"all": True})
    assert (max(vault.keys()), max(other.keys())) == (2, 2)


def test_by_hand_one_workspaces_key_is_replaced_and_no_others(
    vault: Vault, new_vault: Callable[[], Vault], rotate: Callable[..., Any]
):
    other = new_vault()
    assert rotate(of(vault))["workspaces"] == 1
    assert (max(vault.keys()), max(other.keys())) == (2, 1)


def test_a_run_that_ends_for_want_of_time_is_continued(
    vault: Vault, new_vault: Callable[[], Vault], rotate: Callable[..., Any]
):
    other = new_vault()
    first = rotate({"all": True}, seconds=1)
    assert first["left"] >= 2
    assert vault.keys() == other.keys() == {1: False}
    again = {"all": True, "made_before": first["made_before"]}
    assert rotate(again)["left"] == 0
    assert (max(vault.keys()), max(other.keys())) == (2, 2)
    assert rotate(again)["made"] == 0


@pytest.mark.parametrize("event", [{}, {"all": False}, {"workspace": "x"}, {"workspace_id": "no id"}])
def test_what_is_not_understood_replaces_nothing(vault: Vault, rotate: Callable[..., Any], event: Any):
    with pytest.raises(ValueError, match=r"workspace_id|UUID"):
        rotate(event)
    assert vault.keys() == {1: False}


def test_more_rows_than_a_batch_are_all_sealed_anew(
    vault: Vault, rotate: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(rotation, "BATCH", 3)
    for number in range(10):
        vault.connect(f"more {number}", f"access {number}")
    before = vault.opened()
    assert rotate(of(vault))["resealed"] == 14
    assert vault.versions() == {2}
    assert vault.opened() == before


def test_a_disconnected_account_stays_without_tokens(vault: Vault, rotate: Callable[..., Any]):
    row_id = vault.connect("one", "access of one")
    vault.write(row_id, access_token="", refresh_token=None)
    rotate(of(vault))
    assert vault.rows()[row_id] == ("", None)


def test_an_account_whose_token_is_being_refreshed_is_sealed_anew_later(
    vault: Vault, rotate: Callable[..., Any]
):
    row_id = vault.connect("one", "access of one")
    stored = vault.rows()[row_id]
    with transaction(vault.id) as tx:
        lease = tx.now + timedelta(seconds=60)
    vault.write(row_id, refresh_lease_until=lease)
    rotate(of(vault))
    assert vault.rows()[row_id] == stored
    assert vault.keys() == {1: False, 2: False}
    rotate(EVERY_DAY)
    assert vault.rows()[row_id] == stored
    rotate(EVERY_DAY, later=timedelta(minutes=3))  # whoever had the lease is gone
    assert vault.versions() == {2}
    assert vault.keys() == {1: True, 2: False}


def test_what_was_written_with_an_old_key_keeps_that_key_alive(vault: Vault, rotate: Callable[..., Any]):
    with transaction(vault.id) as tx:
        late = sealing.keyring(tx, vault.id).ready()
    rotate(of(vault))
    assert vault.keys() == {1: True, 2: False}
    row_id = vault.connect("one", "access of one")
    sealed = late.seal("platform_connections.access_token", row_id, "written late")
    vault.write(row_id, access_token=sealed)
    rotate(EVERY_DAY, later=DAY)  # finds it, seals it anew, and the day begins again
    assert vault.keys() == {1: True, 2: False}
    assert vault.opened()[row_id][0] == "written late"
    assert vault.versions() == {2}
    rotate(EVERY_DAY, later=DAY + timedelta(hours=23))
    assert vault.keys() == {1: True, 2: False}
    rotate(EVERY_DAY, later=2 * DAY)
    assert vault.keys() == {2: False}


def test_a_text_written_just_before_its_key_is_destroyed_saves_it(
    vault: Vault,
    rotate: Callable[..., Any],
    superuser: Any,
    as_rotator: Callable[[], AbstractContextManager[None]],
):
    row_id = vault.connect("one", "access of one")
    stored = vault.rows()[row_id][0]
    rotate(of(vault))

    def write(*arguments: Any) -> None:
        if str(arguments[2]).startswith("UPDATE workspace_keys"):  # the marks are looked through, and now:
            statement = "UPDATE platform_connections SET access_token = %s WHERE id = %s"
            superuser.execute(statement, [stored, row_id])

    move_clock(DAY)
    event.listen(Engine, "after_cursor_execute", write)
    try:
        with as_rotator(), transaction(vault.id, role=ROTATOR) as tx:
            assert rotation.destroy_unused(tx) == 0
    finally:
        event.remove(Engine, "after_cursor_execute", write)
        move_clock(None)
    assert vault.keys() == {1: True, 2: False}
    assert vault.opened()[row_id][0] == "access of one"


def test_whoever_read_a_row_before_it_was_sealed_anew_still_opens_it(
    vault: Vault, rotate: Callable[..., Any]
):
    stored, wanted = vault.rows(), vault.opened()
    for _ in range(3):
        rotate(of(vault))
    with transaction(vault.id) as tx:
        keyring = sealing.keyring(tx, vault.id)
    one = next(id_ for id_, texts in wanted.items() if texts[0] == "access of one")
    text = str(stored[one][0])
    assert keyring.unseal("platform_connections.access_token", one, text) == "access of one"


def test_a_text_that_does_not_open_stays_and_is_named_and_its_key_with_it(
    vault: Vault, rotate: Callable[..., Any], caplog: pytest.LogCaptureFixture
):
    one, two = vault.connect("one", "access of one"), vault.connect("two", "access of two")
    moved = vault.rows()[two][0]
    vault.write(one, access_token=moved)
    with caplog.at_level(logging.WARNING):
        answer = rotate(of(vault))
    assert (answer["unreadable"], answer["resealed"], answer["failed"]) == (1, 3, 0)
    assert vault.rows()[one][0] == moved
    assert vault.keys() == {1: False, 2: False}
    vault.connect("one", "access of one")
    rotate(EVERY_DAY)
    assert vault.keys() == {1: True, 2: False}


def test_one_workspaces_failure_is_no_others(
    vault: Vault, new_vault: Callable[[], Vault], rotate: Callable[..., Any], superuser: Any
):
    broken = new_vault()
    broken.connect("one", "access of one")
    wrapped = keys.new_data_key(uuid4())  # another workspace's
    change = "UPDATE workspace_keys SET wrapped_key = %s WHERE workspace_id = %s"
    superuser.execute(change, [wrapped, broken.id])
    sealing._unwrapped.clear()
    try:
        with pytest.raises(Exception, match="1 of"):
            rotate({"all": True})
        assert vault.keys() == {1: True, 2: False}
        assert vault.versions() == {2}
        assert broken.keys() == {1: False, 2: False}
        assert broken.versions() == {1}
    finally:
        superuser.execute("DELETE FROM workspace_keys WHERE workspace_id = %s", [broken.id])


def test_a_deleted_workspace_gets_no_new_key(vault: Vault, rotate: Callable[..., Any], superuser: Any):
    superuser.execute("UPDATE workspaces SET deleted_at = now() WHERE id = %s", [vault.id])
    assert rotate(of(vault))["workspaces"] == 0
    assert vault.keys() == {1: False}


def test_destroyed_keys_stay_destroyed(
    vault: Vault, rotate: Callable[..., Any], as_rotator: Callable[[], AbstractContextManager[None]]
):
    with as_rotator(), transaction(vault.id, role=ROTATOR) as tx:
        sealing.destroy_keys(tx, vault.id)
    assert rotate(of(vault))["workspaces"] == 0
    with as_rotator(), transaction(vault.id, role=ROTATOR) as tx:
        assert rotation.follow(tx, 1, b"a key made before the destruction") == 0
    assert vault.keys() == {}
    with pytest.raises(Unsealable):
        vault.opened()
    with pytest.raises(Unsealable):
        vault.connect("one", "access of one")


def test_of_two_runs_that_make_a_key_at_once_one_is_kept(
    vault: Vault, as_rotator: Callable[[], AbstractContextManager[None]]
):
    with as_rotator():
        kept = []
        for _ in range(2):
            wrapped = keys.new_data_key(vault.id)
            with transaction(vault.id, role=ROTATOR) as tx:
                kept.append(rotation.follow(tx, 1, wrapped))
    assert kept == [1, 0]
    assert vault.keys() == {1: False, 2: False}
