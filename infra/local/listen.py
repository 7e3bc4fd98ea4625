"""`make webhook-listen`: a receiver on loopback that verifies what an endpoint is sent, and shows it."""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError
from standardwebhooks.webhooks import EmptyWebhookSecretError

from infra.local.loopback import LoopbackHandler, LoopbackServer

PORT = 8790
_LONGEST = 1_000_000
_RED, _GREEN, _YELLOW, _BOLD, _DIM = 31, 32, 33, 1, 2

type Write = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Listener:
    """What becomes of a delivery: shown by `write`, then answered with `status` after `slow` seconds."""

    secret: str | None
    write: Write
    status: int = 200
    slow: float = 0.0
    in_colour: bool = False

    def hear(self, headers: Mapping[str, str], body: bytes) -> int:
        """Show one delivery; the status to answer with, 400 for one that does not verify."""
        try:
            colour, said = _GREEN, ""
            if self.secret is None:
                colour, said = _YELLOW, "  not verified: give SECRET=whsec_..."
            else:
                Webhook(self.secret).verify(body, dict(headers))
        except (WebhookVerificationError, ValueError) as refused:
            self.write(self._line(body, _RED, f"  REFUSED: {refused}"))
            return 400
        self.write(self._line(body, colour, said))
        return self.status

    def _line(self, body: bytes, colour: int, said: str) -> str:
        shown = self._painted(time.strftime("%H:%M:%S"), _DIM)
        try:
            payload = json.loads(body)
            shown += f"  {self._painted(payload['type'], colour, _BOLD)}  {payload['id']}"
            shown += f"  {self._painted('#' + str(payload['sequence']), _DIM)}  {about(payload['data'])}"
        except (ValueError, KeyError, TypeError, AttributeError):
            beginning = _printable(body[:200].decode(errors="replace"))
            shown += f"  {self._painted('no event', colour, _BOLD)}  {beginning}"
        return f"{shown}{self._painted(said, colour)}" if said else shown

    def _painted(self, text: str, *codes: int) -> str:
        text = _printable(text)
        return f"\033[{';'.join(map(str, codes))}m{text}\033[0m" if self.in_colour else text


def about(data: Mapping[str, Any]) -> str:
    """What an event is about, in a few words: its resource's status and its networks, or its id."""
    snapshot = next((value for value in data.values() if isinstance(value, dict)), None)
    if snapshot is None:
        return _printable("  ".join(f"{name} {value}" for name, value in sorted(data.items())))
    words = [str(snapshot.get("status", ""))]
    words += [f"{each['platform']} {each['url'] or each['status']}" for each in snapshot.get("platforms", ())]
    named = ("platform", "display_name", "description")
    words += [str(snapshot[name]) for name in named if snapshot.get(name)]
    return _printable("  ".join([*words, str(snapshot["id"])]))


def _printable(text: str) -> str:
    """Without what would move a terminal's cursor: anybody may send to this port."""
    return "".join(each if each.isprintable() else " " for each in text)


class _Handler(LoopbackHandler):
    listener: Listener

    def do_POST(self) -> None:  # noqa: N802  # named by http.server
        body = self.body(_LONGEST)
        status = 413 if body is None else self.listener.hear(dict(self.headers.items()), body)
        time.sleep(self.listener.slow)
        self.send(status, [("content-type", "text/plain")], b"heard\n")


def server(listener: Listener, port: int) -> LoopbackServer:
    """It on this port of 127.0.0.1, not serving yet; port 0 takes a free one."""
    return LoopbackServer(port, type("Handler", (_Handler,), {"listener": listener}))


def main(arguments: Sequence[str] | None = None) -> int:
    """Listen until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="make webhook-listen", description=__doc__)
    parser.add_argument("--port", type=int, default=PORT)
    parser.add_argument("--status", type=int, default=200, help="answer with this status, such as 500")
    parser.add_argument("--slow", type=float, default=0, help="answer after so many seconds")
    given = parser.parse_args(arguments)
    secret = os.environ.get("WEBHOOK_SECRET") or None
    if secret is not None and not _is_secret(secret):
        return _refused("SECRET is not one of an endpoint: it is whsec_... as the answer showed it.")
    in_colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    listener = Listener(
        secret,
        lambda line: print(line, flush=True),
        given.status,
        given.slow,
        in_colour,
    )
    try:
        listening = server(listener, given.port)
    except OSError as failed:
        return _refused(
            f'Port {given.port} cannot be had ({failed.strerror}): ARGS="--port 9001" takes another.'
        )
    address = f"127.0.0.1:{listening.server_address[1]}"
    verifies = "verifies with the secret given" if secret else "verifies nothing (give SECRET=whsec_...)"
    print(f"Listening on http://{address}/, {verifies}. Ctrl-C stops it.")
    print(f"The stack may send there if it runs with EGRESS_ALLOW={address}.", flush=True)
    try:
        listening.serve_forever()
    except KeyboardInterrupt:
        print()
    finally:
        listening.server_close()
    return 0


def _is_secret(secret: str) -> bool:
    try:
        Webhook(secret)
    except (ValueError, EmptyWebhookSecretError):
        return False
    return secret.startswith("whsec_")


def _refused(why: str) -> int:
    print(why, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
