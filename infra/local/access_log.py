"""API Gateway's access log: a line for each request, in the template's format."""

import re
import threading
from collections.abc import Mapping
from pathlib import Path

_VARIABLE = re.compile(r"\$context\.([A-Za-z]+(?:\.[A-Za-z]+)*)")


class AccessLog:
    """Appends to a file. What the format names and nobody told is "-", as in AWS."""

    def __init__(self, path: Path, line_format: str) -> None:
        self._path = path
        self._format = line_format
        self._lock = threading.Lock()

    def note(self, context: Mapping[str, object]) -> None:
        """One request, by the names of `$context`."""
        line = _VARIABLE.sub(lambda found: str(context.get(found[1], "-")), self._format)
        with self._lock, self._path.open("a") as file:
            file.write(f"{line}\n")
