"""Images: announced, put where LinkedIn says, and processed in its own time."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final
from urllib.parse import quote, urlsplit

from lamplighter.domain.outcomes import NotSent, Outcome, Rejected
from lamplighter.egress import LOOKUP, Purpose, Response
from lamplighter.platforms._shared.answers import before_posting
from lamplighter.platforms._shared.storable import identifier, web_address
from lamplighter.platforms.base import Account, Media
from lamplighter.platforms.linkedin.rest import refusal, rest
from lamplighter.platforms.transport import call, json_object

_UNCLEAR: Final = NotSent("unclear_answer", "LinkedIn does not say how far an image is.")
_READY: Final[Mapping[str, bool | Outcome]] = {
    "AVAILABLE": True,
    "PROCESSING": False,
    "WAITING_UPLOAD": False,
    "PROCESSING_FAILED": Rejected("media_refused", "LinkedIn could not process one of the images."),
}


def uploaded(account: Account, image: Media, purpose: Purpose) -> str | Outcome:
    """The image's URN, its bytes at LinkedIn."""
    asked = {"initializeUploadRequest": {"owner": account.channel_id}}
    answer = rest("POST", account, "images?action=initializeUpload", json=asked, purpose=purpose)
    if not isinstance(answer, Response):
        return before_posting(answer)
    place = json_object(answer).get("value")
    place = place if isinstance(place, dict) else {}
    urn, url = identifier(place.get("image")), web_address(place.get("uploadUrl"))
    if answer.status != HTTPStatus.OK or urn is None or not url:
        return before_posting(refusal(answer, account))
    if not _is_linkedins(url, account):
        return NotSent("unclear_answer", "LinkedIn named a place for the image that is not its own.")
    token, headers = account.credentials.access_token, {"Content-Type": image.mime}
    put = call("PUT", url, token=token, body=image.data, headers=headers, purpose=purpose)
    if not isinstance(put, Response):
        return before_posting(put)
    if put.status in (HTTPStatus.OK, HTTPStatus.CREATED):
        return urn
    return before_posting(refusal(put, account, url))


def is_ready(account: Account, urn: str) -> bool | Outcome:
    """Whether the image is processed. A token that may not ask has waited once, which must do."""
    answer = rest("GET", account, f"images/{quote(urn, safe='')}", purpose=LOOKUP)
    if not isinstance(answer, Response):
        return before_posting(answer)
    if answer.status == HTTPStatus.FORBIDDEN:
        return True
    if answer.status != HTTPStatus.OK:
        return before_posting(refusal(answer, account))
    return _READY.get(str(json_object(answer).get("status")), _UNCLEAR)


def _is_linkedins(url: str, account: Account) -> bool:
    """The token goes along, so it goes nowhere else."""
    place, own = urlsplit(url), urlsplit(account.base_url)
    return place.netloc == own.netloc or (
        place.scheme == "https" and (place.hostname or "").endswith(".linkedin.com")
    )
