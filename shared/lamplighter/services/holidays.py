"""Public holidays of countries, out of the `holidays` library, which is loaded when somebody asks."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING

from lamplighter.problems import invalid

if TYPE_CHECKING:
    from holidays import HolidayBase

_CODE = re.compile(r"([A-Z]{2})(?:-([A-Za-z0-9]{1,3}))?", re.ASCII)
FIRST_YEAR, LAST_YEAR = 1973, 2100


@dataclass(frozen=True, slots=True)
class Holiday:
    """A day off: in a country (ISO 3166-1) or in one of its parts (ISO 3166-2), by its name there."""

    date: date
    country: str
    subdivision: str | None
    name: str


def between(codes: Sequence[str], first: date, last: date, pointer: str = "") -> list[Holiday]:
    """The holidays of countries ("DE") and of parts of them ("DE-BY") from the first to the last day, in
    order. Invalid at `pointer`, naming each, where codes are unknown."""
    unknown = [code for code in codes if not _is_known(code)]
    if unknown:
        detail = f"Unknown: {', '.join(unknown)}. Give ISO 3166 codes of countries or of their parts, such as"
        raise invalid(pointer, "unknown_country", f"{detail} DE or DE-BY.")
    found = (each for code in codes for each in _of(code, first, last))
    return sorted(found, key=lambda each: (each.date, each.country, each.subdivision or "", each.name))


def _of(code: str, first: date, last: date) -> Iterator[Holiday]:
    country, _, part = code.partition("-")
    for year in range(max(first.year, FIRST_YEAR), min(last.year, LAST_YEAR) + 1):
        for day, name in _year(country, part or None, year):
            if first <= day <= last:
                yield Holiday(day, country, code if part else None, name)


@lru_cache(maxsize=500)
def _year(country: str, part: str | None, year: int) -> tuple[tuple[date, str], ...]:
    return tuple(sorted(_calendar(country, part, year).items()))


def _calendar(country: str, part: str | None, year: int | None = None) -> "HolidayBase":
    from holidays import country_holidays  # noqa: PLC0415  # some hundred modules, for the few who ask

    # Without a language the library takes the process's, which Lambda sets to American English.
    own = country_holidays(country).default_language
    return country_holidays(country, subdiv=part, years=year, language=own)


def _is_known(code: str) -> bool:
    match = _CODE.fullmatch(code)
    if match is None:
        return False
    try:
        _calendar(match[1], match[2])
    except NotImplementedError:
        return False
    return True
