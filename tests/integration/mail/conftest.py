"""Mails that people ask for, each test's to addresses of its own."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from lamplighter.domain.mails import MailKind
from lamplighter.postgres.models import Invitation
from lamplighter.postgres.roles import ACCOUNTS
from lamplighter.postgres.session import move_clock, transaction
from lamplighter.services import mails
from tests.factories import make_organization, make_workspace
from tests.integration.post_office import PostOffice
from tests.logins import as_login

type Superuser = psycopg.Connection[Any]
type Ask = Callable[..., UUID]


@pytest.fixture(autouse=True)
def _alone(post_office: PostOffice, superuser: Superuser) -> Iterator[None]:
    """No other test's mail waits, and the clock is right again afterwards."""
    superuser.execute("DELETE FROM mails")
    post_office.waiting()
    yield
    move_clock(None)


@pytest.fixture
def email() -> str:
    return f"{uuid4().hex}@example.com"


@pytest.fixture
def ask(post_office: PostOffice) -> Ask:
    """Asks for a mail as the routes of accounts do, and wakes its sender; the mail's id."""

    def asked(kind: MailKind, email: str, *, wake: bool = True, **about: UUID) -> UUID:
        with as_login(ACCOUNTS), transaction(user_id=about.get("user_id")) as tx:
            mail_id = mails.request(tx, kind, email, **about)
        if wake:
            mails.wake([mail_id])
        return mail_id

    return asked


@pytest.fixture
def invite(post_office: PostOffice) -> Callable[..., UUID]:
    """Makes an invitation with its mail, as the routes of invitations do; the invitation's id."""

    def invited(email: str, *, organization: str = "Harbour Press", into: str | None = None) -> UUID:
        tenant = make_organization(name=organization).id
        workspace = make_workspace(organization_id=tenant, name=into).id if into else None
        id_, role = uuid4(), "viewer" if into else "member"
        with transaction(organization_id=tenant) as tx:
            values = {"organization_id": tenant, "workspace_id": workspace, "email": email, "role": role}
            until = tx.now + timedelta(days=7)
            tx.session.add(Invitation(id=id_, **values, expires_at=until, created_at=tx.now))
            mail_id = mails.request(tx, "invitation", email, invitation_id=id_)
        mails.wake([mail_id])
        return id_

    return invited


@pytest.fixture
def row(superuser: Superuser) -> Callable[[UUID], dict[str, Any]]:
    """A mail's row as it stands."""

    def found(mail_id: UUID) -> dict[str, Any]:
        cursor = superuser.cursor(row_factory=psycopg.rows.dict_row)
        shown = cursor.execute("SELECT * FROM mails WHERE id = %s", [mail_id]).fetchone()
        assert shown
        return shown

    return found


@pytest.fixture
def tokens(superuser: Superuser) -> Callable[[str], list[dict[str, Any]]]:
    """The tokens that were mailed to an address."""

    def found(email: str) -> list[dict[str, Any]]:
        cursor = superuser.cursor(row_factory=psycopg.rows.dict_row)
        return cursor.execute("SELECT * FROM mail_tokens WHERE email = %s", [email]).fetchall()

    return found
