"""Recurring posts in Almaty, which the newer data have at UTC+5 and the older ones at UTC+6."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from lamplighter.postgres.models import Approval, Dispatch, Publication, RecurringOccurrence, RecurringPost
from lamplighter.postgres.session import transaction
from lamplighter.services import approvals
from lamplighter.services.approvals import Step
from tests.integration.http import handler_of, lambda_context, logged_in
from tests.integration.recurring.office import Office

ZONE = "Asia/Almaty"
HOUR = timedelta(hours=1)


def local_time(ahead: timedelta) -> str:
    """The time of day that Almaty's clocks will show by the older data."""
    return (datetime.now(UTC) + timedelta(hours=6) + ahead).strftime("%H:%M")


def daily(ahead: timedelta = 5 * HOUR, **more: Any) -> dict[str, Any]:
    """A schedule of every day, the first so far ahead."""
    return {"timezone": ZONE, "times": [local_time(ahead)], **more}


@dataclass(frozen=True, slots=True)
class Almaty(Office):
    """An office whose clocks change."""

    def made(self, **given: Any) -> dict[str, Any]:
        """A recurring post, its publications made as far as the horizon."""
        post = self.created(**{"schedule_config": daily(), **given})
        self.run()
        return post

    def rezone(self, *zones: str, seconds: float = 900, **more: Any) -> dict[str, Any]:
        """The answer to the order that these zones changed; Almaty's, if none is named."""
        return self.invoke({"zones": list(zones or (ZONE,)), **more}, seconds)

    def invoke(self, event: dict[str, Any], seconds: float = 900) -> dict[str, Any]:
        """The function's answer."""
        with logged_in("rezone_recurring"):
            answer: dict[str, Any] = handler_of("rezone_recurring")(event, lambda_context(seconds))
        return answer

    def send(self) -> None:
        """The worker gets everything that is due."""
        with transaction(self.workspace_id) as tx:
            rows = tx.session.scalars(select(Dispatch).where(Dispatch.due_at <= tx.now)).all()
        bodies = [
            {
                "workspace_id": str(row.workspace_id),
                "publication_platform_id": str(row.publication_platform_id),
                "fence": row.fence,
                "lane": row.lane,
            }
            for row in rows
        ]
        records = [{"messageId": str(n), "body": json.dumps(body)} for n, body in enumerate(bodies)]
        handler_of("publish_post")({"Records": records}, lambda_context(60))

    def approved(self, publication: dict[str, Any]) -> dict[str, Any]:
        """Somebody has approved it as it stands."""
        with transaction(self.workspace_id) as tx:
            row = tx.session.get_one(Publication, UUID(publication["id"]), with_for_update=True)
            approvals.step(tx, row, None, Step("approved", "approved", approvals.hash_of(tx, row)))
        return self.publication(publication["id"])

    def steps(self, publication: dict[str, Any]) -> list[str]:
        """What happened to its approval."""
        with transaction(self.workspace_id) as tx:
            mine = Approval.publication_id == UUID(publication["id"])
            return list(tx.session.scalars(select(Approval.action).where(mine).order_by(Approval.created_at)))

    def ledger(self, post: dict[str, Any]) -> dict[datetime, RecurringOccurrence]:
        """Its occurrences by their local times."""
        with transaction(self.workspace_id) as tx:
            mine = RecurringOccurrence.recurring_post_id == UUID(post["id"])
            rows = tx.session.scalars(select(RecurringOccurrence).where(mine).order_by("local_time")).all()
        return {row.local_time: row for row in rows}

    def rule(self, post: dict[str, Any]) -> RecurringPost:
        """Its row."""
        with transaction(self.workspace_id) as tx:
            return tx.session.get_one(RecurringPost, UUID(post["id"]))

    def due(self) -> set[datetime]:
        """When the work of this tenant is due."""
        with transaction(self.workspace_id) as tx:
            return set(tx.session.scalars(select(Dispatch.due_at)))

    def scheduled(self) -> set[datetime]:
        """When its publications go out."""
        waiting = [each for each in self.publications() if each["status"] == "scheduled"]
        return {datetime.fromisoformat(each["scheduled_at"]) for each in waiting}

    @property
    def workspace_id(self) -> UUID:
        """The tenant."""
        return UUID(self.http.workspace_id)
