"""Pictures: uploaded first, processed by the instance in its own time."""

from functools import partial
from http import HTTPStatus

from urllib3.fields import RequestField
from urllib3.filepost import encode_multipart_formdata

from lamplighter.domain.outcomes import Outcome, Rejected
from lamplighter.egress import LOOKUP, Purpose, Response
from lamplighter.platforms._shared.answers import before_posting
from lamplighter.platforms._shared.storable import identifier
from lamplighter.platforms._shared.together import together
from lamplighter.platforms.base import Account, Media
from lamplighter.platforms.mastodon.rest import refusal, rest
from lamplighter.platforms.transport import json_object


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


def still_processing(account: Account, media_ids: list[str]) -> list[str] | Outcome:
    """Those of the pictures that are not ready yet; an Outcome where one never will be, or nobody can say."""
    looks = together(partial(_is_ready, account), media_ids)
    for look in looks:
        if not isinstance(look, bool):
            return look
    return [media_id for media_id, is_ready in zip(media_ids, looks, strict=True) if not is_ready]


def _is_ready(account: Account, media_id: str) -> bool | Outcome:
    answer = rest("GET", account, f"v1/media/{media_id}", purpose=LOOKUP)
    if not isinstance(answer, Response):
        return before_posting(answer)
    if answer.status in (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT):
        return answer.status == HTTPStatus.OK
    if answer.status in (HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.NOT_FOUND):
        return Rejected("media_refused", "Mastodon could not process one of the images.")
    return before_posting(refusal(answer, account))
