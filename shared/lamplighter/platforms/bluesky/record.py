"""A post as the record that is stored for it: pure."""

from collections.abc import Mapping, Sequence
from datetime import UTC

from lamplighter.domain.counting import graphemes, utf8_bytes
from lamplighter.domain.richtext import Found, handles, links, tags, without_overlaps
from lamplighter.platforms._shared.storable import identifier
from lamplighter.platforms.base import Json, Media, Post

COLLECTION = "app.bsky.feed.post"

# app.bsky.richtext.facet#tag
_LONGEST_TAG = 64
_LONGEST_TAG_BYTES = 640


def mentioned(text: str) -> list[str]:
    """The handles in a text, each once."""
    return list(dict.fromkeys(found.value for found in handles(text)))


def to_record(post: Post, dids: Mapping[str, str], images: Sequence[Json], reply: Json | None = None) -> Json:
    """The record of a post. `dids`: the accounts behind the handles that could be resolved."""
    at = post.intent_at.astimezone(UTC).isoformat(timespec="milliseconds")
    record: Json = {"$type": COLLECTION, "text": post.text, "createdAt": at.replace("+00:00", "Z")}
    if reply:
        record["reply"] = reply
    if post.language:
        record["langs"] = [post.language]
    if facets := to_facets(post.text, dids):
        record["facets"] = facets
    if images:
        record["embed"] = {"$type": "app.bsky.embed.images", "images": list(images)}
    return record


def to_facets(text: str, dids: Mapping[str, str]) -> list[Json]:
    """Links, mentions and tags as facets, without which they are plain text; offsets are bytes of UTF-8."""
    mentions = [found for found in handles(text) if found.value in dids]
    short = [found for found in tags(text) if _is_short(found.value)]
    return [
        {
            "$type": "app.bsky.richtext.facet",
            "index": {"byteStart": found.byte_start, "byteEnd": found.byte_end},
            "features": [_feature(found, dids)],
        }
        for found in without_overlaps([*links(text), *mentions, *short])
    ]


def to_blob(said: object) -> Json | None:
    """The reference that a server gave to uploaded bytes; None where it is none."""
    blob = said if isinstance(said, dict) else {}
    ref, mime, size = blob.get("ref"), identifier(blob.get("mimeType")), blob.get("size")
    link = identifier(ref.get("$link")) if isinstance(ref, dict) else None
    if blob.get("$type") != "blob" or link is None or mime is None or type(size) is not int:
        return None
    return {"$type": "blob", "ref": {"$link": link}, "mimeType": mime, "size": size}


def to_image(media: Media, blob: Json) -> Json:
    """An uploaded image as the embed shows it; `blob` refers to its bytes."""
    size = {"width": media.width, "height": media.height}
    return {"alt": media.alt, "image": blob, "aspectRatio": size}


def _feature(found: Found, dids: Mapping[str, str]) -> Json:
    if found.kind == "link":
        return {"$type": "app.bsky.richtext.facet#link", "uri": found.value}
    if found.kind == "mention":
        return {"$type": "app.bsky.richtext.facet#mention", "did": dids[found.value]}
    return {"$type": "app.bsky.richtext.facet#tag", "tag": found.value}


def _is_short(tag: str) -> bool:
    return graphemes(tag) <= _LONGEST_TAG and utf8_bytes(tag) <= _LONGEST_TAG_BYTES
