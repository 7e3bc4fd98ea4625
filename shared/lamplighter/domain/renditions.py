"""What one account gets of a piece of content: its segments, and the hashes that tell if they changed."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from unicodedata import normalize
from uuid import UUID, uuid5


@dataclass(frozen=True, slots=True)
class Part:
    """One segment as content holds it. `kind`: post (the first), thread or comment. `media`: uses of media,
    {"media_id", "alt"} each."""

    kind: str
    text: str
    media: tuple[Mapping[str, str], ...]


@dataclass(frozen=True, slots=True)
class Rendition:
    """What is posted on one network, part after part."""

    parts: tuple[Part, ...]
    language: str | None

    @property
    def digest(self) -> str:
        """Of every byte that could make a difference: another digest is another post."""
        return _hashed([[[p.kind, p.text, _uses(p.media)] for p in self.parts], self.language])

    @property
    def digests(self) -> tuple[str, ...]:
        """The same of each part by itself."""
        return tuple(_hashed([p.kind, p.text, _uses(p.media), self.language]) for p in self.parts)

    @property
    def fingerprint(self) -> str:
        """The same for posts that readers would take for the same: case, spacing and descriptions aside."""
        return _hashed(
            [
                [" ".join(normalize("NFKC", p.text).casefold().split()), [use["media_id"] for use in p.media]]
                for p in self.parts
            ]
        )


def rendition(
    platform: str,
    *,
    text: str,
    media: Sequence[Mapping[str, str]],
    segments: Sequence[Mapping[str, Any]],
    adapted: Mapping[str, Any],
    language: str | None,
) -> Rendition:
    """The content as `platform` gets it: the words adapted to it where there are some, else the original's.
    An adapted version may bring segments of its own; without them the original's follow."""
    own = adapted.get(platform) or {}
    following = own.get("segments")
    parts = [Part("post", own["text"] if own else text, tuple(media))]
    parts += [
        Part(each["kind"], each["text"], tuple(each.get("media") or ()))
        for each in (segments if following is None else following)
    ]
    return Rendition(tuple(parts), language)


def approval_hash(
    *,
    text: str,
    media: Sequence[Mapping[str, str]],
    segments: Sequence[Mapping[str, Any]],
    adapted: Mapping[str, Any],
    language: str | None,
    connections: Sequence[UUID],
    scheduled_at: datetime,
) -> str:
    """What an approval is bound to: whatever of this changes, it is asked for again."""
    targets = sorted(str(connection) for connection in connections)
    when = scheduled_at.astimezone(UTC).isoformat()
    return _hashed([text, _uses(media), list(segments), dict(adapted), language, targets, when])


def intent_of(row_id: UUID, segment: int) -> UUID:
    """The id under which a segment of a platform row is posted, whoever tries it how often."""
    return row_id if segment == 0 else uuid5(row_id, str(segment))


def _uses(media: Sequence[Mapping[str, str]]) -> list[list[str]]:
    return [[use["media_id"], use.get("alt", "")] for use in media]


def _hashed(value: Any) -> str:
    return sha256(json.dumps(value, sort_keys=True, separators=(",", ":"), default=dict).encode()).hexdigest()
