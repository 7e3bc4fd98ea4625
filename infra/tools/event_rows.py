"""The rows and the object that the event files name: one workspace with a bit of everything."""

from base64 import b64decode
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from lamplighter.clients import keys
from lamplighter.domain.api_keys import shown_prefix, spelled
from lamplighter.domain.vocabulary import PERMISSIONS
from lamplighter.platforms.base import Credentials
from lamplighter.platforms.sandbox import token_for
from lamplighter.postgres.models import (
    ApiKey,
    Content,
    Dispatch,
    Export,
    Invitation,
    Mail,
    Media,
    PlatformConnection,
    Publication,
    PublicationPlatform,
    RecurringPost,
    RecurringPostConnection,
    RecurringPostContent,
    SlotPlan,
)
from lamplighter.postgres.session import Transaction, transaction
from lamplighter.schemas.workspaces import WorkspaceCreate
from lamplighter.services import api_keys, connections, organizations, sealing, workspaces

KEY = spelled("test", "EventFilesUseThisKeyAndNoOther")
SANDBOX_SECRET_ID = "event-files-sandbox"  # noqa: S105  # its name
SANDBOX_SECRET = '{"key": "EventFilesAreSignedWithThisKeyAndNoOther"}'  # noqa: S105  # signs nothing else
"""What signed the sandbox token of the event files, in the place of a deployment's own secret."""
PIXEL = b64decode(  # a PNG of one pixel
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
)


def row_id(number: int) -> UUID:
    """The ids of the event files, numbered."""
    return UUID(f"01980000-0000-7000-8000-{number:012x}")


ORGANIZATION, WORKSPACE, API_KEY, OTHER_API_KEY = map(row_id, range(1, 5))
CONTENT, CONNECTION, OTHER_CONNECTION, MEDIA = map(row_id, range(5, 9))
DUE = (row_id(10), row_id(11))
"""A publication that a worker may begin at once, and its row on the connection."""
AHEAD = (row_id(12), row_id(13))
"""A publication of tomorrow, and its row on the connection."""
SLOT_PLAN = row_id(14)
"""The times of the connection's queue."""
INVITED = (row_id(64), row_id(65))
"""An invitation and its mail, which is still to be sent."""
INVITED_EMAIL = "invited@event-files.example"
OFFERED = row_id(66)
"""Another invitation, whose mail was sent long ago."""
EXPORT = row_id(67)
"""An export that a worker may begin at once."""
RECURRING, OTHER_RECURRING = row_id(80), row_id(81)
"""Recurring posts of three evenings, beginning on a Christmas Eve to come."""
OBJECT_KEY = f"{WORKSPACE}/{MEDIA}"


def insert(sandbox_url: str) -> None:
    """Write all of it into the database that the settings name; the accounts' network is at `sandbox_url`."""
    data_key = keys.new_data_key(WORKSPACE)
    with transaction(WORKSPACE, organization_id=ORGANIZATION) as tx:
        organizations.found(tx, ORGANIZATION, "Event files", "event-files")
        body = WorkspaceCreate(name="Event files", slug="event-files")
        workspaces.create(tx, ORGANIZATION, WORKSPACE, body, data_key)
        keyring = sealing.keyring(tx, WORKSPACE).ready()
        _api_keys(tx)
        _connections(tx, keyring, sandbox_url)
        tx.session.add(Content(id=CONTENT, workspace_id=WORKSPACE, original_text="The lamps are lit."))
        file = {"object_key": OBJECT_KEY, "file_name": "lamp.png", "byte_size": len(PIXEL)}
        tx.session.add(Media(id=MEDIA, workspace_id=WORKSPACE, **file))
        tx.session.flush()
        now = datetime.now(UTC)
        _publication(tx, DUE, now, fence=1)
        _publication(tx, AHEAD, now + timedelta(days=1), fence=0)
        _recurring_post(tx, RECURRING)
        _recurring_post(tx, OTHER_RECURRING)
        weekly = {"mo": ["09:00", "17:30"], "th": ["09:00"]}
        plan = {"connection_id": CONNECTION, "timezone": "Europe/Vienna", "weekly": weekly}
        tx.session.add(SlotPlan(id=SLOT_PLAN, workspace_id=WORKSPACE, **plan))
        _invitation(tx)
        sweep_after = tx.now + timedelta(hours=1)
        tx.session.add(Export(id=EXPORT, workspace_id=WORKSPACE, claimed_until=sweep_after))


def status_of_due() -> str:
    """What became of the publication that a worker may begin at once."""
    with transaction(WORKSPACE) as tx:
        return tx.session.scalars(select(PublicationPlatform.status).filter_by(id=DUE[1])).one()


def _api_keys(tx: Transaction) -> None:
    for id_, key in ((API_KEY, KEY), (OTHER_API_KEY, spelled("test", "A" * 30))):
        tx.session.add(
            ApiKey(
                id=id_,
                workspace_id=WORKSPACE,
                name="Event files",
                key_hash=api_keys.hashes(key)[0],
                pepper_version=1,
                key_prefix=shown_prefix(key),
                type="test",
                permissions=sorted(PERMISSIONS),
            )
        )


def _connections(tx: Transaction, keyring: sealing.Keyring, sandbox_url: str) -> None:
    for id_, account in ((CONNECTION, "first"), (OTHER_CONNECTION, "second")):
        tokens = connections.sealed_tokens(keyring, id_, Credentials(token_for(f"event-files-{account}")))
        tx.session.add(
            PlatformConnection(
                id=id_,
                workspace_id=WORKSPACE,
                platform="sandbox",
                base_url=sandbox_url,
                channel_id=account,
                platform_username="lamplighter",
                **tokens,
            )
        )


def _publication(tx: Transaction, ids: tuple[UUID, UUID], due_at: datetime, fence: int) -> None:
    publication_id, platform_id = ids
    owned = {"workspace_id": WORKSPACE}
    when = {"mode": "test", "scheduled_at": due_at}
    tx.session.add(Publication(id=publication_id, content_id=CONTENT, **when, **owned))
    tx.session.flush()
    parents = {"publication_id": publication_id, "connection_id": CONNECTION}
    tx.session.add(PublicationPlatform(id=platform_id, platform="sandbox", **parents, **owned))
    tx.session.flush()
    lease_until = due_at + timedelta(hours=1) if fence else None
    claim = {"fence": fence, "lease_until": lease_until}
    tx.session.add(Dispatch(publication_platform_id=platform_id, due_at=due_at, **claim, **owned))


def _recurring_post(tx: Transaction, id_: UUID) -> None:
    only = {"timezone": "Europe/Berlin", "starts_at": "2029-12-24T00:00", "times": ["18:00"], "count": 3}
    owned = {"workspace_id": WORKSPACE}
    rule = RecurringPost(
        id=id_,
        name="Christmas evenings",
        schedule_type="daily",
        schedule_config=only,
        timezone="Europe/Berlin",
        content_type="fixed",
        platforms=["sandbox"],
        mode="test",
        next_run_at=datetime(2029, 12, 24, 17, tzinfo=UTC),
        **owned,
    )
    tx.session.add(rule)
    tx.session.flush()
    whose = {"recurring_post_id": id_, **owned}
    tx.session.add(RecurringPostContent(content_id=CONTENT, position=0, **whose))
    tx.session.add(RecurringPostConnection(connection_id=CONNECTION, **whose))


def _invitation(tx: Transaction) -> None:
    invitation_id, mail_id = INVITED
    until = tx.now + timedelta(days=7)
    offer = {"organization_id": ORGANIZATION, "email": INVITED_EMAIL, "role": "member", "expires_at": until}
    tx.session.add(Invitation(id=invitation_id, **offer))
    tx.session.flush()
    asked_at = tx.now + timedelta(hours=1)  # the sweep does not take it before the event file's function does
    what = {"kind": "invitation", "email": INVITED_EMAIL, "invitation_id": invitation_id}
    tx.session.add(Mail(id=mail_id, created_at=asked_at, **what))
    tx.session.add(Invitation(id=OFFERED, **{**offer, "email": "offered@event-files.example"}))
