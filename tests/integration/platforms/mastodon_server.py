"""A server of Mastodon's API that nobody here wrote (mastodon_mock), and the faults that it can be given."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

import pytest

from lamplighter.ids import new_id
from lamplighter.platforms import mastodon
from lamplighter.platforms.base import Account, Json, Media, Post

TOKEN = {"access_token": "mock_token"}


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """Its address, while the block runs."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    program = str(Path(sys.executable).with_name("mastodon_mock"))
    process = subprocess.Popen(
        [program, "serve", "--in-memory", "--host", "127.0.0.1", "--port", str(port)],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(url, process)
        yield url
    finally:
        process.terminate()
        process.wait(10)


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        try:
            urlopen(f"{url}/api/v2/instance", timeout=5).close()  # noqa: S310  # this machine
        except (URLError, ConnectionError):
            time.sleep(0.1)
        else:
            return
    pytest.fail("mastodon_mock did not start")


class Faults:
    """The server's own switches: what the next calls of a kind meet, in the order they were given."""

    def __init__(self, url: str) -> None:
        self.url = url

    def __call__(
        self,
        effect: str,
        status: int = 0,
        *,
        headers: Json | None = None,
        method: str = "POST",
        path: str = "/api/v1/statuses",
        count: int = 1,
    ) -> None:
        rule: Json = {"match": {"methods": [method], "path": path}, "count": count}
        rule["effect"] = {"type": effect, "status": status, "headers": headers or {}}
        self._control("POST", rule)

    def clear(self) -> None:
        """None any more."""
        self._control("DELETE")

    def _control(self, method: str, body: Any = None) -> None:
        data = None if body is None else json.dumps(body).encode()
        kind = {"Content-Type": "application/json"}
        request = Request(f"{self.url}/api/v1/_mock/faults", data, kind, method=method)  # noqa: S310
        urlopen(request, timeout=5).close()  # noqa: S310  # this machine


def post(text: str, *media: Media, **more: Any) -> Post:
    return Post(new_id(), datetime.now(UTC), text, media, "en", **more)


def prepared(account: Account, wanted: Post) -> Json:
    frozen = mastodon.prepare(account, wanted, None)
    assert isinstance(frozen, dict)
    return frozen


def armed(frozen: Json, **ago: float) -> Json:
    """The same as if it had been prepared some time ago."""
    return {**frozen, "armed_at": (datetime.now(UTC) - timedelta(**ago)).isoformat()}


def status(account: Account, status_id: str) -> Json:
    """A status as the server shows it."""
    request = Request(  # noqa: S310  # this machine
        f"{account.base_url}/api/v1/statuses/{status_id}",
        headers={"Authorization": f"Bearer {account.credentials.access_token}"},
    )
    with urlopen(request, timeout=5) as answer:  # noqa: S310  # this machine
        shown: Json = json.load(answer)
    return shown
