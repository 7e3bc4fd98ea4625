"""Images that a network fetches itself, from an address of ours that works for a while."""

from collections.abc import Sequence

from lamplighter.domain.outcomes import Rejected
from lamplighter.platforms.base import Media


def addresses(images: Sequence[Media]) -> list[str] | Rejected:
    """Where each image can be fetched; Rejected where one cannot."""
    found = [image.url for image in images if image.url]
    if len(found) == len(images):
        return found
    return Rejected("media_not_public", "The network fetches images itself, and one has no address for that.")
