"""Tokens of the sandbox network, sbx_<seed>_<signature>: a deployment takes only what it issued itself."""

import hmac
import re

_SIGNATURE_LENGTH = 32  # hexadecimal digits: 128 bits
_SHAPE = re.compile(rf"sbx_([0-9A-Za-z-]{{1,64}})_[0-9a-f]{{{_SIGNATURE_LENGTH}}}")


def signed(seed: str, key: str) -> str:
    """The token that `seed` (up to 64 letters, digits and dashes) stands for under the deployment's key."""
    signature = hmac.digest(key.encode(), seed.encode(), "sha256").hex()
    return f"sbx_{seed}_{signature[:_SIGNATURE_LENGTH]}"


def is_genuine(token: str, key: str) -> bool:
    """Whether the deployment with this key issued the token."""
    shape = _SHAPE.fullmatch(token)
    return shape is not None and hmac.compare_digest(token, signed(shape[1], key))
