"""Getting in and out: passwords, tokens out of mails, the tokens of a session."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BeforeValidator, Field

from lamplighter.domain.passwords import MAX_LENGTH, MIN_LENGTH, normalised
from lamplighter.schemas.common import Input, Name, Output
from lamplighter.schemas.emails import Email
from lamplighter.schemas.users import Timezone, UserRead


def _normalised(given: Any) -> Any:
    return normalised(given) if isinstance(given, str) else given


NewPassword = Annotated[
    str,
    Field(min_length=MIN_LENGTH, max_length=MAX_LENGTH, examples=["a lamp in every harbour"]),
    BeforeValidator(_normalised),
]
"""A password to be. What more it must be depends on the person: `domain.passwords`."""
Password = Annotated[str, Field(min_length=1, max_length=1000), BeforeValidator(_normalised)]
"""A password as it was once set, whatever the rules were then."""
MailToken = Annotated[str, Field(min_length=1, max_length=200)]
"""Out of the link in a mail."""
RefreshToken = Annotated[str, Field(min_length=1, max_length=200, examples=["lmr_..."])]


class SignUp(Input):
    """An account is asked for; a mail with a link follows."""

    email: Email


class EmailVerification(Input):
    """The address is proven by the token, and the account is made."""

    token: MailToken
    name: Name
    password: NewPassword
    timezone: Timezone = "UTC"


class Login(Input):
    """Who one is, and the proof."""

    email: Email
    password: Password


class Refresh(Input):
    """A refresh token, to be exchanged for the next one; it is spent by that."""

    refresh_token: RefreshToken


class PasswordChange(Input):
    """Every other session of the person ends with it."""

    current_password: Password
    new_password: NewPassword


class PasswordReset(Input):
    """A new password is asked for; a mail with a link follows, if there is an account."""

    email: Email


class PasswordResetCompletion(Input):
    """Every session of the person ends with it, and a new one begins."""

    token: MailToken
    password: NewPassword


class InvitationAcceptance(Input):
    """With an access token of the invited person where the address has an account; else `name` and `password`
    make one."""

    token: MailToken
    name: Name | None = None
    password: NewPassword | None = None
    timezone: Timezone = "UTC"


class Accepted(Output):
    """The same answer whoever asks."""

    message: str


class Tokens(Output):
    """The tokens of a session. Each refresh token is good for one exchange."""

    session_id: UUID
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105  # the name of a scheme
    access_token: str
    expires_in: int
    """Seconds from now on, of the access token."""
    refresh_token: str
    refresh_expires_at: datetime


class SignedIn(Tokens):
    """A person who just got in, with their first tokens."""

    user: UserRead


class InvitationAccepted(Output):
    """What was joined; `tokens` only for an account that was made by it."""

    organization_id: UUID
    organization_role: str
    workspace_id: UUID | None
    workspace_role: str | None
    user: UserRead
    tokens: Tokens | None
