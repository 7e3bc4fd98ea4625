"""The mailbox's page: what was sent, as text with its links to follow. Strangers wrote parts of it."""

import re
from base64 import b64encode
from collections.abc import Iterator, Sequence
from hashlib import sha256
from html import escape
from typing import Protocol
from urllib.parse import quote

_STYLE = """
:root { color-scheme: light dark; --paper: #f7f5f0; --card: #fff; --ink: #23211d; --soft: #6f6a60;
  --line: #e6e1d6; --accent: #b45309; }
@media (prefers-color-scheme: dark) { :root { --paper: #15161a; --card: #1c1e23; --ink: #e9e6df;
  --soft: #9c978c; --line: #2c2f36; --accent: #f3b04d; } }
body { margin: 0 auto; max-width: 46rem; padding: 1.5rem 1rem 3rem; background: var(--paper);
  color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.3rem; margin: 0; } h2 { font-size: 1.05rem; margin: 0; overflow-wrap: anywhere; }
a { color: var(--accent); overflow-wrap: anywhere; }
article { background: var(--card); border: 1px solid var(--line); border-radius: 12px;
  padding: 1rem 1.25rem; margin-top: 1rem; }
.facts, .note { color: var(--soft); font-size: .85rem; margin: .25rem 0 0; overflow-wrap: anywhere; }
.text { white-space: pre-wrap; overflow-wrap: anywhere; margin: .75rem 0 0; }
"""
_POLICY = f"style-src 'sha256-{b64encode(sha256(_STYLE.encode()).digest()).decode()}'"
HEADERS = (
    ("content-security-policy", f"default-src 'none'; {_POLICY}; base-uri 'none'; frame-ancestors 'none'"),
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
    ("cache-control", "no-store"),
)
"""Of the page: nothing on it runs or loads, whatever a mail holds."""
HTML_HEADERS = (
    ("content-security-policy", "sandbox; default-src 'none'; style-src 'unsafe-inline'"),
    *HEADERS[1:],
)
"""Of a mail's own HTML, which is shown as a mail program would: without scripts, pictures, or an origin."""

_LINK = re.compile(r"https?://[^\s<>\"']+")


class MailLike(Protocol):
    """What is shown of a mail."""

    @property
    def id(self) -> str: ...
    @property
    def received_at(self) -> str: ...
    @property
    def sender(self) -> str: ...
    @property
    def to(self) -> Sequence[str]: ...
    @property
    def subject(self) -> str: ...
    @property
    def text(self) -> str: ...


def page(mails: Sequence[MailLike], to: str | None) -> str:
    """The whole page, newest mail first; `to` is whose mail alone it shows."""
    whose = f'to {escape(to)} (<a href="/">all mails</a>)' if to else "to anybody"
    shown = "".join(map(_article, mails)) or "<article>No mail yet. Reload to see what came since.</article>"
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Mailbox · Lamplighter</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_STYLE}</style></head><body><h1>Mailbox</h1>"
        f'<p class="note">What was sent {whose}. None of it has left this machine, '
        "and it is gone when the stack stops.</p>"
        f"{shown}</body></html>"
    )


def _article(mail: MailLike) -> str:
    to = ", ".join(f'<a href="/?to={quote(each, safe="")}">{escape(each)}</a>' for each in mail.to)
    at = mail.received_at[:19].replace("T", " ")
    return (
        f"<article><h2>{escape(mail.subject)}</h2>"
        f'<p class="facts">to {to} from {escape(mail.sender)}, {escape(at)} UTC, '
        f'<a href="/mails/{escape(mail.id)}">as HTML</a></p>'
        f'<p class="text">{"".join(_linked(mail.text))}</p></article>'
    )


def _linked(text: str) -> Iterator[str]:
    """The text, escaped, its http(s) addresses as links."""
    position = 0
    for found in _LINK.finditer(text):
        yield escape(text[position : found.start()])
        address = escape(found[0])
        yield f'<a href="{address}" rel="noopener noreferrer" target="_blank">{address}</a>'
        position = found.end()
    yield escape(text[position:])
