"""What a recurring post posts, and where: its contents and its accounts, checked against each other."""

from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

from sqlalchemy import Select, delete, select

from lamplighter.domain.access import Caller
from lamplighter.postgres.models import (
    Content,
    PlatformConnection,
    RecurringPost,
    RecurringPostConnection,
    RecurringPostContent,
)
from lamplighter.postgres.session import Transaction
from lamplighter.problems import DomainError, Fault, Kind, invalid
from lamplighter.schemas.content import ContentCreate
from lamplighter.schemas.recurring_posts import MAX_POOL
from lamplighter.services import content as contents
from lamplighter.services import preflight

type Pool = dict[UUID, UUID | None]
"""Contents in the order of their first turns, and which one each is a variation of."""


def connections(tx: Transaction, by: Caller, wanted: Sequence[UUID]) -> list[PlatformConnection]:
    """The accounts that the caller may use, or a fault for each that is not there or not connected."""
    statement = select(PlatformConnection).where(
        PlatformConnection.workspace_id == by.workspace_id, PlatformConnection.id.in_(wanted)
    )
    found = {row.id: row for row in tx.session.scalars(statement) if by.may_use(row.id)}
    _refuse(_unusable(wanted, found))
    return [found[connection_id] for connection_id in wanted]


def content(tx: Transaction, by: Caller, content_id: UUID, pointer: str = "/content_id") -> Content:
    """One content that is not archived, shared until the end: nobody changes it meanwhile."""
    return _shared(tx, by, [content_id], lambda _index: pointer)[content_id]


def pooled(tx: Transaction, by: Caller, wanted: Sequence[UUID], known: Pool) -> Pool:
    """The pool of these contents; what is in the `known` one stays the variation that it was."""
    _shared(tx, by, wanted, "/content_ids/{}".format)
    return {each: known.get(each) for each in wanted}


def varied(tx: Transaction, by: Caller, pool: Pool, texts: Sequence[str]) -> Pool:
    """The pool with each text as content of its own: a copy of the first, whose adapted versions would be the
    same again and are left out."""
    if not texts:
        return pool
    if not by.may("content:write"):
        detail = "Variations are content of their own: this needs the permission content:write."
        raise DomainError(Kind.FORBIDDEN, "permission_missing", detail)
    if len(pool) + len(texts) > MAX_POOL:
        raise invalid("/variations", "too_many", f"A pool holds {MAX_POOL} contents, its variations too.")
    base = contents.get(tx, by, next(iter(pool)))
    like = {"media": base.media, "segments": base.segments, "language": base.language}
    made: Pool = {}
    for index, text in enumerate(texts):
        if text == base.original_text:
            raise invalid(f"/variations/{index}", "same_text", "This is the text of the content itself.")
        made[contents.create(tx, by, ContentCreate.model_validate({"text": text, **like})).id] = base.id
    return pool | made


def check(
    tx: Transaction, pool: Pool, targets: Sequence[PlatformConnection], pointers: Mapping[UUID, str]
) -> None:
    """Refuse what a network would refuse: each content on each account. `pointers`: where the body has a
    content; of one that it does not have, the accounts are at fault."""
    statement = select(Content).where(
        Content.workspace_id == targets[0].workspace_id, Content.id.in_(list(pool))
    )
    found = {row.id: row for row in tx.session.scalars(statement)}
    faults: list[Fault] = []
    for content_id in pool:
        try:
            preflight.check(tx, found[content_id], targets)
        except DomainError as error:
            told = (
                Fault(pointers.get(content_id, each.pointer), each.code, each.detail) for each in error.errors
            )
            faults += dict.fromkeys(told)
    if faults:
        detail = "The content does not fit every network it is meant for."
        raise DomainError(Kind.INVALID, "content_does_not_fit", detail, faults)


def write(tx: Transaction, row: RecurringPost, pool: Pool) -> None:
    """The recurring post's pool is this one; what stays in it keeps its uses."""
    before = {each.content_id: each for each in tx.session.scalars(of(row))}
    for gone in before.keys() - pool.keys():
        tx.session.delete(before[gone])
    for position, (content_id, variation_of) in enumerate(pool.items()):
        if content_id in before:
            before[content_id].position = position
        else:
            ids = {"workspace_id": row.workspace_id, "recurring_post_id": row.id, "content_id": content_id}
            tx.session.add(RecurringPostContent(**ids, position=position, variation_of=variation_of))
    tx.session.flush()


def aim(tx: Transaction, row: RecurringPost, targets: Sequence[PlatformConnection]) -> None:
    """The recurring post goes to these accounts."""
    mine = RecurringPostConnection.recurring_post_id == row.id
    tx.session.execute(
        delete(RecurringPostConnection).where(RecurringPostConnection.workspace_id == row.workspace_id, mine)
    )
    ids = {"workspace_id": row.workspace_id, "recurring_post_id": row.id}
    tx.session.add_all(RecurringPostConnection(**ids, connection_id=each.id) for each in targets)
    row.platforms = sorted({each.platform for each in targets})
    tx.session.flush()


def of(row: RecurringPost) -> Select[RecurringPostContent]:
    """The recurring post's pool in its order, as a query."""
    return (
        select(RecurringPostContent)
        .where(
            RecurringPostContent.workspace_id == row.workspace_id,
            RecurringPostContent.recurring_post_id == row.id,
        )
        .order_by(RecurringPostContent.position)
    )


def _shared(
    tx: Transaction, by: Caller, wanted: Sequence[UUID], pointer: Callable[[int], str]
) -> dict[UUID, Content]:
    """Locked in the order of their ids, so that two who name the same ones do not wait for each other."""
    statement = select(Content).where(Content.workspace_id == by.workspace_id, Content.id.in_(wanted))
    locked = statement.order_by(Content.id).with_for_update(read=True)
    found = {row.id: row for row in tx.session.scalars(locked)}
    faults = [
        Fault(pointer(index), "unknown_content", "There is no such content in this workspace.")
        if content_id not in found
        else Fault(pointer(index), "content_archived", "This content is archived.")
        for index, content_id in enumerate(wanted)
        if content_id not in found or found[content_id].status == "archived"
    ]
    _refuse(faults)
    return found


def _unusable(wanted: Sequence[UUID], found: Mapping[UUID, PlatformConnection]) -> list[Fault]:
    return [
        Fault(
            f"/connection_ids/{index}", "unknown_connection", "There is no such connection in this workspace."
        )
        if connection_id not in found
        else Fault(f"/connection_ids/{index}", "needs_reconnect", "Connect this account again first.")
        for index, connection_id in enumerate(wanted)
        if connection_id not in found or found[connection_id].status != "active"
    ]


def _refuse(faults: Sequence[Fault]) -> None:
    if faults:
        raise DomainError(Kind.INVALID, "validation_failed", "The request is not valid.", faults)
