"""What is simply past, removed across tenants in batches: as the pruner, which sees keys and times alone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, or_, select, tuple_, update

from lamplighter.clients import objects
from lamplighter.postgres.base import Base
from lamplighter.postgres.models import (
    Event,
    Export,
    IdempotencyKey,
    Invitation,
    Mail,
    MailToken,
    Media,
    RateLimit,
    RefreshToken,
    UserSession,
    WebhookDelivery,
)
from lamplighter.postgres.session import Transaction
from lamplighter.settings import settings

type Stored = tuple[UUID, str]
"""A row and its object's key."""

BATCH = 1000
DAY = timedelta(days=1)
UNFINISHED = "It was never uploaded and completed."


@dataclass(frozen=True, slots=True)
class Past:
    """A table whose rows end by themselves. `kept` says for how long, as the documentation has it."""

    model: type[Base]
    kept: str
    is_over: Callable[[datetime], ColumnElement[bool]]
    """At this time."""

    @property
    def name(self) -> str:
        """The table's."""
        return str(self.model.__tablename__)


def _mail_is_over(now: datetime) -> ColumnElement[bool]:
    """The last mail to somebody who was deleted keeps their address no longer than it needs."""
    farewell = and_(Mail.kind == "account_deleted", Mail.sent_at.is_not(None))
    return or_(Mail.sent_at < now - 7 * DAY, Mail.created_at < now - 7 * DAY, farewell)


def _invitation_is_over(now: datetime) -> ColumnElement[bool]:
    ended = (Invitation.expires_at, Invitation.accepted_at, Invitation.revoked_at)
    return or_(*(column < now - 30 * DAY for column in ended))


PAST = (
    Past(IdempotencyKey, "48 hours", lambda now: IdempotencyKey.created_at < now - 2 * DAY),
    Past(RefreshToken, "until they expire", lambda now: RefreshToken.expires_at < now),
    Past(
        UserSession,
        "until they expire, or a day after they were ended",
        lambda now: or_(UserSession.expires_at < now, UserSession.revoked_at < now - DAY),
    ),
    Past(MailToken, "until they expire", lambda now: MailToken.expires_at < now),
    Past(Mail, "7 days; the one that confirms a deletion until it is sent", _mail_is_over),
    Past(Invitation, "30 days after they were accepted, revoked or expired", _invitation_is_over),
    Past(RateLimit, "an hour after they are full again", lambda now: RateLimit.tat < now - DAY / 24),
    Past(
        Export,
        "30 days, their archives 7",
        lambda now: and_(Export.object_key.is_(None), Export.created_at < now - 30 * DAY),
    ),
    Past(
        WebhookDelivery,
        "30 days, with their attempts",
        lambda now: WebhookDelivery.created_at < now - 30 * DAY,
    ),
    Past(Event, "30 days", lambda now: Event.created_at < now - 30 * DAY),
)


def delete_past(tx: Transaction, past: Past) -> int:
    """Delete up to BATCH rows that are over; how many there were."""
    table = Base.metadata.tables[past.name]
    keys = list(table.primary_key.columns)
    some = select(*keys).where(past.is_over(tx.now)).limit(BATCH)
    return tx.session.connection().execute(delete(table).where(tuple_(*keys).in_(some))).rowcount


def ended_archives(tx: Transaction) -> Sequence[Stored]:
    """Exports whose archive may still lie in the bucket and is over."""
    statement = select(Export.id, Export.object_key).where(
        Export.object_key.is_not(None),
        Export.status.in_(("ready", "failed", "expired")),
        Export.expires_at <= tx.now,
    )
    return [(id_, key) for id_, key in tx.session.execute(statement.limit(BATCH)) if key is not None]


def delete_archives(rows: Sequence[Stored]) -> None:
    """Delete their archives; those that are gone already too."""
    objects.delete_all(settings().export_bucket, [key for _, key in rows])


def mark_expired(tx: Transaction, rows: Sequence[Stored]) -> None:
    """Their archives are gone: the rows say so, a failed one that it failed."""
    ours = Export.id.in_([id_ for id_, _ in rows])
    tx.session.execute(update(Export).where(ours).values(object_key=None))
    tx.session.execute(update(Export).where(ours, Export.status == "ready").values(status="expired"))


def unusable_media(tx: Transaction) -> Sequence[Stored]:
    """Media that were announced a day ago and cannot be used. What was never completed is rejected first, so
    that nobody can complete it any more while its file is deleted."""
    old = Media.created_at < tx.now - DAY
    pending = select(Media.id).where(old, Media.status == "pending").limit(BATCH)
    rejected = {"status": "rejected", "rejection": UNFINISHED}
    tx.session.execute(
        update(Media).where(Media.id.in_(pending), Media.status == "pending").values(**rejected)
    )
    unusable = select(Media.id, Media.object_key).where(old, Media.status == "rejected")
    return [(id_, key) for id_, key in tx.session.execute(unusable.limit(BATCH))]


def delete_uploads(rows: Sequence[Stored]) -> None:
    """Delete their files, if there are any."""
    objects.delete_all(settings().media_bucket, [key for _, key in rows])


def delete_media(tx: Transaction, rows: Sequence[Stored]) -> None:
    """Delete the rows: their files are gone."""
    ours = Media.id.in_([id_ for id_, _ in rows])
    tx.session.execute(delete(Media).where(ours, Media.status == "rejected"))
