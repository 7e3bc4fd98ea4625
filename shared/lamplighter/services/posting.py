"""One attempt at one delivery: its body signed and posted to the endpoint, outside of any transaction."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson

from lamplighter import egress
from lamplighter.domain import signing
from lamplighter.domain.webhooks import LONGEST_BODY, Answer, retry_after
from lamplighter.services.sealing import Keyring, Unsealable

_ORDER = ("type", "timestamp", "id", "sequence", "version", "workspace_id", "mode", "data")
_SECRET, _PREVIOUS = "webhooks.secret", "webhooks.previous_secret"
_HEADERS = "webhooks.headers_secret"
_SHORTEST_WORD = 8
"""What is shorter, such as a version or a region, is no credential, and stands in many an answer."""


@dataclass(frozen=True, slots=True)
class Due:
    """A delivery that is to be tried now."""

    id: UUID
    event_id: UUID
    payload: Mapping[str, Any]
    turn: int
    attempts: int
    attempts_before: int
    manual: bool


@dataclass(frozen=True, slots=True)
class Posted:
    """What came of an attempt, how long it took, and the beginning of what the receiver said."""

    answer: Answer
    duration_ms: int
    response: str | None = None


@dataclass(slots=True)
class Sender:
    """An endpoint as it is sent to: opened once for a batch. What cannot be opened or reached at all is the
    answer to each of its deliveries."""

    webhook_id: UUID
    url: str
    secret: str = field(repr=False)
    previous_secret: str | None = field(repr=False)
    headers: str | None = field(repr=False)
    keyring: Keyring = field(repr=False)
    trouble: Answer | None = None
    keys: list[bytes] = field(default_factory=list, repr=False)
    sent: dict[str, str] = field(default_factory=dict, repr=False)
    to: egress.Destination | None = None

    def open(self) -> None:
        """Unseal the secrets and find the address, which is checked here; both may take their time."""
        try:
            self._unseal()
            self.to = egress.destination(self.url)
        except (Unsealable, ValueError):
            self.trouble = Answer(error="secret_unreadable")
        except egress.Refused:
            self.trouble = Answer(error="address_refused")
        except egress.NotSent as failed:
            self.trouble = Answer(error=failed.code)

    def _unseal(self) -> None:
        secrets = {_SECRET: self.secret}
        if self.previous_secret is not None:
            secrets[_PREVIOUS] = self.previous_secret
        opened = (self.keyring.unseal(place, self.webhook_id, text) for place, text in secrets.items())
        self.keys = [signing.key_of(secret) for secret in opened]
        if self.headers is not None:
            self.sent = orjson.loads(self.keyring.unseal(_HEADERS, self.webhook_id, self.headers))


def posted(sender: Sender, due: Due) -> egress.Steps[Posted]:
    """Post it once. Whatever happens is an answer."""
    if sender.trouble is not None or sender.to is None:
        return Posted(sender.trouble or Answer(error="connect"), 0)
    body = body_of(due.payload)
    message_id, timestamp = f"msg_{due.event_id}", int(time.time())
    headers = {
        **sender.sent,
        "Content-Type": "application/json",
        "User-Agent": "Lamplighter-Webhooks/1.0",
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signing.signatures(sender.keys, message_id, timestamp, body),
    }
    began = time.monotonic()
    response = None
    try:
        response = yield from egress.exchange(
            sender.to, "POST", headers=headers, body=body, purpose=egress.WEBHOOK
        )
        answer = Answer(response.status, retry_after=retry_after(response.headers, datetime.now(UTC)))
    except egress.Refused:
        answer = Answer(error="address_refused")
    except (egress.NotSent, egress.Interrupted) as failed:
        answer = Answer(error=failed.code)
    took = int((time.monotonic() - began) * 1000)
    return Posted(answer, took, None if response is None else _shown(response.body, sender.sent))


def body_of(payload: Mapping[str, Any]) -> bytes:
    """What is sent: the same bytes at every attempt."""
    return orjson.dumps({name: payload[name] for name in _ORDER if name in payload})


def _shown(body: bytes, sent: Mapping[str, str]) -> str:
    """What the receiver said, as text that the database takes; without the custom headers, which some say
    back to whoever calls: they are sealed, and whoever reads the log is not to read them."""
    text = body.decode(errors="replace").replace("\0", "\ufffd")
    for word in _words(sent):
        text = text.replace(word, "***")
    return text[:LONGEST_BODY]


def _words(sent: Mapping[str, str]) -> list[str]:
    """What may open something: each value and what follows the scheme in it, as it is and within JSON, the
    longest first."""
    parts = {part for value in sent.values() for part in (value, *value.split())}
    long = {part for part in parts if len(part) >= _SHORTEST_WORD}
    return sorted(long | {orjson.dumps(part).decode()[1:-1] for part in long}, key=len, reverse=True)
