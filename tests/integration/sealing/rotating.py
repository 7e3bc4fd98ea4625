"""The job in a process of its own, again and again: `python -m tests.integration.sealing.rotating WORKSPACE`.

Each run makes a new key, and keys are destroyed seconds after they are no longer needed, not a day. It says
when the first run is over, ends when its input does, and prints what all runs did together.
"""

import json
import os
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any

from lamplighter.observability import logger
from lamplighter.services import rotation
from tests.integration.http import handler_of, lambda_context

ROOT = Path(__file__).resolve().parents[3]
KEPT = timedelta(seconds=4)


def main(workspace_id: str) -> None:
    rotation.KEPT = KEPT
    logger().setLevel("ERROR")
    done: Counter[str] = Counter()
    over = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), over.set()), daemon=True).start()
    while not over.is_set():
        answer = handler_of("rotate_keys")({"workspace_id": workspace_id}, lambda_context(900))
        if not done:
            print("begun", flush=True)  # noqa: T201  # for the parent
        done += Counter({name: count for name, count in answer.items() if isinstance(count, int)})
    print(json.dumps(done))  # noqa: T201  # likewise


@contextmanager
def rotating(workspace_id: object, database_url: str) -> Iterator[dict[str, Any]]:
    """Keys are replaced while the block runs; `database_url` holds the job's login. What its runs did is in
    the mapping afterwards."""
    command = [sys.executable, "-m", "tests.integration.sealing.rotating", str(workspace_id)]
    paths = os.pathsep.join((str(ROOT), str(ROOT / "shared")))
    environment = {**os.environ, "DATABASE_URL": database_url, "PYTHONPATH": paths}
    done: dict[str, Any] = {}
    with Popen(command, stdin=PIPE, stdout=PIPE, text=True, env=environment) as job:
        assert job.stdout
        assert job.stdout.readline() == "begun\n"
        try:
            yield done
        finally:
            printed, _ = job.communicate(timeout=60)
        assert job.returncode == 0
        done.update(json.loads(printed))


if __name__ == "__main__":
    main(sys.argv[1])
