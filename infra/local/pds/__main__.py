"""`make bluesky-pds`: a real Bluesky server until Ctrl-C."""

import signal
import sys
import threading
from types import FrameType

from infra.local.children import ROOT
from infra.local.pds import NoServerError, running

HOME = ROOT / ".local" / "pds"


def main() -> int:
    """Start it and say how to use it."""
    ended = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        ended.set()

    signal.signal(signal.SIGINT, end)
    signal.signal(signal.SIGTERM, end)
    try:
        with running(HOME, print) as server:
            print(f"A Bluesky server runs at {server['url']}, its accounts stand in {HOME}/account.json")
            print("The tests use it: LAMPLIGHTER_PDS=.local/pds/account.json make test ARGS='-k bluesky'")
            print(f"So does a stack that may: EGRESS_ALLOW={server['url'].removeprefix('http://')} make dev")
            print("Ctrl-C stops it")
            ended.wait()
    except NoServerError as error:
        print(error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
