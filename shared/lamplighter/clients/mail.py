"""SES: sending one mail to one person, and telling what will never be taken from what may be later."""

from dataclasses import dataclass
from email.utils import formataddr, parseaddr
from typing import Any

from lamplighter.clients import aws
from lamplighter.domain.emails import NoAddress, normalised

_NEVER = frozenset({"MessageRejected", "BadRequestException"})
_UNVERIFIED = "not verified"
"""SES rejects with these words while the sender, or in its sandbox the recipient, is not verified yet."""
_AUTOMATIC = {"Name": "Auto-Submitted", "Value": "auto-generated"}  # RFC 3834: no absence notice answers it
_UNTRACKED = {"Tracking": {"OpenTrackingEnabled": "DISABLED", "ClickTrackingEnabled": "DISABLED"}}
"""Whatever the account says: a tracked link carries its token through SES's redirecting server."""


class Rejected(Exception):  # noqa: N818  # reads as what happened
    """This mail will never be taken; the message is a code, without the address."""


class NotTaken(Exception):  # noqa: N818  # reads as what happened
    """Not now: throttled, unreachable, not set up, suspended. The message is a code."""


@dataclass(frozen=True, slots=True)
class Mail:
    """What one person gets. `to` is the bare address; all of it may hold what strangers wrote."""

    sender: str
    """`Name <address>` or the address alone."""
    to: str
    subject: str
    text: str
    html: str


def send(mail: Mail) -> None:
    """Hand the mail to SES; raises Rejected or NotTaken. At most 16 s, in at most two attempts.

    Where only SES's answer was lost, the mail may have gone out, and may go out again.
    """
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415  # slow: see clients.aws

    try:
        aws.ses().send_email(**_request(mail))
    except ClientError as error:
        raise _failure(error.response["Error"]) from None  # SES's own words may hold the address
    except BotoCoreError as error:
        raise NotTaken(type(error).__name__) from None


def _request(mail: Mail) -> dict[str, Any]:
    if len(mail.subject.splitlines()) != 1:
        raise Rejected("bad_subject")
    simple = {
        "Subject": _text(mail.subject),
        "Body": {"Text": _text(mail.text), "Html": _text(mail.html)},
        "Headers": [_AUTOMATIC],
    }
    return {
        "FromEmailAddress": _sender(mail.sender),
        "Destination": {"ToAddresses": [_recipient(mail.to)]},
        "Content": {"Simple": simple},
        "ConfigurationOverrides": _UNTRACKED,
    }


def _text(data: str) -> dict[str, str]:
    return {"Data": data, "Charset": "UTF-8"}


def _sender(sender: str) -> str:
    """As a From header may hold it; a sender that is none is a setting to be mended, not a mail's fault."""
    name, address = parseaddr(sender)
    try:
        return formataddr((name, normalised(address)))
    except NoAddress:
        raise NotTaken("no_sender") from None


def _recipient(address: str) -> str:
    """Exactly one address, spelled as accounts are: no list, no name, no line break can hide in it."""
    try:
        if normalised(address) == address:
            return address
    except NoAddress:
        pass
    raise Rejected("bad_address")


def _failure(error: Any) -> Exception:
    code, message = error.get("Code", ""), error.get("Message", "")
    if code in _NEVER and _UNVERIFIED not in message:
        return Rejected(code)
    return NotTaken(code)
