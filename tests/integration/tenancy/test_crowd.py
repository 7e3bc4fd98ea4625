"""Fifty tenants in turn on five connections: no answer and no row of one holds anything of another's."""

import os
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest

from tests.integration.http import TEMPLATE
from tests.integration.tenancy import crowd
from tests.integration.tenancy.conftest import New
from tests.integration.tenancy.crowd import Report, Seat, Share, seat_of

TENANTS, CONNECTIONS = 50, 5
REQUESTS = int(os.environ.get("CROWD_REQUESTS", "1000"))
"""`make crowd` asks 10,000 times."""


def together(seats: Sequence[Seat], requests: int, *, unfiltered: bool = False) -> list[Report]:
    """What each of some processes saw, each with the one connection that a sandbox has."""
    each, environment = requests // CONNECTIONS, dict(os.environ)
    shares = [Share(seed, each, seats, environment, unfiltered) for seed in range(CONNECTIONS)]
    context = get_context("forkserver")  # it imports what all of them need, once
    handlers = [f"functions.{function.name}.handler" for function in TEMPLATE.functions() if function.routes]
    context.set_forkserver_preload([crowd.__name__, *handlers])
    with pytest.MonkeyPatch.context() as patched, ProcessPoolExecutor(CONNECTIONS, context) as processes:
        patched.setenv("PYTHONPATH", os.pathsep.join(sys.path))  # or else its imports fail silently
        return list(processes.map(crowd.served, shares))


def test_no_tenant_is_shown_anything_of_anothers(new: New):
    tenants = [new() for _ in range(TENANTS)]
    reports = together([seat_of(tenant) for tenant in tenants], REQUESTS)
    assert [leak for report in reports for leak in report.leaks] == []
    assert [odd for report in reports for odd in report.odd] == []
    assert sum(len(report.statuses) for report in reports) == REQUESTS
    assert len({pid for report in reports for pid in report.connections}) == CONNECTIONS
    for tenant in tenants:
        query = "SELECT original_text FROM content WHERE workspace_id = %s"
        texts = tenant.behind.execute(query, [tenant.first.workspace_id]).fetchall()
        assert all(tenant.mark in words for (words,) in texts)


def test_the_same_finds_leaks_where_neither_policies_nor_filters_are(new_in_the_open: New):
    reports = together([seat_of(new_in_the_open()) for _ in range(3)], 100, unfiltered=True)
    assert [leak for report in reports for leak in report.leaks] != []
