"""What a network would refuse, told when the post is scheduled or changed and not when it is due."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from uuid import UUID

import orjson
from sqlalchemy import select

from lamplighter.domain.drafts import DraftMedia, DraftSegment, Violation, violations
from lamplighter.domain.networks import NETWORKS
from lamplighter.domain.renditions import Part, Rendition
from lamplighter.postgres.models import Content, Media, PlatformConnection
from lamplighter.postgres.session import Transaction
from lamplighter.problems import DomainError, Fault, Kind
from lamplighter.services.renditions import rendition_of

type _Images = Mapping[str, Media]


def check(tx: Transaction, content: Content, connections: Sequence[PlatformConnection]) -> None:
    """Raise with one fault per rule that the content breaks on a connection, counted in that network's own
    unit; it points at the connection."""
    _refuse(
        Fault(
            f"/connection_ids/{index}",
            found.code,
            f"{connections[index].platform}, {found.field}: {found.message}",
        )
        for index, found in _broken(tx, content, connections)
    )


def check_change(tx: Transaction, content: Content, connections: Sequence[PlatformConnection]) -> None:
    """The same for content that changes while it waits to go out: a fault points into the content, and says
    once what is wrong with it on several accounts of a network."""
    faults = (
        Fault(_place(content, connections[index].platform, found.field), found.code, found.message)
        for index, found in _broken(tx, content, connections)
    )
    _refuse(dict.fromkeys(faults))


def _refuse(faults: Iterator[Fault] | Collection[Fault]) -> None:
    told = list(faults)
    if told:
        detail = "The content does not fit every network it is meant for."
        raise DomainError(Kind.INVALID, "content_does_not_fit", detail, told)


def _place(content: Content, platform: str, field: str) -> str:
    """Where in the content stands what a network gets as this field."""
    own = content.adapted_versions.get(platform)
    is_adapted = own is not None and (
        field == "text" or (field.startswith("segments/") and own.get("segments") is not None)
    )
    return f"/adapted_versions/{platform}/{field}" if is_adapted else f"/{field}"


def _broken(
    tx: Transaction, content: Content, connections: Sequence[PlatformConnection]
) -> Iterator[tuple[int, Violation]]:
    """Each rule that is broken, with the index of the connection. Accounts with the same limits are measured
    once: counting a long thread takes its time."""
    renditions = {each.platform: rendition_of(content, each.platform) for each in connections}
    images = _images(tx, content.workspace_id, renditions.values())
    measured: dict[tuple[str, bytes], list[Violation]] = {}
    for index, connection in enumerate(connections):
        limited = (connection.platform, orjson.dumps(connection.limits, option=orjson.OPT_SORT_KEYS))
        if limited not in measured:
            measured[limited] = _violations(renditions[connection.platform], connection, images)
        yield from ((index, found) for found in measured[limited])


def _violations(post: Rendition, connection: PlatformConnection, images: _Images) -> list[Violation]:
    first, *following = post.parts
    segments = [DraftSegment(part.kind, part.text, _media(part, images)) for part in following]
    network = NETWORKS[connection.platform]
    return violations(network, first.text, _media(first, images), connection.limits, segments)


def _media(part: Part, images: _Images) -> list[DraftMedia]:
    return [_image(images[use["media_id"]], use["alt"]) for use in part.media]


def _image(row: Media, alt: str) -> DraftMedia:
    return DraftMedia(
        mime=row.mime or "",
        byte_size=row.byte_size or 0,
        alt=alt,
        width=row.width or 0,
        height=row.height or 0,
    )


def _images(tx: Transaction, workspace_id: UUID, renditions: Collection[Rendition]) -> _Images:
    ids = {UUID(use["media_id"]) for post in renditions for part in post.parts for use in part.media}
    if not ids:
        return {}
    statement = select(Media).where(Media.workspace_id == workspace_id, Media.id.in_(ids))
    return {str(row.id): row for row in tx.session.scalars(statement)}
