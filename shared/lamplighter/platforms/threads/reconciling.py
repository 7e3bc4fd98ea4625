"""What became of a container whose publishing was not answered."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from lamplighter.domain.outcomes import Absent, Pending, Published, Reconciled, Rejected, Unknown
from lamplighter.egress import API, LOOKUP, Response
from lamplighter.platforms._shared.answers import while_looking
from lamplighter.platforms._shared.arming import settles, since
from lamplighter.platforms._shared.storable import published
from lamplighter.platforms.base import Account, Json
from lamplighter.platforms.threads.graph import PROCESSING_SECONDS, graph, refusal
from lamplighter.platforms.threads.posts import status_of
from lamplighter.platforms.transport import json_object

SETTLE = timedelta(seconds=10 + API.seconds + 40)
"""From arming: 10 until the latest moment of the call, its own time, and 40 for a server that works on at
what nobody waits for. A container that is merely ready by then was not published."""
_BEFORE = timedelta(seconds=60)
_MOST = 50


def reconcile(  # noqa: PLR0911  # one return per state
    account: Account, prepared: Json, taken: Collection[str]
) -> Reconciled:
    """Ask for the container; of a published one, find the post. Publishes nothing."""
    status = status_of(account, prepared["container"])
    match status:
        case ("PUBLISHED", _):
            return _found(account, prepared, taken)
        case ("IN_PROGRESS", _):
            return Pending(PROCESSING_SECONDS)
        case ("FINISHED", _):
            early = settles(prepared, SETTLE)
            return Unknown("settling", "The call to publish may still be at work.") if early else Absent()
        case ("EXPIRED", _):
            return Absent()
        case ("ERROR", words):
            return Rejected("publishing_failed", f"Threads could not publish the post. {words}".strip())
        case (_, _):
            return Unknown("cannot_look", "Threads does not say what became of the post.")
    return while_looking(status)


def _found(account: Account, prepared: Json, taken: Collection[str]) -> Published | Unknown:
    """Among the account's posts since the call, the one with the very text and as many images. A container
    does not say which post it became."""
    listed = _posted(account, prepared)
    if isinstance(listed, Unknown):
        return listed
    earliest = since(prepared) - _BEFORE
    for found, at, likeness in sorted(listed, key=lambda each: each[1]):
        if at >= earliest and found.remote_id not in taken and likeness == _likeness(prepared):
            return found
    return Unknown("not_listed_yet", "Threads has published the post, but does not list it yet.")


type _Listed = tuple[Published, datetime, tuple[str, str]]


def _posted(account: Account, prepared: Json) -> list[_Listed] | Unknown:
    listing = "replies" if prepared["reply_to"] else "threads"
    asked = {
        "fields": "id,permalink,text,timestamp,media_type",
        "since": str(int((since(prepared) - _BEFORE).timestamp())),
        "limit": str(_MOST),
    }
    path = f"{quote(account.channel_id, safe='')}/{listing}"
    answer = graph("GET", account, path, asked, purpose=LOOKUP)
    if not isinstance(answer, Response):
        return while_looking(answer)
    if answer.status != HTTPStatus.OK:
        return while_looking(refusal(answer, account))
    try:
        return [_listed(each) for each in json_object(answer)["data"]]
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError):
        return Unknown("cannot_look", "Threads's list of the account's posts cannot be read.")


def _listed(said: Any) -> _Listed:
    found = published(said["id"], said.get("permalink"))
    if found is None:
        raise ValueError
    at = datetime.fromisoformat(said["timestamp"]).astimezone(UTC)
    return found, at, (_words(said.get("text") or ""), str(said["media_type"]))


def _likeness(prepared: Json) -> tuple[str, str]:
    kind = {0: "TEXT_POST", 1: "IMAGE"}.get(prepared["images"], "CAROUSEL_ALBUM")
    return _words(prepared["text"]), kind


def _words(text: str) -> str:
    return " ".join(text.split())
