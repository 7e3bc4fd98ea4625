"""Posts of a page, and comments under them."""

from functools import partial
from http import HTTPStatus
from urllib.parse import quote

from lamplighter.domain.outcomes import Outcome, Published, Rejected, Waiting
from lamplighter.egress import Response
from lamplighter.platforms._shared.arming import armed
from lamplighter.platforms._shared.standing import answered, parent_gone
from lamplighter.platforms._shared.storable import identifier, published, unreadable
from lamplighter.platforms._shared.together import together
from lamplighter.platforms._shared.uploads import gone_on_with, uploaded_in_turn
from lamplighter.platforms.base import Account, Json, Media, Post
from lamplighter.platforms.linkedin.images import is_ready, uploaded
from lamplighter.platforms.linkedin.little_text import to_little_text
from lamplighter.platforms.linkedin.rest import NAME, PROCESSING_SECONDS, refusal, rest
from lamplighter.platforms.transport import json_object

_FEED = "https://www.linkedin.com/feed/update"


def prepare(account: Account, post: Post, prepared: Json | None) -> Json | Waiting | Outcome:
    """Upload the images and wait until they are processed. `on` names the post that a comment goes under."""
    replying_to = answered(post)
    if isinstance(replying_to, Rejected):
        return replying_to
    if post.kind == "thread":
        return Rejected("thread_unsupported", "LinkedIn knows no threads.")
    if replying_to and post.media:
        return Rejected("comment_media_unsupported", "Comments on LinkedIn carry no images here.")
    on = replying_to[0].remote_id if replying_to else None
    kept = prepared or {"on": on, "text": post.text, "images": [], "processing": []}
    missing = post.media[len(kept["images"]) :]
    return _uploaded(account, missing, kept) if missing else _once_processed(account, kept)


def _uploaded(account: Account, missing: tuple[Media, ...], kept: Json) -> Waiting | Outcome:
    uploads = uploaded_in_turn(partial(uploaded, account), missing)
    taken = [{"id": urn, "altText": image.alt} for image, urn in zip(missing, uploads.done, strict=False)]
    kept = {
        **kept,
        "images": [*kept["images"], *taken],
        "processing": [*kept["processing"], *uploads.done],
    }
    if uploads.problem:
        return gone_on_with(kept, uploads.problem) if uploads.done else uploads.problem
    return Waiting(kept, PROCESSING_SECONDS)


def _once_processed(account: Account, kept: Json) -> Json | Waiting | Outcome:
    looks = together(partial(is_ready, account), kept["processing"])
    for look in looks:
        if not isinstance(look, bool):
            return look
    left = [urn for urn, ready in zip(kept["processing"], looks, strict=True) if not ready]
    kept = {**kept, "processing": left}
    return Waiting(kept, PROCESSING_SECONDS) if left else armed(kept)


def publish(account: Account, prepared: Json) -> Outcome:
    """The call that posts. LinkedIn knows no key for it, so it is made once."""
    on = prepared["on"]
    if on is None:
        answer = rest("POST", account, "posts", json=to_post(account, prepared))
    else:
        comment = {"actor": account.channel_id, "object": on, "message": {"text": prepared["text"]}}
        answer = rest("POST", account, f"socialActions/{quote(on, safe='')}/comments", json=comment)
    if not isinstance(answer, Response):
        return answer
    if answer.status == HTTPStatus.NOT_FOUND and on:
        return parent_gone(NAME)
    if answer.status not in (HTTPStatus.OK, HTTPStatus.CREATED):
        return refusal(answer, account)
    named = answer.headers.get("x-restli-id") or answer.headers.get("x-linkedin-id")
    return to_published(named or json_object(answer).get("id"), on) or unreadable(NAME)


def to_post(account: Account, prepared: Json) -> Json:
    """The post as the API takes it."""
    post: Json = {
        "author": account.channel_id,
        "commentary": to_little_text(prepared["text"]),
        "visibility": "PUBLIC",
        "distribution": {
            "feedDistribution": "MAIN_FEED",
            "targetEntities": [],
            "thirdPartyDistributionChannels": [],
        },
        "lifecycleState": "PUBLISHED",
        "isReshareDisabledByAuthor": False,
    }
    images = prepared["images"]
    if len(images) == 1:
        post["content"] = {"media": images[0]}
    elif images:
        post["content"] = {"multiImage": {"images": images}}
    return post


def to_published(remote_id: object, on: str | None) -> Published | None:
    """A post or a comment under `on`, shown where people see it; None where it is none."""
    known = identifier(remote_id)
    return published(known, f"{_FEED}/{on or known}/") if known else None
