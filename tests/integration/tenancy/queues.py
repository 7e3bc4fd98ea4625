"""What tenants have of queues."""

from collections.abc import Callable
from typing import Any, Protocol


class Maker(Protocol):
    """A tenant, as far as this needs it."""

    @property
    def made(self) -> Callable[[str, Any], str]: ...


def plan(tenant: Maker, connection_id: str) -> tuple[str, str]:
    """The account, and the slot plan that it has from now on; it may have one at most."""
    weekly = {"connection_id": connection_id, "timezone": "UTC", "weekly": {"mo": ["09:00"]}}
    return connection_id, tenant.made("/slot-plans", weekly)
