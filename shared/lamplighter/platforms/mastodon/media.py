"""Pictures: uploaded first, processed by the instance in its own time."""

import time
from functools import partial
from http import HTTPStatus

from urllib3.fields import RequestField
from urllib3.filepost import encode_multipart_formdata

from lamplighter.domain.outcomes import NotSent, Outcome, Rejected
from lamplighter.egress import LOOKUP, Purpose, Response
from lamplighter.platforms._shared.answers import before_posting
from lamplighter.platforms._shared.storable import identifier
from lamplighter.platforms._shared.together import together
from lamplighter.platforms.base import Account, Media
from lamplighter.platforms.mastodon.rest import MEDIA_SECONDS, refusal, rest
from lamplighter.platforms.transport import json_object

SHORT_WAIT = 0.5


def uploaded(account: Account, media: Media, purpose: Purpose) -> tuple[str, bool] | Outcome:
    """The picture's id, and whether the instance is still processing it (it answered 202)."""
    body, content_type = to_form(media)
    headers = {"Content-Type": content_type}
    answer = rest("POST", account, "v2/media", body=body, headers=headers, purpose=purpose)
    if not isinstance(answer, Response):
        return before_posting(answer)
    media_id = identifier(json_object(answer).get("id"))
    if answer.status not in (HTTPStatus.OK, HTTPStatus.ACCEPTED) or media_id is None:
        return before_posting(refusal(answer, account))
    return media_id, answer.status == HTTPStatus.ACCEPTED


def to_form(media: Media) -> tuple[bytes, str]:
    """The upload's body and its content type."""
    file = RequestField("file", media.data, filename=f"picture.{media.mime.partition('/')[2]}")
    file.make_multipart(content_type=media.mime)
    fields = [file]
    if media.alt:
        description = RequestField("description", media.alt)
        description.make_multipart()
        fields.append(description)
    return encode_multipart_formdata(fields)


def unready(account: Account, media_ids: list[str]) -> NotSent | Rejected | None:
    """Why a status with these pictures cannot be posted yet, or ever; None when all are ready.

    Waits a moment once; then it is for the next attempt to look again.
    """
    problems = together(partial(_lasting_problem, account), media_ids)
    return next((problem for problem in problems if problem is not None), None)


def _lasting_problem(account: Account, media_id: str) -> NotSent | Rejected | None:
    problem = _problem(account, media_id)
    if isinstance(problem, NotSent):
        time.sleep(SHORT_WAIT)
        problem = _problem(account, media_id)
    return problem


def _problem(account: Account, media_id: str) -> NotSent | Rejected | None:
    answer = rest("GET", account, f"v1/media/{media_id}", purpose=LOOKUP)
    if not isinstance(answer, Response):
        return NotSent(answer.code, answer.message, MEDIA_SECONDS)
    if answer.status == HTTPStatus.OK:
        return None
    if answer.status in (HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.NOT_FOUND):
        return Rejected("media_refused", "Mastodon could not process one of the images.")
    message = f"Mastodon is still processing an image ({answer.status})."
    return NotSent("media_processing", message, MEDIA_SECONDS)
