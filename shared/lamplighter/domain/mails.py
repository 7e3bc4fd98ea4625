"""The mails that people get: which there are, what they say, how long their links work."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from html import escape
from typing import Literal

from lamplighter.domain.memberships import INVITATION_LIFETIME

type MailKind = Literal[
    "sign_up",
    "reset_password",
    "change_email",
    "invitation",
    "password_changed",
    "email_changed",
    "account_deleted",
    "webhook_failing",
    "webhook_disabled",
]
"""What may be asked for."""
type LetterKind = MailKind | Literal["sign_up_known", "change_email_taken"]
"""What may be written: also what an address hears that has an account already."""

LIFETIMES: Mapping[str, timedelta] = {
    "sign_up": timedelta(hours=24),
    "reset_password": timedelta(minutes=30),
    "change_email": timedelta(hours=1),
    "invitation": INVITATION_LIFETIME,
}
"""How long the link in a mail works; a kind that is not here has none."""

PAGES: Mapping[str, str] = {
    "sign_up": "verify-email",
    "reset_password": "reset-password",
    "change_email": "verify-email-change",
    "invitation": "accept-invitation",
}
"""Which page of the web app a mail's link opens."""

GIVE_UP = timedelta(days=1)
"""What could not be sent for so long is not sent any more: nobody waits for it."""
_FIRST_WAIT, _LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=1)
_LONGEST_NAME = 80
_JOINT = re.compile(r"(?<=\w)([.:@\u3002\uff0e\uff61\u2024])(?=[\w/])")
"""What holds an address together: the dots are all that browsers take for one."""
_QUOTES = str.maketrans(dict.fromkeys("“”„‟", "'"))


@dataclass(frozen=True, slots=True)
class Written:
    """A mail's words: the subject is one line, `text` and `html` say the same."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class _Letter:
    """In all of these `{place}` stands for where an invitation leads or whose endpoint it is, `{until}` for
    when its link ends or, in a notice, `{at}` for when it happened. A button's link follows the first
    paragraph."""

    subject: str
    first: str
    last: str
    button: str = ""


_LETTERS: Mapping[str, _Letter] = {
    "sign_up": _Letter(
        "Confirm your e-mail address",
        "Somebody, we hope you, wants to open a Lamplighter account with this e-mail address. Go on here:",
        "The link works once, until {until}. If it was not you, do nothing: without the link there is no "
        "account.",
        "Confirm the address",
    ),
    "sign_up_known": _Letter(
        "You already have an account",
        "Somebody, we hope you, wanted to open a Lamplighter account with this e-mail address. It has one "
        "already, so nothing was changed.",
        "Log in as before. If you have forgotten your password, ask for a new one there.",
    ),
    "reset_password": _Letter(
        "Choose a new password",
        "Somebody, we hope you, asked for a new password of your Lamplighter account. Choose it here:",
        "The link works once, until {until}. If it was not you, do nothing: your password stays as it is.",
        "Choose a password",
    ),
    "change_email": _Letter(
        "Confirm your new e-mail address",
        "Somebody, we hope you, wants to use this e-mail address for a Lamplighter account. Confirm it here:",
        "The link works once, until {until}. If it was not you, do nothing: the address is not used then.",
        "Confirm the address",
    ),
    "change_email_taken": _Letter(
        "This e-mail address has an account already",
        "Somebody, we hope you, wanted to use this e-mail address for another Lamplighter account. It has an "
        "account of its own already, so nothing was changed.",
        "If it was not you, do nothing.",
    ),
    "invitation": _Letter(
        "You are invited to join {place}",
        "You are invited to join {place} on Lamplighter. Accept here:",
        "The link works once, until {until}. If you do not know who invites you, do nothing.",
        "Accept the invitation",
    ),
    "password_changed": _Letter(
        "Your password was changed",
        "The password of your Lamplighter account was changed on {at}.",
        "If it was not you, ask for a new password at once: whoever changed it is shut out by that.",
    ),
    "email_changed": _Letter(
        "Your e-mail address was changed",
        "The e-mail address of your Lamplighter account was changed on {at}. Our mails go to the new one.",
        "If it was not you, tell the people who run this service at once.",
    ),
    "account_deleted": _Letter(
        "Your account was deleted",
        "Your Lamplighter account was deleted on {at}.",
        "If it was not you, tell the people who run this service at once.",
    ),
    "webhook_failing": _Letter(
        "A webhook endpoint of {place} does not answer",
        "For a day nothing that Lamplighter sent to a webhook endpoint of {place} has arrived. What fails is "
        "tried again for about three days.",
        "The delivery log says what the endpoint answers. If it goes on like this for five days, the "
        "endpoint is disabled.",
    ),
    "webhook_disabled": _Letter(
        "A webhook endpoint of {place} was disabled",
        "Lamplighter has disabled a webhook endpoint of {place} on {at}: it answered that it is gone, or "
        "nothing has arrived for five days.",
        "Once it is mended, enable it and replay the events that it has missed: they are kept for 30 days.",
    ),
}

_BODY = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{subject}</title></head>'
    '<body style="margin:0;padding:24px;font:16px/1.5 system-ui,sans-serif;color:#23211d">'
    '<div style="max-width:36em;margin:auto">{parts}</div></body></html>'
)
_BUTTON = (
    '<p><a href="{link}" style="display:inline-block;padding:10px 18px;border-radius:8px;'
    'background:#b45309;color:#fff;text-decoration:none;font-weight:600">{label}</a></p>'
    '<p style="color:#6f6a60;font-size:14px">Or open this address:<br>'
    '<a href="{link}" style="color:#b45309;word-break:break-all">{link}</a></p>'
)


def written(
    kind: LetterKind, *, link: str = "", place: str = "", until: datetime | None = None, at: datetime
) -> Written:
    """The words of a mail about something that was asked for, or happened, `at` that time."""
    letter = _LETTERS[kind]
    values = {"place": place, "until": _spelled(until or at), "at": _spelled(at)}
    subject, first, last = (each.format(**values) for each in (letter.subject, letter.first, letter.last))
    text = "\n\n".join([first, *([link] if letter.button else []), last, "Lamplighter"]) + "\n"
    parts = [_paragraph(first), _button(letter.button, link), _paragraph(last), _paragraph("Lamplighter")]
    return Written(subject, text, _BODY.format(subject=escape(subject), parts="".join(parts)))


def link_to(base: str, kind: str, token: str) -> str:
    """Where a mail's link leads. The token stands behind the #, which browsers send to no server: it is in no
    server's log and in no Referer."""
    return f"{base}/{PAGES[kind]}#token={token}"


def place(organization: str, workspace: str | None) -> str:
    """Where an invitation leads, in words."""
    within = named(organization)
    return within if workspace is None else f"{named(workspace)} of {within}"


def named(name: str) -> str:
    """A name that a stranger chose, quoted: one short line in which no mail program finds an address.

    Otherwise an organization called `Your prize: evil.example` would send its links in our name.
    """
    line = " ".join("".join(c if c.isprintable() else " " for c in name).split())
    apart = _JOINT.sub(r"\1 ", line.translate(_QUOTES))
    return f"“{apart if len(apart) <= _LONGEST_NAME else apart[: _LONGEST_NAME - 1].rstrip() + '…'}”"


def wait_after(attempts: int) -> timedelta:
    """How long after a failed attempt the next one begins, if so many have been made: a minute, then twice as
    long each time, an hour at most."""
    return min(_FIRST_WAIT * (1 << min(attempts - 1, 10)), _LONGEST_WAIT)


def token_hash(token: str) -> str:
    """What is stored of a token out of a mail: its 256 random bits need no salt and no slow hash."""
    return sha256(token.encode()).hexdigest()


def _spelled(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%-d %B %Y, %H:%M UTC")


def _paragraph(text: str) -> str:
    return f"<p>{escape(text)}</p>"


def _button(label: str, link: str) -> str:
    return _BUTTON.format(link=escape(link), label=escape(label)) if label else ""
