"""The page that shows the API and can call it: Swagger UI under a header and colours of our own."""

from collections.abc import Mapping

from aws_lambda_powertools.event_handler import Response

from lamplighter.entrypoints.pages import page
from lamplighter.entrypoints.pages.files import File, sent, swagger_file
from lamplighter.problems import not_found
from lamplighter.settings import settings

BUNDLES = {"swagger-ui.js": "swagger-ui-bundle.min.js", "swagger-ui.css": "swagger-ui.min.css"}


def docs_page() -> Response[str]:
    """The page. Only on one's own machine does it take a key out of its address (/docs#key=...)."""
    script, style = (swagger_file(name).digest[:12] for name in BUNDLES.values())
    values = {
        "script": script,
        "style": style,
        "prefill": "yes" if settings().environment == "local" else "no",
    }
    return page("docs", values, same_origin="'self'")


def bundle(name: str) -> File:
    """A file that the page loads, or not_found."""
    if name not in BUNDLES:
        raise not_found()
    return swagger_file(BUNDLES[name])


def sent_to(headers: Mapping[str, str], file: File) -> Response[str]:
    """The file, as the request's headers ask for it."""
    return sent(
        file,
        accept_encoding=headers.get("accept-encoding", ""),
        if_none_match=headers.get("if-none-match", ""),
    )
