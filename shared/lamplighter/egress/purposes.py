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


API = Purpose(seconds=20, max_bytes=2_000_000)
WEBHOOK = Purpose(seconds=15, max_bytes=20_000, cut=True)
MEDIA = Purpose(seconds=60, max_bytes=10_000_000)
