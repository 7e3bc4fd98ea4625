"""What every type of schedule comes to: which days, at which minutes, in which periods."""

from collections.abc import Iterable
from typing import NamedTuple

from lamplighter.domain.recurrence.days import Days, Every


class Pattern(NamedTuple):
    """The fields of a `Rule` of the same names."""

    days: Days
    every: Every
    times: tuple[int, ...] = ()
    positions: tuple[int, ...] = ()
    step: int = 0
    unit: int = 1
    minutes: int = 0


def mask(numbers: Iterable[int]) -> int:
    """The positive ones as bits."""
    return sum(1 << number for number in set(numbers) if number > 0)


def mask_from_end(numbers: Iterable[int]) -> int:
    """The negative ones as bits: bit 1 is the last."""
    return mask(-number for number in numbers)


def minutes_of_day(hours: Iterable[int], minutes: Iterable[int]) -> tuple[int, ...]:
    """Each of the hours with each of the minutes, ascending."""
    each = sorted(set(minutes))
    return tuple(hour * 60 + minute for hour in sorted(set(hours)) for minute in each)


def day_mask(hours: Iterable[int], minutes: Iterable[int]) -> int:
    """The same as bits."""
    of_hour = sum(1 << minute for minute in set(minutes))
    return sum(of_hour << hour * 60 for hour in set(hours))
