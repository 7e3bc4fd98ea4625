"""The exceptions of development and tests: local servers that outgoing requests may reach."""

import os
from functools import lru_cache

from lamplighter.settings import settings


def allowed() -> frozenset[tuple[str, int]]:
    """The pairs of EGRESS_ALLOW; RuntimeError in Lambda, where nothing may open private addresses."""
    text = settings().egress_allow
    if text and os.environ.get("AWS_EXECUTION_ENV", "").startswith("AWS_Lambda"):
        message = "EGRESS_ALLOW must be empty in Lambda: it opens private addresses"
        raise RuntimeError(message)
    return _pairs(text)


@lru_cache(maxsize=8)
def _pairs(text: str) -> frozenset[tuple[str, int]]:
    """("localhost", 3777) and ("::1", 2583) out of "localhost:3777,[::1]:2583"."""
    pairs = set()
    for entry in filter(None, (part.strip() for part in text.split(","))):
        host, _, port = entry.rpartition(":")
        if not host or not (port.isascii() and port.isdigit()):
            message = f"EGRESS_ALLOW must hold host:port pairs, not {entry!r}"
            raise ValueError(message)
        pairs.add((host.strip("[]").lower(), int(port)))
    return frozenset(pairs)
