"""What a tenant has on its calendar."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.integration.tenancy.tenants import Tenant


def on_the_calendar(tenant: "Tenant") -> str:
    """A publication of tomorrow: the calendar shows the days to come."""
    publication_id = tenant.make("publication_id")
    later = "UPDATE publications SET scheduled_at = now() + interval '1 day' WHERE id = %s"
    tenant.behind.execute(later, [publication_id])
    return publication_id


def feed(tenant: "Tenant") -> str:
    """A feed of all of it."""
    return tenant.made("/calendar/feeds", {"name": tenant.mark})
