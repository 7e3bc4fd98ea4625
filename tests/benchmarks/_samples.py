"""Where a call spends its time: the stack looked at a thousand times a second, by the wall clock."""

import signal
import sysconfig
import time
from collections import Counter
from collections.abc import Callable
from types import FrameType

INTERVAL_SECONDS = 0.001
_SITE = sysconfig.get_paths()["purelib"]
_OURS = ("/lamplighter/", "/functions/")
_NAMES = {"aws_lambda_powertools": "powertools", "psycopg": "psycopg + PostgreSQL"}


def where_the_time_goes(call: Callable[[], object], seconds: float) -> dict[str, float]:
    """Shares by package, the largest first. Time in the standard library and in C counts for the package
    that called it; psycopg's holds the wait for the server."""
    seen: Counter[str] = Counter()

    def look(_number: int, frame: FrameType | None) -> None:
        seen[_package(frame)] += 1

    before = signal.signal(signal.SIGALRM, look)
    signal.setitimer(signal.ITIMER_REAL, INTERVAL_SECONDS, INTERVAL_SECONDS)
    try:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            call()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    total = sum(seen.values()) or 1
    return {package: count / total for package, count in seen.most_common()}


def _package(frame: FrameType | None) -> str:
    while frame is not None:
        file = frame.f_code.co_filename
        if file.startswith(_SITE):
            top = file[len(_SITE) + 1 :].split("/", 1)[0]
            return _NAMES.get(top, top)
        if any(part in file for part in _OURS):
            return "lamplighter"
        frame = frame.f_back
    return "other"
