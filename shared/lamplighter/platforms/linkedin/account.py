"""Opening a page with a token of one who administers it."""

import re
from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus

from lamplighter.egress import CONNECT, Response
from lamplighter.platforms._shared.answers import while_connecting
from lamplighter.platforms._shared.credentials import required
from lamplighter.platforms._shared.storable import identifier, not_as_expected, plain, storable
from lamplighter.platforms.base import Account, ConnectFailed, Credentials
from lamplighter.platforms.linkedin.rest import NAME, refusal, rest
from lamplighter.platforms.transport import json_object

_ORGANIZATION = re.compile(r"(?:urn:li:organization:)?([0-9]{1,20})")
_LONGEST_NAME = 255


def connect(base_url: str, fields: Mapping[str, str]) -> Account:
    """Read the page with the token (w_organization_social, r_organization_social, rw_organization_admin)."""
    token, organization = required(fields, "access_token", "organization")
    named = _ORGANIZATION.fullmatch(organization)
    if named is None:
        message = "The organization is a number, or urn:li:organization: with the number after it."
        raise ConnectFailed("organization_invalid", message)
    unnamed = Account("linkedin", f"urn:li:organization:{named[1]}", "", base_url, Credentials(token))
    answer = rest("GET", unnamed, f"organizations/{named[1]}", purpose=CONNECT)
    if not isinstance(answer, Response):
        raise while_connecting(answer)
    if answer.status != HTTPStatus.OK:
        raise while_connecting(refusal(answer, unnamed))
    page = json_object(answer)
    if identifier(page.get("id")) != named[1]:
        raise not_as_expected(NAME)
    return storable(replace(unnamed, username=_name(page) or named[1]), NAME)


def refresh(account: Account) -> Credentials:  # noqa: ARG001  # the Protocol's form
    """A page's token lasts 60 days, and only a person's consent gives another."""
    message = "LinkedIn no longer accepts this page's token: connect the page again."
    raise ConnectFailed("reconnect_required", message)


def _name(page: Mapping[str, object]) -> str:
    """The page's name in its address, else the one that people read."""
    vanity, shown = identifier(page.get("vanityName"), _LONGEST_NAME), page.get("localizedName")
    return vanity or (plain(shown)[:_LONGEST_NAME] if isinstance(shown, str) else "")
