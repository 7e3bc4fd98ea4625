"""Endpoints that fail: people are warned, then they are disabled; so is one that says it is gone."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select, union, update

from lamplighter.domain.mails import MailKind
from lamplighter.domain.webhooks import Health, is_given_up, is_to_be_warned_of
from lamplighter.postgres.models import (
    OrganizationMember,
    User,
    Webhook,
    WebhookDelivery,
    Workspace,
    WorkspaceMember,
)
from lamplighter.postgres.session import Transaction
from lamplighter.services import audit, mails, outbox

DISABLED = "webhook_disabled"
"""Why a delivery was cancelled."""


def organization_of(tx: Transaction, workspace_id: UUID, webhook_id: UUID, *, gone: bool) -> UUID | None:
    """The organization whose people are to hear of this endpoint now; None where there is nothing to say."""
    statement = (
        select(Webhook, Workspace.organization_id)
        .join(Workspace, Workspace.id == Webhook.workspace_id)
        .where(Webhook.workspace_id == workspace_id, Webhook.id == webhook_id)
        .where(Webhook.status == "active", Webhook.deleted_at.is_(None))
    )
    found = tx.session.execute(statement, execution_options={"populate_existing": True}).one_or_none()
    if found is None:
        return None
    health = _health(found.Webhook)
    has_news = gone or is_given_up(health, tx.now) or is_to_be_warned_of(health, tx.now)
    return found.organization_id if has_news else None


def judged(tx: Transaction, workspace_id: UUID, webhook_id: UUID, *, gone: bool) -> Sequence[UUID]:
    """Warn of the endpoint or disable it, if that is still due; the mails to wake after the commit. The
    transaction names the organization too, whose people it writes to."""
    statement = select(Webhook).where(Webhook.workspace_id == workspace_id, Webhook.id == webhook_id)
    held = statement.with_for_update(key_share=True)
    row = tx.session.scalars(held, execution_options={"populate_existing": True}).one()
    if row.status != "active" or row.deleted_at is not None:
        return []
    if gone or is_given_up(_health(row), tx.now):
        because = "gone" if gone else "failing"
        disable(tx, row, because)
        audit.record(
            tx,
            None,
            "webhook.disabled",
            ("webhook", webhook_id),
            after={"status": "disabled", "because": because},
            workspace_id=workspace_id,
            organization_id=_organization(tx, workspace_id),
        )
        return _written_to(tx, row, "webhook_disabled")
    if is_to_be_warned_of(_health(row), tx.now):
        row.warned_at = tx.now
        outbox.emit(tx, workspace_id, "webhook.failing", {"webhook_id": str(webhook_id)})
        return _written_to(tx, row, "webhook_failing")
    return []


def disable(tx: Transaction, webhook: Webhook, because: str) -> None:
    """The held endpoint is told nothing any more, and what was still to be sent to it is cancelled. What is
    under way just now may still arrive."""
    webhook.status, webhook.disabled_because, webhook.disabled_at = "disabled", because, tx.now
    webhook.version, webhook.updated_at = webhook.version + 1, tx.now
    tx.session.flush()
    cancel_pending(tx, webhook.workspace_id, webhook.id, DISABLED)
    outbox.emit(tx, webhook.workspace_id, "webhook.disabled", {"webhook_id": str(webhook.id)})


def enable(tx: Transaction, webhook: Webhook) -> None:
    """The held endpoint is told of what happens from now on, and begins with a clean record."""
    webhook.status, webhook.disabled_because, webhook.disabled_at = "active", None, None
    webhook.active_since = tx.now
    webhook.failing_since, webhook.failures, webhook.warned_at = None, 0, None
    webhook.version, webhook.updated_at = webhook.version + 1, tx.now
    tx.session.flush()


def cancel_pending(tx: Transaction, workspace_id: UUID, webhook_id: UUID, code: str) -> None:
    """Nothing more is sent of what this endpoint was still to be told."""
    tx.session.execute(
        update(WebhookDelivery)
        .where(
            WebhookDelivery.workspace_id == workspace_id,
            WebhookDelivery.webhook_id == webhook_id,
            WebhookDelivery.status == "pending",
        )
        .values(
            status="cancelled",
            error_code=code,
            next_attempt_at=None,
            finished_at=tx.now,
            turn=WebhookDelivery.turn + 1,
            manual=False,
        ),
        execution_options={"synchronize_session": False},
    )


def _health(row: Webhook) -> Health:
    return Health(row.failing_since, row.failures, row.warned_at)


def _organization(tx: Transaction, workspace_id: UUID) -> UUID:
    owner = select(Workspace.organization_id).where(Workspace.id == workspace_id)
    return tx.session.scalars(owner).one()


def _written_to(tx: Transaction, row: Webhook, kind: MailKind) -> list[UUID]:
    """A mail to everybody who runs the workspace."""
    organization_id = _organization(tx, row.workspace_id)
    admins = union(
        select(OrganizationMember.user_id).where(
            OrganizationMember.organization_id == organization_id,
            OrganizationMember.role.in_(("owner", "admin")),
            OrganizationMember.joined_at.is_not(None),
        ),
        select(WorkspaceMember.user_id).where(
            WorkspaceMember.workspace_id == row.workspace_id,
            WorkspaceMember.role == "admin",
            WorkspaceMember.joined_at.is_not(None),
        ),
    )
    people = select(User.id, User.email).where(User.id.in_(admins), User.deleted_at.is_(None))
    found = tx.session.execute(people.order_by(User.id)).all()
    return [mails.request(tx, kind, email, user_id=user_id, webhook_id=row.id) for user_id, email in found]
