"""The networks and their limits: data, so that a draft is checked without importing a connector."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import Enum
from typing import Any, Final

from lamplighter.domain.counting import Unit


class Settling(Enum):
    """How it is found out what became of a post whose answer was lost: the five classes of network."""

    DETERMINISTIC_KEY = "A"
    """The key of the record is ours: the same record may be put again and again."""
    IDEMPOTENCY_KEY = "B"
    """The network remembers our key for a while and answers a repeat with the first post."""
    CONTAINER = "C"
    """What is posted has an id of its own before it is posted, whose state can be read."""
    READ_BACK = "D"
    """Own recent posts can be listed and compared."""
    NOTHING = "E"
    """No key and no way to look: a person decides."""


@dataclass(frozen=True, slots=True)
class TextLimit:
    """How long a text may be."""

    maximum: int
    unit: Unit
    max_bytes: int | None = None
    """A second limit, in UTF-8 bytes, where the network has one."""
    link_length: int = 0
    """What a link weighs, whatever its length, where `unit` gives it a fixed weight."""


@dataclass(frozen=True, slots=True)
class ImageLimit:
    """What images a post may carry. None: the network names no limit."""

    max_count: int
    max_bytes: int
    mimes: frozenset[str]
    max_alt: int | None = None
    """Of the description, in code points."""
    max_pixels: int | None = None


@dataclass(frozen=True, slots=True)
class Budget:
    """How many posts an account may make in any stretch of `per`."""

    posts: int
    per: timedelta


@dataclass(frozen=True, slots=True)
class Network:
    """One network. `key` is its name in the database and the API, `name` is for people."""

    key: str
    name: str
    settling: Settling
    text: TextLimit
    images: ImageLimit
    announces_limits: bool = False
    """Whether each server has limits of its own: then only an account says how much fits."""
    key_window: timedelta | None = None
    """How long an IDEMPOTENCY_KEY network remembers a key; None: for ever."""
    threads: bool = False
    """Whether a post can go on in replies to itself."""
    comments: bool = False
    """Whether a comment can be put under a post."""
    edits: bool = False
    """Whether a published post's text can be changed."""
    removes: bool = True
    """Whether a published post can be taken back."""
    budget: Budget | None = None
    """What the network lets an account post; None: so much that nobody reaches it."""
    lane: int = 0
    """The queue its posts wait in (vocabulary.LANES): 1 for networks that are slow by nature."""


_PHOTOS: Final = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})

SANDBOX: Final = Network(
    key="sandbox",
    name="the sandbox",
    settling=Settling.IDEMPOTENCY_KEY,
    text=TextLimit(10_000, Unit.CODE_POINTS),
    images=ImageLimit(max_count=10, max_bytes=4 * 1024 * 1024, mimes=_PHOTOS, max_alt=2_000),
    threads=True,
    comments=True,
    edits=True,
)

# app.bsky.feed.post and app.bsky.embed.images of the lexicons, August 2026
BLUESKY: Final = Network(
    key="bluesky",
    name="Bluesky",
    settling=Settling.DETERMINISTIC_KEY,
    text=TextLimit(300, Unit.GRAPHEMES, max_bytes=3_000),
    images=ImageLimit(max_count=4, max_bytes=2_000_000, mimes=_PHOTOS | {"image/avif", "image/heic"}),
    threads=True,
    comments=True,
)

# Mastodon's defaults; what the instance announced when the account was connected outranks them.
MASTODON: Final = Network(
    key="mastodon",
    name="Mastodon",
    settling=Settling.IDEMPOTENCY_KEY,
    text=TextLimit(500, Unit.MASTODON, link_length=23),
    images=ImageLimit(
        max_count=4,
        max_bytes=16 * 1024 * 1024,
        mimes=_PHOTOS | {"image/avif", "image/heic", "image/heif"},
        max_alt=1_500,
        max_pixels=33_177_600,
    ),
    announces_limits=True,
    key_window=timedelta(hours=1),
    threads=True,
    comments=True,
    edits=True,
    budget=Budget(300, timedelta(hours=3)),
)

NETWORKS: Final[Mapping[str, Network]] = {each.key: each for each in (SANDBOX, BLUESKY, MASTODON)}
PLATFORMS: Final = tuple(NETWORKS)


def with_announced(network: Network, limits: Mapping[str, Any]) -> Network:
    """The network with the limits that the account's own server announced.

    Known keys: text_max, link_length, image_count, image_bytes, image_mimes, image_pixels, alt_max.
    """
    text, images = network.text, network.images
    return replace(
        network,
        text=replace(
            text,
            maximum=limits.get("text_max", text.maximum),
            link_length=limits.get("link_length", text.link_length),
        ),
        images=replace(
            images,
            max_count=limits.get("image_count", images.max_count),
            max_bytes=limits.get("image_bytes", images.max_bytes),
            mimes=frozenset(limits.get("image_mimes", images.mimes)),
            max_alt=limits.get("alt_max", images.max_alt),
            max_pixels=limits.get("image_pixels", images.max_pixels),
        ),
    )
