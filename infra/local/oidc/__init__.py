"""A real OpenID Connect provider on loopback, and a person at its login pages."""

import html
import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit
from urllib.request import HTTPCookieProcessor, HTTPRedirectHandler, Request, build_opener

from infra.local import ports
from infra.local.node import NodeServer, Say

SERVER = NodeServer("an OpenID Connect provider", Path(__file__).parent)
REDIRECT_URI = "http://127.0.0.1:9/signed-in"
"""Nobody listens there: the browser below stops at it, as an app's own page would."""
_FORM = re.compile(r'<form[^>]*action="([^"]+)"(.*?)</form>', re.DOTALL)
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')
_STEPS = 12


@contextmanager
def running(home: Path, say: Say) -> Iterator[dict[str, Any]]:
    """The provider while the block runs: issuer, client_id, client_secret, redirect_uri."""
    with SERVER.running(home, [str(ports.free()), REDIRECT_URI], say) as facts:
        yield facts


class NoRedirects(HTTPRedirectHandler):
    """A redirect is an answer like any other."""

    def redirect_request(self, *_arguments: Any, **_named: Any) -> None:
        return None


def signed_in(authorization_url: str, login: str) -> dict[str, str]:
    """What a browser brings back after `login` signed in and agreed: the query of the redirect."""
    opener = build_opener(HTTPCookieProcessor(CookieJar()), NoRedirects())
    url, form = authorization_url, None
    for _ in range(_STEPS):
        if url.startswith(REDIRECT_URI):
            return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        try:
            answer = opener.open(Request(url, data=form), timeout=10)  # noqa: S310  # loopback, above
        except HTTPError as error:
            answer = error
        with answer:
            if answer.status in (302, 303):
                url, form = urljoin(url, answer.headers["location"]), None
            else:
                url, form = _next(url, answer.read().decode(), login)
    message = "the provider's pages lead nowhere"
    raise RuntimeError(message)


def _next(url: str, page: str, login: str) -> tuple[str, bytes]:
    """The page's form, filled in."""
    found = _FORM.search(page)
    if found is None:
        message = f"no form on the provider's page: {page[:500]}"
        raise RuntimeError(message)
    values = {"login": login, "password": "any"} | dict(_HIDDEN.findall(found[2]))
    return urljoin(url, html.unescape(found[1])), urlencode(values).encode()
