"""Signatures of what receivers are sent, as Standard Webhooks 1.0 has them."""

import base64
import hmac
from collections.abc import Sequence

PREFIX = "whsec_"


def key_of(secret: str) -> bytes:
    """The bytes that sign, out of `whsec_` and their base64; raises ValueError."""
    return base64.b64decode(secret.removeprefix(PREFIX), validate=True)


def secret_of(key: bytes) -> str:
    """How a key is shown to its owner."""
    return PREFIX + base64.b64encode(key).decode()


def signatures(keys: Sequence[bytes], message_id: str, timestamp: int, body: bytes) -> str:
    """The value of `webhook-signature`: one signature for each key, so that receivers may know either."""
    signed = b"%b.%d.%b" % (message_id.encode(), timestamp, body)
    made = (base64.b64encode(hmac.digest(key, signed, "sha256")).decode() for key in keys)
    return " ".join(f"v1,{signature}" for signature in made)
