"""Which port of loopback each part of the stack listens on."""

import socket
from collections.abc import Callable, Mapping

DEFAULTS = {
    "gateway": 8700,
    "aws": 8701,
    "secrets": 8702,
    "clickhouse": 8703,
    "postgres": 8704,
    "mailbox": 8705,
}
"""LAMPLIGHTER_GATEWAY_PORT=8080 and the like in the environment say otherwise."""


def fixed(environ: Mapping[str, str], ours: Mapping[str, int], say: Callable[[str], None]) -> dict[str, int]:
    """The usual ports, or those the environment names. A taken one gives way to a free one, with a word.

    `ours` are those that a killed run of this very stack may still hold, and that its next start takes over.
    """
    ports = {}
    for name, default in DEFAULTS.items():
        wanted = int(environ.get(f"LAMPLIGHTER_{name.upper()}_PORT") or default)
        if wanted != ours.get(name) and not _is_free(wanted):
            ports[name] = free()
            say(f"port {wanted} is taken: {name} is on {ports[name]}")
        else:
            ports[name] = wanted
    return ports


def all_free() -> dict[str, int]:
    """Any free ports, for tests."""
    return {name: free() for name in DEFAULTS}


def free() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(
            socket.SOL_SOCKET, socket.SO_REUSEADDR, 1
        )  # what only lingers after a close is no obstacle
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
