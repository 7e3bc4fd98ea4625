"""What an attempt is for, out of all that were made before: the next segment, a look, a change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

NOT_ON_NETWORK = "not_on_network"
DUPLICATE_REFUSED = "duplicate_refused"
WORKER_LOST = "worker_lost"
PROCESSING = "processing"
"""The network has taken the post and works on it: nobody can say yet that it will not be there."""

MAX_ATTEMPTS = 12
MAX_LOOKS = 40
"""With their spacing some five hours: an instance that is down for a morning is still found out about."""


@dataclass(frozen=True, slots=True)
class Tried:
    """An earlier attempt, as the ledger has it. `reconciles`: it only looked what an unknown one had done;
    `sent`: it came as far as the call."""

    status: str
    reconciles: bool = False
    code: str | None = None
    task: str = "publish"
    segment: int = 0
    number: int = 1
    sent: bool = False
    digest: str | None = None

    @property
    def proves_absence(self) -> bool:
        """Whether it looked and found that the post is not on the network and will not come there by the
        calls before it: it is not there, or the network has given up what it had taken. A look that was
        itself limited or lost proves nothing."""
        return self.reconciles and (self.code == NOT_ON_NETWORK or self.status == "rejected")


@dataclass(frozen=True, slots=True)
class Step:
    """What the next attempt does: a segment's posting (or a look at it), removal or edit."""

    task: str
    segment: int
    reconciles: bool = False


@dataclass(frozen=True, slots=True)
class Effort:
    """How much was tried in this round: `attempts` to send and `looks` at what an unknown one had done, this
    one included. `reconciling`: this one was a look. `sent_before`: an earlier one came as far as the call.
    `refused_as_duplicate`: the network said that it has the post already. `may_be_done`: of an earlier one
    nobody knows whether it did what it was to do."""

    attempts: int
    looks: int
    reconciling: bool
    sent_before: bool = False
    refused_as_duplicate: bool = False
    may_be_done: bool = False

    @property
    def is_spent(self) -> bool:
        """Whether no further one of the same kind follows."""
        return self.looks >= MAX_LOOKS if self.reconciling else self.attempts >= MAX_ATTEMPTS


def may_have_posted(history: Sequence[Tried]) -> bool:
    """Whether the network may hold the segment already, so that the next step is to look and not to send.

    An unknown outcome stands until a look proves the post absent. An attempt still `sending` is one whose
    worker was lost during the call.
    """
    for tried in reversed(history):
        if tried.status in {"unknown", "sending"}:
            return True
        if tried.proves_absence:
            return False
    return False


def on_network(history: Sequence[Tried]) -> Mapping[int, Tried]:
    """Of each segment that is out now, the attempt that its words are from: the posting or the last edit.
    Where nobody knows whether an edit was made, its words are nobody's: the digest is None."""
    found: dict[int, Tried] = {}
    for tried in history:
        match tried.task, tried.status:
            case ("publish", "published") | ("edit", "done"):
                found[tried.segment] = tried
            case ("edit", "unknown" | "sending") if tried.segment in found:
                found[tried.segment] = replace(tried, digest=None)
            case ("remove", "done"):
                found.pop(tried.segment, None)
    return found


def next_step(history: Sequence[Tried], change: str | None, digests: Sequence[str]) -> Step | None:
    """What is to be done next, or None where nothing is left. `digests` are those of the content's parts as
    they are now; `change` is what people want done with what is out."""
    out = on_network(history)
    match change:
        case "remove":
            return Step("remove", max(out)) if out else None  # the last one first: nothing answers a void
        case "edit":
            differs = (n for n in sorted(out) if n < len(digests) and digests[n] != out[n].digest)
            return next((Step("edit", n) for n in differs), None)
    missing = next((n for n in range(len(digests)) if n not in out), None)
    if missing is None:
        return None
    looks = may_have_posted([t for t in history if t.task == "publish" and t.segment == missing])
    return Step("publish", missing, looks)


def succeeded(step: Step, digest: str | None) -> Tried:
    """The step as the ledger will have it once it is done."""
    status = "published" if step.task == "publish" else "done"
    return Tried(status, task=step.task, segment=step.segment, digest=digest)


def effort_of(history: Sequence[Tried], step: Step, attempts_before: int) -> Effort:
    """How much was tried for this step, the attempt that now begins included. What people asked for anew
    counts anew: only attempts beyond number `attempts_before` do. What stood back from itself, because the
    network was known to be away or the content had changed, was no attempt."""
    mine = [t for t in history if t.task == step.task and t.segment == step.segment]
    counted = [
        t
        for t in mine
        if t.number > attempts_before
        and t.status != "waiting"
        and not (t.status == "abandoned" and t.code != WORKER_LOST)
    ]
    return Effort(
        attempts=sum(not t.reconciles for t in counted) + (not step.reconciles),
        looks=sum(t.reconciles for t in counted) + step.reconciles,
        reconciling=step.reconciles,
        sent_before=any(t.sent and not t.reconciles for t in mine),
        refused_as_duplicate=any(t.code == DUPLICATE_REFUSED for t in mine),
        may_be_done=_is_open(mine),
    )


def _is_open(mine: Sequence[Tried]) -> bool:
    """Whether nobody knows what became of one of these since the last that is known to have succeeded."""
    settled = {"unknown": True, "sending": True, "done": False, "published": False}
    return next((settled[t.status] for t in reversed(mine) if t.status in settled), False)
