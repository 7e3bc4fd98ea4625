"""Rows for tests: `make_x(session, **overrides)` adds one and flushes; defaults are the dullest that hold.

People, organizations, workspaces and who belongs to them stand above a workspace's transaction: their makers
commit their own.
"""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lamplighter.domain.vocabulary import DISPATCH_PRIORITIES
from lamplighter.ids import new_id
from lamplighter.postgres.base import Base
from lamplighter.postgres.models import (
    ApiKey,
    Campaign,
    Content,
    Dispatch,
    Invitation,
    Media,
    Organization,
    OrganizationMember,
    PlatformConnection,
    Publication,
    PublicationAttempt,
    PublicationPlatform,
    RecurringPost,
    Template,
    User,
    UserSession,
    Webhook,
    Workspace,
    WorkspaceMember,
)
from lamplighter.postgres.roles import ACCOUNTS
from lamplighter.postgres.session import Transaction, transaction
from tests.logins import as_login


def make_user(**overrides: Any) -> User:
    """A committed person, as the login of accounts makes them; without a password unless one is given."""
    id_ = overrides.pop("id", None) or new_id()
    defaults = {"email": f"{id_.hex}@example.com", "email_verified": True, "name": "Ada"}
    with as_login(ACCOUNTS), transaction(user_id=id_) as tx:
        return _added(tx.session, User(id=id_, **{**defaults, **overrides}))


def make_session(user_id: UUID, **overrides: Any) -> UserSession:
    """A committed session of the person's, good for a month from now."""
    with as_login(ACCOUNTS), transaction(user_id=user_id) as tx:
        defaults = {"created_at": tx.now, "expires_at": tx.now + timedelta(days=30)}
        return _added(tx.session, UserSession(**{**defaults, **overrides, "user_id": user_id}))


def make_organization(owner: UUID | None = None, **overrides: Any) -> Organization:
    """A committed organization; with `owner`, theirs."""
    id_ = overrides.pop("id", None) or new_id()
    values = {"name": "Organization", "slug": f"o-{id_.hex}", "owner_id": owner, **overrides}
    with transaction(organization_id=id_) as tx:
        made = _added(tx.session, Organization(id=id_, **values))
        if owner is not None:
            _add_member(tx, OrganizationMember(organization_id=id_, user_id=owner, role="owner"))
        return made


def make_organization_member(
    organization_id: UUID, user_id: UUID | None = None, role: str = "member"
) -> OrganizationMember:
    """A committed membership, of a new person unless one is named."""
    user_id = user_id or make_user().id
    with transaction(organization_id=organization_id) as tx:
        row = OrganizationMember(organization_id=organization_id, user_id=user_id, role=role)
        return _add_member(tx, row)


def make_workspace(**overrides: Any) -> Workspace:
    """A committed workspace, in a new organization unless `organization_id` names one."""
    id_ = overrides.pop("id", None) or new_id()
    organization_id = overrides.pop("organization_id", None) or make_organization().id
    values = {"name": "Workspace", "slug": f"w-{id_.hex}", **overrides}
    with transaction(id_, organization_id=organization_id) as tx:
        return _added(tx.session, Workspace(id=id_, organization_id=organization_id, **values))


def make_member(workspace_id: UUID, user_id: UUID | None = None, role: str = "editor") -> WorkspaceMember:
    """A committed membership of the workspace, of a new person unless one is named."""
    user_id = user_id or make_user().id
    with transaction(workspace_id) as tx:
        return _add_member(tx, WorkspaceMember(workspace_id=workspace_id, user_id=user_id, role=role))


def make_invitation(organization_id: UUID, workspace_id: UUID | None = None, **overrides: Any) -> Invitation:
    """A committed open invitation, into the workspace if one is named; its mail is not asked for."""
    with transaction(workspace_id, organization_id=organization_id) as tx:
        defaults = {
            "email": f"{new_id().hex}@example.com",
            "role": "member" if workspace_id is None else "editor",
            "expires_at": tx.now + timedelta(days=7),
        }
        values = {**defaults, **overrides, "organization_id": organization_id, "workspace_id": workspace_id}
        return _added(tx.session, Invitation(**values))


def _add_member[Row: OrganizationMember | WorkspaceMember](tx: Transaction, row: Row) -> Row:
    row.joined_at = tx.now
    return _added(tx.session, row)


def make_content(session: Session, **overrides: Any) -> Content:
    return _added(session, Content(**_of_workspace(session, {"original_text": "Good evening"}, overrides)))


def make_media(session: Session, **overrides: Any) -> Media:
    defaults = {"object_key": f"media/{new_id()}", "mime": "image/png", "status": "ready", "byte_size": 1}
    return _added(session, Media(**_of_workspace(session, defaults, overrides)))


def make_template(session: Session, **overrides: Any) -> Template:
    defaults = {"name": "Template", "variables": [], "structure": {}}
    return _added(session, Template(**_of_workspace(session, defaults, overrides)))


def make_campaign(session: Session, **overrides: Any) -> Campaign:
    defaults = {"name": "Campaign", "type": "launch", "start_date": datetime(2026, 1, 1, tzinfo=UTC).date()}
    return _added(session, Campaign(**_of_workspace(session, defaults, overrides)))


def make_connection(session: Session, **overrides: Any) -> PlatformConnection:
    defaults = {
        "platform": "sandbox",
        "base_url": "http://sandbox.test",
        "access_token": "sealed",
        "channel_id": new_id().hex,
        "platform_username": "lamp",
    }
    return _added(session, PlatformConnection(**_of_workspace(session, defaults, overrides)))


def make_publication(session: Session, **overrides: Any) -> Publication:
    """A scheduled publication of new content; without platforms (see `make_publication_platform`)."""
    values = _of_workspace(session, {"scheduled_at": datetime(2026, 1, 1, tzinfo=UTC)}, overrides)
    values["content_id"] = values.get("content_id") or make_content(session).id
    return _added(session, Publication(**values))


def make_publication_platform(session: Session, **overrides: Any) -> PublicationPlatform:
    """One account of a publication, both new unless named."""
    values = _of_workspace(session, {"platform": "sandbox"}, overrides)
    values["publication_id"] = values.get("publication_id") or make_publication(session).id
    values["connection_id"] = values.get("connection_id") or make_connection(session).id
    return _added(session, PublicationPlatform(**values))


def make_dispatch(session: Session, **overrides: Any) -> Dispatch:
    """Work to be claimed, with a new publication on a new account unless named."""
    defaults = {"due_at": datetime(2026, 1, 1, tzinfo=UTC), "priority": DISPATCH_PRIORITIES["normal"]}
    values = _of_workspace(session, defaults, overrides)
    row = values.get("publication_platform_id")
    values["publication_platform_id"] = row or make_publication_platform(session).id
    return _added(session, Dispatch(**values))


def make_attempt(session: Session, **overrides: Any) -> PublicationAttempt:
    values = _of_workspace(session, {"number": 1, "fence": 1}, overrides)
    row = values.get("publication_platform_id")
    values["publication_platform_id"] = row or make_publication_platform(session).id
    return _added(session, PublicationAttempt(**values))


def make_recurring_post(session: Session, **overrides: Any) -> RecurringPost:
    defaults = {
        "name": "Every evening",
        "schedule_type": "daily",
        "schedule_config": {},
        "content_type": "fixed",
        "next_run_at": datetime(2026, 1, 1, tzinfo=UTC),
    }
    return _added(session, RecurringPost(**_of_workspace(session, defaults, overrides)))


def make_api_key(session: Session, **overrides: Any) -> ApiKey:
    defaults = {"name": "Key", "key_hash": new_id().hex, "pepper_version": 1, "key_prefix": "lmp_live_abcd"}
    return _added(session, ApiKey(**_of_workspace(session, defaults, overrides)))


def make_webhook(session: Session, **overrides: Any) -> Webhook:
    defaults = {"url": "https://example.com/hook", "secret": "sealed"}
    return _added(session, Webhook(**_of_workspace(session, defaults, overrides)))


def _of_workspace(session: Session, defaults: dict[str, Any], overrides: dict[str, Any]) -> dict[str, Any]:
    """The row's values, in the transaction's workspace unless another is named."""
    workspace_id = overrides.get("workspace_id") or _workspace_of(session)
    return {**defaults, **overrides, "workspace_id": workspace_id}


def _workspace_of(session: Session) -> UUID:
    return UUID(session.scalar(select(func.current_setting("app.workspace_id"))))


def _added[Row: Base](session: Session, row: Row) -> Row:
    session.add(row)
    session.flush()
    return row
