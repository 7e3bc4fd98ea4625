"""Changing a status: what is not sent along would be taken off it."""

from http import HTTPStatus

from lamplighter.domain.outcomes import NotSent, Outcome, Rejected
from lamplighter.egress import LOOKUP, Response
from lamplighter.platforms._shared.answers import before_posting
from lamplighter.platforms._shared.standing import post_gone, segment_of_path
from lamplighter.platforms._shared.storable import identifier
from lamplighter.platforms.base import Account, Json, Post, Remote
from lamplighter.platforms.mastodon.posts import to_outcome
from lamplighter.platforms.mastodon.rest import NAME, refusal, rest
from lamplighter.platforms.transport import json_object


def edit(account: Account, remote: Remote, post: Post) -> Outcome:
    """Change the text; images, warning and what else a person may have set on the instance stay."""
    known = segment_of_path(remote)
    if isinstance(known, Rejected):
        return known
    path = f"v1/statuses/{known}"
    standing = _standing(account, path)
    if not isinstance(standing, dict):
        return standing
    status = to_edited(standing, post)
    if status is None:
        return NotSent("unclear_answer", "Mastodon's answer does not say what the post looks like now.")
    answer = rest("PUT", account, path, json=status)
    if not isinstance(answer, Response):
        return answer
    return post_gone(NAME) if answer.status == HTTPStatus.NOT_FOUND else to_outcome(answer, account)


def _standing(account: Account, path: str) -> Json | Outcome:
    """The status as it is now."""
    answer = rest("GET", account, path, purpose=LOOKUP)
    if not isinstance(answer, Response):
        return before_posting(answer)
    match answer.status:
        case HTTPStatus.OK:
            return json_object(answer)
        case HTTPStatus.NOT_FOUND:
            return post_gone(NAME)
        case HTTPStatus.FORBIDDEN:  # the token posts all the same, so the account is not lost
            return Rejected("refused", "An edit needs a token that may read statuses too (read:statuses).")
        case _:
            return before_posting(refusal(answer, account))


def to_edited(standing: Json, post: Post) -> Json | None:
    """The status as the API takes it, made from the one that stands; None where that cannot be read."""
    attachments, warning = standing.get("media_attachments"), standing.get("spoiler_text", "")
    if not isinstance(attachments, list) or not isinstance(warning, str):
        return None
    media_ids = [identifier(each.get("id")) if isinstance(each, dict) else None for each in attachments]
    if None in media_ids:
        return None
    status: Json = {"status": post.text, "media_ids": media_ids, "spoiler_text": warning}
    status["sensitive"] = standing.get("sensitive") is True
    language = post.language or standing.get("language")
    return {**status, "language": language} if language else status
