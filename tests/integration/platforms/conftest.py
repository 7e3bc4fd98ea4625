"""Peers for the connectors, which outgoing HTTP may reach although they are local."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import pytest

from lamplighter import egress
from lamplighter.platforms import mastodon
from lamplighter.platforms.base import Account
from lamplighter.settings import settings
from tests.integration.platforms import mastodon_server
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


@pytest.fixture(scope="session")
def mastodon_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server that nobody here wrote."""
    with mastodon_server.running(tmp_path_factory.mktemp("mastodon")) as url:
        yield url


@pytest.fixture
def mastodon_faults(mastodon_url: str) -> Iterator[mastodon_server.Faults]:
    """What it can be told to do wrong; nothing of it outlasts the test."""
    faults = mastodon_server.Faults(mastodon_url)
    yield faults
    faults.clear()


@pytest.fixture
def mastodon_account(mastodon_url: str, may_reach: Callable[[str], None]) -> Account:
    """An account there."""
    may_reach(mastodon_url)
    return mastodon.connect(mastodon_url, mastodon_server.TOKEN)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls that give up after half a second."""
    original = egress.request

    def request(*args: Any, purpose: egress.Purpose, **named: Any) -> egress.Response:
        return original(*args, purpose=replace(purpose, seconds=0.5), **named)

    monkeypatch.setattr(egress, "request", request)
