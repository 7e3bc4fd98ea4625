"""Signing in through an OpenID Connect provider."""

from typing import Annotated

from pydantic import Field

from lamplighter.schemas.common import Input, Output

RedirectUri = Annotated[str, Field(max_length=2000)]


class OidcProvider(Output):
    """The provider that this deployment trusts."""

    name: str
    issuer: str
    redirect_uris: list[str]


class OidcStart(Input):
    """Where the provider sends the browser back to: one of `redirect_uris`; null for the first."""

    redirect_uri: RedirectUri | None = None


class OidcStarted(Output):
    """Send the browser to `authorization_url`; keep `login_token` where only the same browser finds it."""

    authorization_url: str
    login_token: str


class OidcCompletion(Input):
    """What came back in the address, with the kept `login_token` and the same `redirect_uri`."""

    login_token: Annotated[str, Field(min_length=1, max_length=200)]
    state: Annotated[str, Field(min_length=1, max_length=200)]
    code: Annotated[str, Field(min_length=1, max_length=4000)]
    redirect_uri: RedirectUri | None = None
