"""A worker that is killed: `python -m tests.integration.portability.crashing MOMENT MESSAGE`."""

import json
import os
import signal
import sys
from collections.abc import Callable, Mapping
from typing import Any

from functions.write_export.handler import handler
from lamplighter.clients.uploads import Upload
from lamplighter.services import export_work, workspace_archive


def _die(*_arguments: Any, **_more: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _before(owner: Any, name: str) -> None:
    setattr(owner, name, _die)


def _after(owner: Any, name: str) -> None:
    real = getattr(owner, name)

    def done_and_dead(*arguments: Any) -> None:
        real(*arguments)
        _die()

    setattr(owner, name, done_and_dead)


MOMENTS: Mapping[str, Callable[[], None]] = {
    "while the rows are read": lambda: _before(workspace_archive, "_people"),
    "between rows and upload": lambda: _before(export_work, "uploading"),
    "while it is uploaded": lambda: _after(Upload, "send"),
    "between upload and record": lambda: _after(Upload, "complete"),
}

if __name__ == "__main__":
    MOMENTS[sys.argv[1]]()
    handler({"Records": [{"messageId": "1", "body": sys.argv[2]}]}, None)
    print(json.dumps("survived"))  # noqa: T201
