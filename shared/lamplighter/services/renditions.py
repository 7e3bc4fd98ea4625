"""What a network gets of a piece of content, out of its row."""

from lamplighter.domain.renditions import Rendition, rendition
from lamplighter.postgres.models import Content


def rendition_of(content: Content, platform: str) -> Rendition:
    """The content's segments as they are now, in the words for this network."""
    return rendition(
        platform,
        text=content.original_text,
        media=content.media,
        segments=content.segments,
        adapted=content.adapted_versions,
        language=content.language,
    )
