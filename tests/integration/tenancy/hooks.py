"""What tenants have of webhooks."""

from typing import TYPE_CHECKING

from lamplighter.postgres.session import transaction
from tests import factories

if TYPE_CHECKING:
    from tests.integration.tenancy.tenants import Tenant

URL = "https://93.184.215.14/hooks"
"""An address that needs no look-up. Nothing is sent there."""


def webhook(tenant: "Tenant", path: str) -> str:
    """An endpoint, disabled where it is to be enabled."""
    body = {"url": URL, "events": ["*"], "description": f"Hook {tenant.mark}"}
    return tenant.made("/webhooks", body | {"enabled": not path.endswith("/enable")})


def delivery(tenant: "Tenant", _path: str) -> str:
    """A test of the endpoint that was made last."""
    query = "SELECT id FROM webhooks WHERE workspace_id = %s ORDER BY id DESC LIMIT 1"
    [(webhook_id,)] = tenant.behind.execute(query, [tenant.first.workspace_id]).fetchall()
    return tenant.made(f"/webhooks/{webhook_id}/test", None)


def campaign(tenant: "Tenant", _path: str) -> str:
    """A campaign of theirs, which no route makes yet."""
    with transaction(tenant.first.workspace_id) as tx:
        return str(factories.make_campaign(tx.session, name=f"Campaign {tenant.mark}").id)


MAKERS = {"webhook_id": webhook, "delivery_id": delivery, "campaign_id": campaign}
"""By the name of a parameter."""
