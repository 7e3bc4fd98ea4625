"""Calls about webhooks get an address on this machine, and lead to a delivery that there is."""

import os
from collections.abc import Callable, Mapping

from tests.fuzz.calls import Call

ADDRESS = os.environ["FUZZ_HOOK"]
"""The stack's own, which answers 404."""
WEBHOOK, DELIVERY = os.environ["FUZZ_DELIVERY"].split()


def address(call: Call) -> None:
    """No name of somebody else's is looked up."""
    body = call.case.body
    given = body.get("url") if isinstance(body, dict) else None
    if isinstance(given, str) and (call.fits or given.lstrip().lower().startswith("http")):
        call.case.body = {**body, "url": ADDRESS}


def period(call: Call) -> None:
    """One of the past."""
    call.fill(since="2026-01-01T00:00:00Z", until="2026-01-02T00:00:00Z")


def lead(call: Call) -> None:
    call.lead("webhook_id", WEBHOOK)
    call.lead("delivery_id", DELIVERY)


ENDPOINTS: Mapping[str, Callable[[Call], None]] = {
    **dict.fromkeys(("create_webhook", "update_webhook"), address),
    "replay_webhook": period,
    **dict.fromkeys(("get_webhook_delivery", "retry_webhook_delivery"), lead),
}
"""By operation."""
