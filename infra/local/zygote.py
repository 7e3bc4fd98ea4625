"""Processes that others are forked from: the slow imports are behind them, so that a new sandbox is quick.

`python -m infra.local.zygote DESCRIPTOR MODULE...` has imported those modules, of PyPI. Each message on that
socket makes a process at the far end of the descriptor that comes along: a second zygote, which has imported
the layers as well and is replaced whenever their code changes, or of that one a sandbox. When the runtime
goes away, however it does, all of them end.
"""

import contextlib
import gc
import importlib
import os
import pkgutil
import signal
import socket
import sys
from collections.abc import Iterable, Mapping
from typing import Any, NoReturn

from infra.local import frames, sandbox


def serve(control: socket.socket) -> None:
    """Fork a process for each message, answering with its id, until the runtime is gone or says retire."""
    gc.collect()
    gc.freeze()  # children share these pages for as long as nobody writes to them
    children: set[int] = set()
    while (order := frames.receive_with_descriptor(control)) is not None:
        settings, descriptor = order
        if descriptor is None:
            return  # retired: what was forked goes on
        pid = os.fork()
        if pid == 0:
            control.close()
            _become(settings, socket.socket(fileno=descriptor))
        os.close(descriptor)
        children = {pid, *_living(children)}
        frames.send(control, {"pid": pid})
    for pid in _living(children):
        os.kill(pid, signal.SIGKILL)


def _become(settings: Mapping[str, Any], channel: socket.socket) -> NoReturn:
    try:
        if "handler" in settings:
            sandbox.serve(channel, settings)
        else:
            sys.path[:0] = settings["import_roots"]
            _import_all(settings["import_roots"][1:])
            serve(channel)
    except (BrokenPipeError, ConnectionResetError):
        pass  # the runtime is gone
    finally:
        os._exit(0)


def _import_all(layers: Iterable[str]) -> None:
    """Every module of the layers. None of them reads the environment when it is imported: that is a rule."""
    for module in pkgutil.walk_packages(list(layers), onerror=lambda _: None):
        _import(module.name)


def _import(name: str) -> None:
    with contextlib.suppress(Exception):  # the handler that needs it fails by itself, with its own trace
        importlib.import_module(name)


def _living(children: set[int]) -> set[int]:
    """The children that still run. Dead ones are reaped only here: until then nobody else gets their ids."""
    return {pid for pid in children if os.waitpid(pid, os.WNOHANG)[0] == 0}


if __name__ == "__main__":
    for module in sys.argv[2:]:
        _import(module)
    serve(socket.socket(fileno=int(sys.argv[1])))
