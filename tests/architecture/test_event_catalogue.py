"""Every event that the code tells of stands in the catalogue, and the other way round."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from lamplighter.domain.events import CATALOGUE, LATER, RESOURCES
from lamplighter.domain.webhooks import names
from lamplighter.services import approvals, settling

SERVICES = Path(__file__).resolve().parents[2] / "shared/lamplighter/services"
TELLS = {"emit": 2, "emit_each": 2, "tell_one": 2}
"""Functions that tell of an event, and where their arguments name its type."""
COMPUTED = {
    "approvals.py": {event for _, event in approvals._TOLD.values()},
    "settling.py": {f"publication.{event}" for event in (*settling._EVENT_OF.values(), "held")},
    "spawning.py": {"recurring_post.completed", "recurring_post.failed"},
    "recurring_posts.py": {f"recurring_post.{what}" for what in ("created", "updated", "paused", "resumed")},
    "recurring_occurrences.py": {
        f"recurring_post.occurrence_{what}" for what in ("skipped", "moved", "edited", "restored")
    },
    "publication_platforms.py": {
        f"publication.{what}" for what in ("retried", "removal_requested", "edit_requested")
    },
    "slot_plans.py": {f"slot_plan.{what}" for what in ("created", "changed", "removed")},
    "workspace_members.py": {f"member.{what}" for what in ("added", "removed", "role_changed")},
}
"""What a type that is put together can be, by file; a file that puts one together must stand here."""


def told() -> Iterator[tuple[str, str | None]]:
    """Each place that tells of an event: its file, and the type where it is written out."""
    for path in SERVICES.glob("*.py"):
        if path.name == "outbox.py":
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            if node.func.attr in TELLS:
                argument = node.args[TELLS[node.func.attr]]
                written = argument.value if isinstance(argument, ast.Constant) else None
                yield path.name, written


PLACES = list(told())


def test_there_are_places_that_tell():
    assert len(PLACES) > 15


def test_what_is_told_is_in_the_catalogue_and_the_other_way_round():
    written = {event for _, event in PLACES if event is not None}
    computed = {file for file, event in PLACES if event is None}
    assert computed == COMPUTED.keys()
    assert written.union(*COMPUTED.values()) == CATALOGUE.keys()


@pytest.mark.parametrize("event_type", CATALOGUE)
def test_a_type_is_of_a_resource_and_described(event_type: str):
    kind = CATALOGUE[event_type].kind
    assert kind in RESOURCES
    assert event_type.startswith(f"{kind}.")
    assert CATALOGUE[event_type].description.endswith(".")


def test_what_comes_later_is_not_told_yet():
    assert not [each for each in CATALOGUE for pattern in LATER if names(pattern, each)]
