"""Secrets planted in the system, and every place that they must not come out of."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from tests.integration.accounts.people import Client
from tests.integration.http import Answer


@dataclass(slots=True)
class Planted:
    """What is secret, what was said, and where a secret was shown on purpose."""

    secrets: dict[str, str] = field(default_factory=dict)
    said: list[tuple[str, str]] = field(default_factory=list)
    """(where, words): answers, queue messages, lines of logs."""

    def plant(self, name: str, value: str) -> str:
        """Watch for the value from now on."""
        assert len(value) >= 12, f"{name} is too short to be looked for"
        self.secrets[name] = value
        return value

    def hear(self, where: str, words: object) -> None:
        """Keep what was said somewhere."""
        text = words if isinstance(words, str) else json.dumps(words, default=str)
        self.said.append((where, text))

    def betrayed(self) -> set[tuple[str, str]]:
        """(secret, where) for each that was said, in any of the spellings that a secret travels in."""
        return {
            (name, where)
            for where, words in self.said
            for name, value in self.secrets.items()
            if any(form in words for form in spellings(value))
        }


def spellings(secret: str) -> set[str]:
    """The secret as it is, in JSON, in an address, in base64 and in hexadecimal digits."""
    raw = secret.encode()
    encoded = {base64.b64encode(raw).decode(), base64.urlsafe_b64encode(raw).decode()}
    return {secret, json.dumps(secret)[1:-1], quote(secret), raw.hex(), *encoded}


@dataclass(frozen=True, slots=True)
class Watched:
    """A client whose every answer is listened to; `shows` names what an answer is meant to show, once."""

    planted: Planted
    client: Client

    def call(
        self, method: str, path: str, body: Any = None, *, shows: dict[str, str] | None = None, **headers: str
    ) -> Answer:
        """`shows`: names of secrets by the fields of the answer that hold them."""
        answer = self.client.call(method, path, body, **headers)
        heard = answer.body.decode(errors="replace")
        for name, member in (shows or {}).items():
            value = answer.json[member]
            self.planted.plant(name, value)
            heard = heard.replace(json.dumps(value), '"***"')
        self.planted.hear(f"answer {method} {path.partition('?')[0]} {answer.status}", heard)
        self.planted.hear(f"headers {method} {path.partition('?')[0]}", dict(answer.headers))
        return answer

    def with_token(self, token: str) -> "Watched":
        return Watched(self.planted, self.client.with_token(token))


@contextmanager
def failing(superuser: Any, table: str, event: str = "INSERT") -> Iterator[None]:
    """Every such statement on the table fails meanwhile, as a database in trouble would make it."""
    superuser.execute(
        "CREATE OR REPLACE FUNCTION canary_fails() RETURNS trigger LANGUAGE plpgsql AS"
        " $$BEGIN RAISE EXCEPTION 'the database is in trouble'; END$$"
    )
    superuser.execute(
        f"CREATE TRIGGER canary BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION canary_fails()"
    )
    try:
        yield
    finally:
        superuser.execute(f"DROP TRIGGER canary ON {table}")
