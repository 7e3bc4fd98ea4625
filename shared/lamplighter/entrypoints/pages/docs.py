"""The page that shows the API and can call it: Swagger UI under a header and colours of our own."""

from collections.abc import Mapping

from aws_lambda_powertools.event_handler import Response

from lamplighter.domain.mails import PAGES
from lamplighter.entrypoints.pages import page
from lamplighter.entrypoints.pages.files import File, sent, swagger_file
from lamplighter.problems import not_found
from lamplighter.settings import settings

BUNDLES = {"swagger-ui.js": "swagger-ui-bundle.min.js", "swagger-ui.css": "swagger-ui.min.css"}


MAILED: Mapping[str, str] = {
    PAGES["sign_up"]: "/v1/auth/verify-email",
    PAGES["reset_password"]: "/v1/auth/password-reset/complete",
    PAGES["change_email"]: "/v1/users/me/email/complete",
    PAGES["invitation"]: "/v1/auth/invitations/accept",
}
"""Where a deployment without a web app sends whoever follows a link in a mail: to the operation it is for."""


def docs_page(operation: str = "") -> Response[str]:
    """The page; with `operation`, it opens that one and puts the token of its address (#token=...) into it.
    Only on one's own machine does it take a key out of its address (/docs#key=...)."""
    script, style = (swagger_file(name).digest[:12] for name in BUNDLES.values())
    values = {
        "script": script,
        "style": style,
        "operation": operation,
        "prefill": "yes" if settings().environment == "local" else "no",
    }
    return page("docs", values, same_origin="'self'")


def below(name: str, headers: Mapping[str, str]) -> Response[str]:
    """What stands at /docs/<name>: a file that the page loads, the page for a mail's link, or not_found."""
    if name in MAILED:
        return docs_page(MAILED[name])
    if name not in BUNDLES:
        raise not_found()
    return sent_to(headers, swagger_file(BUNDLES[name]))


def sent_to(headers: Mapping[str, str], file: File) -> Response[str]:
    """The file, as the request's headers ask for it."""
    return sent(
        file,
        accept_encoding=headers.get("accept-encoding", ""),
        if_none_match=headers.get("if-none-match", ""),
    )
