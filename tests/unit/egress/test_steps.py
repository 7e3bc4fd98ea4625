"""Many exchanges in one thread."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from lamplighter.egress.steps import READABLE, Steps, Wait, alone, together


@contextmanager
def pipe() -> Iterator[tuple[int, int]]:
    ends = os.pipe()
    try:
        yield ends
    finally:
        for end in ends:
            os.close(end)


def for_ever() -> float:
    return time.monotonic() + 60


def test_what_each_comes_to_is_in_their_order() -> None:
    with pipe() as (one, wakes_one), pipe() as (two, wakes_two):

        def first() -> Steps[str]:
            yield Wait(one, READABLE, for_ever())
            return "first"

        def second() -> Steps[str]:
            os.write(wakes_two, b"x")
            yield Wait(two, READABLE, for_ever())
            os.write(wakes_one, b"x")
            return "second"

        def third() -> Steps[str]:
            yield from ()
            return "third"

        assert together([first(), second(), third()], 3) == ["first", "second", "third"]
    assert together([], 3) == []


def test_no_more_than_so_many_are_under_way_and_each_is_begun_only_then() -> None:
    under_way = most = begun = 0

    def one(end: int) -> Steps[int]:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        yield Wait(end, READABLE, time.monotonic() + 0.01)
        under_way -= 1
        return end

    with pipe() as a, pipe() as b, pipe() as c:
        ends = [a[0], b[0], c[0]] * 4

        def coming() -> Iterator[Steps[int]]:
            nonlocal begun
            for end in ends:
                begun += 1
                assert begun - under_way <= len(ends)
                yield one(end)

        assert together(coming(), 2) == ends
    assert most == 2


def test_a_moment_ends_a_wait_that_nothing_else_ends() -> None:
    with pipe() as (end, _):

        def waiting() -> Steps[float]:
            began = time.monotonic()
            yield Wait(end, READABLE, began + 0.05)
            return time.monotonic() - began

        assert 0.05 <= alone(waiting()) < 1


def test_an_exception_of_one_closes_all() -> None:
    closed = []

    def waiting(end: int) -> Steps[None]:
        try:
            yield Wait(end, READABLE, for_ever())
        finally:
            closed.append(end)

    def failing() -> Steps[None]:
        yield from ()
        raise ZeroDivisionError

    with pipe() as (one, _), pipe() as (two, _):
        with pytest.raises(ZeroDivisionError):
            together([waiting(one), waiting(two), failing()], 3)
        assert closed == [one, two]
