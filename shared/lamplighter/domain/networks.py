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
    comment_text: TextLimit | None = None
    """How long a comment may be, and that it takes no images; None: it is a post like any other."""
    caption: TextLimit | None = None
    """How long a text may be that goes with images; None: as long as any."""
    fetches_media: bool = False
    """Whether it fetches images itself, from an address that everyone can reach."""
    edits: bool = False
    """Whether a published post's text can be changed."""
    removes: bool = True
    """Whether a published post can be taken back."""
    refuses_duplicates: bool = False
    """Whether it refuses a text that the account has posted of late."""
    budget: Budget | None = None
    """What the network lets an account post; None: so much that nobody reaches it."""
    lane: int = 0
    """The queue its posts wait in (vocabulary.LANES): 1 for networks that are slow by nature."""

    @property
    def of_comments(self) -> "Network":
        """The network as it is to comments."""
        if self.comment_text is None:
            return self
        return replace(self, text=self.comment_text, images=replace(self.images, max_count=0))


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

# developers.facebook.com/documentation/threads, April 2026
THREADS: Final = Network(
    key="threads",
    name="Threads",
    settling=Settling.CONTAINER,
    text=TextLimit(500, Unit.THREADS),
    images=ImageLimit(
        max_count=20, max_bytes=8 * 1024 * 1024, mimes=frozenset({"image/jpeg", "image/png"}), max_alt=1_000
    ),
    threads=True,
    comments=True,
    fetches_media=True,
    budget=Budget(250, timedelta(hours=24)),
    lane=1,
)

# learn.microsoft.com/linkedin/marketing/community-management, 202607. It documents no limit of an image's
# bytes, and not what it counts in a text: UTF-16 is the strictest of what it may be.
LINKEDIN: Final = Network(
    key="linkedin",
    name="LinkedIn",
    settling=Settling.READ_BACK,
    text=TextLimit(3_000, Unit.UTF16_UNITS),
    images=ImageLimit(
        max_count=20,
        max_bytes=20_000_000,
        mimes=frozenset({"image/jpeg", "image/png", "image/gif"}),
        max_alt=4_085,
        max_pixels=36_152_320,
    ),
    comments=True,
    comment_text=TextLimit(1_250, Unit.UTF16_UNITS),
    edits=True,
    refuses_duplicates=True,
)

# core.telegram.org/bots/api. Images are fetched by their address, for which the limit is 5 MB; width and
# height may be 10,000 together. Descriptions are not shown there.
TELEGRAM: Final = Network(
    key="telegram",
    name="Telegram",
    settling=Settling.NOTHING,
    text=TextLimit(4_096, Unit.UTF16_UNITS),
    caption=TextLimit(1_024, Unit.UTF16_UNITS),
    images=ImageLimit(
        max_count=10,
        max_bytes=5_000_000,
        mimes=frozenset({"image/jpeg", "image/png"}),
        max_pixels=25_000_000,
    ),
    threads=True,
    comments=True,
    edits=True,
    fetches_media=True,
)

NETWORKS: Final[Mapping[str, Network]] = {
    each.key: each for each in (SANDBOX, BLUESKY, MASTODON, THREADS, LINKEDIN, TELEGRAM)
}
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
