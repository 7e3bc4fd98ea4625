"""What a request is for: how long it may take and how much it may bring back."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Purpose:
    """Caps of one request."""

    seconds: float
    """For everything: resolving the name, connecting, sending, and the last byte of the answer."""
    max_bytes: int
    """Of the body, on the wire and after decoding."""
    cut: bool = False
    """For callers that need the status alone: a longer body is cut (`Response.truncated`), none decoded."""

    def up_to(self, max_bytes: int) -> "Purpose":
        """The same with another size: a caller's quota."""
        return replace(self, max_bytes=max_bytes)


# Whoever calls has a function's time and no more: tests/architecture/test_time.py adds these up.
CONNECT = Purpose(seconds=7, max_bytes=2_000_000)
"""Opening an account while a person waits, or refreshing its tokens."""
LOOKUP = Purpose(seconds=5, max_bytes=2_000_000)
"""A read on the side, which may simply be done again."""
API = Purpose(seconds=15, max_bytes=2_000_000)
"""The call that posts, or deletes."""
MEDIA = Purpose(seconds=25, max_bytes=10_000_000)
"""The uploads of a post, all of them."""
WEBHOOK = Purpose(seconds=15, max_bytes=20_000, cut=True)
