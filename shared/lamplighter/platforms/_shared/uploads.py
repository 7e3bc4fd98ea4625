"""The images of a post, uploaded one after the other: some servers show them in that order."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from lamplighter.domain.outcomes import NotSent, Outcome, RateLimited, Waiting
from lamplighter.egress import MEDIA, Purpose
from lamplighter.egress.deadline import Deadline
from lamplighter.platforms.base import Json, Media

_SHORTLY = 5.0


@dataclass(frozen=True, slots=True)
class Uploads[Reference]:
    """What the network calls the images that it took, in their order, and why it did not take them all."""

    done: list[Reference]
    problem: Outcome | None = None


def uploaded_in_turn[Reference](
    upload: Callable[[Media, Purpose], Reference | Outcome], images: Sequence[Media]
) -> Uploads[Reference]:
    """Upload until the first problem. All share the time of MEDIA."""
    deadline = Deadline.after(MEDIA.seconds)
    done: list[Reference] = []
    for image in images:
        try:
            purpose = replace(MEDIA, seconds=deadline.left())
        except TimeoutError:
            slow = NotSent("upload_slow", f"The images were not uploaded within {MEDIA.seconds:g} s.")
            return Uploads(done, slow)
        result = upload(image, purpose)
        if isinstance(result, Outcome):
            return Uploads(done, result)
        done.append(result)
    return Uploads(done)


def gone_on_with(kept: Json, problem: Outcome) -> Waiting | Outcome:
    """A problem that was met after some of the images were taken: they are kept, and the others follow."""
    match problem:
        case NotSent(_, message, wait) | RateLimited(message, wait):
            return Waiting(kept, wait or _SHORTLY, message)
        case _:
            return problem
