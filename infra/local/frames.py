"""Messages between the runtime and its sandboxes: a length of four bytes, then JSON."""

import json
import socket
import struct
from collections.abc import Mapping
from typing import Any

_LENGTH = struct.Struct(">I")


def send(channel: socket.socket, message: Mapping[str, Any], descriptor: int | None = None) -> None:
    """Send one message; a file descriptor may travel with it (Unix sockets)."""
    body = json.dumps(message, separators=(",", ":")).encode()
    if descriptor is None:
        channel.sendall(_LENGTH.pack(len(body)) + body)
    else:
        socket.send_fds(channel, [_LENGTH.pack(len(body))], [descriptor])
        channel.sendall(body)


def receive(channel: socket.socket) -> Any | None:
    """The next message, or None when the other side is gone."""
    length = _exactly(channel, _LENGTH.size)
    return None if length is None else _decoded(channel, length)


def receive_with_descriptor(channel: socket.socket) -> tuple[Any, int | None] | None:
    """The next message and the file descriptor with it, if there is one; None: the other side is gone."""
    length, descriptors, _, _ = socket.recv_fds(channel, _LENGTH.size, 1)
    if not length:
        return None
    message = _decoded(channel, length)
    return None if message is None else (message, descriptors[0] if descriptors else None)


def _decoded(channel: socket.socket, length: bytes) -> Any | None:
    body = _exactly(channel, _LENGTH.unpack(length)[0])
    return None if body is None else json.loads(body)


def _exactly(channel: socket.socket, size: int) -> bytes | None:
    received = bytearray(size)
    view = memoryview(received)
    while view:
        try:
            count = channel.recv_into(view)
        except ConnectionError:
            return None
        if not count:
            return None
        view = view[count:]
    return bytes(received)
