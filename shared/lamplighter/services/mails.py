"""Mails: asked for in the transaction that makes them due, written and sent by the send_mail function."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select, tuple_, update

from lamplighter.clients import mail, queues
from lamplighter.domain.mails import MailKind, Written, wait_after
from lamplighter.ids import new_id
from lamplighter.observability import logger
from lamplighter.postgres.models import Mail
from lamplighter.postgres.session import Transaction
from lamplighter.services import letters
from lamplighter.settings import settings

LEASE = timedelta(seconds=60)
"""How long a worker owns a mail; above send_mail's timeout, so that a live worker never loses it."""
GRACE = timedelta(seconds=30)
"""How long a mail that nobody has begun is left to its message before the sweep takes it."""
LATE = timedelta(minutes=15)
WAIT = "mails wait"
"""The log line that the template's metric filter counts and its alarm hears."""
_SWEPT = 500


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail in the hands of one worker, as long as its row counts `attempt` attempts."""

    mail_id: UUID
    attempt: int
    to: str
    words: Written


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a letter: sent, without an error; refused for good; or to be tried again."""

    error: str | None = None
    is_final: bool = True


def request(
    tx: Transaction,
    kind: MailKind,
    email: str,
    *,
    user_id: UUID | None = None,
    invitation_id: UUID | None = None,
    webhook_id: UUID | None = None,
) -> UUID:
    """Ask for a mail to this address, spelled as accounts are (domain.emails); hand the answer to `wake` once
    the transaction is committed.

    Whether anything is sent, and with which token, is decided as the mail is written: who asks need not look,
    and does the same work for an address that has an account and for one that has none.
    """
    tx.session.flush()  # the table's policy looks at the invitation
    asked = Mail(id=new_id(), kind=kind, email=email, created_at=tx.now)
    asked.user_id, asked.invitation_id, asked.webhook_id = user_id, invitation_id, webhook_id
    tx.session.add(asked)
    return asked.id


def wake(mail_ids: Sequence[UUID]) -> None:
    """Have these written at once; what is lost on the way goes out a minute later. Never raises.

    A message holds no address and no token: queues are read by more eyes than the table is.
    """
    messages = [queues.Message({"mail_id": str(each)}, 0, group=str(each)) for each in mail_ids]
    queues.send(settings().mail_queue_url, messages)


def parsed(message: Mapping[str, Any]) -> UUID:
    """The mail that a queue message names; raises KeyError or ValueError on anything else."""
    return UUID(message["mail_id"])


def unsent(tx: Transaction) -> list[UUID]:
    """The mails that nobody is at and that should be on their way, the oldest first: lost messages, lost
    workers, failed attempts whose time has come."""
    never_begun = Mail.claimed_until.is_(None) & (Mail.created_at <= tx.now - GRACE)
    nobody = or_(Mail.claimed_until <= tx.now, never_begun)
    waiting = select(Mail.id).where(Mail.sent_at.is_(None), nobody)
    return list(tx.session.scalars(waiting.order_by(Mail.created_at, Mail.id).limit(_SWEPT)))


def complain(tx: Transaction) -> None:
    """Log the mails that wait for long, which raises an alarm: something must be mended."""
    waiting = select(Mail.error, func.count()).where(Mail.sent_at.is_(None), Mail.created_at <= tx.now - LATE)
    counts = {
        error or "never tried": count for error, count in tx.session.execute(waiting.group_by(Mail.error))
    }
    if counts:
        logger().error(WAIT, extra={"counts": counts})


def claim(tx: Transaction, mail_id: UUID) -> Letter | None:
    """The mail, written and leased to the caller; None where nothing is to be sent, or another is at it.

    The token in it is made here and stored as a hash, in place of any former one: of all mails of a kind to a
    person, only the link in the one written last works. Commit before the letter is sent.
    """
    alike = _waiting_alike(tx, mail_id)
    row = next((each for each in alike if each.id == mail_id), None)
    if row is None or (row.claimed_until is not None and row.claimed_until > tx.now):
        return None
    row.attempts += 1
    try:
        words = letters.write(tx, row, alike)
    except letters.Needless as needless:
        row.sent_at, row.error = tx.now, str(needless)
        return None
    row.claimed_until = tx.now + LEASE
    return Letter(row.id, row.attempts, row.email, words)


def send(letter: Letter) -> Outcome:
    """Hand the letter to SES. Outside of any transaction: SES may take its time.

    A worker that dies after this and before `record` sends the mail again: a second mail harms nobody, a mail
    that never comes locks somebody out.
    """
    words = letter.words
    try:
        mail.send(mail.Mail(settings().mail_from, letter.to, words.subject, words.text, words.html))
    except mail.Rejected as rejected:
        outcome = Outcome(str(rejected))
    except mail.NotTaken as failed:
        outcome = Outcome(str(failed), is_final=False)
    else:
        return Outcome()
    extra = {"mail_id": str(letter.mail_id), "attempt": letter.attempt, "code": outcome.error}
    logger().warning("mail not sent", extra=extra)
    return outcome


def record(tx: Transaction, letter: Letter, outcome: Outcome) -> None:
    """Close the mail, or set the time of its next attempt. A worker that lost its lease changes nothing."""
    values = (
        {"sent_at": tx.now} if outcome.is_final else {"claimed_until": tx.now + wait_after(letter.attempt)}
    )
    mine = (Mail.id == letter.mail_id, Mail.attempts == letter.attempt, Mail.sent_at.is_(None))
    tx.session.execute(update(Mail).where(*mine).values(**values, error=outcome.error))


def _waiting_alike(tx: Transaction, mail_id: UUID) -> Sequence[Mail]:
    """The mail, if it waits, and others of its kind to its address that do, locked in one order: of workers
    that write to one person at the same time, each sees the tokens of those before it."""
    asked = select(Mail.kind, Mail.email).where(Mail.id == mail_id)
    alike = select(Mail).where(Mail.sent_at.is_(None), tuple_(Mail.kind, Mail.email).in_(asked))
    return tx.session.scalars(alike.order_by(Mail.id).with_for_update()).all()
