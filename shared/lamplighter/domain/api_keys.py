"""API keys: their shape, lmp_<mode>_<30 random base62 characters><6 of CRC32>, and their strength."""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from uuid import UUID
from zlib import crc32

from lamplighter.domain.access import Caller
from lamplighter.domain.roles import ACTIONS
from lamplighter.problems import Fault

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
RANDOM_LENGTH = 30
CHECKSUM_LENGTH = 6
SHOWN_LENGTH = len("lmp_live_") + 6
GRANTABLE = tuple(dict.fromkeys(action.key for action in ACTIONS if action.key is not None))
"""What a key may be permitted: what opens an action to programs."""
_SHAPE = re.compile(rf"lmp_(live|test)_([0-9A-Za-z]{{{RANDOM_LENGTH}}})([0-9A-Za-z]{{{CHECKSUM_LENGTH}}})")


def _checksum(text: str) -> str:
    number, digits = crc32(text.encode()), ""
    for _ in range(CHECKSUM_LENGTH):
        number, digit = divmod(number, len(ALPHABET))
        digits = ALPHABET[digit] + digits
    return digits


def spelled(mode: str, random_part: str) -> str:
    """The whole key for `mode` (live, test) out of 30 random base62 characters."""
    body = f"lmp_{mode}_{random_part}"
    return body + _checksum(body)


def is_well_formed(key: str) -> bool:
    """Whether the checksum holds: a mistyped or made-up key is refused without asking the database."""
    return _SHAPE.fullmatch(key) is not None and _checksum(key[:-CHECKSUM_LENGTH]) == key[-CHECKSUM_LENGTH:]


def shown_prefix(key: str) -> str:
    """What lists show of a key, so that its owner recognises it: the mode and six characters."""
    return key[:SHOWN_LENGTH]


def excess(
    by: Caller, mode: str, permissions: Iterable[str], connection_ids: Iterable[UUID] | None
) -> Iterator[Fault]:
    """What such a key could do and `by` cannot."""
    own = "role" if by.kind == "user" else "key"
    for index, permission in enumerate(permissions):
        lacking = next((action for action in _opened(by, permission) if not by.may(action)), None)
        if lacking is not None:
            detail = f"Your own {own} lacks {lacking}."
            yield Fault(f"/permissions/{index}", "permission_missing", detail)
    if by.mode == "test" and mode == "live":
        yield Fault("/type", "test_key", "Your own is a test key; it makes and changes test keys only.")
    if by.connection_ids is None:
        return
    if connection_ids is None:
        detail = "Your own key is limited to some connections, and this one is not."
        yield Fault("/connection_ids", "connection_not_allowed", detail)
    elif not by.connection_ids.issuperset(connection_ids):
        detail = "Your own key may not use all of these."
        yield Fault("/connection_ids", "connection_not_allowed", detail)


def _opened(by: Caller, permission: str) -> list[str]:
    """What `by` must hold to give the permission: of a person, every action that it opens to a program, in
    the organization too."""
    actions = [action.name for action in ACTIONS if action.key == permission]
    return actions if by.kind == "user" and actions else [permission]


def outliving(by: Caller, expires_at: datetime | None) -> Iterator[Fault]:
    """That a key which ends then, or never, would outlive `by`."""
    if by.expires_at is not None and (expires_at is None or expires_at > by.expires_at):
        detail = f"Your own key expires at {by.expires_at.isoformat()}; this one must not outlive it."
        yield Fault("/expires_at", "outlives_maker", detail)
