"""Approvals: decisions about what is to go out, and the links with which outsiders make them."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from lamplighter.schemas.common import AS_NUMBER, Input, Name, Output, Text

MAX_COMMENT = 2000
LONGEST_HOURS = 30 * 24
Comment = Annotated[Text, Field(max_length=MAX_COMMENT)]
Hash = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class ApprovalStep(Input):
    """A word to those who read along; an empty object says nothing."""

    comment: Comment | None = None


class ApprovalDecision(Input):
    """Yes or no to what stands now."""

    comment: Comment | None = None
    approval_hash: Hash | None = None
    """What was read: refused if something else stands by now."""


class ApprovalLinkDecision(ApprovalDecision):
    """Yes or no to what the link showed."""

    approval_hash: Hash
    """What was shown: refused if something else stands by now."""


class ApprovalRead(Output):
    """One step of an approval: who did what, about which content."""

    id: UUID
    action: str
    """requested, approved, rejected, revoked; or reset: what was asked about or approved was changed."""
    approval_hash: str
    actor_kind: str
    actor_id: UUID | None
    comment: str | None
    created_at: datetime


class ApprovalLinkCreate(Input):
    """For whom, and for how long."""

    recipient: Name | None = None
    """A label of your own; the link works for whoever has it."""
    expires_in_hours: Annotated[int, Field(ge=1, le=LONGEST_HOURS), AS_NUMBER] = 168


class ApprovalLinkRead(Output):
    """A link with which somebody outside the organization approves or rejects one publication."""

    id: UUID
    publication_id: UUID
    recipient: str | None
    created_by: UUID | None
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    decided_at: datetime | None
    """When it was last used to decide."""


class ApprovalLinkCreated(ApprovalLinkRead):
    """The new link, in the only answer that ever holds its token."""

    url: str
    """A page for people; the token stands behind the #, which no server sees."""
    token: str


class ApprovalPicture(Output):
    """A picture, at an address that works for some minutes."""

    url: str
    alt: str
    mime: str
    width: int
    height: int


class ApprovalPart(Output):
    """One post of what would go out: the first, or one that follows it."""

    kind: str
    text: str
    pictures: list[ApprovalPicture]


class ApprovalPost(Output):
    """What one account would post."""

    platform: str
    account: str
    parts: list[ApprovalPart]


class ApprovalMade(Output):
    """What was last decided with this link."""

    action: str
    comment: str | None
    decided_at: datetime


class ApprovalView(Output):
    """What the bearer of a link is asked about."""

    workspace: str
    recipient: str | None
    status: str
    """pending: a decision is wanted; approved; rejected; none: nothing is asked any more."""
    approval_hash: str
    scheduled_at: datetime
    posts: list[ApprovalPost]
    decision: ApprovalMade | None
    expires_at: datetime


class ApprovalDecided(Output):
    """The decision as it was taken."""

    status: str
    approval_hash: str
    decided_at: datetime
