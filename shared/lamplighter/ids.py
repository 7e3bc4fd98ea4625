"""Identifiers: UUIDv7, made by the application."""

from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """A UUIDv7 (RFC 9562): sorts by the time it was made, so that primary keys grow at one end."""
    return uuid7()
