"""Calls about a post on one account are led to one in a state in which they may be accepted."""

from collections.abc import Callable, Mapping
from functools import partial

from tests.fuzz.calls import Call
from tests.fuzz.endpoints import ENDPOINTS
from tests.fuzz.recurring import RECURRING

STATES: Mapping[str, tuple[str, str | None]] = {
    "update_publication": ("pending", None),
    "publish_now": ("pending", None),
    "retry_platform": ("failed", None),
    "cancel_platform": ("pending", None),
    "resolve_platform": ("unknown", "unknown"),
    "remove_platform": ("published", "published"),
    "edit_platform": ("published", "published"),
}
"""By operation: what its post is, and its one attempt, if there is any."""


def lead(status: str, attempt: str | None, call: Call) -> None:
    publication_id, platform_id = call.people.post(call.scene.workspace_id, status, attempt)
    call.lead("publication_id", publication_id)
    call.lead("platform_id", platform_id)


def create_publication(call: Call) -> None:
    """Accounts and contents are few: most would be the same again."""
    if call.fits and isinstance(call.case.body, dict):
        call.case.body = {**call.case.body, "force": True}


def create_slot_plan(call: Call) -> None:
    """The workspace's, once; an account would have to be there."""
    call.zone()
    if call.is_first and isinstance(call.case.body, dict):
        call.case.body = {**call.case.body, "connection_id": None}


LEADS: Mapping[str, Callable[[Call], None]] = {
    "create_slot_plan": create_slot_plan,
    "update_slot_plan": Call.zone,
    **ENDPOINTS,
    **RECURRING,
    "create_publication": create_publication,
    **{operation: partial(lead, *state) for operation, state in STATES.items()},
}
