"""Peers for the connectors, which outgoing HTTP may reach although they are local."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import pytest

from lamplighter import egress
from lamplighter.settings import settings
from tests.integration.platforms.wire import Answer, Peer, Request

type Script = Callable[[Request], Answer]


@pytest.fixture
def may_reach(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Opens outgoing HTTP to one more local address."""
    allowed: list[str] = []

    def allow(url: str) -> None:
        allowed.append(url.removeprefix("http://"))
        monkeypatch.setenv("EGRESS_ALLOW", ",".join(allowed))
        settings.cache_clear()

    monkeypatch.delenv("SANDBOX_URL", raising=False)
    settings.cache_clear()
    yield allow
    egress.close_idle()
    monkeypatch.undo()
    settings.cache_clear()


@pytest.fixture
def serve(may_reach: Callable[[str], None]) -> Iterator[Callable[[Script], Peer]]:
    """Starts peers that answer as scripted."""
    with ExitStack() as running:

        def start(script: Script) -> Peer:
            peer = running.enter_context(Peer(script).running())
            may_reach(peer.url)
            return peer

        yield start


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls that give up after half a second."""
    original = egress.request

    def request(*args: Any, purpose: egress.Purpose, **named: Any) -> egress.Response:
        return original(*args, purpose=replace(purpose, seconds=0.5), **named)

    monkeypatch.setattr(egress, "request", request)
