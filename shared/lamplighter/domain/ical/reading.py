"""Calendar files as they come: components and their properties (RFC 5545, 3.1 to 3.6), read leniently and in
time that grows with the file alone."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from lamplighter.domain.ical.windows import ZONES

MOST_EVENTS = 100
"""Each is a post with all that belongs to it, and who waits for the answer waits half a minute at most."""
_DEEPEST = 10
_LINE = re.compile(
    r"(?P<name>[A-Za-z0-9-]+)"
    r"(?P<parameters>(?:;[A-Za-z0-9-]+=(?:\"[^\"]*\"|[^\";:,]*)(?:,(?:\"[^\"]*\"|[^\";:,]*))*)*)"
    r":(?P<value>.*)",
    re.DOTALL,
)
_PARAMETER = re.compile(r";([A-Za-z0-9-]+)=(\"[^\"]*\"|[^\";:,]*)")
_ESCAPE = re.compile(r"\\([\\;,nN])")
_TIME = re.compile(r"(\d{8})(?:T(\d{6})(Z)?)?", re.ASCII)
_SHAPE = "%Y%m%d%H%M%S"
_SEGMENTS = 3
"""Of a zone's name at the end of such as /citadel.org/20240101_1/America/Argentina/Salta."""


class UnreadableError(ValueError):
    """What is no calendar, or too much of one. `line`: where that shows."""

    def __init__(self, code: str, detail: str, line: int) -> None:
        super().__init__(detail)
        self.code, self.detail, self.line = code, detail, line


@dataclass(frozen=True, slots=True)
class Property:
    """A property of a component: its parameters by their names, its value as it stands."""

    value: str
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Component:
    """A component, and in which line it begins."""

    name: str
    line: int
    properties: dict[str, list[Property]] = field(default_factory=dict)

    def all(self, name: str) -> Sequence[Property]:
        """Every property of the name."""
        return self.properties.get(name, ())

    def first(self, name: str) -> Property | None:
        """The first of them."""
        return next(iter(self.all(name)), None)

    def text(self, name: str) -> str:
        """The first one's value as a text."""
        found = self.first(name)
        return "" if found is None else _ESCAPE.sub(_unescaped, found.value).strip()


@dataclass(frozen=True, slots=True)
class Moment:
    """A DATE or a DATE-TIME. `local` is None for a DATE; `zone`: "UTC", the name that the file has, or None
    for a floating time."""

    day: date
    local: datetime | None
    zone: str | None


def components(text: str) -> list[Component]:
    """Events, to-dos, journals and zones of the file, in their order; UnreadableError where it is none."""
    found: list[Component] = []
    stack: list[Component] = []
    seen = False
    for number, line in _unfolded(text):
        match = _LINE.fullmatch(line)
        if match is None:
            continue  # no property: a calendar program would pass it over as well
        name, value = match["name"].upper(), match["value"]
        if name == "BEGIN":
            stack.append(_begun(stack, value, number))
            seen = seen or value.strip().upper() == "VCALENDAR"
            if len(stack) == 2:  # noqa: PLR2004  # right in the calendar
                found.append(stack[-1])
        elif name == "END" and stack:
            stack.pop()
        elif len(stack) == 2:  # noqa: PLR2004  # as above: not an alarm in it
            _add(stack[-1], name, match["parameters"], value)
    if not seen:
        raise UnreadableError("not_a_calendar", "This is no calendar file: BEGIN:VCALENDAR is missing.", 1)
    if sum(each.name != "VTIMEZONE" for each in found) > MOST_EVENTS:
        detail = f"The file has more than {MOST_EVENTS} events: import it in parts."
        raise UnreadableError("too_many_events", detail, found[-1].line)
    return found


def moments(given: Property) -> Iterator[Moment]:
    """The times of a property, of which some hold a list; UnreadableError for what is none."""
    for value in given.value.split(","):
        match = _TIME.fullmatch(value.strip())
        try:
            local = datetime.strptime(match[1] + (match[2] or "000000"), _SHAPE) if match else None  # noqa: DTZ007
        except ValueError:
            local = None
        if match is None or local is None:
            raise UnreadableError("invalid_time", f"{value[:40]!r} is no date and no time.", 0)
        zone = "UTC" if match[3] else given.parameters.get("TZID")
        yield Moment(local.date(), local if match[2] else None, zone)


def zone_names(name: str, zones: Mapping[str, str]) -> Iterator[str]:
    """Names by which the zone data may know a zone that a file names: as it is, what Windows calls so, the
    end of a path, or where the file says that it is (X-LIC-LOCATION, by TZID in `zones`)."""
    if name in ("Z", "GMT", "Etc/UTC"):
        yield "UTC"
    yield name
    if name in ZONES:
        yield ZONES[name]
    parts = name.strip("/").split("/")
    yield from ("/".join(parts[-length:]) for length in range(_SEGMENTS, 0, -1))
    if name in zones:
        yield zones[name]


def instant_of(moment: Moment) -> datetime | None:
    """Its instant, if it is in UTC."""
    return moment.local.replace(tzinfo=UTC) if moment.local is not None and moment.zone == "UTC" else None


def _unfolded(text: str) -> Iterator[tuple[int, str]]:
    """Lines put together again, each with the number of its first."""
    parts: list[str] = []
    first = 1
    for number, line in enumerate(re.split(r"\r\n|\n|\r", text.removeprefix("\ufeff")), start=1):
        if line.startswith((" ", "\t")) and parts:
            parts.append(line[1:])
            continue
        if parts:
            yield first, "".join(parts)
        first, parts = number, [line] if line else []
    if parts:
        yield first, "".join(parts)


def _begun(stack: Sequence[Component], name: str, line: int) -> Component:
    if len(stack) == _DEEPEST:
        raise UnreadableError("too_deep", "Components are nested too deeply.", line)
    return Component(name.strip().upper()[:40], line)


def _add(component: Component, name: str, parameters: str, value: str) -> None:
    said = {key.upper(): text.strip('"') for key, text in _PARAMETER.findall(parameters)}
    component.properties.setdefault(name, []).append(Property(value, said))


def _unescaped(match: re.Match[str]) -> str:
    return "\n" if match[1] in "nN" else match[1]
