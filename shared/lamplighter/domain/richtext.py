"""Links, mentions and tags in a text, each with where it stands in the text and in its UTF-8 bytes."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

# One grammar of addresses for all networks: it finds none longer than what Mastodon's server takes for one.
# Labels and hosts are bounded as in RFC 1035; unbounded ones took time that grew with the square of the text.
_LABEL = r"[\p{L}\p{N}](?:[\p{L}\p{N}\p{M}_-]{0,61}[\p{L}\p{N}\p{M}])?"
_TOP_LABEL = r"(?:xn--[a-z0-9-]{0,58}[a-z0-9]|\p{L}[\p{L}\p{M}]{1,62})"
_HOST = rf"(?P<host>(?:{_LABEL}\.){{1,126}}{_TOP_LABEL})(?![\p{{L}}\p{{N}}@+-])"
_LONGEST_HOST = 253
# Space, invisible characters, quotes, and the brackets and punctuation of scripts that write no spaces.
_STOPS = r"\s\p{C}\p{Pi}\p{Pf}<>\"\u201E\u3001\u3002\u3008-\u3011\uFF01\uFF08\uFF09\uFF0C\uFF1A\uFF1B\uFF1F"
_INSIDE = rf"[^{_STOPS}()?]"
_PARENTHESES = rf"\((?:{_INSIDE}++|{_INSIDE}*+\({_INSIDE}++\){_INSIDE}*+)\)"
_PATH_END = rf"[^{_STOPS}()?!*';:=,.$%\[\]~&|@\u2026]"
_QUERY_END = r"[\p{L}\p{N}\p{M}_&=#/-]"
_LINK = (
    rf"(?i)(?<![a-z0-9@\uFF20$#\uFF03])https?://{_HOST}(?::\d{{1,5}})?"
    rf"(?:/(?:(?:{_INSIDE}|{_PARENTHESES})*(?:{_PATH_END}|{_PARENTHESES}))?)?"
    rf"(?:\?(?:{_INSIDE}|{_PARENTHESES})*(?:{_QUERY_END}|{_PARENTHESES}))?"
)

# https://atproto.com/specs/handle
_HANDLE_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HANDLE = (
    rf"(?i)(?<![\p{{L}}\p{{N}}\p{{M}}_@./=-])@((?:{_HANDLE_LABEL}\.){{1,126}}[a-z](?:[a-z0-9-]{{0,61}}[a-z0-9])?)"
    r"(?![\p{L}\p{N}_@-])"
)

# As Mastodon's server reads them.
_WORD = r"[\p{L}\p{M}\p{N}_]"
_ACCOUNT = rf"(?i)(?<![=/]|{_WORD})@([a-z0-9_]+(?:[.-]+[a-z0-9_]+)*(?:@{_WORD}+(?:[.-]+{_WORD}+)*)?)"

_TAG_PART = rf"[\p{{L}}\p{{N}}_]{_WORD}*"
_TAG = rf"(?<![&/#\uFF03@]|{_WORD})[#\uFF03]({_TAG_PART}(?:[-.'\u2019\u00B7]{_TAG_PART})*)"
_LETTER = r"\p{L}"

type Kind = Literal["link", "mention", "tag"]
type Match = tuple[tuple[int, int], str]


@dataclass(frozen=True, slots=True)
class Found:
    """One link, mention or tag: where it stands in code points, and in bytes of UTF-8; ends are exclusive."""

    kind: Kind
    value: str
    """The URL, the handle without its @, the tag without its #."""
    start: int
    end: int
    byte_start: int
    byte_end: int


def links(text: str) -> list[Found]:
    """http and https addresses of public hosts, without the punctuation of the sentence around them."""
    found = _compiled(_LINK).finditer(text)
    return _measured("link", text, ((m.span(), m[0]) for m in found if len(m["host"]) <= _LONGEST_HOST))


def handles(text: str) -> list[Found]:
    """Mentions as Bluesky writes them: @name.example.com."""
    found = ((m.span(), m[1]) for m in _compiled(_HANDLE).finditer(text) if len(m[1]) <= _LONGEST_HOST)
    return _measured("mention", text, found)


def accounts(text: str) -> list[Found]:
    """Mentions as the fediverse writes them: @name or @name@example.com."""
    return _measured("mention", text, ((m.span(), m[1]) for m in _compiled(_ACCOUNT).finditer(text)))


def tags(text: str) -> list[Found]:
    """Hashtags of any script; a number alone is none. Parts may be joined: #COVID-19, #node.js."""
    return _measured(
        "tag",
        text,
        ((m.span(), m[1]) for m in _compiled(_TAG).finditer(text) if _compiled(_LETTER).search(m[1])),
    )


def without_overlaps(found: Iterable[Found]) -> list[Found]:
    """In the order of the text; of two that overlap, the one that begins first, else the longer one."""
    kept: list[Found] = []
    for each in sorted(found, key=lambda one: (one.start, -one.end)):
        if not kept or each.start >= kept[-1].end:
            kept.append(each)
    return kept


@cache
def _compiled(pattern: str) -> Any:
    import regex  # type: ignore[import-untyped]  # noqa: PLC0415  # it ships no types, and is slow to import

    return regex.compile(pattern)


def _measured(kind: Kind, text: str, matches: Iterable[Match]) -> list[Found]:
    found: list[Found] = []
    position = byte_position = 0
    for (start, end), value in matches:
        byte_start = byte_position + len(text[position:start].encode())
        byte_position = byte_start + len(text[start:end].encode())
        position = end
        found.append(Found(kind, value, start, end, byte_start, byte_position))
    return found
