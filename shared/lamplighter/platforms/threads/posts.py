"""From container to post: children of several images first, then what is published."""

from functools import partial
from http import HTTPStatus
from urllib.parse import quote

from lamplighter.domain.outcomes import NotSent, Outcome, Published, Rejected, Removed, Unknown, Waiting
from lamplighter.egress import API, LOOKUP, Purpose, Response
from lamplighter.platforms._shared.answers import before_posting, quoted
from lamplighter.platforms._shared.arming import armed
from lamplighter.platforms._shared.fetched import addresses
from lamplighter.platforms._shared.standing import answered, segment_of_path
from lamplighter.platforms._shared.storable import identifier, published, unreadable
from lamplighter.platforms._shared.together import together
from lamplighter.platforms._shared.uploads import gone_on_with, uploaded_in_turn
from lamplighter.platforms.base import Account, Json, Media, Post, Remote
from lamplighter.platforms.threads.graph import NAME, PROCESSING_SECONDS, graph, is_gone, refusal
from lamplighter.platforms.transport import json_object


def prepare(account: Account, post: Post, prepared: Json | None) -> Json | Waiting | Outcome:
    """Make the container and wait until it is ready. One that an earlier try left is gone on with, so that
    nothing can be published twice; one that has expired can no longer be, so another takes its place."""
    replying_to, images = answered(post), addresses(post.media)
    if isinstance(replying_to, Rejected):
        return replying_to
    if isinstance(images, Rejected):
        return images
    parent = replying_to[1] if replying_to else None
    kept = prepared or _begun(post, parent)
    if kept["container"]:
        return _once_ready(account, kept)
    if len(images) > 1 and len(kept["children"]) < len(images):
        return _with_children(account, post, kept)
    return _contained(account, post, parent, kept)


def _begun(post: Post, parent: Remote | None) -> Json:
    reply_to = parent.remote_id if parent else None
    about = {"text": post.text, "images": len(post.media), "reply_to": reply_to}
    return {**about, "children": [], "container": None}


def _once_ready(account: Account, kept: Json) -> Json | Waiting | Outcome:
    status = status_of(account, kept["container"])
    if not isinstance(status, tuple):
        return before_posting(status)
    match status:
        case ("FINISHED", _):
            return armed(kept)
        case ("IN_PROGRESS", _):
            return Waiting(kept, PROCESSING_SECONDS)
        case ("EXPIRED", _):
            return Waiting({**kept, "children": [], "container": None}, 1.0, "The post is prepared anew.")
    return _unusable(*status)


def _unusable(status: str, words: str) -> Outcome:
    """What it means before a post that its container is in none of the states that lead to one."""
    match status:
        case "PUBLISHED":  # by a call that seemed to have failed: what follows is a look
            return Unknown("published_already", "Threads says that it has published this post.")
        case "ERROR":
            return Rejected("media_refused", f"Threads could not process the post. {words}".strip())
        case _:
            return NotSent("unclear_answer", "Threads does not say how far the post is.")


def _with_children(account: Account, post: Post, kept: Json) -> Waiting | Outcome:
    missing = post.media[len(kept["children"]) :]
    uploads = uploaded_in_turn(partial(_child, account), missing)
    kept = {**kept, "children": [*kept["children"], *uploads.done]}
    if uploads.problem:
        return gone_on_with(kept, uploads.problem) if uploads.done else uploads.problem
    return Waiting(kept, PROCESSING_SECONDS / 2)


def _child(account: Account, image: Media, purpose: Purpose) -> str | Outcome:
    return _made(account, {**_image_params(image), "is_carousel_item": "true"}, purpose)


def _contained(account: Account, post: Post, parent: Remote | None, kept: Json) -> Json | Waiting | Outcome:
    """The container itself, once all its children are ready."""
    statuses = together(partial(status_of, account), kept["children"])
    for status in statuses:
        match status:
            case ("FINISHED", _):
                continue
            case ("IN_PROGRESS", _):
                return Waiting(kept, PROCESSING_SECONDS)
            case ("ERROR", words):
                return Rejected("media_refused", f"Threads could not process an image. {words}".strip())
            case (_, _):  # expired: all are made anew
                return Waiting(
                    {**kept, "children": []}, PROCESSING_SECONDS, "The images are handed over anew."
                )
        return before_posting(status)
    container = _made(account, _params(post, parent, kept["children"]), API)
    if not isinstance(container, str):
        return container
    return _once_ready(account, {**kept, "container": container})


def _params(post: Post, parent: Remote | None, children: list[str]) -> dict[str, str]:
    params = {"media_type": "TEXT"}
    if children:
        params = {"media_type": "CAROUSEL", "children": ",".join(children)}
    elif post.media:
        params = _image_params(post.media[0])
    if post.text:
        params["text"] = post.text
    if parent:
        params["reply_to_id"] = parent.remote_id
    return params


def _image_params(image: Media) -> dict[str, str]:
    params = {"media_type": "IMAGE", "image_url": image.url or ""}
    return {**params, "alt_text": image.alt} if image.alt else params


def _made(account: Account, params: dict[str, str], purpose: Purpose) -> str | Outcome:
    """A new container's id. Nobody sees one, so an answer that is lost leaves nothing but a container that
    expires."""
    answer = graph("POST", account, f"{quote(account.channel_id, safe='')}/threads", params, purpose=purpose)
    if not isinstance(answer, Response):
        return before_posting(answer)
    container = identifier(json_object(answer).get("id"))
    if answer.status == HTTPStatus.OK and container:
        return container
    return before_posting(refusal(answer, account, params.get("image_url")))


def status_of(account: Account, container: str) -> tuple[str, str] | Outcome:
    """What Threads says of a container: a word, and what went wrong."""
    path, asked = quote(container, safe=""), {"fields": "status,error_message"}
    answer = graph("GET", account, path, asked, purpose=LOOKUP)
    if not isinstance(answer, Response):
        return answer
    said = json_object(answer)
    if answer.status != HTTPStatus.OK:
        return refusal(answer, account)
    words = quoted(said.get("error_message"), account.credentials.access_token)
    return identifier(said.get("status")) or "", words


def publish(account: Account, prepared: Json) -> Outcome:
    """Publish the container: the call that posts."""
    path = f"{quote(account.channel_id, safe='')}/threads_publish"
    answer = graph("POST", account, path, {"creation_id": prepared["container"]})
    if not isinstance(answer, Response):
        return answer
    if answer.status != HTTPStatus.OK:
        return refusal(answer, account)
    found = published(json_object(answer).get("id"))
    return _shown(account, found) if found else unreadable(NAME)


def _shown(account: Account, found: Published) -> Published:
    """With the address that people know it by, if that can be had."""
    path = quote(found.remote_id, safe="")
    answer = graph("GET", account, path, {"fields": "permalink"}, purpose=LOOKUP)
    if not isinstance(answer, Response) or answer.status != HTTPStatus.OK:
        return found
    return published(found.remote_id, json_object(answer).get("permalink")) or found


def delete(account: Account, remote: Remote) -> Removed | Outcome:
    """Delete the post (threads_delete, a hundred a day); one that is gone already is gone.

    Meta says the same of a post that is gone and of one that the token may not touch: a read tells which.
    """
    known = segment_of_path(remote)
    if isinstance(known, Rejected):
        return known
    answer = graph("DELETE", account, known)
    if not isinstance(answer, Response):
        return answer
    if answer.status == HTTPStatus.OK and json_object(answer).get("success") is True:
        return Removed()
    if not is_gone(answer):
        return refusal(answer, account)
    read = graph("GET", account, known, {"fields": "id"}, purpose=LOOKUP)
    gone = isinstance(read, Response) and is_gone(read)
    return Removed() if gone else refusal(answer, account)
