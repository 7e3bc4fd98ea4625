"""Who reaches what: the job texts and keys of one workspace at a time, the application no key's end."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import psycopg
import pytest
from sqlalchemy import delete, update
from sqlalchemy.exc import ProgrammingError

from lamplighter.postgres.models import PlatformConnection, Webhook, WorkspaceKey
from lamplighter.postgres.roles import ROTATOR
from lamplighter.postgres.session import transaction
from lamplighter.services import rotation, sealing
from tests.integration.sealing.conftest import Vault, of


def test_without_a_tenant_nothing_is_marked_or_destroyed(
    vault: Vault, rotate: Callable[..., Any], as_rotator: Callable[[], AbstractContextManager[None]]
):
    rotate(of(vault))
    vault.write(vault.connect("one", "access of one"), access_token="lmp1.1.AAAA")
    with as_rotator(), transaction(role=ROTATOR) as tx:
        rotation.retire_unused(tx)
        assert rotation.destroy_unused(tx) == 0
        assert rotation.outdated(tx, tx.now) is None
    assert vault.keys() == {1: True, 2: False}


def test_the_job_sees_sealed_texts_and_nothing_else_of_its_workspace(
    vault: Vault, as_rotator: Callable[[], AbstractContextManager[None]]
):
    refused = (
        "SELECT channel_id FROM platform_connections",
        "SELECT url FROM webhooks",
        "UPDATE platform_connections SET status = 'disconnected'",
        "UPDATE workspace_keys SET wrapped_key = ''",
        "DELETE FROM platform_connections",
        "SELECT id FROM content",
        "SELECT name FROM workspaces",
    )
    with as_rotator():
        for statement in refused:
            with (
                pytest.raises(psycopg.errors.InsufficientPrivilege),
                transaction(vault.id, role=ROTATOR) as tx,
            ):
                tx.session.connection().connection.dbapi_connection.execute(statement)  # type: ignore[union-attr]


def test_the_job_writes_in_one_workspace_at_a_time(
    vault: Vault,
    new_vault: Callable[[], Vault],
    as_rotator: Callable[[], AbstractContextManager[None]],
):
    other = new_vault()
    other.connect("one", "access of one")
    other.hook("secret")
    before = other.rows()
    with as_rotator(), transaction(vault.id, role=ROTATOR) as tx:
        for table, column in ((PlatformConnection, "access_token"), (Webhook, "secret")):
            tx.session.execute(update(table).values({column: "overwritten"}))
        sealing.destroy_keys(tx, other.id)
    assert other.rows() == before
    assert other.keys() == {1: False}


def test_the_application_changes_no_key_and_destroys_none_of_a_living_workspace(vault: Vault):
    with pytest.raises(ProgrammingError, match="permission denied"), transaction(vault.id) as tx:
        tx.session.execute(update(WorkspaceKey).values(wrapped_key=b"another"))
    with transaction(vault.id) as tx:
        tx.session.execute(delete(WorkspaceKey))
    assert vault.keys() == {1: False}


def test_the_application_destroys_the_keys_of_a_workspace_that_was_deleted(vault: Vault, superuser: Any):
    superuser.execute("UPDATE workspaces SET deleted_at = now() WHERE id = %s", [vault.id])
    with transaction(vault.id) as tx:
        sealing.destroy_keys(tx, vault.id)
    assert vault.keys() == {}
