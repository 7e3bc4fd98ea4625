"""What people may do with a post in each of its states, and what to do instead where they may not."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from math import ceil
from typing import NoReturn

from lamplighter.domain.networks import Network
from lamplighter.problems import DomainError, Kind

type Refusals = Mapping[str, tuple[str, str]]
"""By a platform row's status: a code, and a sentence that says what can be done."""

STOPPABLE = ("pending", "held")
"""The states out of which a post would still be sent, and of which nothing is on its network."""
RETRIABLE = ("failed", "held", "skipped")
"""The states out of which nothing is sent any more unless somebody says so."""
MOVABLE = (*STOPPABLE, "failed", "skipped")
"""The states of which nothing is on the network, unless its first part is."""

SETTLING = timedelta(minutes=5)
"""How long after a call whose answer never came its post may still appear. No connector waits longer before
it believes a search."""

_PUBLISHED = "It is on its network: remove it there, or schedule the content anew."
_UNKNOWN = "Nobody knows if it is on its network: look there, then resolve it as posted or as not_posted."
_CANCELLED = "It was cancelled: schedule the content anew."
_REMOVED = "It was removed from its network: schedule the content anew."

_RETRY: Refusals = {
    "pending": ("not_tried_yet", "It waits for its time: publish it now, or move it."),
    "publishing": ("being_sent", "It is being sent: wait for its outcome."),
    "published": ("already_published", _PUBLISHED),
    "unknown": ("outcome_unknown", _UNKNOWN),
    "cancelled": ("already_cancelled", _CANCELLED),
    "removed": ("already_removed", _REMOVED),
}
_CANCEL: Refusals = {
    "publishing": ("too_late_to_cancel", "It is being sent: wait for its outcome, then remove it."),
    "published": ("too_late_to_cancel", "It is on its network: remove it there."),
    "unknown": ("too_late_to_cancel", _UNKNOWN),
    "failed": ("nothing_to_cancel", "It failed, and is not tried again unless you retry it."),
    "skipped": ("nothing_to_cancel", "It was skipped, and is not sent unless you retry or move it."),
    "removed": ("nothing_to_cancel", _REMOVED),
}
_RESOLVE: Refusals = {
    "pending": ("outcome_known", "It is certainly not on its network, and waits for its time."),
    "publishing": ("being_sent", "It is being sent: wait a minute for its outcome, or for its end."),
    "published": ("outcome_known", "It is known to be on its network: remove it if that is not wanted."),
    "failed": ("outcome_known", "It is certainly not on its network: retry it."),
    "held": ("outcome_known", "It is certainly not on its network: retry, move or cancel it."),
    "skipped": ("outcome_known", "It is certainly not on its network: retry or move it."),
    "cancelled": ("outcome_known", _CANCELLED),
    "removed": ("outcome_known", _REMOVED),
}
_CHANGE: Refusals = {
    "pending": ("not_published", "It is not on its network yet: change the content, or cancel it."),
    "publishing": ("not_published", "It is being sent: wait for its outcome."),
    "unknown": ("not_published", _UNKNOWN),
    "failed": ("not_published", "It failed: retry it. What is out of it in part can be removed by hand."),
    "held": ("not_published", "It is not on its network: change the content, retry, move or cancel it."),
    "skipped": ("not_published", "It is not on its network: change the content, then retry or move it."),
    "cancelled": ("not_published", _CANCELLED),
    "removed": ("already_removed", _REMOVED),
}


def must_be_retriable(status: str) -> None:
    """Refuse another round for what needs none, or must not have one."""
    if status not in RETRIABLE:
        _refuse(_RETRY, status)


def must_be_stoppable(status: str) -> None:
    """Refuse to stop what is not still to be sent."""
    if status not in STOPPABLE:
        _refuse(_CANCEL, status)


def must_be_open(status: str, *, is_looked_for: bool) -> None:
    """Refuse to be told what became of a post where that is known, or not yet in question. `is_looked_for`: a
    call has ended without an outcome."""
    if status not in {"unknown", "publishing"} or not is_looked_for:
        _refuse(_RESOLVE, status if status in _RESOLVE else "publishing")


def refuse_while_processed() -> NoReturn:
    """What is not on its network yet because that still works on it may be there a minute later."""
    detail = (
        "The network has taken it and works on it: wait until that is done or given up, or say where the"
        " post is."
    )
    raise DomainError(Kind.CONFLICT, "still_processing", detail)


def must_have_settled(called_at: datetime | None, now: datetime) -> None:
    """Refuse to be told that a post is absent while its network may still accept the last call: who looks too
    early sees nothing, and what is sent again then is there twice."""
    left = timedelta() if called_at is None else called_at + SETTLING - now
    if left > timedelta():
        seconds = ceil(left.total_seconds())
        detail = f"The network may still be at work on the last call: look there again in {seconds} seconds."
        raise DomainError(Kind.CONFLICT, "too_early_to_say", detail, retry_after_s=seconds)


def must_be_changeable(status: str, change: str | None, remote_ids: Collection[str | None]) -> None:
    """Refuse a change of what is not on its network, is being changed, or cannot be named there."""
    if status != "published":
        _refuse(_CHANGE, status)
    if change is not None:
        detail = f"Another change of it, {change}, is under way: wait until it is done."
        raise DomainError(Kind.CONFLICT, "change_under_way", detail)
    if not remote_ids or None in remote_ids:
        detail = (
            "Its id on the network is not known, as it was resolved without one: change it there by hand."
        )
        raise DomainError(Kind.CONFLICT, "post_id_unknown", detail)


def must_be_supported(network: Network, change: str) -> None:
    """Refuse a change that the network offers to nobody."""
    if change == "edit" and not network.edits:
        detail = f"{network.name} lets nobody edit a post: remove it, and schedule the content anew."
        raise DomainError(Kind.CONFLICT, "not_supported_by_network", detail)
    if change == "remove" and not network.removes:
        detail = f"{network.name} offers programs no removal of posts: remove it there by hand."
        raise DomainError(Kind.CONFLICT, "not_supported_by_network", detail)


def must_be_movable(parts: Collection[tuple[str, bool]]) -> None:
    """Refuse another time for a publication of which anything is, or may be, on a network. `parts`: each
    account's status, and whether its first segment is out."""
    left = [(status, begun) for status, begun in parts if status != "cancelled"]
    if not left:
        raise DomainError(Kind.CONFLICT, "already_cancelled", _CANCELLED)
    if all(status in MOVABLE and not begun for status, begun in left):
        return
    detail = (
        "It has been sent, at least in part, or is being sent: see its platforms, of which each can be"
        " cancelled, retried, resolved or removed."
    )
    raise DomainError(Kind.CONFLICT, "too_late_to_move", detail)


def must_leave_room_for_approval(state: str | None, late_policy: str) -> None:
    """Refuse to publish now what would be skipped for want of an approval, which a move asks for anew."""
    if state == "rejected":
        detail = "It was rejected: request an approval again first."
        raise DomainError(Kind.CONFLICT, "approval_rejected", detail)
    if state is not None and late_policy == "send":
        detail = (
            "An approval is of a time too, and now is too soon for another: move it to a time that leaves"
            " room for one, or give it a late_policy that waits."
        )
        raise DomainError(Kind.CONFLICT, "approval_needs_time", detail)


def _refuse(refusals: Refusals, status: str) -> NoReturn:
    raise DomainError(Kind.CONFLICT, *refusals[status])
