"""The runtime's end of the zygotes: asks them for sandboxes, and starts others should they die."""

import contextlib
import socket
import subprocess
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from infra.local import children, frames

PRELOADED = (
    "aws_lambda_powertools.event_handler",
    "aws_lambda_powertools.utilities.batch",
    "boto3",
    "cryptography.hazmat.primitives.ciphers.aead",
    "orjson",
    "psycopg",
    "pydantic",
    "sqlalchemy.dialects.postgresql.psycopg",
    "sqlalchemy.orm",
    "urllib3",
)
"""What functions import and what costs most: 2 s together, in each sandbox but for this."""


END_SECONDS = 0.3


class Forking:
    """Starts the first zygote at once, in the background: its imports take seconds."""

    def __init__(self, import_roots: Sequence[str], preloaded: Sequence[str] = PRELOADED) -> None:
        self._roots = list(import_roots)
        self._preloaded = preloaded
        self._lock = threading.Lock()
        self._with_code: socket.socket | None = None
        self._closed = False
        self._launch()

    @property
    def pid(self) -> int:
        """The first zygote's process id."""
        return self._process.pid

    def start(self, settings: Mapping[str, Any]) -> tuple[int, socket.socket]:
        """A new sandbox: its process id and the channel to it. Waits while zygotes are still importing."""
        with self._lock:
            try:
                return self._sandbox(settings)
            except ConnectionError:
                if self._closed:
                    raise
                self._end()
                self._launch()
                return self._sandbox(settings)

    def reload(self) -> None:
        """Sandboxes that start from now on have the code as it is now on disk."""
        with self._lock:
            if self._with_code is not None:
                with self._with_code, contextlib.suppress(ConnectionError):
                    frames.send(self._with_code, {"retire": True})
                self._with_code = None

    def close(self) -> None:
        """End the zygotes, and with them every sandbox that they made."""
        with self._lock:
            self._closed = True
            self._end()

    def _end(self) -> None:
        if self._with_code is not None:
            self._with_code.close()
            self._with_code = None
        self._control.close()
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:  # in the middle of its imports
            self._process.kill()
            self._process.wait()

    def _launch(self) -> None:
        self._control, theirs = socket.socketpair()
        with theirs:
            number = theirs.fileno()
            self._process = children.launch("zygote", str(number), *self._preloaded, pass_fds=[number])

    def _sandbox(self, settings: Mapping[str, Any]) -> tuple[int, socket.socket]:
        if self._closed:
            message = "no more sandboxes are made"
            raise ConnectionError(message)
        if self._with_code is None:
            _, self._with_code = _forked(self._control, {"import_roots": self._roots})
        return _forked(self._with_code, {"import_roots": self._roots, **settings})


def _forked(control: socket.socket, settings: Mapping[str, Any]) -> tuple[int, socket.socket]:
    ours, theirs = socket.socketpair()
    try:
        with theirs:
            frames.send(control, settings, theirs.fileno())
        answer = frames.receive(control)
    except ConnectionError:
        ours.close()
        raise
    if answer is None:
        ours.close()
        message = "the process that others are forked from is gone"
        raise ConnectionError(message)
    return answer["pid"], ours
