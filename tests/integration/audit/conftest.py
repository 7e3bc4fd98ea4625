"""A tenant whose doings are looked at, and whoever may look."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine, event

from infra.local.first_workspace import FirstWorkspace
from lamplighter.postgres.models import PersonalKey
from lamplighter.postgres.roles import ACCOUNTS
from lamplighter.postgres.session import transaction
from lamplighter.services import personal_keys
from tests import factories
from tests.integration.http import Http
from tests.integration.tenancy.tenants import signed_in
from tests.logins import as_login

type Enter = Callable[[str], Http]
type Watch = Callable[[], AbstractContextManager[list[str]]]


@pytest.fixture
def enter(first: FirstWorkspace) -> Enter:
    """Somebody new, with a key for what is personal and a role in the organization."""

    def make(role: str) -> Http:
        person = signed_in()
        with as_login(ACCOUNTS), transaction(user_id=person.id) as tx:
            tx.session.add(PersonalKey(owner_id=person.id, wrapped=personal_keys.new(person.id)))
        factories.make_organization_member(first.organization_id, person.id, role)
        return Http(str(first.workspace_id), person.token)

    return make


@pytest.fixture
def owner(enter: Enter) -> Http:
    """The organization's owner."""
    return enter("owner")


@pytest.fixture
def organization(first: FirstWorkspace) -> str:
    """Its log's path."""
    return f"/v1/organizations/{first.organization_id}/audit-log"


@pytest.fixture
def statements() -> Watch:
    """`with statements() as asked:` what SQLAlchemy asks of the database."""

    @contextmanager
    def watch() -> Iterator[list[str]]:
        asked: list[str] = []

        def note(*arguments: Any) -> None:
            asked.append(arguments[2])

        event.listen(Engine, "before_cursor_execute", note)
        try:
            yield asked
        finally:
            event.remove(Engine, "before_cursor_execute", note)

    return watch
