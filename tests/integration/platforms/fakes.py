"""Networks in small: servers that keep what they accept, and fail when they are told to."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.integration.platforms.wire import Answer, Peer, Request


@dataclass
class Fault:
    """What becomes of one of the next calls: `answer` in place of the true one; the call is done or not."""

    operation: str
    answer: Answer
    accepts: bool = False


@dataclass
class Fake:
    """A network with one account. `posts` are what it has accepted, in their order; subclasses name the
    operation of a request and do it."""

    posts: list[dict[str, object]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    url: str = ""

    def fails(self, operation: str, answer: Answer, *, accepts: bool = False, times: int = 1) -> None:
        """Let the next calls of this operation fail; `accepts`: after they were done."""
        self.faults += [Fault(operation, answer, accepts)] * times

    def calls(self, operation: str) -> list[Request]:
        """Every call of the operation so far."""
        return [request for request in self.requests if self.operation(request) == operation]

    @contextmanager
    def running(self) -> Iterator["Fake"]:
        """Listens on loopback."""
        with Peer(self.answer).running() as peer:
            self.url = peer.url
            yield self

    def answer(self, request: Request) -> Answer:
        """The answer to a request, or what was planned in its place."""
        self.requests.append(request)
        operation = self.operation(request)
        fault = next((each for each in self.faults if each.operation == operation), None)
        if fault is None:
            return self.done(operation, request)
        self.faults.remove(fault)
        if fault.accepts:
            self.done(operation, request)
        return fault.answer

    def operation(self, request: Request) -> str:
        """The name of what is asked for."""
        raise NotImplementedError

    def done(self, operation: str, request: Request) -> Answer:
        """Do it."""
        raise NotImplementedError

    def next_id(self) -> str:
        """A number that was not given to anything before."""
        self._last = getattr(self, "_last", 1_000) + 1
        return str(self._last)


AMBIGUOUS = {
    "no answer in time": Answer(silent=True),
    "reset": Answer(reset=True),
    "cut answer": Answer(body=b'{"id": "1', cut=True),
    "server error": Answer(500, body=b"oops"),
    "bad gateway": Answer(502, body=b"<html>nginx</html>"),
    "success with garbage": Answer(200, body=b"<html>ok</html>"),
    "success that names nothing": Answer(200, json={}),
}
"""Answers that prove nothing, be they given before or after the call was done."""
