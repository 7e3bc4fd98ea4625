"""A real Bluesky server (PDS) on loopback, started empty each time."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from infra.local import ports
from infra.local.node import NodeServer, NoServerError, Say

__all__ = ["NoServerError", "running"]

PORT = 2583
SERVER = NodeServer("a Bluesky server", Path(__file__).parent, built=("better-sqlite3",))


@contextmanager
def running(home: Path, say: Say) -> Iterator[dict[str, Any]]:
    """A PDS with two accounts while the block runs: url, identifier, app_password, did, friend, friend_did.

    The same stands in `home`/account.json.
    """
    arguments = [str(_port()), str(ports.free()), str(home / "data")]
    with SERVER.running(home, arguments, say, {"LOG_ENABLED": "false"}) as facts:
        account = home / "account.json"
        account.touch(mode=0o600)
        account.write_text(json.dumps(facts))
        yield facts


def _port() -> int:
    """The usual one if nobody has it."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", PORT))
        except OSError:
            return ports.free()
    return PORT
