"""A built function under the real Lambda Runtime API: the emulator of aws-sam-cli, without a container."""

import json
import os
import platform
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from importlib.metadata import distribution
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Self
from urllib.request import Request, urlopen

from infra.local import ports
from infra.local.template import Function

ARCHITECTURE = {"x86_64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}[platform.machine()]
"""This machine's, as Lambda calls it."""
START_SECONDS = 10.0
RUNTIME_CLIENT = ("awslambdaric", "simplejson", "snapshot-restore-py")


class Emulator:
    """One sandbox: started cold, warm from its second invocation on."""

    def __init__(self, build: Path, function: Function, environment: Mapping[str, str], log: Path) -> None:
        self._port = ports.free()
        self._log = log.open("w")
        code = build / function.logical_id
        path = [code, build / "SharedLayer" / "python", runtime_client(build)]
        zones = {"PYTHONTZPATH": str(build / "ZonesLayer" / "zoneinfo")}  # what stands at /opt in Lambda
        command = [emulator_binary(), "--log-level", "error"]
        command += ["--runtime-interface-emulator-address", f"127.0.0.1:{self._port}"]
        command += ["--runtime-api-address", f"127.0.0.1:{ports.free()}"]
        # -S: no site-packages of this machine, so that only what was built can be imported.
        command += [str(Path(sys.executable).resolve()), "-S", "-m", "awslambdaric", function.handler]
        self._seconds = function.timeout
        self._process = subprocess.Popen(
            command,
            cwd=code,
            env={**own_environment(function, code, path), **environment, **zones},
            stdout=self._log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def __enter__(self) -> Self:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self._port), 0.2).close()
            except OSError:
                time.sleep(0.01)
            else:
                return self
        message = f"the emulator did not start; {self._log.name} may say why"
        raise RuntimeError(message)

    def __exit__(self, *_: object) -> None:
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._log.close()

    def invoke(self, event: object) -> tuple[Any, float]:
        """The function's answer, or Lambda's {"errorType", ...}, and the milliseconds until it was there."""
        url = f"http://127.0.0.1:{self._port}/2015-03-31/functions/function/invocations"
        began = time.perf_counter()
        with urlopen(Request(url, json.dumps(event).encode()), timeout=self._seconds + 10) as response:
            body = response.read()
        milliseconds = (time.perf_counter() - began) * 1000
        return (json.loads(body) if body else None), milliseconds


def own_environment(function: Function, code: Path, path: list[Path]) -> dict[str, str]:
    """What Lambda itself sets, but for AWS_EXECUTION_ENV: it forbids the network of this machine."""
    kept = {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}
    return kept | {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "PYTHONPATH": ":".join(map(str, path)),
        "LAMBDA_TASK_ROOT": str(code),
        "_HANDLER": function.handler,
        "AWS_LAMBDA_FUNCTION_NAME": function.logical_id,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_mb),
        "AWS_LAMBDA_FUNCTION_TIMEOUT": str(int(function.timeout)),
    }


def emulator_binary() -> str:
    """The Runtime Interface Emulator that aws-sam-cli brings for its containers."""
    spec = find_spec("samcli")
    if spec is None or spec.origin is None:
        sys.exit("aws-sam-cli is not installed: `make invoke-built` installs it")
    return str(Path(spec.origin).parent / "local" / "rapid" / f"aws-lambda-rie-{ARCHITECTURE}")


def runtime_client(build: Path) -> Path:
    """A folder with links to awslambdaric and what it needs, and to nothing else of the environment."""
    folder = build / ".runtime-client"
    folder.mkdir(exist_ok=True)
    for name in RUNTIME_CLIENT:
        found = distribution(name)
        for top in {file.parts[0] for file in found.files or () if not file.parts[0].startswith((".", "_"))}:
            link = folder / top
            if not link.is_symlink():
                link.symlink_to(Path(str(found.locate_file(top))))
    return folder
