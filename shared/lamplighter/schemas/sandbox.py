"""What the sandbox network's own API takes and answers."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from lamplighter.schemas.common import AS_NUMBER, Input, Output, Text, text_or_media

MAX_LATENCY_MS = 15_000
"""Below the function's timeout, so that a slow answer is slow and not a crash."""

FaultName = Literal[
    "reject",
    "rate_limit",
    "duplicate",
    "error_before",
    "error_after",
    "garbage_after",
    "unauthorized",
    "processing",
    "slow",
]
FaultCalls = Literal["posts", "replies", "edits", "deletions"]


class SandboxAttachment(Input):
    """An image of a post, uploaded before by the same account."""

    media_id: UUID
    alt: Annotated[Text, Field(max_length=2000)] = ""


class SandboxPostCreate(Input):
    """A post as a client sends it."""

    model_config = ConfigDict(json_schema_extra=text_or_media)

    handle: Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]
    text: Annotated[Text, Field(max_length=50_000)] = ""
    media: Annotated[list[SandboxAttachment], Field(max_length=16)] = Field(default_factory=list)
    reply_to: UUID | None = None


class SandboxPostEdit(Input):
    """A post's new text; its images stay."""

    text: Annotated[Text, Field(max_length=50_000)]


class SandboxPostAccepted(Output):
    """The answer to a post: a new one (201), or the one that the same Idempotency-Key made before (200);
    and to an edit."""

    id: UUID
    url: str
    accepted_at: datetime
    replayed: bool


class SandboxPostRead(Output):
    """A post as the network holds it."""

    id: UUID
    url: str
    account: str
    handle: str
    text: str
    media: list[SandboxAttachment]
    idempotency_key: str | None
    reply_to: UUID | None
    accepted_at: datetime
    edited_at: datetime | None
    replays: Annotated[int, Field(description="How many later calls with the same key got this post again.")]


class SandboxPostList(Output):
    """The account's own posts, newest first."""

    posts: list[SandboxPostRead]


class SandboxMediaRead(Output):
    """A stored image; its type was read from its bytes."""

    id: UUID
    sha256: str
    mime: str
    byte_size: int
    processing: Annotated[bool, Field(description="Whether the network still works on it; ask again.")]


class SandboxCallRead(Output):
    """One call that the network received, accepted or not."""

    id: UUID
    account: str
    method: str
    route: str
    idempotency_key: str | None
    outcome: str
    status: int
    received_at: datetime
    post_id: UUID | None


class SandboxCallList(Output):
    """Calls, newest first."""

    calls: list[SandboxCallRead]


class SandboxFaultSwitch(Input):
    """How the network misbehaves at the next calls of an account: a fault, a delay, or both."""

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [
                {"properties": {"latency_ms": {"minimum": 1}}, "required": ["latency_ms"]},
                {"properties": {"fault": {"not": {"enum": [None, "slow"]}}}, "required": ["fault"]},
            ]
        }
    )

    fault: FaultName | None = None
    latency_ms: Annotated[
        int,
        Field(ge=0, le=MAX_LATENCY_MS, description="Spent after the work is done, before the answer leaves."),
        AS_NUMBER,
    ] = 0
    remaining: Annotated[
        int | None,
        Field(
            ge=1, le=1_000_000, description="How many calls it meets; null: all, until it is switched off."
        ),
        AS_NUMBER,
    ] = None
    calls: Annotated[
        FaultCalls | None,
        Field(
            description="Which calls it meets; null: all of them. `processing` meets uploads and questions "
            "after images instead, `duplicate` posts and replies only."
        ),
    ] = None

    @model_validator(mode="after")
    def _does_something(self) -> Self:
        if self.latency_ms == 0 and self.fault in (None, "slow"):
            raise PydanticCustomError("no_effect", "Name a fault, a latency_ms above 0, or both.")
        return self


class SandboxFaultRead(Output):
    """The fault that is on; all null and zero when none is. `remaining` 0: used up."""

    fault: FaultName | None = None
    latency_ms: int = 0
    remaining: int | None = None
    calls: FaultCalls | None = None


class SandboxFeed(Output):
    """What the page draws anew at each poll: ready-made, escaped HTML and the fault that is on."""

    posts_html: str
    calls_html: str
    summary: str
    fault_words: str
    fault_on: bool
