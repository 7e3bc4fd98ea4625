"""The mails that people get: which there are, what they say, how long their links work."""

from collections.abc import Mapping
from datetime import timedelta
from hashlib import sha256
from typing import Literal

type MailKind = Literal[
    "sign_up",
    "reset_password",
    "change_email",
    "invitation",
    "password_changed",
    "email_changed",
    "account_deleted",
]

LIFETIMES: Mapping[str, timedelta] = {
    "sign_up": timedelta(hours=24),
    "reset_password": timedelta(minutes=30),
    "change_email": timedelta(hours=1),
    "invitation": timedelta(days=7),
}
"""How long the link in a mail works; a kind that is not here has none."""


def token_hash(token: str) -> str:
    """What is stored of a token out of a mail: its 256 random bits need no salt and no slow hash."""
    return sha256(token.encode()).hexdigest()
