"""Mail on loopback: takes what SES would be asked to send, and shows it instead of sending it."""

import itertools
import json
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from infra.local import mailbox_page
from infra.local.loopback import LoopbackHandler, LoopbackServer

KEPT = 200
"""The newest so many mails are kept, in memory; a restart begins with none."""
LIMIT = 256 * 1024
"""The most bytes of a request that are read: with KEPT it bounds the memory."""
SEND = "/v2/email/outbound-emails"


@dataclass(frozen=True, slots=True)
class Received:
    """A mail as it came."""

    id: str
    received_at: str
    sender: str
    to: tuple[str, ...]
    subject: str
    text: str
    html: str


class Refused(Exception):  # noqa: N818  # reads as what happened
    """What SES would say instead of taking a mail: an HTTP status and a code of its API."""

    def __init__(self, status: int, code: str, message: str = "") -> None:
        super().__init__(message or code)
        self.status = status
        self.code = code


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    kind: str
    body: str
    headers: tuple[tuple[str, str], ...] = ()


class Mailbox:
    """`POST /v2/email/outbound-emails` as in SES (simple content alone), a page at `/`, JSON at `/mails`."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}
        self._mails: deque[Received] = deque(maxlen=KEPT)
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        handler = type("Handler", (_Handler,), {"answer": staticmethod(self.answer)})
        self._server = LoopbackServer(port, handler)
        self._server.serve_in_background()
        self.close = self._server.close

    def mails(self, to: str | None = None) -> list[Received]:
        """What is kept, newest first; `to` narrows it to one recipient."""
        with self._lock:
            return [mail for mail in reversed(self._mails) if to is None or to in mail.to]

    def take(self, request: Mapping[str, Any]) -> Received:
        """Keep a mail; raises Refused. Tests that need a failing SES override it."""
        mail = _received(request, f"local-{next(self._numbers):06}")
        with self._lock:
            self._mails.append(mail)
        return mail

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes | None) -> _Answer:
        """The answer to one request."""
        # A site that a browser has open may give its own name this address; it does not get to read here.
        if headers.get("host") not in self._hosts:
            return _Answer(421, "text/plain", "not under this name")
        address = urlsplit(target)
        if (method, address.path) == ("POST", SEND):
            return self._sent(headers, body)
        if method not in {"GET", "HEAD"}:
            return _Answer(405, "text/plain", "only GET, and POST as SES has it")
        return self._shown(address.path, parse_qs(address.query).get("to", [None])[0])

    def _shown(self, path: str, to: str | None) -> _Answer:
        if path == "/":
            return _Answer(200, "text/html", mailbox_page.page(self.mails(to), to), mailbox_page.HEADERS)
        if path == "/mails":
            return _Answer(200, "application/json", json.dumps([asdict(mail) for mail in self.mails(to)]))
        for mail in self.mails():
            if path == f"/mails/{mail.id}":
                return _Answer(200, "text/html", mail.html, mailbox_page.HTML_HEADERS)
        return _Answer(404, "text/plain", "not found")

    def _sent(self, headers: Mapping[str, str], body: bytes | None) -> _Answer:
        try:
            mail = self.take(_signed(headers, body))
        except Refused as refused:
            said = json.dumps({"message": str(refused)})
            return _Answer(refused.status, "application/json", said, (("x-amzn-errortype", refused.code),))
        return _Answer(200, "application/json", json.dumps({"MessageId": mail.id}))


class _Handler(LoopbackHandler):
    answer: Callable[[str, str, Mapping[str, str], bytes | None], _Answer]

    def respond(self) -> None:
        """Answer one request."""
        given = {name.lower(): value for name, value in self.headers.items()}
        answer = self.answer(self.command, self.path, given, self.body(LIMIT))
        kind = ("content-type", f"{answer.kind}; charset=utf-8")
        self.send(answer.status, [kind, *answer.headers], answer.body.encode())

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = respond  # noqa: N815  # named by http.server


def _signed(headers: Mapping[str, str], body: bytes | None) -> Mapping[str, Any]:
    """The request, if it looks signed: any signature will do, but a page in a browser has none."""
    if not headers.get("authorization", "").startswith("AWS4-HMAC-SHA256 "):
        raise Refused(403, "MissingAuthenticationTokenException", "Missing Authentication Token")
    try:
        parsed = json.loads(body or b"")
    except ValueError:
        parsed = None
    if not isinstance(parsed, dict):
        raise _bad("no JSON object, or too large a one")
    return parsed


def _received(request: Mapping[str, Any], id_: str) -> Received:
    """The mail that a SendEmail request asks for."""
    try:
        to = request["Destination"]["ToAddresses"]
        simple = request["Content"]["Simple"]
        body = simple["Body"]
        mail = Received(
            id=id_,
            received_at=datetime.now(UTC).isoformat(timespec="milliseconds"),
            sender=request["FromEmailAddress"],
            to=tuple(to),
            subject=simple["Subject"]["Data"],
            text=body.get("Text", {}).get("Data", ""),
            html=body.get("Html", {}).get("Data", ""),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise _bad("a sender, recipients and simple content are needed") from error
    words = (mail.sender, *mail.to, mail.subject, mail.text, mail.html)
    if not mail.to or not all(isinstance(each, str) for each in words):
        raise _bad("a recipient is needed, and text everywhere")
    return mail


def _bad(message: str) -> Refused:
    return Refused(400, "BadRequestException", message)
