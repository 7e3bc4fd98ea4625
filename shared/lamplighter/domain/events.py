"""The catalogue of events: what receivers can be told, of which resource, and what is said beside it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class EventType:
    """What one type of event tells. `fields` stand in its data beside the resource's id and snapshot."""

    kind: str
    """One of RESOURCES."""
    description: str
    fields: tuple[str, ...] = ()
    version: int = 1
    """Of the payload: counted up where a receiver would have to be changed."""


RESOURCES: Mapping[str, str] = {
    "content": "content_id",
    "publication": "publication_id",
    "platform_connection": "connection_id",
    "recurring_post": "recurring_post_id",
    "slot_plan": "slot_plan_id",
    "member": "user_id",
    "webhook": "webhook_id",
}
"""Each kind of resource, and the name of its id in the data of its events."""

SNAPSHOTS: Mapping[str, tuple[str, ...]] = {
    "content": ("id", "status", "language", "campaign_id", "version", "created_at", "updated_at"),
    "publication": (
        *("id", "status", "mode", "priority", "scheduled_at", "content_id", "campaign_id"),
        *("recurring_post_id", "approval_status", "version", "platforms"),
    ),
    "platform_connection": (
        *("id", "platform", "platform_username", "display_name", "status", "error_code", "token_expires_at"),
    ),
    "recurring_post": (*("id", "status", "mode", "schedule_type", "timezone", "next_run_at", "run_count"),),
    "webhook": ("id", "description", "status", "failing_since", "failures", "disabled_because"),
}
"""What the data say of the resource as it is once the event has happened; nothing where it is gone."""

PLATFORM = (
    "id",
    "connection_id",
    "platform",
    "status",
    "url",
    "platform_post_id",
    "error_code",
    "published_at",
)
"""Each of a publication's `platforms`."""

_PLATFORM_ID = ("publication_platform_id",)
_DECISION = ("because", "approval_hash")

CATALOGUE: Mapping[str, EventType] = {
    "content.created": EventType("content", "Content was written."),
    "content.updated": EventType(
        "content", "Content was changed, archived or taken up again.", ("publication_ids",)
    ),
    "publication.scheduled": EventType(
        "publication",
        "A publication was scheduled, by somebody or by a recurring post.",
        ("recurring_post_id",),
    ),
    "publication.moved": EventType("publication", "A publication was given another time."),
    "publication.content_changed": EventType("publication", "A publication was given another content."),
    "publication.approval_requested": EventType(
        "publication", "A publication waits for an approval, for the first time or anew.", _DECISION
    ),
    "publication.approved": EventType("publication", "A publication was approved.", _DECISION),
    "publication.rejected": EventType("publication", "A publication was rejected.", _DECISION),
    "publication.published": EventType("publication", "A publication is out on all of its accounts."),
    "publication.partially_published": EventType(
        "publication", "A publication is out on some of its accounts, or a thread in part; the rest failed."
    ),
    "publication.failed": EventType("publication", "A publication went out on none of its accounts."),
    "publication.outcome_unknown": EventType(
        "publication", "Nobody knows whether a post is on its network: somebody has to look."
    ),
    "publication.held": EventType(
        "publication", "A publication was late, and waits for somebody to say whether it still goes out."
    ),
    "publication.missed": EventType("publication", "A publication was too late and was left out."),
    "publication.cancelled": EventType("publication", "A publication was cancelled."),
    "publication.deleted": EventType(
        "publication", "A publication's posts were removed from their networks."
    ),
    "publication.retried": EventType(
        "publication", "A failed post of a publication is tried again.", _PLATFORM_ID
    ),
    "publication.removal_requested": EventType(
        "publication", "A post of a publication is to be removed from its network.", _PLATFORM_ID
    ),
    "publication.edit_requested": EventType(
        "publication", "A post of a publication is to be edited on its network.", _PLATFORM_ID
    ),
    "platform_connection.connected": EventType(
        "platform_connection", "An account was connected, or connected again."
    ),
    "platform_connection.expiring": EventType(
        "platform_connection",
        "An account's credentials end within a week and do not renew themselves: connect it again.",
    ),
    "platform_connection.needs_reconnect": EventType(
        "platform_connection", "An account's credentials work no more: somebody has to connect it again."
    ),
    "platform_connection.disconnected": EventType("platform_connection", "An account was disconnected."),
    "recurring_post.created": EventType("recurring_post", "A recurring post was set up."),
    "recurring_post.updated": EventType("recurring_post", "A recurring post was changed."),
    "recurring_post.paused": EventType("recurring_post", "A recurring post was paused."),
    "recurring_post.resumed": EventType("recurring_post", "A paused recurring post goes on."),
    "recurring_post.completed": EventType(
        "recurring_post", "A recurring post has made its last publication."
    ),
    "recurring_post.failed": EventType(
        "recurring_post",
        "A recurring post cannot be followed, or one of its occurrences could not be made.",
        ("code", "message", "local_time", "fold"),
    ),
    "recurring_post.occurrence_skipped": EventType(
        "recurring_post", "An occurrence of a recurring post was left out.", ("occurrence",)
    ),
    "recurring_post.occurrence_moved": EventType(
        "recurring_post", "An occurrence of a recurring post was given another time.", ("occurrence",)
    ),
    "recurring_post.occurrence_edited": EventType(
        "recurring_post", "An occurrence of a recurring post was given another content.", ("occurrence",)
    ),
    "recurring_post.occurrence_restored": EventType(
        "recurring_post",
        "An occurrence of a recurring post was given back the time and content of its rule.",
        ("occurrence",),
    ),
    "recurring_post.deleted": EventType("recurring_post", "A recurring post was deleted."),
    "slot_plan.created": EventType("slot_plan", "A plan of posting times was made."),
    "slot_plan.changed": EventType("slot_plan", "A plan of posting times was changed."),
    "slot_plan.removed": EventType("slot_plan", "A plan of posting times was removed."),
    "member.added": EventType("member", "Somebody came to be a member of the workspace.", ("role",)),
    "member.role_changed": EventType(
        "member", "A member of the workspace was given another role.", ("role",)
    ),
    "member.removed": EventType("member", "Somebody is no member of the workspace any more.", ("role",)),
    "webhook.failing": EventType(
        "webhook", "For a day nothing that was sent to an endpoint has arrived. It is not told itself."
    ),
    "webhook.disabled": EventType(
        "webhook", "An endpoint was disabled, by somebody or after days of failures. It is not told itself."
    ),
    "webhook.test": EventType("webhook", "Somebody asked for a test; sent to its endpoint alone."),
}

GONE = frozenset({"recurring_post.deleted"})
"""Types that are told once there is nothing to show any more."""

LATER = ("content.deleted", "campaign.*", "ab_test.*", "billing.*")
"""Types that have their place and are not told yet."""

LONGEST_DATA = 19_500
"""Bytes of data that leave room for the envelope within webhooks.LONGEST_BODY."""
_MOST_IDS, _LONGEST_MESSAGE = 250, 1_000
_EMPTIED = ("url", "platform_post_id", "error_code")
"""Of a publication's platforms, the first to go first: what the API tells as well."""


def fitted(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """The data, or what fits of them; `truncated` then names what was emptied or shortened.

    Only a list of hundreds of publications, a message, or what networks said of many posts can be so long:
    without them the ids, words and times of 50 accounts are left, and they fit.
    """
    if _size(data) <= LONGEST_DATA:
        return data
    kept, truncated = dict(data), []
    for name, most in (("publication_ids", _MOST_IDS), ("message", _LONGEST_MESSAGE)):
        if len(kept.get(name) or "") > most:
            kept[name] = kept[name][:most]
            truncated.append(name)
    for name in _EMPTIED:
        publication = kept.get("publication")
        if publication is None or _size(kept) <= LONGEST_DATA:
            break
        platforms = [{**each, name: None} for each in publication["platforms"]]
        kept["publication"] = {**publication, "platforms": platforms}
        truncated.append(f"publication.platforms.{name}")
    return {**kept, "truncated": truncated}


def _size(data: Mapping[str, Any]) -> int:
    return len(json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode())
