"""Content."""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select

from lamplighter.domain.access import Caller
from lamplighter.domain.drafts import UNSUPPORTED, DraftSegment, Violation, violations
from lamplighter.domain.networks import NETWORKS, Network
from lamplighter.ids import new_id
from lamplighter.postgres.models import Content, Media
from lamplighter.postgres.session import Transaction
from lamplighter.problems import DomainError, Fault, Kind
from lamplighter.schemas.content import ContentCreate
from lamplighter.services import audit, outbox
from lamplighter.services.pages import Order, page
from lamplighter.services.rows import insert_into, owned

type Columns = Mapping[str, Any]
"""Of a row of content, by name."""

_NEW = insert_into(Content).returning(*Content.__table__.c)


def create(tx: Transaction, by: Caller, body: ContentCreate) -> Row[Any]:
    """A draft. Its adapted versions must fit networks that have one limit for all; the original, and what
    depends on the account, is measured when it is scheduled."""
    given = body.columns()
    check(tx, by, given, given)
    values = {"id": new_id(), "workspace_id": by.workspace_id, "created_by": by.person_id, **given}
    row = tx.session.execute(_NEW, {"language": None, **values}).one()
    audit.record(tx, by, "content.created", ("content", row.id), after={"status": row.status})
    outbox.emit(tx, by.workspace_id, "content.created", {"content_id": str(row.id)})
    return row


def check(tx: Transaction, by: Caller, content: Columns, given: Columns) -> None:
    """Refuse content that nothing can come of, as far as that can be told without accounts. `given`: those of
    its columns that are new, so that its media must be looked for."""
    faults = [*_nothing_in(content), *_without_media(tx, by, given), *_not_adapted(content)]
    if faults:
        raise DomainError(Kind.INVALID, "validation_failed", "The request is not valid.", faults)


def get(tx: Transaction, by: Caller, content_id: UUID) -> Content:
    """One piece of content, or not_found."""
    return owned(tx, Content, by.workspace_id, content_id)


def listed(tx: Transaction, by: Caller, status: str | None, order: Order) -> dict[str, Any]:
    """A page of the workspace's content."""
    statement = select(Content).where(Content.workspace_id == by.workspace_id)
    if status is not None:
        statement = statement.where(Content.status == status)
    bound_to = f"content {by.workspace_id} {status}"
    return page(tx, statement, Content.id, order, bound_to=bound_to)


def _nothing_in(content: Columns) -> Iterator[Fault]:
    """Parts without a word or a picture."""
    first = {"text": content["original_text"], "media": content["media"]}
    for at, part in [("", first), *_segments(content)]:
        if not part["text"].strip() and not part["media"]:
            yield Fault(f"{at}/text", "empty_content", "Write a text or add media.")


def _segments(content: Columns) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """All segments, the adapted ones too, and where each stands in the body."""
    adapted = content.get("adapted_versions", {}).items()
    own = [(f"/adapted_versions/{name}", version.get("segments") or ()) for name, version in adapted]
    for at, segments in [("", content.get("segments", ())), *own]:
        yield from ((f"{at}/segments/{index}", segment) for index, segment in enumerate(segments))


def _without_media(tx: Transaction, by: Caller, given: Columns) -> list[Fault]:
    """Uses of media that are not there."""
    uses = [
        (f"{at}/media/{index}/media_id", UUID(use["media_id"]))
        for at, part in [("", given), *_segments(given)]
        for index, use in enumerate(part.get("media", ()))
    ]
    if not uses:
        return []
    wanted = Media.id.in_({media_id for _, media_id in uses})
    statement = select(Media.id, Media.status).where(Media.workspace_id == by.workspace_id, wanted)
    statuses = dict(tx.session.execute(statement).all())
    return [
        Fault(pointer, "unknown_media", "There is no such media in this workspace.")
        if media_id not in statuses
        else Fault(pointer, "media_not_ready", "Complete this upload first.")
        for pointer, media_id in uses
        if statuses.get(media_id) != "ready"
    ]


def _not_adapted(content: Columns) -> list[Fault]:
    """What the networks would refuse of their adapted versions, whatever the account."""
    return [
        Fault(f"/adapted_versions/{name}/{found.field}", found.code, found.message)
        for name, version in content["adapted_versions"].items()
        for found in _unfit(NETWORKS[name], version, has_media=bool(content["media"]))
    ]


def _unfit(network: Network, version: Mapping[str, Any], *, has_media: bool) -> Iterator[Violation]:
    """Images apart: they are measured together with the account. That a segment is empty is told already."""
    segments = [DraftSegment(each["kind"], each["text"]) for each in version.get("segments") or ()]
    for found in violations(network, version["text"], (), {}, segments):
        if found.code == "empty":
            certain = found.field == "text" and not has_media
        else:
            certain = found.code in UNSUPPORTED or not network.announces_limits
        if certain:
            yield found
