"""The images of a post, uploaded one after the other: some servers show them in that order."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from lamplighter.domain.outcomes import NotSent, Outcome
from lamplighter.egress import MEDIA, Purpose
from lamplighter.egress.deadline import Deadline
from lamplighter.platforms.base import Media


def uploaded_in_turn[Reference](
    upload: Callable[[Media, Purpose], Reference | Outcome], images: Sequence[Media]
) -> list[Reference] | Outcome:
    """What the network calls each image, or the first outcome that is none. All share the time of MEDIA."""
    deadline = Deadline.after(MEDIA.seconds)
    references: list[Reference] = []
    for image in images:
        try:
            purpose = replace(MEDIA, seconds=deadline.left())
        except TimeoutError:
            return NotSent("upload_slow", f"The images were not uploaded within {MEDIA.seconds:g} s.")
        result = upload(image, purpose)
        if isinstance(result, Outcome):
            return result
        references.append(result)
    return references
