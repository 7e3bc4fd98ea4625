"""functions/rezone_recurring on the local stack, for the tool that gave it other time zones."""

import os
import zoneinfo
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

from infra.local.reaching import reached

QUEUES = {"PUBLISH_QUEUE_URL": "PublishQueue", "PUBLISH_SLOW_QUEUE_URL": "PublishSlowQueue"}


def rezoned(changed: Sequence[str], folder: Path) -> dict[str, int]:
    """What the function did for these zones by the data in `folder`; {} where the stack does not run."""
    if not reached(QUEUES):
        return {}
    os.environ["PYTHONTZPATH"] = str(folder)
    zoneinfo.reset_tzpath()
    from functions.rezone_recurring.handler import handler  # noqa: PLC0415  # wants those settings

    context = SimpleNamespace(get_remaining_time_in_millis=lambda: 900_000)
    answer = handler({"zones": list(changed)}, context)  # type: ignore[arg-type]  # as much as it uses
    return {name: count for name, count in answer.items() if isinstance(count, int)}
