"""A worker's transactions: begin an attempt, keep what it prepared, arm it, record what came of it."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import Row, select

from lamplighter.domain.gates import ACCOUNT_BUSY
from lamplighter.domain.history import effort_of, next_step, succeeded
from lamplighter.domain.obstacles import Standing, Until, obstacle
from lamplighter.domain.publishing import SHORTEST_DELAY, Finish, given_up
from lamplighter.domain.vocabulary import LANES
from lamplighter.platforms.base import Json
from lamplighter.postgres.models import (
    Content,
    PlatformConnection,
    Publication,
    PublicationPlatform,
)
from lamplighter.postgres.queries import dispatches
from lamplighter.postgres.session import Transaction
from lamplighter.services import approvals, gates, ledger, turns
from lamplighter.services.dispatching import put_off
from lamplighter.services.recording import finished, set_platform
from lamplighter.services.renditions import rendition_of
from lamplighter.services.rows import owned
from lamplighter.services.settling import settle
from lamplighter.services.wakeups import Claim, Wake
from lamplighter.services.work import (
    Rows,
    Work,
    draft_of,
    others,
    remotes,
    rows_of,
    target_of,
)
from lamplighter.settings import settings

PATIENCE = timedelta(seconds=5)
"""A wake-up that comes earlier than this before its time is not waited for: a tick brings it again."""
SLOW = LANES.index("slow")


@dataclass(frozen=True, slots=True)
class Begun:
    """The work, if there is any, and the wake-ups to send after the commit."""

    work: Work | None = None
    wakes: list[Wake] = field(default_factory=list)


def begin(tx: Transaction, claim: Claim) -> Begun:
    """Take the work under a lease and a new fence, and open an attempt. No work: stale, doubled, not due yet,
    or the account's gate is closed; not_found where the workspace has no such row.

    The fence in the message must still stand: of all deliveries of all messages, exactly one gets past here.
    """
    lease_until = tx.now + timedelta(seconds=settings().attempt_lease_seconds)
    workspace_id, row_id = claim.workspace_id, claim.publication_platform_id
    held = dispatches.hold(tx, workspace_id, row_id, claim.fence, lease_until)
    if held is None:
        owned(tx, PublicationPlatform, workspace_id, row_id)
        return Begun()
    fence, due_at, lane = held
    mine = Claim(workspace_id, row_id, fence, lane)
    if due_at > tx.now + PATIENCE:
        dispatches.postpone(tx, workspace_id, row_id, fence, due_at=due_at, lease_until=None)
        return Begun()
    rows = rows_of(tx, workspace_id, row_id)
    row, publication, _content, connection = rows
    if publication.mode == "live":
        match gates.admitted(tx, connection, lane, posts=row.status == "pending"):
            case gates.Detour():
                # The slow lane's workers have the time.
                return Begun(wakes=put_off(tx, replace(mine, lane=SLOW), due_at))
            case gates.Later() as later:
                return Begun(wakes=_waiting(tx, mine, later.until, later.code, later.message))
    return _opened(tx, rows, mine, due_at)


def keep(tx: Transaction, work: Work, prepared: Json) -> None:
    """Store what preparing has put on the network, so that a crash from here on does not put it there again.
    A worker whose fence has passed changes nothing."""
    if dispatches.is_held(tx, work.workspace_id, work.row_id, work.fence):
        ledger.kept(tx, work.workspace_id, work.attempt_id, prepared)


def arm(tx: Transaction, work: Work, prepared: Json) -> Begun:
    """Commit to the call that follows. No work: the post no longer stands as it was, and nothing may be sent.

    From the commit on the network may have the post, whatever happens to this process. Everything is asked
    anew once the publication is locked: what was read beside the lock may be older than the wait for it.
    """
    publication = _locked(tx, work)
    if not dispatches.is_held(tx, work.workspace_id, work.row_id, work.fence):
        ledger.abandon(tx, work.workspace_id, work.attempt_id, "overtaken")
        return Begun()
    if not work.reconciles:
        hindered = _hindrance(tx, work, publication)
        if hindered is not None:
            return Begun(wakes=hindered)
    ledger.mark_sending(tx, work.workspace_id, work.attempt_id, prepared)
    if work.step.task == "publish" and not work.reconciles:
        set_platform(tx, work.claim, status="publishing")
        settle(tx, work.workspace_id, work.publication_id)
    return Begun(work)


def _opened(tx: Transaction, rows: Rows, mine: Claim, due_at: datetime) -> Begun:
    row, publication, content, connection = rows
    attempts = ledger.history(tx, row.workspace_id, row.id)
    ledger.close_lost(tx, attempts)
    tried = ledger.as_tried(attempts)
    parts = rendition_of(content, connection.platform)
    step = next_step(tried, row.change, parts.digests)
    if step is None:
        return Begun(wakes=_nothing_left(tx, row, mine))
    digests = dict(enumerate(parts.digests))
    attempt = ledger.opened(
        tx,
        row,
        attempts,
        step,
        fence=mine.fence,
        digest=digests.get(step.segment),
        account=row.connection_id if publication.mode == "live" else None,
    )
    effort = effort_of(tried, step, row.attempts_before)
    row.intent_at = row.intent_at or tx.now
    row.retry_count = max(effort.attempts + effort.looks - 1, 0)
    out = remotes(attempts)
    work = Work(
        workspace_id=row.workspace_id,
        publication_id=publication.id,
        row_id=row.id,
        attempt_id=attempt.id,
        step=step,
        effort=effort,
        fence=mine.fence,
        lane=mine.lane,
        mode=publication.mode,
        wait=max(due_at - tx.now, timedelta(0)),
        begun_at=attempt.claimed_at,
        intent_at=row.intent_at,
        digest=attempt.digest,
        prepared=attempt.prepared,
        goes_on=next_step([*tried, succeeded(step, attempt.digest)], row.change, parts.digests) is not None,
        target=target_of(tx, connection),
        draft=draft_of(tx, content, parts, step.segment, out),
        remote=out.get(step.segment) if step.task != "publish" else None,
        taken=others(tx, row, row.intent_at) if step.reconciles else frozenset(),
    )
    return Begun(work)


def _nothing_left(tx: Transaction, row: PublicationPlatform, mine: Claim) -> list[Wake]:
    """Work whose end was not written down: every segment is out, or no change is left to make.

    The publication's lock comes before the work's, which is held already: so it is taken if it is free, and
    otherwise the work lets go and comes again.
    """
    tx.session.flush()
    free = (
        select(Publication.id)
        .where(Publication.workspace_id == row.workspace_id, Publication.id == row.publication_id)
        .with_for_update(skip_locked=True)
    )
    if tx.session.scalar(free) is None:
        return put_off(tx, mine, tx.now + SHORTEST_DELAY)
    return finished(tx, mine, row.publication_id, Finish(_end_of(row)))


def _end_of(row: PublicationPlatform) -> str:
    return "removed" if row.change == "remove" else "published"


def _waiting(tx: Transaction, mine: Claim, until: datetime, code: str, message: str) -> list[Wake]:
    """Put off without having been tried, and the row says why."""
    wakes = put_off(tx, mine, until)
    set_platform(tx, mine, error_code=code, error_message=message)
    return wakes


def _locked(tx: Transaction, work: Work) -> Publication:
    """The publication, locked: first of all, then dispatch, then the rest; the one order of locks, here and
    wherever people change something."""
    statement = (
        select(Publication)
        .where(Publication.workspace_id == work.workspace_id, Publication.id == work.publication_id)
        .with_for_update()
    )
    return tx.session.scalars(statement, execution_options={"populate_existing": True}).one()


def _hindrance(tx: Transaction, work: Work, publication: Publication) -> list[Wake] | None:
    """Write down why nothing may be sent now, if so, and what is done about it."""
    row, content, connection = _as_they_are(tx, work, publication)
    words = rendition_of(content, connection.platform)
    segment = work.step.segment
    if work.step.task != "remove" and work.digest not in words.digests[segment : segment + 1]:
        ledger.abandon(tx, work.workspace_id, work.attempt_id, "content_changed")
        return _waiting(tx, work.claim, tx.now, "content_changed", "It was edited, and is prepared anew.")
    found = _obstacle(tx, work, publication, row, connection)
    if isinstance(found, Finish):
        ledger.abandon(tx, work.workspace_id, work.attempt_id, found.code, found.message)
        return finished(tx, work.claim, work.publication_id, found)
    if found is None and work.is_live:
        held_back = _held_back(tx, work, connection)
        if isinstance(held_back, gates.Detour):
            ledger.abandon(tx, work.workspace_id, work.attempt_id, ACCOUNT_BUSY)
            return put_off(tx, replace(work.claim, lane=SLOW), tx.now)
        found = None if held_back is None else Until(held_back.until, held_back.code, held_back.message)
    if found is None:
        if segment == 0:
            row.fingerprint = words.fingerprint  # of what goes out now
        return None
    ledger.abandon(tx, work.workspace_id, work.attempt_id, found.code, found.message)
    return _waiting(tx, work.claim, found.at, found.code, found.message)


def _held_back(
    tx: Transaction, work: Work, connection: PlatformConnection
) -> gates.Later | gates.Detour | None:
    """Whether the account has enough under way, or its limits are spent."""
    crowded = gates.crowded(tx, connection, work.lane, (work.begun_at, work.attempt_id))
    if crowded is not None or work.step.task != "publish":
        return crowded
    return gates.budgeted(tx, connection)


def _as_they_are(
    tx: Transaction, work: Work, publication: Publication
) -> Row[PublicationPlatform, Content, PlatformConnection]:
    """Row, content and connection as they are now that the publication is locked."""
    statement = (
        select(PublicationPlatform, Content, PlatformConnection)
        .select_from(PublicationPlatform)
        .join(Content, Content.id == publication.content_id)
        .join(PlatformConnection, PlatformConnection.id == PublicationPlatform.connection_id)
        .where(PublicationPlatform.workspace_id == work.workspace_id, PublicationPlatform.id == work.row_id)
    )
    return tx.session.execute(statement, execution_options={"populate_existing": True}).one()


def _obstacle(
    tx: Transaction,
    work: Work,
    publication: Publication,
    row: PublicationPlatform,
    connection: PlatformConnection,
) -> Finish | Until | None:
    if work.step.task == "remove":
        return None
    minutes = publication.late_after_minutes
    state = approvals.standing(tx, publication)
    if state != (publication.approval_status or "none"):  # edited while it could not be asked about
        approvals.asked_again(tx, [publication], None)
    due_at = max(publication.scheduled_at, row.released_at or publication.scheduled_at)
    standing = Standing(
        approval=state,
        account=connection.status,
        is_live=work.is_live,
        late_policy=publication.late_policy,
        late_after=None if minutes is None else timedelta(minutes=minutes),
        due_at=due_at,
        is_begun=work.step.segment > 0 or work.step.task == "edit",
        is_superseded=turns.is_superseded(tx, publication, due_at),
        turn_at=turns.turn_of(tx, publication, row, due_at),
    )
    found = obstacle(standing, tx.now)
    if work.step.task == "edit" and isinstance(found, Finish):
        return given_up(work.effort, Finish("published", found.code, found.message))
    return found
