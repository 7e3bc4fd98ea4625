"""Webhooks: endpoints that are told of events, and what became of each delivery."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from lamplighter.domain.events import CATALOGUE, RESOURCES
from lamplighter.domain.vocabulary import DELIVERY_STATUSES
from lamplighter.domain.webhooks import is_reserved
from lamplighter.schemas.common import AS_NUMBER, Input, Output, Text, Time

MOST_HEADERS, MOST_EVENTS, MOST_FILTERED = 20, 100, 100
LONGEST_OVERLAP_H = 24

TEST = "webhook.test"
PATTERNS = ("*", *(f"{kind}.*" for kind in RESOURCES), *(each for each in CATALOGUE if each != TEST))
"""What can be chosen: a test goes to its own endpoint, whatever that listens to."""

EventPattern = StrEnum("EventPattern", {each: each for each in PATTERNS})  # type: ignore[misc]  # as below
EventName = StrEnum("EventName", {each: each for each in CATALOGUE})  # type: ignore[misc]  # as below
DeliveryStatus = StrEnum("DeliveryStatus", DELIVERY_STATUSES)  # type: ignore[misc]  # a tuple elsewhere


def _once_each(events: list[EventPattern]) -> list[EventPattern]:
    return list(dict.fromkeys(events))


def _sendable(headers: dict[str, str]) -> dict[str, str]:
    if len({name.lower() for name in headers}) < len(headers):
        raise PydanticCustomError("header_twice", "A header is given twice: its case makes no difference.")
    reserved = sorted(name for name in headers if is_reserved(name))
    if reserved:
        detail = "Reserved for the delivery itself: {names}."
        raise PydanticCustomError("header_reserved", detail, {"names": ", ".join(reserved)})
    return headers


def _message_id(event_id: object) -> str:
    return f"msg_{event_id}"


Url = Annotated[str, Field(min_length=8, max_length=512, examples=["https://hooks.example.com/lamplighter"])]
Description = Annotated[Text, Field(max_length=255)]
Events = Annotated[
    list[EventPattern], Field(min_length=1, max_length=MOST_EVENTS), AfterValidator(_once_each)
]
Filter = Annotated[list[UUID], Field(min_length=1, max_length=MOST_FILTERED)]
HeaderName = Annotated[str, Field(pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$", examples=["X-Team"])]
HeaderValue = Annotated[str, Field(pattern=r"^[\x21-\x7e]([\x20-\x7e]{0,998}[\x21-\x7e])?$")]
_NO_OTHERS = {"additionalProperties": False}
Headers = Annotated[
    dict[HeaderName, HeaderValue],
    Field(max_length=MOST_HEADERS, json_schema_extra=_NO_OTHERS),
    AfterValidator(_sendable),
]
Rate = Annotated[int, Field(ge=1, le=6000), AS_NUMBER]


class WebhookCreate(Input):
    """An address that is to be told of events."""

    url: Url
    """https, on port 443 or 8443, in the public Internet. It is looked up and checked at once, and again at
    every delivery; redirects are not followed."""
    description: Description | None = None
    events: Events
    """Types of events, `publication.*` for all of a resource, `*` for all there are and will be."""
    connection_ids: Filter | None = None
    """Of what concerns accounts only what concerns one of these; null: of all. What has no account, such as a
    new member, passes."""
    campaign_ids: Filter | None = None
    """The same by the campaign."""
    mode: Annotated[str, Field(pattern="^(live|test)$")] | None = None
    """Whether it is told of what is live or of what test keys do; null: as the caller."""
    headers: Headers = Field(default_factory=dict)
    """Sent along with each delivery, sealed, and never shown again but for their names."""
    rate_per_minute: Rate | None = None
    """At most so many deliveries a minute, a tenth of them at once; null: no limit."""
    enabled: bool = True
    """False: it is told of nothing until it is enabled."""


class WebhookUpdate(Input):
    """What may change. A field left out stays as it is; null lifts a filter or a limit. Of `events` and
    `headers` all are replaced."""

    url: Url | None = None
    description: Description | None = None
    events: Events | None = None
    connection_ids: Filter | None = None
    campaign_ids: Filter | None = None
    headers: Headers | None = None
    rate_per_minute: Rate | None = None

    def changes(self) -> dict[str, Any]:
        """The fields that were given, without a null that means nothing."""
        lifted = {"description", "connection_ids", "campaign_ids", "rate_per_minute"}
        given = self.model_dump(exclude_unset=True, mode="python")
        return {name: value for name, value in given.items() if value is not None or name in lifted}


class WebhookRotation(Input):
    """How a secret is replaced."""

    overlap_hours: Annotated[int, Field(ge=0, le=LONGEST_OVERLAP_H), AS_NUMBER] = LONGEST_OVERLAP_H
    """For how long deliveries are signed with the old secret too; 0 where somebody may have it."""


class WebhookRead(Output):
    """An endpoint without its secret."""

    id: UUID
    url: str
    description: str | None
    events: list[str]
    connection_ids: list[UUID] | None
    campaign_ids: list[UUID] | None
    mode: str
    header_names: list[str]
    rate_per_minute: int | None
    status: str
    disabled_because: str | None
    """person: somebody disabled it, or has not enabled it yet. failing: for five days nothing had arrived.
    gone: it answered 410."""
    disabled_at: datetime | None
    failing_since: datetime | None
    """Since when every attempt has failed; null: the last one has not."""
    failures: int
    """Attempts since then."""
    previous_secret_expires_at: datetime | None
    """Until when deliveries are signed with the former secret too."""
    version: int
    created_at: datetime


class WebhookCreated(WebhookRead):
    """The only answer that ever holds the secret."""

    secret: Annotated[str, Field(examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])]


class DeliveryRead(Output):
    """One event on its way to one endpoint."""

    id: UUID
    webhook_id: UUID
    message_id: Annotated[str, Field(validation_alias="event_id"), BeforeValidator(_message_id)]
    """The `webhook-id` of every attempt at it."""
    event: str
    status: str
    """pending, delivered, failed (given up), or cancelled (its endpoint was disabled or deleted)."""
    response_status: int | None
    """The HTTP status of the last attempt, where it had one."""
    error_code: str | None
    attempts: int
    next_attempt_at: datetime | None
    created_at: datetime
    finished_at: datetime | None


class AttemptRead(Output):
    """One try at a delivery."""

    number: int
    at: datetime
    duration_ms: int
    status_code: int | None
    error_code: str | None
    response: str | None
    """The beginning of the answer's body, 20 kB at most."""
    manual: bool
    """Somebody asked for it."""


class DeliveryDetails(DeliveryRead):
    """The same with what is sent, to the byte, and every attempt."""

    body: str
    tries: list[AttemptRead]


class Replay(Input):
    """Which events are to be told again."""

    since: Time
    until: Time
    """Not included."""
    events: Events | None = None
    """Of these only; null: of all that the endpoint is told of."""
    dry_run: bool = False
    """Count them and send nothing."""


class Replayed(Output):
    """How many events of the range the endpoint is told of."""

    count: int
    dry_run: bool


class EventTypeRead(Output):
    """A type of event."""

    type: str
    description: str
    version: int
    """Of the payload: a number of its own for each type, higher where receivers would have to be changed."""
    resource: str


class EventTypeList(Output):
    """The catalogue."""

    items: list[EventTypeRead]
