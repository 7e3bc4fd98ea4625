"""Queues spread anew: queued posts that have not been sent go over the free slots again, in another order."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import selectinload

from lamplighter.domain.access import Caller
from lamplighter.domain.slots import spread
from lamplighter.domain.vocabulary import DISPATCH_PRIORITIES
from lamplighter.postgres.models import Content, Publication, PublicationPlatform, RecurringPost, SlotPlan
from lamplighter.postgres.session import Transaction
from lamplighter.problems import invalid
from lamplighter.schemas.slots import MOST_MOVED, SlotReshuffle
from lamplighter.services import audit, publication_moves, publications, slot_plans, slots
from lamplighter.services.wakeups import Wake


@dataclass(frozen=True, slots=True)
class _Queue:
    """The posts that may be moved, as they stand in the queue, and those beyond what is moved at a time."""

    posts: Sequence[Publication]
    left_out: int


def reshuffle(tx: Transaction, by: Caller, body: SlotReshuffle) -> tuple[dict[str, Any], list[Wake]]:
    """What was moved, or would be, as the fields of SlotReshuffled. All of it or nothing. Send the returned
    wake-ups after the commit.

    The accounts are held first, then all contents, then all publications are locked, each in one order: the
    moves themselves lock nothing of these any more.
    """
    plan = slot_plans.get(tx, by, body.slot_plan_id)
    accounts = _accounts_of(_queued(tx, by, plan, body).posts)
    slots.hold(tx, accounts)
    queue = _within(_queued(tx, by, plan, body), accounts)
    if not body.dry_run:
        _lock(tx, by, queue.posts)
        queue = _within(_queued(tx, by, plan, body), accounts)
    moves = _moves(tx, by, _ordered(queue.posts, body), accounts)
    wakes = [] if body.dry_run else _moved(tx, by, plan, moves)
    return {
        "slot_plan_id": plan.id,
        "dry_run": body.dry_run,
        "moves": moves,
        "unmoved": len(queue.posts) - len(moves),
        "left_out": queue.left_out,
    }, wakes


def _queued(tx: Transaction, by: Caller, plan: SlotPlan, body: SlotReshuffle) -> _Queue:
    """The caller's queued posts of which nothing has been sent, on an account that the plan is for."""
    statement = (
        publications.visible(by)
        .where(Publication.queued, Publication.status == "scheduled", Publication.scheduled_at > tx.now)
        .where(Publication.platforms.any(_is_for(plan)))
        .where(~Publication.platforms.any(PublicationPlatform.status.not_in(("pending", "cancelled"))))
        .order_by(Publication.scheduled_at, Publication.id)
        .options(selectinload(Publication.platforms))
        .execution_options(populate_existing=True)
    )
    found = tx.session.scalars(statement).all()
    if body.publication_ids:
        found = _named(found, body.publication_ids)
    if body.leave_approved:
        found = [each for each in found if each.approval_status != "approved"]
    return _Queue(found[:MOST_MOVED], len(found[MOST_MOVED:]))


def _is_for(plan: SlotPlan) -> ColumnElement[bool]:
    """Whether a platform row's account has this plan: as its own, or as that of all that have none."""
    if plan.connection_id is not None:
        return PublicationPlatform.connection_id == plan.connection_id
    own = select(SlotPlan.connection_id).where(
        SlotPlan.workspace_id == plan.workspace_id, SlotPlan.connection_id.is_not(None)
    )
    return PublicationPlatform.connection_id.not_in(own)


def _named(found: Sequence[Publication], wanted: Sequence[UUID]) -> list[Publication]:
    by_id = {each.id: each for each in found}
    for index, publication_id in enumerate(wanted):
        if publication_id not in by_id:
            detail = "It is not among what this plan has queued and has not been sent."
            raise invalid(f"/publication_ids/{index}", "not_queued", detail)
    return [by_id[each] for each in wanted]


def _accounts_of(posts: Sequence[Publication]) -> Collection[UUID]:
    return dict.fromkeys(each for post in posts for each in _targets(post))


def _targets(post: Publication) -> list[UUID]:
    return [row.connection_id for row in post.platforms if row.status != "cancelled"]


def _within(queue: _Queue, accounts: Collection[UUID]) -> _Queue:
    """What came into the queue meanwhile on an account that is not held stays where it is."""
    held = [each for each in queue.posts if set(_targets(each)) <= set(accounts)]
    return _Queue(held, queue.left_out + len(queue.posts) - len(held))


def _lock(tx: Transaction, by: Caller, posts: Sequence[Publication]) -> None:
    """Recurring posts, contents, publications, as everybody does; each in the order of their ids."""
    rules = {each.recurring_post_id for each in posts if each.recurring_post_id is not None}
    made_by = select(RecurringPost.id).where(
        RecurringPost.workspace_id == by.workspace_id, RecurringPost.id.in_(rules)
    )
    tx.session.execute(made_by.order_by(RecurringPost.id).with_for_update(key_share=True))
    contents = {each.content_id for each in posts}
    shared = select(Content.id).where(Content.workspace_id == by.workspace_id, Content.id.in_(contents))
    tx.session.execute(shared.order_by(Content.id).with_for_update(read=True))
    ids = [each.id for each in posts]
    mine = select(Publication.id).where(Publication.workspace_id == by.workspace_id, Publication.id.in_(ids))
    tx.session.execute(mine.order_by(Publication.id).with_for_update())


def _ordered(posts: Sequence[Publication], body: SlotReshuffle) -> Sequence[Publication]:
    if body.order != "priority":
        return posts
    return sorted(posts, key=lambda each: (DISPATCH_PRIORITIES[each.priority], each.created_at, each.id))


def _moves(
    tx: Transaction, by: Caller, posts: Sequence[Publication], connection_ids: Collection[UUID]
) -> list[dict[str, Any]]:
    """Those that get another slot than they have, in their turn."""
    if not posts:
        return []
    ahead = slots.ahead(tx, by, connection_ids, but=[each.id for each in posts])
    wanted = [[ahead.accounts[each] for each in _targets(post)] for post in posts]
    given = spread(wanted, ahead.since, ahead.until)
    if None in given:
        raise slots.none_free()
    return [
        {
            "publication_id": post.id,
            "was_at": post.scheduled_at,
            "moves_to": at,
            "approval_status": post.approval_status,
            "loses_approval": post.approval_status == "approved",
        }
        for post, at in zip(posts, given, strict=True)
        if at != post.scheduled_at
    ]


def _moved(tx: Transaction, by: Caller, plan: SlotPlan, moves: Sequence[Mapping[str, Any]]) -> list[Wake]:
    wakes = [
        wake
        for each in moves
        for wake in publication_moves.move(tx, by, each["publication_id"], each["moves_to"])
    ]
    after = {"publication_ids": [each["publication_id"] for each in moves]}
    audit.record(tx, by, "slot_plan.reshuffled", ("slot_plan", plan.id), after=after)
    return wakes
