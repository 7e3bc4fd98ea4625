"""Rows for tests: `make_x(session, **overrides)` adds one and flushes; defaults are the dullest that hold.

People, organizations and workspaces stand above a workspace's transaction: their makers commit their own.
"""

from datetime import UTC, datetime
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
    Media,
    Organization,
    PlatformConnection,
    Publication,
    PublicationAttempt,
    PublicationPlatform,
    RecurringPost,
    Template,
    User,
    Webhook,
    Workspace,
)
from lamplighter.postgres.session import transaction


def make_user(**overrides: Any) -> User:
    """A committed person."""
    id_ = overrides.pop("id", None) or new_id()
    with transaction(user_id=id_) as tx:
        return _added(
            tx.session, User(id=id_, **{"email": f"{id_.hex}@example.com", "name": "Ada", **overrides})
        )


def make_organization(**overrides: Any) -> Organization:
    """A committed organization."""
    id_ = overrides.pop("id", None) or new_id()
    with transaction(organization_id=id_) as tx:
        return _added(
            tx.session, Organization(id=id_, **{"name": "Organization", "slug": f"o-{id_.hex}", **overrides})
        )


def make_workspace(**overrides: Any) -> Workspace:
    """A committed workspace, in a new organization unless `organization_id` names one."""
    id_ = overrides.pop("id", None) or new_id()
    organization_id = overrides.pop("organization_id", None) or make_organization().id
    values = {"name": "Workspace", "slug": f"w-{id_.hex}", **overrides}
    with transaction(id_, organization_id=organization_id) as tx:
        return _added(tx.session, Workspace(id=id_, organization_id=organization_id, **values))


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
