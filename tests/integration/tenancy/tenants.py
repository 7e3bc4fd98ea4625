"""Tenants with something of everything that an id can name. A new kind of id is a new line in MAKERS."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import psycopg

from infra.local.first_workspace import FirstWorkspace, first_workspace
from infra.tools.event_rows import PIXEL
from lamplighter.ids import new_id
from lamplighter.platforms.sandbox import token_for
from lamplighter.postgres.session import transaction
from lamplighter.services import access_tokens
from tests import dates, factories
from tests.integration.cloud import Cloud
from tests.integration.http import Http, logged_in
from tests.integration.tenancy import calendars, hooks
from tests.integration.tenancy.queues import plan


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is signed in."""

    id: UUID
    token: str


@dataclass(frozen=True, slots=True)
class Tenant:
    """An organization and its workspace. Whatever it writes bears its mark."""

    aws: Cloud
    behind: psycopg.Connection[Any]
    """A superuser's connection to the tenant's database."""
    mark: str
    first: FirstWorkspace
    person: Person
    sandbox_token: str

    @property
    def ids(self) -> list[UUID]:
        """What all that is its own refers to."""
        return [self.first.workspace_id, self.first.organization_id, self.person.id]

    @property
    def key(self) -> Http:
        """Its API key, with every permission."""
        return Http(str(self.first.workspace_id), self.first.key)

    def caller(self, scheme: str) -> Http:
        """Whoever calls in its name by a security scheme of the document."""
        return Http(str(self.first.workspace_id), CREDENTIALS[scheme](self))

    def make(self, name: str, path: str = "") -> str:
        """A new id of that name, for the path that takes it."""
        return MAKERS[name](self, path)

    def made(self, path: str, body: Any) -> str:
        """The id of what a POST below the workspace makes."""
        answer = self.key.post(path, body)
        assert answer.status in (201, 202), (path, answer.body)
        return str(answer.json["id"])


def new_tenant(aws: Cloud, behind: psycopg.Connection[Any]) -> Tenant:
    """In the database that the settings name; it may ask as fast as it likes."""
    mark = f"mark{uuid4().hex}"
    first = first_workspace(f"Organization {mark}", f"Workspace {mark}", mark)
    behind.execute("UPDATE organizations SET plan_id = 'unlimited' WHERE id = %s", [first.organization_id])
    person = signed_in(name=mark)
    factories.make_organization_member(first.organization_id, person.id, "owner")
    return Tenant(aws, behind, mark, first, person, token_for(mark))


def leaving(tenant: Tenant) -> Tenant:
    """The tenant with a person who may leave: not its owner, and an editor of its workspace."""
    person = signed_in(name=tenant.mark)
    factories.make_organization_member(tenant.first.organization_id, person.id)
    factories.make_member(tenant.first.workspace_id, person.id)
    return replace(tenant, person=person)


PREPARED: Mapping[str, Callable[[Tenant], Tenant]] = {
    "leave_organization": leaving,
    "leave_workspace": leaving,
}
"""What a tenant needs before it can call an operation itself."""


def signed_in(**overrides: Any) -> Person:
    """Somebody new."""
    user = factories.make_user(**overrides)
    session = factories.make_session(user.id)
    with logged_in("auth"):
        with transaction() as tx:
            now = tx.now
        return Person(user.id, access_tokens.issued(user.id, session.id, now))


CREDENTIALS: Mapping[str, Callable[[Tenant], str]] = {
    "api_key": lambda tenant: tenant.first.key,
    "access_token": lambda tenant: tenant.person.token,
    "sandbox_token": lambda tenant: tenant.sandbox_token,
}


def _content(tenant: Tenant, _path: str) -> str:
    return tenant.made("/content", {"text": f"Good evening {tenant.mark}"})


def _uploaded(tenant: Tenant, path: str) -> str:
    """An image of the workspace, ready unless the path is where it becomes so; or one of the sandbox."""
    if path.startswith("/sandbox"):
        sandbox = tenant.caller("sandbox_token")
        answer = sandbox.call("POST", "/sandbox/api/media", raw=PIXEL, headers=OCTETS)
        return str(answer.json["id"])
    media_id = tenant.made("/media", {"file_name": f"{tenant.mark}.png", "byte_size": len(PIXEL)})
    tenant.aws.s3.put_object(Bucket="media", Key=f"{tenant.first.workspace_id}/{media_id}", Body=PIXEL)
    if not path.endswith("/complete"):
        assert tenant.key.post(f"/media/{media_id}/complete").status == 200
    return media_id


def _connection(tenant: Tenant, path: str) -> str:
    """An account, with slots where the path asks for those."""
    made = tenant.made("/connections", {"platform": "sandbox", "credentials": {"handle": tenant.mark}})
    return plan(tenant, made)[0] if path.endswith("/slots/free") else made


def _publication(tenant: Tenant, path: str) -> str:
    body = {
        "content_id": tenant.make("content_id"),
        "connection_ids": [tenant.make("connection_id")],
        "scheduled_at": dates.NEXT_SPRING,
    }
    publication_id = tenant.made("/publications", body)
    _lead_to_approval(tenant, publication_id, path)
    return publication_id


def _lead_to_approval(tenant: Tenant, publication_id: str, path: str) -> None:
    """As far as what the path does about approvals needs it."""
    below = path.partition("{publication_id}")[2]
    if below.startswith("/approval") and not below.endswith("/request"):
        ways = ("request", "approve") if below.endswith(("/revoke", "/approvals")) else ("request",)
        for step in ways:
            target = f"/publications/{publication_id}/approval/{step}"
            read = tenant.caller("access_token").get(f"/publications/{publication_id}")
            answer = tenant.caller("access_token").post(target, {}, **{"if-match": read.headers["etag"]})
            assert answer.status == 200, answer.body


def _recurring_post(tenant: Tenant, path: str) -> str:
    """One of every day, paused where it is to be resumed."""
    body = {
        "name": f"Lamp {tenant.mark}",
        "schedule_type": "daily",
        "schedule_config": {"timezone": "UTC", "times": ["09:00"]},
        "content_ids": [tenant.make("content_id")],
        "connection_ids": [tenant.make("connection_id")],
    }
    recurring_post_id = tenant.made("/recurring-posts", body)
    if path.endswith("/resume"):
        assert tenant.key.post(f"/recurring-posts/{recurring_post_id}/pause").status == 200
    return recurring_post_id


def _occurrence(tenant: Tenant, path: str) -> str:
    """The next one of the recurring post that was made last, skipped where it is to be restored."""
    query = "SELECT id FROM recurring_posts WHERE workspace_id = %s ORDER BY id DESC LIMIT 1"
    [(found,)] = tenant.behind.execute(query, [tenant.first.workspace_id]).fetchall()
    below = f"/recurring-posts/{found}/occurrences"
    key = str(tenant.key.get(below).json["items"][0]["key"])
    if path.endswith("/restore"):
        assert tenant.key.post(f"{below}/{key}/skip").status == 200
    return key


def _last_publication(tenant: Tenant) -> str:
    """What a path names before what belongs to it."""
    query = "SELECT id FROM publications WHERE workspace_id = %s ORDER BY id DESC LIMIT 1"
    [(publication_id,)] = tenant.behind.execute(query, [tenant.first.workspace_id]).fetchall()
    return str(publication_id)


def _approval_link(tenant: Tenant, _path: str) -> str:
    below = f"/publications/{_last_publication(tenant)}/approval-links"
    return tenant.made(below, {"recipient": tenant.mark})


_STATES = {
    "retry": ("failed", None),
    "resolve": ("unknown", "unknown"),
    "remove": ("published", "published"),
    "edit": ("published", "published"),
}
"""What a platform row must be for an action at the end of a path, and its one attempt, if there is any."""


def _platform(tenant: Tenant, path: str) -> str:
    """Of the publication that was made last, on its one account."""
    [(platform_id,)] = tenant.behind.execute(
        "SELECT id FROM publication_platforms WHERE publication_id = %s", [_last_publication(tenant)]
    ).fetchall()
    status, attempt = _STATES.get(path.rpartition("/")[2], ("pending", None))
    tenant.behind.execute("UPDATE publication_platforms SET status = %s WHERE id = %s", [status, platform_id])
    if attempt is not None:
        tenant.behind.execute(
            "INSERT INTO publication_attempts"
            " (id, workspace_id, publication_platform_id, number, fence, status, remote_id)"
            " VALUES (%s, %s, %s, 1, 1, %s, %s)",
            [new_id(), tenant.first.workspace_id, platform_id, attempt, tenant.mark],
        )
    return str(platform_id)


def _api_key(tenant: Tenant, _path: str) -> str:
    return tenant.made("/api-keys", {"name": f"Key {tenant.mark}", "permissions": ["content:read"]})


def _user(tenant: Tenant, path: str) -> str:
    """Somebody in the organization, and in the workspace where its members are named in the path."""
    user = factories.make_user(name=tenant.mark)
    factories.make_organization_member(tenant.first.organization_id, user.id)
    if path.startswith("/v1/workspaces") and "{user_id}" in path:
        factories.make_member(tenant.first.workspace_id, user.id)
    return str(user.id)


def _invitation(tenant: Tenant, path: str) -> str:
    is_into_workspace = path.startswith("/v1/workspaces")
    workspace_id = tenant.first.workspace_id if is_into_workspace else None
    long_ago = {"updated_at": datetime(2026, 1, 1, tzinfo=UTC)}  # it may be sent again
    email = f"{uuid4().hex}@{tenant.mark}.test"
    made = factories.make_invitation(tenant.first.organization_id, workspace_id, email=email, **long_ago)
    return str(made.id)


def _export(tenant: Tenant, path: str) -> str:
    """A finished archive of the person's, or of the workspace."""
    is_of_the_person = path.startswith("/v1/users/me")
    whose = (None, tenant.person.id) if is_of_the_person else (tenant.first.workspace_id, None)
    made = new_id()
    tenant.behind.execute(
        "INSERT INTO exports (id, workspace_id, user_id, requested_by, status, object_key, byte_size,"
        " finished_at, expires_at)"
        " VALUES (%s, %s, %s, %s, 'ready', %s, 1, now(), now() + interval '1 day')",
        [made, *whose, tenant.person.id, f"exports/{tenant.mark}"],
    )
    return str(made)


def _entry(tenant: Tenant, path: str) -> str:
    """A line in the audit log: the person's own, or the workspace's; on the calendar a publication."""
    if path.endswith("/calendar"):
        return calendars.on_the_calendar(tenant)
    if not path.startswith("/v1/users/me"):
        return tenant.make("content_id")
    session_id = tenant.make("session_id")
    ended = tenant.caller("access_token").call("DELETE", f"/v1/users/me/sessions/{session_id}")
    assert ended.status == 204, ended.body
    return session_id


def _sandbox_post(tenant: Tenant, _path: str) -> str:
    body = {"handle": "lamp", "text": f"Good evening {tenant.mark}"}
    return str(tenant.caller("sandbox_token").post("/sandbox/api/posts", body).json["id"])


OCTETS = {"content-type": "application/octet-stream"}

MAKERS: Mapping[str, Callable[[Tenant, str], str]] = {
    "workspace_id": lambda tenant, _path: str(tenant.first.workspace_id),
    "organization_id": lambda tenant, _path: str(tenant.first.organization_id),
    "content_id": _content,
    "media_id": _uploaded,
    "connection_id": _connection,
    "publication_id": _publication,
    "recurring_post_id": _recurring_post,
    "occurrence": _occurrence,
    "platform_id": _platform,
    "slot_plan_id": lambda tenant, path: plan(tenant, _connection(tenant, path))[1],
    "link_id": _approval_link,
    "feed_id": lambda tenant, _path: calendars.feed(tenant),
    "api_key_id": _api_key,
    "user_id": _user,
    "invitation_id": _invitation,
    "session_id": lambda tenant, _path: str(factories.make_session(tenant.person.id).id),
    "export_id": _export,
    **hooks.MAKERS,
    "actor_id": lambda tenant, _path: str(tenant.person.id),
    "target_id": _content,
    "entry": _entry,
    **dict.fromkeys(("post_id", "reply_to"), _sandbox_post),
}
"""By the name of a parameter or of a body's field. The path tells apart what shares a name."""
