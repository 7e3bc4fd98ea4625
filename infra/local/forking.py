"""The runtime's end of the zygote: asks it for sandboxes, and starts another one should it die."""

import socket
import threading
from collections.abc import Mapping
from typing import Any

from infra.local import children, frames


class Forking:
    """Starts the zygote at once, in the background: its imports take seconds."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._launch()

    @property
    def pid(self) -> int:
        """The zygote's process id."""
        return self._process.pid

    def start(self, settings: Mapping[str, Any]) -> tuple[int, socket.socket]:
        """A new sandbox: its process id and the channel to it. Waits while the zygote is still importing."""
        with self._lock:
            try:
                return self._fork(settings)
            except ConnectionError:
                self.close()
                self._launch()
                return self._fork(settings)

    def close(self) -> None:
        """End the zygote, and with it every sandbox that it made."""
        self._control.close()
        self._process.wait()

    def _launch(self) -> None:
        self._control, theirs = socket.socketpair()
        with theirs:
            self._process = children.launch("zygote", str(theirs.fileno()), pass_fds=[theirs.fileno()])

    def _fork(self, settings: Mapping[str, Any]) -> tuple[int, socket.socket]:
        ours, theirs = socket.socketpair()
        with theirs:
            frames.send(self._control, settings, theirs.fileno())
        answer = frames.receive(self._control)
        if answer is None:
            ours.close()
            message = "the process that sandboxes are forked from is gone"
            raise ConnectionError(message)
        return answer["pid"], ours
