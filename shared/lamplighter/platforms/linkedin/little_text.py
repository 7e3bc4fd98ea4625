"""LinkedIn's "little text": what is not escaped in it cuts the rest of the post off without a word."""

import re
from typing import Final
from unicodedata import normalize

from lamplighter.domain.richtext import tags

_RESERVED: Final = re.compile(r"[\\<>#~_|\[\]*(){}@]")
_ELEMENT: Final = re.compile(
    r"\\(?P<escaped>.)"
    r"|\{hashtag\|\\?[#\uFF03]\|(?P<tag>(?:[^\\{}|]|\\.)*)\}"
    r"|@\[(?P<name>(?:[^\\\]]|\\.)*)\]\([^)]*\)",
    re.DOTALL,
)


def to_little_text(text: str) -> str:
    """The text as it is to be read, hashtags as links."""
    parts: list[str] = []
    position = 0
    for tag in tags(text):
        parts += [_escaped(text[position : tag.start]), "{hashtag|\\#|" + _escaped(tag.value) + "}"]
        position = tag.end
    return "".join([*parts, _escaped(text[position:])])


def to_plain(little: str) -> str:
    """What readers see of a little text."""
    return _ELEMENT.sub(_shown, little)


def likeness(text: str) -> str:
    """The same for texts that differ in spacing, case and compatible forms only."""
    return " ".join(normalize("NFKC", text).casefold().split())


def _shown(element: re.Match[str]) -> str:
    if element["escaped"] is not None:
        return element["escaped"]
    return to_plain(f"#{element['tag']}" if element["tag"] is not None else element["name"])


def _escaped(text: str) -> str:
    return _RESERVED.sub(lambda found: "\\" + found[0], text)
