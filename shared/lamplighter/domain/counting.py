"""How long a text is, in the unit of each network."""

from collections.abc import Callable, Mapping
from enum import Enum

from lamplighter.domain.richtext import accounts, links, without_overlaps


class Unit(Enum):
    """What a network counts."""

    GRAPHEMES = "graphemes"
    UTF8_BYTES = "bytes"
    CODE_POINTS = "characters"
    UTF16_UNITS = "UTF-16 units"
    MASTODON = "characters as Mastodon counts them"
    THREADS = "characters as Threads counts them"


def graphemes(text: str) -> int:
    """What a reader takes for one character: extended grapheme clusters (Unicode Annex 29)."""
    import regex  # type: ignore[import-untyped]  # noqa: PLC0415  # it ships no types, and is slow to import

    return len(regex.findall(r"\X", text))


def utf8_bytes(text: str) -> int:
    """The length as UTF-8."""
    return len(text.encode())


def utf16_units(text: str) -> int:
    """The length in UTF-16 code units: two for all beyond the Basic Multilingual Plane."""
    return len(text.encode("utf-16-le")) // 2


def mastodon_characters(text: str, link_length: int) -> int:
    """Graphemes of the text with every link as long as `link_length` and every mention without its domain."""
    parts: list[str] = []
    position = 0
    for found in without_overlaps([*links(text), *accounts(text)]):
        shown = "x" * link_length if found.kind == "link" else "@" + found.value.partition("@")[0]
        parts += [text[position : found.start], shown]
        position = found.end
    return graphemes("".join([*parts, text[position:]]))


def threads_characters(text: str) -> int:
    """Characters, of which an emoji counts as many as its UTF-8 has bytes."""
    import regex  # noqa: PLC0415  # slow to import

    emoji = regex.compile(r"\p{Extended_Pictographic}|\p{Regional_Indicator}|[\uFE0F\u20E3]")
    if emoji.search(text) is None:
        return len(text)
    clusters = regex.findall(r"\X", text)
    return sum(utf8_bytes(each) if emoji.search(each) else len(each) for each in clusters)


_PLAIN: Mapping[Unit, Callable[[str], int]] = {
    Unit.GRAPHEMES: graphemes,
    Unit.UTF8_BYTES: utf8_bytes,
    Unit.CODE_POINTS: len,
    Unit.UTF16_UNITS: utf16_units,
    Unit.THREADS: threads_characters,
}


def count(unit: Unit, text: str, link_length: int) -> int:
    """The length of a text. `link_length`: what a link weighs in a unit that gives links a fixed weight."""
    if unit is Unit.MASTODON:
        return mastodon_characters(text, link_length)
    return _PLAIN[unit](text)
