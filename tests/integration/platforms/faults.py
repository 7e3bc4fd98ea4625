"""The table of faults that every network's connector meets: answers that prove nothing, and refusals."""

import socket
from collections.abc import Callable

from lamplighter.domain.outcomes import RateLimited, Rejected, TokenExpired
from tests.integration.platforms.wire import Answer, Peer, Request

type Serve = Callable[[Callable[[Request], Answer]], Peer]
type Reach = Callable[[str], None]

SECRET = "token-that-nobody-may-see"

# Under every name that one of the networks reads, and with the token in them, as a hostile server might.
WORDS = f"No, {SECRET}!"
SAID = {"error": WORDS, "message": WORDS, "detail": WORDS}

LOST = {
    "no answer in time": Answer(silent=True),
    "connection reset after the request": Answer(reset=True),
    "answer cut in the middle": Answer(body=b'{"id": "1", "url": "https://', cut=True),
    "success that is no JSON": Answer(body=b"<html>Success!</html>"),
    "success with another object": Answer(json={"accepted": True}),
    "success with a list": Answer(json=[1, 2]),
    "redirect": Answer(302, headers={"Location": "https://example.com/"}),
    "request timeout": Answer(408, json=SAID),
    "conflict": Answer(409, json=SAID),
    "server error": Answer(500, json=SAID),
    "bad gateway": Answer(502, body=b"<html>nginx</html>"),
    "unavailable": Answer(503, json=SAID),
    "gateway timeout": Answer(504),
}
REFUSED: dict[str, tuple[Answer, type]] = {
    "bad request": (Answer(400, json=SAID), Rejected),
    "unauthorized": (Answer(401, json=SAID), TokenExpired),
    "forbidden": (Answer(403, json=SAID), Rejected),
    "not found": (Answer(404, body=b"<html>"), Rejected),
    "too large": (Answer(413), Rejected),
    "unprocessable": (Answer(422, json=SAID), Rejected),
    "too many": (Answer(429, json=SAID, headers={"Retry-After": "7"}), RateLimited),
}


def closed_port() -> str:
    """An address where nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}"
