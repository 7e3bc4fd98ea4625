"""What endpoints are sent, for the API's description: one entry under `webhooks` for each type of event."""

from typing import Any

from pydantic.json_schema import models_json_schema

from lamplighter.domain.events import CATALOGUE, GONE, RESOURCES
from lamplighter.schemas.events import EVENTS, SNAPSHOTS

type Json = dict[str, Any]

_ID = "0199c7a1-5c3e-7d20-9b1f-4d6a1f2b3c4d"
_OTHER_ID = "0199c7a1-5c3e-7d21-8a52-6b7c8d9e0f10"
_AT = "2026-11-22T17:00:01.250000+00:00"
_EXAMPLES: Json = {
    "content": {
        "id": _ID,
        "status": "ready",
        "language": "en",
        "campaign_id": None,
        "version": 1,
        "created_at": _AT,
        "updated_at": _AT,
    },
    "publication": {
        "id": _ID,
        "status": "published",
        "mode": "live",
        "priority": "normal",
        "scheduled_at": "2026-11-22T17:00:00+00:00",
        "content_id": _OTHER_ID,
        "campaign_id": None,
        "recurring_post_id": None,
        "approval_status": None,
        "version": 3,
        "platforms": [
            {
                "id": "0199c7a1-5c3e-7d22-93aa-0a1b2c3d4e5f",
                "connection_id": "0199c7a1-5c3e-7d23-a4bb-1b2c3d4e5f60",
                "platform": "bluesky",
                "status": "published",
                "url": "https://bsky.app/profile/lamplighter.example/post/3lbkz2x5qgs2a",
                "platform_post_id": "at://did:plc:ewvi7nxzyoun6zhxrhs64oiz/app.bsky.feed.post/3lbkz2x5qgs2a",
                "error_code": None,
                "published_at": _AT,
            }
        ],
    },
    "platform_connection": {
        "id": _ID,
        "platform": "threads",
        "platform_username": "lamplighter",
        "display_name": "Lamplighter",
        "status": "active",
        "error_code": None,
        "token_expires_at": "2027-01-21T17:00:00+00:00",
    },
    "recurring_post": {
        "id": _ID,
        "status": "active",
        "mode": "live",
        "schedule_type": "weekly",
        "timezone": "Europe/Berlin",
        "next_run_at": "2026-11-23T08:00:00+00:00",
        "run_count": 12,
    },
    "webhook": {
        "id": _ID,
        "description": "The newsroom's wall",
        "status": "active",
        "failing_since": None,
        "failures": 0,
        "disabled_because": None,
    },
    "publication_ids": [_OTHER_ID],
    "because": "requested",
    "approval_hash": None,
    "publication_platform_id": "0199c7a1-5c3e-7d22-93aa-0a1b2c3d4e5f",
    "code": "nothing_to_choose",
    "local_time": "2026-11-23T09:00:00",
    "fold": 0,
    "occurrence": "2026-11-23T09:00:00",
    "role": "editor",
}


def _header(name: str, description: str, pattern: str) -> Json:
    schema = {"type": "string", "pattern": pattern}
    return {"name": name, "in": "header", "required": True, "description": description, "schema": schema}


_HEADERS = {
    "webhook-id": ("The event's id, the same at every attempt: take each once.", r"^msg_[0-9a-f-]{36}$"),
    "webhook-timestamp": ("When this attempt was made, in Unix seconds.", r"^\d+$"),
    "webhook-signature": (
        "`v1,` and the HMAC-SHA256 of `{webhook-id}.{webhook-timestamp}.{body}` in base64; two with a space "
        "between them while a secret is rotated.",
        r"^v1,\S+( v1,\S+)*$",
    ),
}
PARAMETERS = {name: _header(name, *said) for name, said in _HEADERS.items()}
"""The headers of every attempt."""


def example(event_type: str) -> Json:
    """What an event of this type looks like."""
    kind = CATALOGUE[event_type]
    names = [name for name in kind.fields if name in _EXAMPLES]
    if kind.kind in SNAPSHOTS and event_type not in GONE:
        names.append(kind.kind)
    return {
        "type": event_type,
        "timestamp": _AT,
        "id": "msg_0199c7a1-5c40-7a11-b2c3-d4e5f6071829",
        "sequence": 3,
        "version": kind.version,
        "workspace_id": "0199c7a0-1111-7222-8333-444455556666",
        "mode": "live",
        "data": {RESOURCES[kind.kind]: _ID, **{name: _EXAMPLES[name] for name in names}},
    }


def schemas() -> Json:
    """The payloads' schemas and what they refer to, by name."""
    models = [(model, "validation") for model in EVENTS.values()]
    found: Json = models_json_schema(models, ref_template="#/components/schemas/{model}")[1]["$defs"]  # type: ignore[arg-type]  # a list of pairs
    return found


def webhooks() -> Json:
    """By type: what an endpoint is sent, and what its answers mean."""
    return {event_type: {"post": _operation(event_type)} for event_type in CATALOGUE}


def _operation(event_type: str) -> Json:
    model = EVENTS[event_type].__name__
    content = {
        "schema": {"$ref": f"#/components/schemas/{model}"},
        "examples": {event_type: {"value": example(event_type)}},
    }
    return {
        "tags": ["Webhooks"],
        "summary": CATALOGUE[event_type].description.rstrip("."),
        "operationId": f"on_{event_type.replace('.', '_')}",
        "parameters": [{"$ref": f"#/components/parameters/{name}"} for name in PARAMETERS],
        "requestBody": {"required": True, "content": {"application/json": content}},
        "responses": {
            "2XX": {"description": "It has arrived. Anything else is a failure, and is tried again."},
            "410": {"description": "The endpoint is no more: it is disabled at once."},
        },
        "security": [],
    }
