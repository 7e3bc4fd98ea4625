"""What people do meanwhile: each deed a task of its own, through the services, as the routes call them."""

from collections.abc import Callable
from random import Random
from typing import Any
from uuid import UUID

import psycopg

from lamplighter.domain.renditions import intent_of
from lamplighter.postgres.session import transaction
from lamplighter.problems import DomainError, not_found
from lamplighter.schemas.approvals import ApprovalDecision, ApprovalStep
from lamplighter.schemas.content import ContentUpdate
from lamplighter.schemas.publications import PublicationCreate, PublicationResolve, PublicationUpdate
from lamplighter.services import (
    approval_decisions,
    connections,
    content,
    content_changes,
    publication_moves,
    publication_platforms,
    resolving,
    scheduling,
    wakeups,
)
from tests.simulation.database import raise_defect
from tests.simulation.remotes import Remote
from tests.simulation.steps import Steps, Task
from tests.simulation.tenants import Tenant
from tests.simulation.truth import History, Plan, Truth, plan_of
from tests.simulation.writing import Writing, body_of

CONFUSED_SECONDS = 600.0
"""Longer than the service makes people wait before it believes that a post is absent."""
TOLD_BY_IDS = ("ember", "kiln", "flare")
DEEDS = {
    "schedule": 36,
    "schedule_again": 4,
    "cancel": 6,
    "edit_content": 8,
    "move": 6,
    "publish_now": 4,
    "approve": 14,
    "reject": 2,
    "revoke": 3,
    "request": 2,
    "retry": 5,
    "resolve": 8,
    "remove": 4,
    "edit_post": 4,
    "cancel_one": 3,
    "disconnect": 1,
    "reconnect": 5,
}
"""What people do, and how often each."""


class People:
    """The users of every tenant. What they are answered is counted in the truth's `told`."""

    def __init__(
        self, steps: Steps, random: Random, truth: Truth, remote: Remote, tenants: list[Tenant]
    ) -> None:
        self.steps, self.random, self.truth, self.remote, self.tenants = steps, random, truth, remote, tenants
        self.monitor: psycopg.Connection[Any]
        self.deeds = 0
        self.writing = Writing(random, steps)

    def act(self) -> None:
        """Somebody does something."""
        deed = self.random.choices(list(DEEDS), list(DEEDS.values()))[0]
        self.deeds += 1
        self.steps.spawn(Task(f"person {self.deeds} {deed}", self._tried(deed), done=raise_defect))

    def _tried(self, deed: str) -> Callable[[], Any]:
        def run() -> None:
            tenant = self.random.choice(self.tenants)
            try:
                getattr(self, deed)(tenant)
                self.truth.told[deed] += 1
            except DomainError as refused:
                self.truth.told[f"{deed}: {refused.code}"] += 1
                self.steps.note(f"is refused: {refused.code}")

        return run

    def once_committed(self, hook: Callable[[int], None]) -> None:
        """The truth changes with the commit, whether or not its answer arrives."""
        assert self.steps.current is not None
        self.steps.current.on_commit.append(hook)

    # Deeds

    def schedule(self, tenant: Tenant) -> None:
        """Write something and schedule it on some accounts."""
        targets = self.random.sample(tenant.connections, self.random.randint(1, 3))
        words = self.writing.words(tenant, targets)
        with transaction(tenant.workspace_id) as tx:
            made = content.create(tx, tenant.caller, body_of(words))
            content_id = made.id
            self.once_committed(lambda seq: self.truth.contents.update({content_id: History(seq, words)}))
        self._schedule(tenant, content_id, targets)

    def schedule_again(self, tenant: Tenant) -> None:
        """The same once more, where a network does not tell posts by their words."""
        plan = self.truth.plans.get(self._some(tenant))
        known = [each for each in tenant.connections if each.platform in TOLD_BY_IDS]
        if plan is not None:
            self._schedule(
                tenant, plan.content, [self.random.choice(known)], force=self.random.random() < 0.7
            )

    def _schedule(self, tenant: Tenant, content_id: UUID, targets: list[Any], **more: Any) -> None:
        body = PublicationCreate(
            content_id=content_id,
            connection_ids=[each.id for each in targets],
            scheduled_at=self.writing.when(),
            priority=self.random.choice(("normal", "normal", "high", "low")),
            needs_approval=self.random.random() < 0.25,
            **self.writing.late(),
            **more,
        )
        since = self.steps.now
        with transaction(tenant.workspace_id) as tx:
            row, wakes = scheduling.create(tx, tenant.caller, body)
            plan = plan_of(row)
            self.once_committed(lambda _seq: self.truth.planned(plan))
            tenant.publications.append(row.id)
        wakeups.send(wakes, tx.now, since)

    def cancel(self, tenant: Tenant) -> None:
        """Stop what has not gone out."""
        publication_id = self._some(tenant)
        with transaction(tenant.workspace_id) as tx:
            row = publication_moves.cancel(tx, tenant.caller, publication_id, None)
            stopped = [each.id for each in row.platforms if each.status == "cancelled"]
            self.once_committed(lambda seq: self._stop(publication_id, stopped, seq))

    def edit_content(self, tenant: Tenant) -> None:
        """Say something else, in what has not gone out."""
        plan = self.truth.plans.get(self._some(tenant))
        if plan is None:
            return
        self._say(tenant, plan)

    def _say(self, tenant: Tenant, plan: Plan) -> None:
        words = {**self.truth.contents[plan.content].last, "text": self.writing.text()}
        body = ContentUpdate(text=words["text"])
        with transaction(tenant.workspace_id) as tx:
            version = content.get(tx, tenant.caller, plan.content).version
        with transaction(tenant.workspace_id) as tx:
            content_changes.change(tx, tenant.caller, plan.content, body, version)
            self.once_committed(lambda seq: self.truth.contents[plan.content].add(seq, words))

    def move(self, tenant: Tenant) -> None:
        """Another time."""
        self._timed(
            tenant,
            lambda tx, id_: publication_moves.change(
                tx, tenant.caller, id_, PublicationUpdate(scheduled_at=self.writing.when()), None
            ),
        )

    def publish_now(self, tenant: Tenant) -> None:
        """Do not wait for its time."""
        self._timed(tenant, lambda tx, id_: publication_moves.publish_now(tx, tenant.caller, id_, None))

    def _timed(self, tenant: Tenant, change: Callable[[Any, UUID], Any]) -> None:
        publication_id, since = self._some(tenant), self.steps.now
        with transaction(tenant.workspace_id) as tx:
            row, wakes = change(tx, publication_id)
            plan = self.truth.plans.get(publication_id)
            self.once_committed(lambda seq: plan and self.truth.moved(plan, seq, row.scheduled_at))
        wakeups.send(wakes, tx.now, since)

    def approve(self, tenant: Tenant) -> None:
        """Say yes to what stands."""
        publication_id, since = self._asked(tenant, "pending"), self.steps.now
        with transaction(tenant.workspace_id) as tx:
            _, wakes = approval_decisions.approve(tx, tenant.caller, publication_id, ApprovalDecision(), None)
            self.once_committed(lambda seq: self._approved(publication_id, seq))
        wakeups.send(wakes, tx.now, since)

    def reject(self, tenant: Tenant) -> None:
        """Say no."""
        self._not_approved(tenant, approval_decisions.reject, ApprovalDecision(comment="No."), "rejected")

    def revoke(self, tenant: Tenant) -> None:
        """Take a yes back."""
        self._not_approved(tenant, approval_decisions.revoke, ApprovalStep(), "pending")

    def _asked(self, tenant: Tenant, status: str) -> UUID:
        found = tenant.approvals(self.monitor, status)
        return self.random.choice(found) if found else self._some(tenant)

    def _not_approved(self, tenant: Tenant, decide: Callable[..., Any], body: Any, becomes: str) -> None:
        publication_id = self._asked(tenant, "approved" if decide is approval_decisions.revoke else "pending")
        with transaction(tenant.workspace_id) as tx:
            decide(tx, tenant.caller, publication_id, body, None)
            self.once_committed(lambda seq: self.truth.plans[publication_id].approval.add(seq, becomes))

    def _approved(self, publication_id: UUID, seq: int) -> None:
        plan = self.truth.plans[publication_id]
        plan.approval.add(seq, self.truth.stands(plan, seq))

    def request(self, tenant: Tenant) -> None:
        """Ask for a yes, perhaps once more."""
        self._not_approved(tenant, approval_decisions.request, ApprovalStep(), "pending")

    def retry(self, tenant: Tenant) -> None:
        """Try again what has failed, was skipped or is held."""
        self._on_a_row(tenant, ("failed", "skipped", "held"), publication_platforms.retry)

    def remove(self, tenant: Tenant) -> None:
        """Take back what is out."""
        self._on_a_row(tenant, ("published",), publication_platforms.remove)

    def edit_post(self, tenant: Tenant) -> None:
        """Change the words of what is out: first in the content, then there."""
        found = self._row(tenant, ("published",))
        plan = self.truth.plans[found[0]]
        self._say(tenant, plan)
        self._change(tenant, found, publication_platforms.edit)

    def resolve(self, tenant: Tenant) -> None:
        """Look at the network, and say what is there."""
        publication_id, row_id = self._row(tenant, ("unknown", "unknown", "publishing"))
        intent = str(intent_of(row_id, tenant.segment(self.monitor, row_id)))
        if self.remote.on_the_way.get(intent) and self.steps.now < self.steps.jumped_at + CONFUSED_SECONDS:
            return  # where the clock has jumped, no rule keeps people from saying it too early
        posts = self.remote.intents.get(intent, [])
        said = {"outcome": "not_posted"}
        if posts:
            url = f"https://{posts[0].platform}.example/{posts[0].id}"
            said = {"outcome": "posted", "platform_post_id": posts[0].id, "url": url}
        self.steps.note(f"says {said['outcome']} of {row_id}")
        body = PublicationResolve.model_validate(said)
        self._change(
            tenant,
            (publication_id, row_id),
            lambda tx, by, id_, platform_id: resolving.resolve(tx, by, id_, platform_id, body),
        )

    def cancel_one(self, tenant: Tenant) -> None:
        """Stop it on one account."""
        publication_id, row_id = self._row(tenant, ("pending", "held"))
        with transaction(tenant.workspace_id) as tx:
            publication_platforms.cancel(tx, tenant.caller, publication_id, row_id)
            self.once_committed(lambda seq: self._stop(publication_id, [row_id], seq))

    def _row(self, tenant: Tenant, statuses: tuple[str, ...]) -> tuple[UUID, UUID]:
        found = tenant.rows(self.monitor, self.random.choice(statuses))
        if not found:
            raise not_found()
        return self.random.choice(found)

    def _on_a_row(self, tenant: Tenant, statuses: tuple[str, ...], change: Callable[..., Any]) -> None:
        self._change(tenant, self._row(tenant, statuses), change)

    def _change(self, tenant: Tenant, of: tuple[UUID, UUID], change: Callable[..., Any]) -> None:
        since = self.steps.now
        with transaction(tenant.workspace_id) as tx:
            _, wakes = change(tx, tenant.caller, *of)
            row = self.truth.plans[of[0]].rows[of[1]]
            self.once_committed(lambda seq: row.released.add(seq, tx.now))
        wakeups.send(wakes, tx.now, since)

    def disconnect(self, tenant: Tenant) -> None:
        """Take an account away."""
        account = self.random.choice(tenant.connections)
        with transaction(tenant.workspace_id) as tx:
            version = connections.get(tx, tenant.caller, account.id).version
        with transaction(tenant.workspace_id) as tx:
            connections.disconnect(tx, tenant.caller, account.id, version)

    def reconnect(self, tenant: Tenant) -> None:
        """Connect again what is not connected."""
        with transaction(tenant.workspace_id) as tx:
            states = {
                each.id: connections.get(tx, tenant.caller, each.id).status for each in tenant.connections
            }
        lost = [each for each in tenant.connections if states[each.id] != "active"]
        if lost:
            account = self.random.choice(lost)
            self.remote.renew(account.platform, account.channel).revoked = False
            tenant.connect(account.platform, account.channel, self.remote)

    # What they need for it

    def _some(self, tenant: Tenant) -> UUID:
        if not tenant.publications:
            raise not_found()
        recent = tenant.publications[-40:]
        return self.random.choice(recent)

    def _stop(self, publication_id: UUID, rows: list[UUID], seq: int) -> None:
        for row_id in rows:
            self.truth.plans[publication_id].rows[row_id].stopped.add(seq, True)
