"""`make webhook-listen`: what is delivered to it, and what it shows and answers."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from infra.local import listen
from infra.local.loopback import LoopbackServer
from lamplighter.settings import settings
from tests.integration.publishing.conftest import Desk
from tests.integration.webhooks.conftest import SECRET, Switchboard


@dataclass
class Shown:
    """A listener that runs, and its lines."""

    server: LoopbackServer
    lines: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}/"


@contextmanager
def listening(monkeypatch: pytest.MonkeyPatch, **more: Any) -> Iterator[Shown]:
    """One on a free port, which the stack may reach as the page says."""
    lines: list[str] = []
    server = listen.server(listen.Listener(write=lines.append, **{"secret": SECRET, **more}), 0)
    server.serve_in_background()
    shown = Shown(server, lines)
    known, address = settings().egress_allow, shown.url.removeprefix("http://").strip("/")
    monkeypatch.setenv("EGRESS_ALLOW", f"{known},{address}" if known else address)
    settings.cache_clear()
    try:
        yield shown
    finally:
        server.close()


def test_it_shows_what_happened(board: Switchboard, desk: Desk, monkeypatch: pytest.MonkeyPatch):
    with listening(monkeypatch) as shown:
        webhook_id = board.endpoint(shown.url, events=["publication.published"])
        made = desk.publication().json
        desk.work(desk.woken())
        board.settle()
        [delivery] = board.deliveries(webhook_id)
    [line] = shown.lines
    assert delivery.status == "delivered"
    for part in (
        "publication.published",
        f"msg_{delivery.event_id}",
        "#2",
        "published  sandbox http",
        made["id"],
    ):
        assert part in line
    assert "\033" not in line


@pytest.mark.parametrize(("more", "said"), [({}, "No matching"), ({"secret": None}, "not verified")])
def test_it_says_what_does_not_verify(
    board: Switchboard, monkeypatch: pytest.MonkeyPatch, more: dict[str, Any], said: str
):
    secret = {"secret": "whsec_" + "b3RoZXI=", **more}
    with listening(monkeypatch, in_colour=True, **secret) as shown:
        webhook_id = board.endpoint(shown.url)
        board.happens()
        board.settle()
        [delivery] = board.deliveries(webhook_id)
    [line] = shown.lines
    assert said in line
    assert ("\033[31" in line, delivery.response_status) == ((True, 400) if not more else (False, 200))


def test_it_answers_with_errors_and_late(
    board: Switchboard, monkeypatch: pytest.MonkeyPatch, patience: Callable[[float], None]
):
    patience(0.5)
    with listening(monkeypatch, status=500) as failing, listening(monkeypatch, slow=1.0) as slow:
        ids = [board.endpoint(each.url) for each in (failing, slow)]
        board.happens()
        board.settle()
        found = [board.deliveries(each)[0] for each in ids]
    assert [(each.response_status, each.error_code) for each in found] == [
        (500, "bad_status"),
        (None, "timeout"),
    ]
    assert len(failing.lines) == len(slow.lines) == 1


def test_what_is_no_event_moves_no_cursor():
    lines: list[str] = []
    listener = listen.Listener(None, lines.append)
    assert listener.hear({}, b"\x1b[2J\x07 {") == 200
    hostile = '{"type": "\x1b[2J", "id": "x\\u001b[1A", "sequence": 1, "data": {"a": "\\u001b]0;"}}'
    assert listener.hear({}, hostile.encode()) == 200
    assert "\x1b" not in "".join(lines)


@pytest.mark.parametrize("secret", ["hello", "whsec_hello", "whsec_"])
def test_it_does_not_begin_with_what_is_no_secret(
    secret: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("WEBHOOK_SECRET", secret)
    assert listen.main(["--port", "0"]) == 1
    assert "whsec_..." in capsys.readouterr().err


def test_it_says_that_its_port_is_taken(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.delenv("WEBHOOK_SECRET", raising=False)
    taken = listen.server(listen.Listener(None, print), 0)
    try:
        port = taken.server_address[1]
        assert listen.main(["--port", str(port)]) == 1
    finally:
        taken.server_close()
    assert f"Port {port} cannot be had" in capsys.readouterr().err
