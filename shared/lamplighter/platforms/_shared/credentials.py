"""What a person types in to open an account."""

from collections.abc import Mapping

from lamplighter.platforms.base import ConnectFailed


def required(fields: Mapping[str, str], *names: str) -> list[str]:
    """The named fields, without spaces around them; raises ConnectFailed unless they are what was given."""
    values = [fields.get(name, "").strip() for name in names]
    if not all(values) or set(fields) - set(names):
        message = f"This network is opened with {' and '.join(names)}, and nothing else."
        raise ConnectFailed("credentials_incomplete", message)
    return values
