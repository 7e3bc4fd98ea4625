"""The runtime's end of the zygotes: asks them for sandboxes, and starts others should they die."""

import contextlib
import socket
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from infra.local import children, frames


class Forking:
    """Starts the first zygote at once, in the background: its imports take seconds."""

    def __init__(self, import_roots: Sequence[str]) -> None:
        self._roots = list(import_roots)
        self._lock = threading.Lock()
        self._with_code: socket.socket | None = None
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
                self.close()
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
        if self._with_code is not None:
            self._with_code.close()
            self._with_code = None
        self._control.close()
        self._process.wait()

    def _launch(self) -> None:
        self._control, theirs = socket.socketpair()
        with theirs:
            self._process = children.launch("zygote", str(theirs.fileno()), pass_fds=[theirs.fileno()])

    def _sandbox(self, settings: Mapping[str, Any]) -> tuple[int, socket.socket]:
        if self._with_code is None:
            _, self._with_code = _forked(self._control, {"import_roots": self._roots})
        return _forked(self._with_code, {"import_roots": self._roots, **settings})


def _forked(control: socket.socket, settings: Mapping[str, Any]) -> tuple[int, socket.socket]:
    ours, theirs = socket.socketpair()
    with theirs:
        frames.send(control, settings, theirs.fileno())
    answer = frames.receive(control)
    if answer is None:
        ours.close()
        message = "the process that others are forked from is gone"
        raise ConnectionError(message)
    return answer["pid"], ours
