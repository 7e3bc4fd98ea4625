"""Servers that exist for Node.js only: installed from npm once, run while somebody holds the other end."""

import hashlib
import json
import os
import platform
import select
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

NODE_MAJOR = 22
START_SECONDS = 60.0
STOP_SECONDS = 10.0
TAIL = 3_000

type Say = Callable[[str], None]


class NoServerError(RuntimeError):
    """It could not be installed or started; the message says why."""


@dataclass(frozen=True, slots=True)
class NodeServer:
    """A folder with package.json and start.mjs, which prints one line of JSON when it is ready and ends with
    its standard input."""

    name: str
    source: Path
    built: Sequence[str] = ()
    """Packages whose own build step has to run; no other script of any package does."""

    @contextmanager
    def running(
        self, home: Path, arguments: Sequence[str], say: Say, environ: dict[str, str] | None = None
    ) -> Iterator[dict[str, Any]]:
        """The server while the block runs, and what its line says."""
        command = [str(self.installed(home, say)), str(home / "start.mjs"), *arguments]
        with (home / "server.log").open("wb") as log:
            server = subprocess.Popen(
                command,
                env={**os.environ, **(environ or {})},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
            )
        try:
            yield _facts(server, home / "server.log")
        finally:
            _stop(server)

    def installed(self, home: Path, say: Say) -> Path:
        """The node that runs it; installs node and the server into `home` unless they are there."""
        home.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "start.mjs"):
            there = home / name
            if not there.exists() or there.read_bytes() != (self.source / name).read_bytes():
                shutil.copy(self.source / name, there)  # only then: another may read it at this moment
        node = home / "node" / "node_modules" / _node_package()
        stamp = home / "installed"
        wanted = hashlib.sha256((self.source / "package.json").read_bytes()).hexdigest()
        if not stamp.exists() or stamp.read_text() != wanted:
            say(f"installing {self.name} from npm into {home}: some minutes, once (log: {home}/install.log)")
            self._install(home, node)
            stamp.write_text(wanted)
        return node / "bin" / "node"

    def _install(self, home: Path, node: Path) -> None:
        npm = shutil.which("npm")
        if npm is None:
            message = "npm is needed for this: install Node.js, any version"
            raise NoServerError(message)
        quiet = ["--no-audit", "--no-fund", "--no-package-lock"]
        with_node = {
            "PATH": f"{node / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "npm_config_nodedir": str(node),
        }
        package = f"{_node_package()}@{NODE_MAJOR}"
        steps: list[tuple[list[str], dict[str, str]]] = [
            (["install", "--prefix", str(home / "node"), *quiet, package], {}),
            (["install", "--ignore-scripts", *quiet], with_node),
            *((["rebuild", each], with_node) for each in self.built),
        ]
        with (home / "install.log").open("wb") as log:
            for arguments, environment in steps:
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
