"""kill -9 in the middle of the demo, then a start: nothing is lost, nothing is posted twice."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import urllib3

from infra.local import ports
from infra.local.children import ROOT
from infra.local.demo import POSTS
from infra.local.demo_client import Client

ACCOUNTS = 2
PATIENCE_SECONDS = 150.0
ALL_GRACE_OVER_SECONDS = 18.0
"""The last post is due 12 s after the first, and is left alone for 5 s more."""
QUICK = {
    # What a lost message and a lost worker cost, shortened; the tick stays as it is.
    "LAMPLIGHTER_DISPATCH_GRACE_SECONDS": "5",
    "LAMPLIGHTER_ATTEMPT_LEASE_SECONDS": "5",
}


@contextmanager
def running(command: str, directory: Path, numbers: dict[str, int]) -> Iterator[subprocess.Popen[bytes]]:
    """`python -m infra.local COMMAND`, with its output in `directory`; stopped in order at the end."""
    named = {f"LAMPLIGHTER_{name.upper()}_PORT": str(number) for name, number in numbers.items()}
    environ = {**os.environ, **named, **QUICK, "PYTHONPATH": "shared"}
    words = [sys.executable, "-m", "infra.local", "--directory", str(directory), command]
    with (directory / f"{command}.out").open("wb") as out:
        process = subprocess.Popen(words, cwd=ROOT, env=environ, stdout=out, stderr=out)
        try:
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            process.wait(30)


def patiently(found: Any, patience: float = PATIENCE_SECONDS) -> Any:
    """What `found()` answers as soon as it is true."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        try:
            answer = found()
        except (OSError, ValueError, KeyError, urllib3.exceptions.HTTPError):
            answer = None
        if answer:
            return answer
        time.sleep(0.1)
    message = f"not within {patience} s"
    raise TimeoutError(message)


def client(directory: Path, url: str) -> Client:
    access = json.loads((directory / "workspace.json").read_text())
    return Client(url, access["workspace_id"], access["key"])


def publications(directory: Path, url: str) -> list[Any]:
    return list(client(directory, url).get("/publications")["items"])


def test_a_killed_stack_loses_nothing_and_posts_nothing_twice(tmp_path: Path):
    numbers = ports.all_free()
    url = f"http://127.0.0.1:{numbers['gateway']}"

    def some_are_out() -> bool:
        statuses = [each["status"] for each in publications(tmp_path, url)]
        return len(statuses) == len(POSTS) and "published" in statuses and "scheduled" in statuses

    with running("demo", tmp_path, numbers) as stack:
        patiently(some_are_out)
        stack.send_signal(signal.SIGKILL)

    time.sleep(
        ALL_GRACE_OVER_SECONDS
    )  # else the second tick, a minute later, is the one that finds everything
    with running("up", tmp_path, numbers):
        patiently(lambda: publications(tmp_path, url))
        patiently(lambda: {each["status"] for each in publications(tmp_path, url)} == {"published"})
        feed = json.loads(urllib3.request("GET", f"{url}/sandbox/feed").data)

    assert {text: feed["posts_html"].count(text[:18]) for text, _ in POSTS} == {
        text: ACCOUNTS for text, _ in POSTS
    }
