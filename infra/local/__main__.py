"""`python -m infra.local up | demo | status | down`: the stack in the foreground of a terminal."""

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

from infra.local.children import ROOT
from infra.local.state import AlreadyRunningError, State

if TYPE_CHECKING:
    from infra.local.stack import Stack

DOWN_SECONDS = 30.0


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
            if stack.postgres is not None:
                _greet(stack, with_posts=arguments.command == "demo")
            console.say(_where(stack))
            threading.Event().wait()
    except KeyboardInterrupt:
        console.say("stopped; .local/ keeps the data")
    return 0


def status(arguments: argparse.Namespace) -> int:
    """Say whether the stack runs, and where; 1 if it does not."""
    state = State(arguments.directory)
    if not state.is_held():
        print("Lamplighter does not run")
        return 1
    found = state.read()
    print(f"Lamplighter runs: process {found.get('pid')}, {found.get('url')}")
    for name, port in found.get("ports", {}).items():
        print(f"  {name:<11} 127.0.0.1:{port}")
    return 0


def down(arguments: argparse.Namespace) -> int:
    """Stop the stack that runs in another terminal; 1 if it does not stop."""
    state = State(arguments.directory)
    deadline = time.monotonic() + DOWN_SECONDS
    if state.is_held() and "pid" in (found := state.read()):
        os.kill(found["pid"], signal.SIGTERM)
    while state.is_held():
        if time.monotonic() > deadline:
            print("Lamplighter does not stop")
            return 1
        time.sleep(0.05)
    print("Lamplighter does not run")
    return 0


def _greet(stack: "Stack", *, with_posts: bool) -> None:
    """A workspace to begin with, made by the product's own code under the stack's settings; the demo's
    posts."""
    os.environ.update(stack.settings)
    sys.path[:0] = [str(root) for root in stack.template.import_roots()]
    from infra.local import demo  # noqa: PLC0415  # imports the product, which wants those settings

    client, access = demo.opened(stack.url, stack.directory)
    if with_posts and not demo.on_time(demo.watched(client, stack.console.terminal)):
        stack.console.say(f"not every post went out in time: {stack.directory}/logs tells why")
    stack.console.say(
        f"workspace {access['workspace_id']}\nkey       {access['key']}\ntest key  {access['test_key']}"
    )


def _where(stack: "Stack") -> str:
    lines = [
        f"{stack.url}/docs shows the API, {stack.url}/sandbox the sandbox network",
        f"logs: {stack.directory}/logs",
    ]
    if stack.postgres is not None:
        lines.append(f"PostgreSQL: {stack.postgres.url}")
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
