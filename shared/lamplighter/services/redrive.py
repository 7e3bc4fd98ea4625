"""Dead letters, handed back to their worker as far as they still mean something."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

import orjson
from sqlalchemy import select

from lamplighter.clients import queues
from lamplighter.clients.queues import Message, Received
from lamplighter.postgres.models import Dispatch, PublicationPlatform
from lamplighter.postgres.session import Transaction
from lamplighter.services import export_work, mails, wakeups
from lamplighter.services.exports import Wanted
from lamplighter.services.wakeups import Claim
from lamplighter.settings import settings

HIDDEN_SECONDS = 360
"""For longer than a run takes: what is left where it lies is not seen twice by the same run."""
MOST = 1_000

type Verdict = Literal["moved", "dropped", "left"]
type Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be redriven."""

    queue: str
    limit: int = MOST
    dry_run: bool = False


def ordered(event: Mapping[str, Any]) -> Order:
    """The order in what the function was invoked with; ValueError says what it understands."""
    queue, limit, dry_run = event.get("queue"), event.get("limit", MOST), event.get("dry_run", False)
    if queue not in _PARSERS or not isinstance(limit, int) or limit < 1 or not isinstance(dry_run, bool):
        names = " | ".join(_PARSERS)
        message = f'say {{"queue": "{names}", "limit": {MOST}, "dry_run": false}}'
        raise ValueError(message)
    return Order(str(queue), limit, dry_run)


def letters(order: Order) -> str:
    """The address of the dead letters. Both lanes of posts share theirs."""
    return queues.dead_letters_of(_urls(order.queue)[0])


def claim_of(order: Order, letter: Received) -> Claim | Verdict:
    """What a post's wake-up claims, to be judged by its row. Of others only the form is looked at: their
    workers do nothing with what is done. What has no such form stays where it is, for a person."""
    try:
        found = _PARSERS[order.queue](orjson.loads(letter.body))
    except (KeyError, TypeError, ValueError):
        return "left"
    if not isinstance(found, Claim):
        return "moved"
    return found if found.lane in range(len(_urls(order.queue))) else "left"


def verdict(tx: Transaction, claim: Claim) -> Verdict:
    """Stale where the fence has passed or the work is done. What names a row that its workspace does not have
    was refused, and is a person's to look into."""
    statement = (
        select(Dispatch.fence)
        .select_from(PublicationPlatform)
        .outerjoin(Dispatch, Dispatch.publication_platform_id == PublicationPlatform.id)
        .where(
            PublicationPlatform.workspace_id == claim.workspace_id,
            PublicationPlatform.id == claim.publication_platform_id,
        )
    )
    row = tx.session.execute(statement).one_or_none()
    if row is None:
        return "left"
    return "moved" if row.fence == claim.fence else "dropped"


def move(order: Order, source: str, found: Sequence[tuple[Received, Verdict]]) -> list[Verdict]:
    """Send before deleting: what is lost in between is a doubled wake-up, which does nothing. Answers what
    became of each: one that SQS does not take is left."""
    unsent: set[str] = set()
    for lane, url in enumerate(_urls(order.queue)):
        wanted = [letter for letter, what in found if what == "moved" and _lane(order, letter) == lane]
        messages = [Message(orjson.loads(each.body), delay_seconds=0, group=each.group) for each in wanted]
        unsent |= {wanted[index].id for index in queues.send(url, messages)}
    became: list[Verdict] = ["left" if letter.id in unsent else what for letter, what in found]
    pairs = list(zip((letter for letter, _ in found), became, strict=True))
    queues.delete(source, [letter for letter, what in pairs if what != "left"])
    return became


def _lane(order: Order, letter: Received) -> int:
    if order.queue != "publish":
        return 0
    return wakeups.parsed(orjson.loads(letter.body)).lane


def _urls(queue: str) -> tuple[str, ...]:
    """Where the letters go back to, for posts by lane."""
    match queue:
        case "publish":
            return wakeups.queue_urls()
        case "mail":
            return (settings().mail_queue_url,)
        case _:
            return (settings().export_queue_url,)


_PARSERS: Mapping[str, Callable[[Any], Claim | UUID | Wanted]] = {
    "publish": wakeups.parsed,
    "mail": mails.parsed,
    "export": export_work.parsed,
}
