"""The process that sandboxes are forked from: it has the slow imports behind it, so that a new one is quick.

`python -m infra.local.zygote DESCRIPTOR`: each message on that socket, with the far end's descriptor, makes a
sandbox. When the runtime goes away, however it does, every sandbox is ended.
"""

import contextlib
import gc
import importlib
import os
import signal
import socket
import sys
from typing import NoReturn

from infra.local import frames, sandbox

PRELOADED = (
    "aws_lambda_powertools.event_handler",
    "aws_lambda_powertools.utilities.batch",
    "boto3",
    "cryptography.hazmat.primitives.ciphers.aead",
    "orjson",
    "psycopg",
    "pydantic",
    "sqlalchemy.dialects.postgresql.psycopg",
    "sqlalchemy.orm",
    "urllib3",
)
"""What functions import and what costs most, 2-3 s together."""


def main(control: socket.socket) -> None:
    """Fork a sandbox for each message, answering with its process id."""
    for module in PRELOADED:
        with contextlib.suppress(ImportError):  # a handler that needs it fails by itself, with its own trace
            importlib.import_module(module)
    gc.collect()
    gc.freeze()  # sandboxes share these pages for as long as nobody writes to them
    children: set[int] = set()
    while (order := frames.receive_with_descriptor(control)) is not None:
        settings, descriptor = order
        pid = os.fork()
        if pid == 0:
            control.close()
            _become_sandbox(settings, descriptor)
        os.close(descriptor)
        children = {pid, *_living(children)}
        frames.send(control, {"pid": pid})
    for pid in _living(children):
        os.kill(pid, signal.SIGKILL)


def _become_sandbox(settings: dict[str, object], descriptor: int) -> NoReturn:
    try:
        sandbox.serve(socket.socket(fileno=descriptor), settings)
    except (BrokenPipeError, ConnectionResetError):
        pass  # the runtime is gone
    finally:
        os._exit(0)


def _living(children: set[int]) -> set[int]:
    """The children that still run. Dead ones are reaped only here: until then nobody else gets their ids."""
    return {pid for pid in children if os.waitpid(pid, os.WNOHANG)[0] == 0}


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])))
