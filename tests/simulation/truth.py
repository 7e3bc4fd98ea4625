"""What people really asked for, commit by commit: kept beside the database, and never read from it."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from lamplighter.domain.renditions import intent_of
from tests.simulation.remotes import Accepted
from tests.simulation.steps import Steps

MOST_SEGMENTS = 6
NEVER = datetime.max.replace(tzinfo=UTC)
EARLY = timedelta(seconds=1)


class History:
    """A value and every commit that changed it."""

    def __init__(self, seq: int, value: Any) -> None:
        self.seqs, self.values = [seq], [value]

    def add(self, seq: int, value: Any) -> None:
        """From this commit on."""
        self.seqs.append(seq)
        self.values.append(value)

    def at(self, seq: int) -> Any:
        """As it was at that commit."""
        return self.values[max(0, bisect_right(self.seqs, seq) - 1)]

    @property
    def last(self) -> Any:
        """As it is."""
        return self.values[-1]


@dataclass(eq=False)
class Row:
    """One account's part of a publication."""

    id: UUID
    platform: str
    connection: UUID
    stopped: History
    """Whether people were told that it will not go out."""
    released: History
    """When somebody said that it should go at once, whatever its time."""
    begun_at: float | None = None
    """When a worker first found it due, in true time."""


@dataclass(eq=False)
class Plan:
    """One publication as people know it."""

    id: UUID
    workspace: UUID
    content: UUID
    rows: dict[UUID, Row]
    due: History
    approval: History
    """None where none is needed; else what was approved, or a word for why nothing is."""
    late_policy: str = "send"


@dataclass(frozen=True, slots=True)
class Armed:
    """A worker's commit to a call: what it read is what stood then."""

    seq: int
    clock: datetime
    looks: bool


@dataclass(eq=False)
class Truth:
    """Everything that was promised."""

    steps: Steps
    contents: dict[UUID, History] = field(default_factory=dict)
    plans: dict[UUID, Plan] = field(default_factory=dict)
    intents: dict[str, tuple[Plan, Row, int]] = field(default_factory=dict)
    arms: dict[str, list[Armed]] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    told: Counter[str] = field(default_factory=Counter)
    lateness: list[float] = field(default_factory=list)

    def violated(self, what: str) -> None:
        """A promise is broken."""
        self.steps.note(f"BROKEN: {what}")
        self.broken.append(f"{self.steps.now:.3f} {what}")

    def planned(self, plan: Plan) -> None:
        """A publication was committed."""
        self.plans[plan.id] = plan
        for row in plan.rows.values():
            for segment in range(MOST_SEGMENTS):
                self.intents[str(intent_of(row.id, segment))] = (plan, row, segment)

    def moved(self, plan: Plan, seq: int, due: datetime) -> None:
        """Another time, whatever was said before."""
        plan.due.add(seq, due)
        for row in plan.rows.values():
            row.released.add(seq, NEVER)
            row.begun_at = None

    def begun(self, row_id: UUID, now: float) -> None:
        """A worker found it due."""
        _, row, _ = self.intents[str(row_id)]
        row.begun_at = now if row.begun_at is None else row.begun_at

    def armed(self, intent: str, armed: Armed) -> None:
        """A worker's `sending` was committed."""
        self.arms.setdefault(intent, []).append(armed)

    def accepted(self, post: Accepted) -> None:
        """A network has one more post: may it?"""
        if post.intent not in self.intents:
            self.violated(f"{post.id} was never asked for")
            return
        plan, row, segment = self.intents[post.intent]
        arms = [armed for armed in self.arms.get(post.intent, []) if not armed.looks]
        if not arms:
            self.violated(f"{post.id} of {row.id} went out before anybody committed to it")
            return
        armed = arms[-1]
        words = parts_of(self.contents[plan.content].at(armed.seq), row.platform)
        if segment >= len(words) or post.text != words[segment]:
            self.violated(f"{post.id} says {post.text!r}, its content when it was armed said otherwise")
        if segment == 0:
            self._may_begin(post, plan, row, armed)

    def _may_begin(self, post: Accepted, plan: Plan, row: Row, armed: Armed) -> None:
        if row.stopped.at(armed.seq):
            self.violated(f"{post.id} of {row.id} went out although it had been stopped")
        due = min(plan.due.at(armed.seq), row.released.at(armed.seq))
        # What was due and begun does not become early by a clock that is put back.
        was_due = row.begun_at is not None and row.begun_at <= self.steps.put_back_at
        if armed.clock < due - EARLY and not was_due:
            self.violated(f"{post.id} of {row.id} went out {due - armed.clock} early")
        approval = plan.approval.at(armed.seq)
        if approval is not None and approval != self.stands(plan, armed.seq):
            self.violated(f"{post.id} of {row.id} went out without an approval of what it is ({approval})")
        self.lateness.append(max(0.0, (self.steps.clock - due).total_seconds()))

    def stands(self, plan: Plan, seq: int) -> str:
        """What an approval would be of: everything that it is about, as it was at that commit."""
        content = self.contents[plan.content].at(seq)
        return repr((sorted(content.items(), key=str), plan.due.at(seq), sorted(map(str, plan.rows))))


def parts_of(content: Mapping[str, Any], platform: str) -> list[str]:
    """The texts of a content's segments on a network."""
    own = content["adapted"].get(platform)
    return [own or content["text"], *(text for _kind, text in content["segments"])]


def plan_of(row: Any) -> Plan:
    """What people know of a publication that they have just made."""
    rows = {
        each.id: Row(each.id, each.platform, each.connection_id, History(0, False), History(0, NEVER))
        for each in row.platforms
    }
    return Plan(
        id=row.id,
        workspace=row.workspace_id,
        content=row.content_id,
        rows=rows,
        due=History(0, row.scheduled_at),
        approval=History(0, row.approval_status),
        late_policy=row.late_policy,
    )
