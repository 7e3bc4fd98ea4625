"""What a link in a mail proves: once, for a while, of one address."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import update

from lamplighter.domain.mails import token_hash
from lamplighter.postgres.models import MailToken
from lamplighter.postgres.session import Transaction, lookup
from lamplighter.problems import DomainError, Fault, Kind
from lamplighter.services import attempts


@dataclass(frozen=True, slots=True)
class Presented:
    """A token that exists; whether it still holds is decided as it is spent."""

    id: UUID
    user_id: UUID


def presented(token: str, purpose: str) -> Presented:
    """The token that was mailed for this purpose; raises token_invalid, and rate_limited where it comes again
    and again. Asked before any costly work."""
    found = lookup("find_mail_token", token_hash(token), purpose)
    if found is None:
        raise invalid_token()
    row, _now = found
    attempts.heed_token(row["user_id"])
    return Presented(row["id"], row["user_id"])


def spend(tx: Transaction, token: Presented) -> str:
    """The address that it proves, this once; raises token_invalid for one that is spent or too old."""
    statement = (
        update(MailToken)
        .where(
            MailToken.user_id == token.user_id,
            MailToken.id == token.id,
            MailToken.used_at.is_(None),
            MailToken.expires_at > tx.now,
        )
        .values(used_at=tx.now)
        .returning(MailToken.email)
    )
    email = tx.session.scalars(statement).one_or_none()
    if email is None:
        raise invalid_token()
    return email


def void_all(tx: Transaction, user_id: UUID) -> None:
    """No link that was mailed to the person before holds any longer."""
    unused = (MailToken.user_id == user_id, MailToken.used_at.is_(None))
    tx.session.execute(update(MailToken).where(*unused).values(used_at=tx.now))


def invalid_token() -> DomainError:
    """The one answer for a token that never was, is spent, revoked or too old."""
    detail = "This link does not hold any longer: ask for a new one."
    return DomainError(Kind.INVALID, "token_invalid", detail, [Fault("/token", "token_invalid", detail)])
