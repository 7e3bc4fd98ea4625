"""The one way out to addresses that users give: checked, pinned to what was checked, capped."""

from lamplighter.egress.errors import Interrupted, NotSent, Refused
from lamplighter.egress.guarded import Destination, check, close_idle, destination, exchange, request
from lamplighter.egress.purposes import API, CONNECT, LOOKUP, MEDIA, WEBHOOK, Purpose
from lamplighter.egress.response import Response
from lamplighter.egress.steps import Steps, alone, together

__all__ = [
    "API",
    "CONNECT",
    "LOOKUP",
    "MEDIA",
    "WEBHOOK",
    "Destination",
    "Interrupted",
    "NotSent",
    "Purpose",
    "Refused",
    "Response",
    "Steps",
    "alone",
    "check",
    "close_idle",
    "destination",
    "exchange",
    "request",
    "together",
]
