"""E-mail addresses: one spelling for each, so that nobody holds two accounts or takes another's."""

import re
import unicodedata

MAX_LENGTH = 254
"""RFC 5321 leaves no room for more."""
_MAX_LOCAL = 64
_ATOM = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LOCAL = re.compile(rf"{_ATOM}(\.{_ATOM})*")
_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"({_LABEL}\.)+(?![0-9]+$){_LABEL}")


class NoAddress(ValueError):  # noqa: N818  # reads as what was found
    """Not an address that mail reaches; the message says why, for whoever typed it."""


def normalised(given: str) -> str:
    """The address in lower case, its domain in ASCII (xn--...); raises NoAddress.

    Nothing is guessed of what a provider ignores (dots, +tags): to others these are different mailboxes. What
    stands before the @ must be ASCII, as SES delivers to nothing else.
    """
    local, at, domain = given.strip().rpartition("@")
    # Asked before: the lower case of a Kelvin sign is a k, and so somebody else's address.
    is_ascii, local = local.isascii(), local.lower()
    if not at or not is_ascii or len(local) > _MAX_LOCAL or not _LOCAL.fullmatch(local):
        message = "This is not an e-mail address."
        raise NoAddress(message)
    address = f"{local}@{_ascii(domain)}"
    if len(address) > MAX_LENGTH:
        message = f"An e-mail address has {MAX_LENGTH} characters at most."
        raise NoAddress(message)
    return address


def _ascii(domain: str) -> str:
    """The domain as the DNS has it. A name that IDNA 2003 and 2008 read differently is refused: mail must not
    go to a domain that was not meant."""
    readable = unicodedata.normalize("NFC", domain).lower()
    try:
        spelled = readable.encode("idna").decode("ascii")
        same = readable.isascii() or spelled.encode("ascii").decode("idna") == readable
    except UnicodeError:
        spelled, same = "", False
    if not same or not _DOMAIN.fullmatch(spelled):
        message = (
            "The domain of this e-mail address is not valid; write it in ASCII (xn--...) if it should be."
        )
        raise NoAddress(message)
    return spelled
