"""What happened to a post, in words that a support person understands."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lamplighter.domain.history import NOT_ON_NETWORK, PROCESSING


@dataclass(frozen=True, slots=True)
class Try:
    """An attempt as it is told of. `network` is the network's name for people, `parts` how many segments the
    post has."""

    network: str
    number: int
    task: str
    segment: int
    status: str
    reconciles: bool
    waits: int
    claimed_at: datetime
    prepared_at: datetime | None
    sending_at: datetime | None
    finished_at: datetime | None
    code: str | None
    message: str | None
    url: str | None
    has_traces: bool = False
    """Whether preparing left something on the network: pictures, a container."""


@dataclass(frozen=True, slots=True)
class Told:
    """One step: when, which kind, and the sentence."""

    at: datetime
    kind: str
    text: str


_ABANDONED = {
    "worker_lost": "The worker was lost before anything was sent; another one takes over.",
    "withdrawn": "It was taken back before anything was sent.",
    "overtaken": "Another worker had taken over; nothing was sent.",
    "content_changed": "The content was edited meanwhile, so it is prepared anew; nothing was sent.",
    "account_busy": "Other posts to this account were under way already; nothing was sent.",
}
_ACTIONS = {
    "publication.created": "It was scheduled.",
    "publication.moved": "It was given another time.",
    "publication.updated": "Its settings were changed.",
    "publication.released": "It was told to go out at once.",
    "publication.cancelled": "It was cancelled.",
    "publication.retried": "Another try was asked for.",
    "publication.resolved": "A person said what had become of it.",
    "publication.removal_requested": "Its removal from the network was asked for.",
    "publication.edit_requested": "An edit of what is published was asked for.",
    "publication.approval_requested": "An approval was asked for.",
    "publication.approval_reset": "It was changed, so its approval is asked for again.",
    "publication.approval_revoked": "Its approval was taken back.",
    "publication.approved": "It was approved.",
    "publication.rejected": "It was rejected.",
}


def of_action(action: str, after: Mapping[str, Any] | None) -> str:
    """The sentence for what somebody did."""
    sentence = _ACTIONS.get(action) or f"{action.partition('.')[2].replace('_', ' ').capitalize()}."
    when = (after or {}).get("scheduled_at")
    if when and action in {"publication.created", "publication.moved"}:
        return f"{sentence.rstrip('.')} for {when}."
    return sentence


def of_try(tried: Try) -> Iterator[Told]:
    """The steps of an attempt, in their order; what is still under way has no end yet."""
    what = _what(tried)
    yield Told(tried.claimed_at, "begun", f"Try {tried.number}: a worker took up {what}.")
    if tried.has_traces and tried.prepared_at is not None and not tried.reconciles:
        yield Told(tried.prepared_at, "prepared", f"{tried.network} was given the media of {what}.")
    if tried.status == "waiting" and tried.prepared_at is not None:
        times = f", asked {tried.waits} times so far" if tried.waits else ""
        yield Told(tried.prepared_at, "waiting", f"{tried.network} still processes the media{times}.")
    if tried.sending_at is not None:
        yield Told(tried.sending_at, "sent", _calling(tried))
    if tried.finished_at is not None:
        kind, sentence = _end(tried)
        yield Told(tried.finished_at, kind, sentence)


def of_wait(network: str, status: str, due_at: datetime, code: str | None, message: str | None) -> str:
    """The sentence for what comes next on a network."""
    when = f"{due_at:%Y-%m-%d %H:%M:%S} UTC"
    why = f" ({message.rstrip('.')})" if message and code else ""
    if status == "pending" and code is None:
        return f"It goes out on {network} at {when}."
    if status in {"publishing", "unknown"} and code not in {None, PROCESSING}:
        return f"What became of it on {network} is looked into at {when}{why}."
    return f"{network} is called next at {when}{why}."


def _what(tried: Try) -> str:
    part = "the post" if tried.segment == 0 else f"part {tried.segment + 1} of the thread"
    if tried.reconciles:
        return f"the question what became of {part} on {tried.network}"
    verb = {"publish": "", "remove": "the removal of ", "edit": "the edit of "}[tried.task]
    return f"{verb}{part} for {tried.network}" if not verb else f"{verb}{part} on {tried.network}"


def _calling(tried: Try) -> str:
    if tried.reconciles:
        return f"{tried.network} was asked whether it has the post."
    return {
        "publish": f"The post was handed to {tried.network}.",
        "remove": f"{tried.network} was asked to remove the post.",
        "edit": f"{tried.network} was given the new text.",
    }[tried.task]


def _end(tried: Try) -> tuple[str, str]:  # noqa: PLR0911  # one return per end
    said = f" {tried.message}" if tried.message else ""
    match tried.status:
        case "published":
            found = "has the post" if tried.reconciles else "published it"
            return "published", f"{tried.network} {found}{f': {tried.url}' if tried.url else '.'}"
        case "done":
            done = "removed it." if tried.task == "remove" else "changed it."
            return "changed", f"{tried.network} {done}"
        case "rejected":
            return "refused", f"{tried.network} refused it, so it is not tried again.{said}"
        case "unknown":
            return "unknown", _unknown(tried, said)
        case "abandoned":
            return "stood_back", _ABANDONED.get(tried.code or "", f"Nothing was sent.{said}")
        case _ if tried.code == NOT_ON_NETWORK:
            return "absent", f"{tried.network} does not have it, so it can be sent again."
        case _:
            return "not_sent", f"It was certainly not processed by {tried.network}.{said}"


def _unknown(tried: Try, said: str) -> str:
    if tried.code == PROCESSING:
        return f"{tried.network} has taken it and works on it."
    if tried.reconciles:
        return f"It could not be found out yet whether {tried.network} has it.{said}"
    known = f"It is not known whether {tried.network} has it.{said}"
    return f"{known} Nothing is sent again until that is found out."
