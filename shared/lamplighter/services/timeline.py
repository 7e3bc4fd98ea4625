"""A publication's timeline, put together from what people did, what was decided and what workers tried."""

from collections.abc import Iterator
from uuid import UUID

from sqlalchemy import select

from lamplighter.domain.access import Caller
from lamplighter.domain.networks import NETWORKS, Settling
from lamplighter.domain.timeline import Try, of_action, of_try, of_wait
from lamplighter.postgres.models import (
    Approval,
    AuditEntry,
    Dispatch,
    Publication,
    PublicationAttempt,
    PublicationPlatform,
)
from lamplighter.postgres.session import Transaction
from lamplighter.schemas.timeline import Timeline, TimelineActor, TimelineEntry
from lamplighter.services import publications

_DECIDED = frozenset({"approved", "rejected", "approval_requested", "approval_revoked", "approval_reset"})


def told(tx: Transaction, by: Caller, publication_id: UUID) -> Timeline:
    """What happened to a publication that the caller may see, or not_found."""
    publication = publications.get(tx, by, publication_id)
    happened = [*_doings(tx, publication), *_decisions(tx, publication), *_tries(tx, publication)]
    happened.sort(key=lambda entry: entry.at)  # stable: what is of one moment stays in its order
    coming = sorted(_coming(tx, publication), key=lambda entry: entry.at)
    return Timeline(publication_id=publication.id, status=publication.status, entries=[*happened, *coming])


def _doings(tx: Transaction, publication: Publication) -> Iterator[TimelineEntry]:
    """What people and programs did, but for approvals, which their own table tells with the comment."""
    statement = (
        select(AuditEntry)
        .where(AuditEntry.workspace_id == publication.workspace_id, AuditEntry.target_id == publication.id)
        .order_by(AuditEntry.id)
    )
    for row in tx.session.scalars(statement):
        kind = row.action.partition(".")[2]
        if row.target_kind == "publication" and kind not in _DECIDED:
            yield TimelineEntry(
                at=row.at,
                kind=kind,
                text=of_action(row.action, row.after),
                actor=TimelineActor(kind=row.actor_kind, id=row.actor_id),
            )


def _decisions(tx: Transaction, publication: Publication) -> Iterator[TimelineEntry]:
    statement = (
        select(Approval)
        .where(Approval.workspace_id == publication.workspace_id, Approval.publication_id == publication.id)
        .order_by(Approval.id)
    )
    for row in tx.session.scalars(statement):
        named = row.action if row.action in {"approved", "rejected"} else f"approval_{row.action}"
        yield TimelineEntry(
            at=row.created_at,
            kind=named,
            text=of_action(f"publication.{named}", None),
            comment=row.comment,
            actor=TimelineActor(kind=row.actor_kind, id=row.actor_id),
        )


def _tries(tx: Transaction, publication: Publication) -> Iterator[TimelineEntry]:
    statement = (
        select(PublicationAttempt, PublicationPlatform)
        .join(PublicationPlatform, PublicationPlatform.id == PublicationAttempt.publication_platform_id)
        .where(
            PublicationAttempt.workspace_id == publication.workspace_id,
            PublicationPlatform.publication_id == publication.id,
        )
        .order_by(PublicationAttempt.id)
    )
    for attempt, platform in tx.session.execute(statement):
        for step in of_try(_as_told(attempt, platform)):
            ended = step.at == attempt.finished_at
            yield TimelineEntry(
                at=step.at,
                kind=step.kind,
                text=step.text,
                code=attempt.error_code if ended else None,
                segment=attempt.segment,
                attempt=attempt.number,
                **_where(platform),
            )


def _coming(tx: Transaction, publication: Publication) -> Iterator[TimelineEntry]:
    statement = (
        select(Dispatch.due_at, PublicationPlatform)
        .join(PublicationPlatform, PublicationPlatform.id == Dispatch.publication_platform_id)
        .where(
            Dispatch.workspace_id == publication.workspace_id,
            PublicationPlatform.publication_id == publication.id,
        )
    )
    for due_at, row in tx.session.execute(statement):
        text = of_wait(_name(row.platform), row.status, due_at, row.error_code, row.error_message)
        kind, where = "next", _where(row)
        yield TimelineEntry(at=due_at, kind=kind, text=text, code=row.error_code, is_planned=True, **where)


def _as_told(attempt: PublicationAttempt, platform: PublicationPlatform) -> Try:
    network = NETWORKS.get(platform.platform)
    container = network is not None and network.settling is Settling.CONTAINER
    is_apart = attempt.prepared_at is not None and attempt.prepared_at != attempt.sending_at
    return Try(
        network=_name(platform.platform),
        number=attempt.number,
        task=attempt.task,
        segment=attempt.segment,
        status=attempt.status,
        reconciles=attempt.reconciles,
        waits=attempt.waits,
        claimed_at=attempt.claimed_at,
        prepared_at=attempt.prepared_at,
        sending_at=attempt.sending_at,
        finished_at=attempt.finished_at,
        code=attempt.error_code,
        message=attempt.error_message,
        url=attempt.url,
        has_traces=is_apart and (container or attempt.status != "waiting"),
    )


def _name(platform: str) -> str:
    network = NETWORKS.get(platform)
    name = platform if network is None else network.name
    return name[:1].upper() + name[1:]


def _where(row: PublicationPlatform) -> dict[str, object]:
    return {"platform": row.platform, "connection_id": row.connection_id, "publication_platform_id": row.id}
