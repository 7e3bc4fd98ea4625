"""An organization of a test's own with one workspace, and people in it who call with real access tokens."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import psycopg

from infra.local.first_workspace import FirstWorkspace
from lamplighter.domain import roles
from lamplighter.domain.access import Caller, Member
from lamplighter.postgres.models import User
from lamplighter.postgres.roles import ACCOUNTS
from lamplighter.postgres.session import transaction
from lamplighter.services.access_tokens import issued
from tests import factories
from tests.integration.http import Answer, Http
from tests.logins import as_login

type Superuser = psycopg.Connection[Any]


@dataclass(frozen=True, slots=True)
class Someone:
    """A person, and the device that they are logged in on."""

    id: UUID
    email: str
    http: Http

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """See `Http.call`; keywords are headers, underscores in them hyphens."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.http.call(method, path, body, headers=sent)

    def logged_in_again(self) -> "Someone":
        """The same person with a new access token: the old one's ten minutes may be over."""
        return replace(self, http=replace(self.http, key=_token(self.id)))

    def get(self, path: str) -> Answer:
        return self.call("GET", path)

    def post(self, path: str, body: Any = None, **headers: str) -> Answer:
        return self.call("POST", path, body, **headers)

    def change(self, path: str, body: Any) -> Answer:
        """PATCH with the ETag of what is there now."""
        return self.call("PATCH", path, body, if_match=self.get(path).headers["etag"])

    def delete(self, path: str, query: str = "") -> Answer:
        """DELETE with the ETag of what is there now."""
        return self.call("DELETE", path + query, if_match=self.get(path).headers["etag"])


@dataclass(frozen=True, slots=True)
class Office:
    """The organization. Nobody belongs to it until somebody is hired."""

    made: FirstWorkspace
    superuser: Superuser

    @property
    def organization(self) -> str:
        return f"/v1/organizations/{self.made.organization_id}"

    @property
    def workspace(self) -> str:
        return f"/v1/workspaces/{self.made.workspace_id}"

    def hire(self, organization_role: str | None = None, workspace_role: str | None = None) -> Someone:
        """A new person with these roles, logged in."""
        person = log_in(str(self.made.workspace_id))
        self.appoint(person, organization_role, workspace_role)
        return person

    def appoint(self, person: Someone, organization_role: str | None, workspace_role: str | None) -> None:
        """Give a person exactly these roles here, whatever they had."""
        self._set("organization", self.made.organization_id, person.id, organization_role)
        self._set("workspace", self.made.workspace_id, person.id, workspace_role)

    def another_workspace(self) -> UUID:
        """A further workspace of the organization."""
        return factories.make_workspace(organization_id=self.made.organization_id).id

    def etag(self, path: str, as_seen_by: Someone) -> str:
        return as_seen_by.get(path).headers["etag"]

    def owner_id(self) -> UUID | None:
        """What stands in the row of the organization."""
        query = "SELECT owner_id FROM organizations WHERE id = %s"
        [(owner_id,)] = self.superuser.execute(query, [self.made.organization_id]).fetchall()
        return owner_id  # type: ignore[no-any-return]

    def roles(self) -> Mapping[UUID, str]:
        """Everybody's role in the organization."""
        query = "SELECT user_id, role FROM organization_members WHERE organization_id = %s"
        return dict(self.superuser.execute(query, [self.made.organization_id]).fetchall())

    def workspace_roles(self, workspace_id: UUID | None = None) -> Mapping[UUID, str]:
        """Everybody's own role in the workspace, or in another one."""
        query = "SELECT user_id, role FROM workspace_members WHERE workspace_id = %s"
        return dict(self.superuser.execute(query, [workspace_id or self.made.workspace_id]).fetchall())

    def audit(self) -> list[dict[str, Any]]:
        """The organization's audit log, oldest first."""
        query = "SELECT to_jsonb(a) FROM audit_log a WHERE organization_id = %s ORDER BY id"  # ids are UUIDv7
        return [row for (row,) in self.superuser.execute(query, [self.made.organization_id])]

    def events(self, workspace_id: UUID | None = None) -> list[tuple[str, dict[str, Any]]]:
        """What the outbox holds of the workspace's members, oldest first."""
        query = (
            "SELECT type, payload FROM outbox_events WHERE workspace_id = %s AND type LIKE 'member.%%'"
            " ORDER BY id"
        )
        return self.superuser.execute(query, [workspace_id or self.made.workspace_id]).fetchall()

    def says_nothing_of(self, *people: Someone) -> bool:
        """Whether the audit log names nobody's address."""
        text = json.dumps(self.audit())
        return not any(person.email in text for person in people)

    def _set(self, scope: str, scope_id: UUID, user_id: UUID, role: str | None) -> None:
        table, column = f"{scope}_members", f"{scope}_id"
        self.superuser.execute(
            f"DELETE FROM {table} WHERE {column} = %s AND user_id = %s",  # noqa: S608
            [scope_id, user_id],
        )
        if role is not None:
            self.superuser.execute(
                f"INSERT INTO {table} (id, {column}, user_id, role, joined_at)"  # noqa: S608
                " VALUES (gen_random_uuid(), %s, %s, %s, clock_timestamp())",
                [scope_id, user_id, role],
            )


def log_in(workspace_id: str = "", user_id: UUID | None = None) -> Someone:
    """A person, a new one unless one is named, with a session and its access token."""
    id_ = user_id or factories.make_user().id
    with as_login(ACCOUNTS), transaction(user_id=id_) as tx:
        email = tx.session.get_one(User, id_).email
    return Someone(id_, email, Http(workspace_id, _token(id_)))


def _token(user_id: UUID) -> str:
    session_id = factories.make_session(user_id).id
    with as_login(ACCOUNTS):
        with transaction() as tx:
            now = tx.now
        return issued(user_id, session_id, now)


def as_member(office: Office, person: Someone, role: str) -> Member:
    """The person as services see them, with a role in the organization."""
    return Member(
        kind="user",
        id=person.id,
        organization_id=office.made.organization_id,
        role=role,
        permissions=roles.allowed("organization", role),
    )


def as_caller(office: Office, person: Someone, role: str = "admin") -> Caller:
    """The same in its workspace."""
    return Caller(
        kind="user",
        id=person.id,
        workspace_id=office.made.workspace_id,
        organization_id=office.made.organization_id,
        permissions=roles.allowed("workspace", role),
    )
