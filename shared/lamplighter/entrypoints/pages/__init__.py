"""Pages for people: HTML of our own, nothing from elsewhere, under a strict content security policy."""

import re
import secrets
from collections.abc import Mapping
from functools import cache
from html import escape
from pathlib import Path

from aws_lambda_powertools.event_handler import Response

_FOLDER = Path(__file__).parent
_PLACE = re.compile(r"\{\{(\w+)\}\}")


class Html(str):
    """Text that is markup already. Everything else is escaped when it is filled in."""

    __slots__ = ()


@cache
def asset(name: str) -> Html:
    """One of the files beside this module: a template, a style sheet or a script."""
    return Html((_FOLDER / name).read_text("utf-8"))


def filled(template: str, **values: object) -> Html:
    """The template with each {{name}} replaced once: markup as it is, anything else escaped."""
    return Html(_PLACE.sub(lambda place: _markup(values[place[1]]), template))


def _markup(value: object) -> str:
    return value if isinstance(value, Html) else escape(str(value))


def page(
    name: str, values: Mapping[str, object], *, same_origin: str = "", images: str = ""
) -> Response[str]:
    """The page `<name>.html` with its `<name>.css` and `<name>.js` inline under a nonce made for this answer.

    `same_origin` may be "'self'": for a page whose bundles come from this origin. `images`: another origin
    that images may come from.
    """
    nonce = secrets.token_urlsafe(18)
    body = filled(
        asset(f"{name}.html"), nonce=nonce, css=asset(f"{name}.css"), js=asset(f"{name}.js"), **values
    )
    sources = f"'nonce-{nonce}' {same_origin}".strip()
    shown = f"'self' data: {images}".strip()
    policy = (
        f"default-src 'none'; script-src {sources}; style-src {sources}; img-src {shown}; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    return Response(
        status_code=200,
        content_type="text/html; charset=utf-8",
        body=body,
        headers={"Content-Security-Policy": policy, "Cache-Control": "no-store", **SAFE_HEADERS},
    )


SAFE_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    # The address of a page may name an account, which is what opens it: it must not travel to linked sites.
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
    "Cross-Origin-Opener-Policy": "same-origin",
}
