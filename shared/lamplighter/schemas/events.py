"""What is sent of each type of event: a schema of its own for each, out of the catalogue."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field, create_model

from lamplighter.domain.events import CATALOGUE, GONE, RESOURCES, EventType
from lamplighter.schemas.common import Output
from lamplighter.schemas.event_data import (
    ApprovalAction,
    ConnectionSnapshot,
    ContentSnapshot,
    EndpointSnapshot,
    Mode,
    PublicationSnapshot,
    RecurringPostSnapshot,
    WorkspaceRole,
)

SNAPSHOTS: Mapping[str, type[Output]] = {
    "content": ContentSnapshot,
    "publication": PublicationSnapshot,
    "platform_connection": ConnectionSnapshot,
    "recurring_post": RecurringPostSnapshot,
    "webhook": EndpointSnapshot,
}
"""By kind of resource; of the other kinds the data name the id alone."""

FIELDS: Mapping[str, tuple[Any, str]] = {
    "publication_ids": (list[UUID], "The publications that will go out with what it says now."),
    "recurring_post_id": (UUID | None, "The recurring post that made it; left out where somebody did."),
    "because": (ApprovalAction, "What happened to the approval."),
    "approval_hash": (str | None, "What was approved, as a hash; null where nothing is."),
    "publication_platform_id": (UUID, "Which of its `platforms`."),
    "code": (str, "Why, in one word."),
    "message": (str | None, "Why, for people; left out where one occurrence alone could not be made."),
    "local_time": (str | None, "The occurrence's local time by the rule; left out where it is all of them."),
    "fold": (int | None, "1: the second of two occurrences at this local time, where clocks went back."),
    "occurrence": (str, "The occurrence's key."),
    "role": (WorkspaceRole, "Their role in the workspace; the last they had, where they were removed."),
}
"""What stands in the data beside the resource, by name: its type and its meaning."""

MAY_LACK = frozenset({"recurring_post_id", "message", "local_time", "fold"})
"""Fields that not every event of their type has."""


class Envelope(Output):
    """What every event has."""

    timestamp: datetime
    """When it happened, which later attempts do not change."""
    id: Annotated[str, Field(pattern="^msg_[0-9a-f-]{36}$")]
    """The same as `webhook-id`, and the same at every attempt and replay."""
    sequence: int
    """The how manieth event about its resource it is: one with a lower number is older."""
    workspace_id: UUID
    mode: Mode


def _data(event_type: str, kind: EventType) -> type[BaseModel]:
    """The model of a type's data, shared by all of a kind that say nothing more."""
    fields: dict[str, Any] = {
        RESOURCES[kind.kind]: (UUID, Field(description="The resource.")),
        **{name: _field(name) for name in kind.fields},
    }
    if kind.kind in SNAPSHOTS and event_type not in GONE:
        fields[kind.kind] = (SNAPSHOTS[kind.kind], Field(description="The resource as it was then."))
    said = "Fields that were emptied or shortened, as the body would be too long else: ask the API for them."
    fields["truncated"] = (list[str] | None, Field(default=None, description=said))
    is_shared = not kind.fields and event_type not in GONE
    name = f"{_camel(kind.kind) if is_shared else _camel(event_type)}EventData"
    return create_model(name, __base__=Output, __doc__="What an event says of its resource.", **fields)


def _field(name: str) -> tuple[Any, Any]:
    of, description = FIELDS[name]
    return (of, Field(default=None if name in MAY_LACK else ..., description=description))


def _camel(name: str) -> str:
    return "".join(word.capitalize() for word in name.replace(".", "_").split("_"))


def _event(event_type: str, kind: EventType) -> type[Envelope]:
    fields: dict[str, Any] = {
        "type": (Literal[event_type], Field()),
        "version": (Literal[kind.version], Field(description="Of this type's payload.")),
        "data": (_data(event_type, kind), Field()),
    }
    name = f"{_camel(event_type)}Event"
    return create_model(name, __base__=Envelope, __doc__=kind.description, **fields)


EVENTS: Mapping[str, type[Envelope]] = {
    event_type: _event(event_type, kind) for event_type, kind in CATALOGUE.items()
}
"""The model of what is sent, by type."""
