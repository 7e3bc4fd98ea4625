"""What a network would refuse about a draft, found before it is sent."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lamplighter.domain.counting import count, utf8_bytes
from lamplighter.domain.networks import ImageLimit, Network, TextLimit, with_announced

UNSUPPORTED = frozenset({"thread_unsupported", "comments_unsupported"})
"""Codes of what a network does not know at all, whatever the account."""
_FAR = 20
_ROOM = 10_000
"""A text of more code points than so many times the limit, and room for long links, is not counted: no author
is near the limit with it."""


@dataclass(frozen=True, slots=True)
class DraftMedia:
    """One image of a draft. Width and height are pixels, 0 where they are not known yet."""

    mime: str
    byte_size: int
    alt: str = ""
    width: int = 0
    height: int = 0


@dataclass(frozen=True, slots=True)
class DraftSegment:
    """What a draft goes on with. `kind`: thread or comment."""

    kind: str
    text: str
    media: Sequence[DraftMedia] = ()


@dataclass(frozen=True, slots=True)
class Violation:
    """One rule that a draft breaks. `field` is a path into the draft: text, media, media/0, media/0/alt, and
    the same of a segment: segments/0, segments/0/text."""

    code: str
    message: str
    """What is wrong and how to mend it, for the author."""
    field: str
    actual: int | str | None = None
    limit: int | None = None
    unit: str | None = None


def violations(
    network: Network,
    text: str,
    media: Sequence[DraftMedia],
    limits: Mapping[str, Any],
    segments: Sequence[DraftSegment] = (),
) -> list[Violation]:
    """Every rule of the network that the draft breaks. `limits`: what the account's own server announced."""
    ruled = with_announced(network, limits)
    return [
        *_of_part(ruled, text, media, ""),
        *(
            found
            for index, segment in enumerate(segments)
            for found in _of_segment(ruled, segment, f"segments/{index}")
        ),
    ]


def _of_segment(ruled: Network, segment: DraftSegment, field: str) -> Iterator[Violation]:
    takes, code, word = {
        "thread": (ruled.threads, "thread_unsupported", "threads"),
        "comment": (ruled.comments, "comments_unsupported", "comments"),
    }[segment.kind]
    if takes:
        ruled = ruled.of_comments if segment.kind == "comment" else ruled
        yield from _of_part(ruled, segment.text, segment.media, f"{field}/")
    else:
        message = f"{ruled.name} takes no {word}: give it an adapted version with other segments, or none."
        yield Violation(code, message, field)


def _of_part(ruled: Network, text: str, media: Sequence[DraftMedia], at: str) -> Iterator[Violation]:
    """What is wrong with one post of those that a draft becomes; its fields lie below `at`."""
    if not text.strip() and not media:
        yield Violation("empty", "Write a text or add an image.", f"{at}text")
        return
    limit = ruled.caption if media and ruled.caption else ruled.text
    yield from _of_text(ruled.name, limit, text, f"{at}text")
    yield from _of_count(ruled.name, ruled.images, media, f"{at}media")
    for index, image in enumerate(media):
        yield from _of_image(ruled.name, ruled.images, image, f"{at}media/{index}")


def _of_text(name: str, limit: TextLimit, text: str, field: str) -> Iterator[Violation]:
    unit = limit.unit.value
    if len(text) > _FAR * limit.maximum + _ROOM:
        message = (
            f"The text has {len(text)} characters, {name} takes {limit.maximum} {unit}: "
            f"it is far too long to be counted, shorten it first."
        )
        yield Violation("text_too_long", message, field, len(text), limit.maximum, "characters")
        return
    length = count(limit.unit, text, limit.link_length)
    if length > limit.maximum:
        message = (
            f"The text has {length} {unit}, {name} takes {limit.maximum}: "
            f"shorten it by {length - limit.maximum}."
        )
        yield Violation("text_too_long", message, field, length, limit.maximum, unit)
    size = utf8_bytes(text)
    if limit.max_bytes is not None and size > limit.max_bytes:
        message = f"The text is {size} bytes as UTF-8, {name} takes {limit.max_bytes}: shorten it."
        yield Violation("text_too_many_bytes", message, field, size, limit.max_bytes, "bytes")


def _of_count(name: str, limit: ImageLimit, media: Sequence[DraftMedia], field: str) -> Iterator[Violation]:
    if len(media) > limit.max_count:
        message = (
            f"There are {len(media)} images, {name} takes {limit.max_count}: "
            f"remove {len(media) - limit.max_count}."
        )
        yield Violation("too_many_images", message, field, len(media), limit.max_count, "images")


def _of_image(name: str, limit: ImageLimit, image: DraftMedia, field: str) -> Iterator[Violation]:
    if image.mime not in limit.mimes:
        accepted = ", ".join(sorted(mime.removeprefix("image/") for mime in limit.mimes))
        message = (
            f"{name} does not take {image.mime or 'this kind of file'}: convert it to one of {accepted}."
        )
        yield Violation("image_type", message, field, image.mime)
    if image.byte_size > limit.max_bytes:
        message = f"The image has {image.byte_size} bytes, {name} takes {limit.max_bytes}: make it smaller."
        yield Violation("image_too_large", message, field, image.byte_size, limit.max_bytes, "bytes")
    pixels = image.width * image.height
    if limit.max_pixels is not None and pixels > limit.max_pixels:
        message = f"The image has {pixels} pixels, {name} takes {limit.max_pixels}: scale it down."
        yield Violation("image_too_many_pixels", message, field, pixels, limit.max_pixels, "pixels")
    length = len(image.alt)
    if limit.max_alt is not None and length > limit.max_alt:
        message = (
            f"The description has {length} characters, {name} takes {limit.max_alt}: "
            f"shorten it by {length - limit.max_alt}."
        )
        yield Violation("alt_too_long", message, f"{field}/alt", length, limit.max_alt, "characters")
