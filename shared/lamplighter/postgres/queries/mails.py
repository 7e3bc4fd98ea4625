"""The statements on the table of mails: who wants one may only insert, so that nothing is read back."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime, Uuid, bindparam, text

from lamplighter.postgres.session import Transaction

_TIME = DateTime(timezone=True)

_INSERT = text(
    """
    INSERT INTO mails (id, kind, email, user_id, invitation_id, created_at)
    VALUES (:id, :kind, :email, :user_id, :invitation_id, :now)
    """
).bindparams(
    bindparam("id", type_=Uuid()),
    bindparam("user_id", type_=Uuid()),
    bindparam("invitation_id", type_=Uuid()),
    bindparam("now", type_=_TIME),
)


def insert(
    tx: Transaction, id_: UUID, kind: str, email: str, *, user_id: UUID | None, invitation_id: UUID | None
) -> None:
    """A mail that is wanted."""
    about = {"user_id": user_id, "invitation_id": invitation_id}
    now: datetime = tx.now
    tx.session.execute(_INSERT, {"id": id_, "kind": kind, "email": email, "now": now, **about})
