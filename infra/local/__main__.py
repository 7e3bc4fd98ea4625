"""`python -m infra.local dev | demo | status | down`: the stack in the foreground of a terminal.

`dev`, or `up`, serves until Ctrl-C; `demo` publishes a few posts first.
"""

import argparse
import os
import signal
import sys
import threading
import time
from contextlib import closing
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from infra.local import left_over
from infra.local.children import ROOT
from infra.local.state import AlreadyRunningError, State

if TYPE_CHECKING:
    from infra.local.stack import Stack

DOWN_SECONDS = 30.0
NOT_RUNNING = 3
"""What `status` exits with, as init scripts do: 1 would be an error."""


def serve(arguments: argparse.Namespace) -> int:
    """Start the stack and serve until Ctrl-C or SIGTERM."""
    _stop_on_signals()
    state = State(arguments.directory)
    if state.is_held():  # known at once; whoever starts at the very same time hears it from the stack
        print(AlreadyRunningError(state.read()))
        return 1
    # Slow to import; an early Ctrl-C is already ours.
    from infra.local.console import Console  # noqa: PLC0415
    from infra.local.stack import Stack  # noqa: PLC0415

    console = Console()
    stack = Stack(template_path=arguments.template, directory=arguments.directory, console=console)
    try:
        try:
            stack.start()
        except (RuntimeError, ValueError, OSError) as error:
            console.say(f"{error}")
            return 1
        with closing(stack):
            if stack.postgres is not None and not _greeted(stack, with_posts=arguments.command == "demo"):
                return 1
            console.say(_where(stack))
            threading.Event().wait()
    except KeyboardInterrupt:
        console.say("stopped; .local/ keeps the data")
    return 0


def status(arguments: argparse.Namespace) -> int:
    """Say whether the stack runs, and where; NOT_RUNNING if it does not."""
    state = State(arguments.directory)
    found = state.read()
    if not state.is_held():
        print("Lamplighter does not run")
        if left := left_over.processes(state.directory, found):
            print(f"a run that was killed left {left_over.named(left)}; `make down` ends that")
        return NOT_RUNNING
    print(f"Lamplighter runs: process {state.holder()}, {found.get('url')}")
    for name, port in found.get("ports", {}).items():
        print(f"  {name:<11} 127.0.0.1:{port}")
    return 0


def down(arguments: argparse.Namespace) -> int:
    """Stop the stack that runs in another terminal, or what a killed one left; 1 if it does not stop."""
    state = State(arguments.directory)
    if not state.is_held():
        return _end_left_over(state)
    pid = state.holder()
    if pid is not None:
        os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + DOWN_SECONDS
    while state.is_held():
        if time.monotonic() > deadline:
            print(f"process {pid} does not stop")
            return 1
        time.sleep(0.05)
    print(f"stopped process {pid}")
    return 0


def _end_left_over(state: State) -> int:
    try:
        left = left_over.processes(state.directory, state.take())
        left_over.end(state.directory, left)
    except RuntimeError as error:  # somebody else has the stack, or its database, at this moment
        print(error)
        return 1
    state.release()
    print(f"ended what a killed run left: {left_over.named(left)}" if left else "nothing was running")
    return 0


def _greeted(stack: "Stack", *, with_posts: bool) -> bool:
    """A workspace to begin with, made by the product's own code under the stack's settings; the demo's
    posts. False, with a word, if that fails."""
    os.environ.update(stack.settings)
    sys.path[:0] = [str(root) for root in stack.template.import_roots()]
    from infra.local import demo  # noqa: PLC0415  # imports the product, which wants those settings
    from infra.local.demo_client import Refused  # noqa: PLC0415  # likewise

    say = stack.console.say
    try:
        client, access = demo.opened(stack.url, stack.directory)
        if with_posts and not demo.on_time(demo.watched(client, stack.console.terminal)):
            say(f"not every post went out in time: {stack.directory}/logs tells why")
    except (demo.WorkspaceLostError, Refused) as error:
        say(str(error))
        return False
    say(f"workspace {access['workspace_id']}\nkey       {access['key']}\ntest key  {access['test_key']}")
    say(f"{stack.url}/docs#key={access['key']} shows the API, with this key")
    return True


def _where(stack: "Stack") -> str:
    lines = [f"{stack.url}/sandbox shows the sandbox network"]
    if stack.mailbox is not None:
        lines.append(f"{stack.mailbox.url}/ shows the mails that were sent")
    lines.append(f"logs: {stack.directory}/logs")
    if stack.postgres is not None:
        lines.append(f"PostgreSQL: {stack.postgres.address} ({stack.postgres.login})")
    if stack.clickhouse is not None:
        lines.append(f"ClickHouse: {stack.clickhouse.url}")
    return "\n".join([*lines, "Ctrl-C stops it"])


def _stop_on_signals() -> None:
    """The first of them stops everything in order, which further ones do not disturb."""
    stopping = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        if stopping.is_set():
            print("stopping already, one moment", flush=True)
            return
        stopping.set()
        raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m infra.local", description=__doc__)
    parser.add_argument(
        "--directory", type=Path, default=ROOT / ".local", help="where the state is kept (.local)"
    )
    parser.add_argument(
        "--template", type=Path, default=ROOT / "template.yaml", help="what is run (template.yaml)"
    )
    commands = {"up": serve, "dev": serve, "demo": serve, "status": status, "down": down}
    parser.add_argument("command", choices=commands)
    arguments = parser.parse_args()
    return commands[arguments.command](arguments)


if __name__ == "__main__":
    sys.exit(main())
