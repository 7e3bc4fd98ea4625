"""Calls about what repeats get a schedule that there may be, and lead to one that has not ended."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from tests.fuzz.calls import ZONES, Call


def schedule(call: Call) -> None:
    """In a zone that there is, by rules that are some, from now on."""
    body = call.case.body
    config = body.get("schedule_config") if isinstance(body, dict) else None
    if not isinstance(config, dict):
        return
    written = {"expression": "30 9 * * mon-fri", "rrule": "FREQ=DAILY;BYHOUR=9;BYMINUTE=30"}
    kept = {name: value for name, value in config.items() if name not in ("ends_at", "starts_at", "exdates")}
    if isinstance(config.get("times"), list):
        kept["times"] = config["times"][:1]
    named = {name: value for name, value in written.items() if name in config}
    call.fill(schedule_config={**kept, **named, "timezone": call.scene.dice.choice(ZONES)})


def create(call: Call) -> None:
    schedule(call)
    if call.fits and isinstance(call.case.body, dict):
        call.case.body = {**call.case.body, "content_type": "rotation", "variations": []}


def move(call: Call) -> None:
    lead(call)
    call.fill(scheduled_at=f"{datetime.now(UTC) + timedelta(days=2):%Y-%m-%dT%H:%M}")


def update(call: Call) -> None:
    lead(call)
    call.fill(content_type="rotation", variations=None)


def lead(call: Call) -> None:
    """One of its own, as it may be deleted or have come to its end."""
    schedule(call)
    call.lead("recurring_post_id", call.people.recurring_post(call.scene.workspace_id))


RECURRING: Mapping[str, Callable[[Call], None]] = {
    "create_recurring_post": create,
    "preview_recurring_post": schedule,
    "update_recurring_post": update,
    "move_occurrence": move,
    **dict.fromkeys(
        (
            *("delete_recurring_post", "pause_recurring_post", "resume_recurring_post"),
            *("skip_occurrence", "edit_occurrence", "restore_occurrence"),
        ),
        lead,
    ),
}
"""By operation."""
