"""Mails: asked for in the transaction that makes them due, written and sent by the send_mail function."""

from collections.abc import Sequence
from uuid import UUID

from lamplighter.clients import queues
from lamplighter.domain.mails import MailKind
from lamplighter.ids import new_id
from lamplighter.postgres.queries import mails
from lamplighter.postgres.session import Transaction
from lamplighter.settings import settings


def request(
    tx: Transaction,
    kind: MailKind,
    email: str,
    *,
    user_id: UUID | None = None,
    invitation_id: UUID | None = None,
) -> UUID:
    """Ask for a mail to this address, spelled as accounts are (domain.emails); hand the answer to `wake` once
    the transaction is committed.

    Whether anything is sent, and with which token, is decided as the mail is written: who asks need not look,
    and does the same work for an address that has an account and for one that has none.
    """
    mail_id = new_id()
    mails.insert(tx, mail_id, kind, email, user_id=user_id, invitation_id=invitation_id)
    return mail_id


def wake(mail_ids: Sequence[UUID]) -> None:
    """Have these written at once; what is lost on the way goes out a minute later. Never raises.

    A message holds no address and no token: queues are read by more eyes than the table is.
    """
    messages = [queues.Message({"mail_id": str(each)}, 0, group=str(each)) for each in mail_ids]
    queues.send(settings().mail_queue_url, messages)
