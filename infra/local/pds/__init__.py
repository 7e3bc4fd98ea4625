"""A real Bluesky server (PDS) on loopback: installed from npm once, started empty each time."""

import hashlib
import json
import os
import platform
import select
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from infra.local import ports

SOURCE = Path(__file__).parent
NODE_MAJOR = 22
PORT = 2583
START_SECONDS = 60.0
STOP_SECONDS = 10.0
TAIL = 3_000

type Say = Callable[[str], None]


class NoServerError(RuntimeError):
    """It could not be installed or started; the message says why."""


@contextmanager
def running(home: Path, say: Say) -> Iterator[dict[str, Any]]:
    """A PDS with two accounts while the block runs: url, identifier, app_password, did, friend, friend_did.

    The same stands in `home`/account.json.
    """
    node = installed(home, say)
    command = [str(node), str(home / "start.mjs"), str(_port()), str(ports.free()), str(home / "data")]
    with (home / "server.log").open("wb") as log:
        server = subprocess.Popen(
            command,
            env={**os.environ, "LOG_ENABLED": "false"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
        )
    try:
        facts = _facts(server, home / "server.log")
        account = home / "account.json"
        account.touch(mode=0o600)
        account.write_text(json.dumps(facts))
        yield facts
    finally:
        _stop(server)


def installed(home: Path, say: Say) -> Path:
    """The node that runs it; installs node and the server into `home` unless they are there."""
    home.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "start.mjs"):
        shutil.copy(SOURCE / name, home / name)
    node = home / "node" / "node_modules" / _node_package()
    stamp = home / "installed"
    wanted = hashlib.sha256((home / "package.json").read_bytes()).hexdigest()
    if not stamp.exists() or stamp.read_text() != wanted:
        say(f"installing a Bluesky server from npm into {home}: some minutes, once (log: {home}/install.log)")
        _install(home, node)
        stamp.write_text(wanted)
    return node / "bin" / "node"


def _install(home: Path, node: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        message = "npm is needed for this: install Node.js, any version"
        raise NoServerError(message)
    quiet = ["--no-audit", "--no-fund", "--no-package-lock"]
    with_node = {"PATH": f"{node / 'bin'}{os.pathsep}{os.environ['PATH']}", "npm_config_nodedir": str(node)}
    package = f"{_node_package()}@{NODE_MAJOR}"
    with (home / "install.log").open("wb") as log:
        for arguments, environment in (
            (["install", "--prefix", str(home / "node"), *quiet, package], {}),
            # Of all its packages only SQLite's has something to build; no other script is run.
            (["install", "--ignore-scripts", *quiet], with_node),
            (["rebuild", "better-sqlite3"], with_node),
        ):
            done = subprocess.run(
                [npm, *arguments],
                cwd=home,
                env={**os.environ, **environment},
                stdout=log,
                stderr=subprocess.STDOUT,
                check=False,
            )
            if done.returncode:
                raise NoServerError(_tail(home / "install.log", "npm failed"))


def _node_package() -> str:
    machine = {"x86_64": "x64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    return f"node-{platform.system().lower()}-{machine}"


def _port() -> int:
    """The usual one if nobody has it."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", PORT))
        except OSError:
            return ports.free()
    return PORT


def _facts(server: subprocess.Popen[bytes], log: Path) -> dict[str, Any]:
    """The line that it prints when it is ready."""
    output = server.stdout
    if output is None or not select.select([output], [], [], START_SECONDS)[0]:
        raise NoServerError(_tail(log, "the server did not start in time"))
    line = output.readline()
    if not line:
        raise NoServerError(_tail(log, "the server did not start"))
    facts: dict[str, Any] = json.loads(line)
    return facts


def _stop(server: subprocess.Popen[bytes]) -> None:
    for pipe in (server.stdin, server.stdout):
        if pipe is not None:
            pipe.close()
    try:
        server.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def _tail(log: Path, what: str) -> str:
    return f"{what}:\n{log.read_text(errors='replace')[-TAIL:]}"
