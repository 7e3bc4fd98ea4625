"""Posts and comments of a page that are changed or removed."""

from http import HTTPStatus
from urllib.parse import quote

from lamplighter.domain.outcomes import Outcome, Rejected, Removed
from lamplighter.egress import Response
from lamplighter.platforms._shared.standing import post_gone, segment_of_path
from lamplighter.platforms._shared.storable import unreadable
from lamplighter.platforms.base import Account, Json, Post, Remote
from lamplighter.platforms.linkedin.little_text import to_little_text
from lamplighter.platforms.linkedin.posts import to_published
from lamplighter.platforms.linkedin.rest import NAME, refusal, rest
from lamplighter.platforms.transport import json_object


def delete(account: Account, remote: Remote) -> Removed | Outcome:
    """Delete it; what is gone already is gone."""
    path = _path(account, remote)
    if isinstance(path, Rejected):
        return path
    answer = rest("DELETE", account, path, restli_method="DELETE")
    if not isinstance(answer, Response):
        return answer
    gone = answer.status in (HTTPStatus.OK, HTTPStatus.NO_CONTENT, HTTPStatus.NOT_FOUND)
    return Removed() if gone else refusal(answer, account)


def edit(account: Account, remote: Remote, post: Post) -> Outcome:
    """Change the text; images stay."""
    path = _path(account, remote)
    if isinstance(path, Rejected):
        return path
    on = _on(remote)
    patch: Json = {"$set": {"commentary": to_little_text(post.text)}}
    if on:
        patch = {"message": {"$set": {"text": post.text}}}
    answer = rest("POST", account, path, json={"patch": patch}, restli_method="PARTIAL_UPDATE")
    if not isinstance(answer, Response):
        return answer
    if answer.status == HTTPStatus.NOT_FOUND:
        return post_gone(NAME)
    named = answer.status == HTTPStatus.OK and json_object(answer).get("id") == remote.remote_id
    if answer.status == HTTPStatus.NO_CONTENT or named:  # a comment is answered with
        return to_published(remote.remote_id, on) or unreadable(NAME)
    return refusal(answer, account)


def _path(account: Account, remote: Remote) -> str | Rejected:
    known, on = segment_of_path(remote), _on(remote)
    if isinstance(known, Rejected) or on is None:
        return known if isinstance(known, Rejected) else f"posts/{known}"
    actor = quote(account.channel_id, safe="")
    return f"socialActions/{quote(on, safe='')}/comments/{known}?actor={actor}"


def _on(remote: Remote) -> str | None:
    """The post that a comment stands under."""
    return (remote.prepared or {}).get("on")
