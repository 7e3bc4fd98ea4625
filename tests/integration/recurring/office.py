"""A tenant with contents, accounts and recurring posts, and the functions that make publications of them."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from lamplighter.postgres.session import move_clock
from tests.integration.http import Answer, Http, handler_of, lambda_context, logged_in

BERLIN = {"timezone": "Europe/Berlin", "times": ["09:00"]}


@dataclass(frozen=True, slots=True)
class Office:
    """Whoever sets up what repeats."""

    http: Http

    def content(self, text: str = "Good evening", **more: Any) -> str:
        return str(self.http.post("/content", {"text": text, **more}).json["id"])

    def connection(self) -> str:
        body = {"platform": "sandbox", "credentials": {"handle": uuid4().hex}}
        return str(self.http.post("/connections", body).json["id"])

    def body(self, **given: Any) -> dict[str, Any]:
        """What makes a recurring post, of new contents on a new account unless it says otherwise."""
        whole = {"name": "Lamp of the day", "schedule_type": "daily", "schedule_config": BERLIN, **given}
        if "content_ids" not in whole:
            whole["content_ids"] = [self.content()]
        if "connection_ids" not in whole:
            whole["connection_ids"] = [self.connection()]
        return whole

    def create(self, **given: Any) -> Answer:
        """The answer to setting one up."""
        return self.http.post("/recurring-posts", self.body(**given))

    def created(self, **given: Any) -> dict[str, Any]:
        """One that was set up."""
        answer = self.create(**given)
        assert answer.status == 201, answer.body
        made: dict[str, Any] = answer.json
        return made

    def read(self, post: dict[str, Any]) -> dict[str, Any]:
        """It as it stands."""
        answer = self.http.get(f"/recurring-posts/{post['id']}")
        assert answer.status == 200, answer.body
        found: dict[str, Any] = answer.json
        return found

    def change(self, post: dict[str, Any], **given: Any) -> Answer:
        """The answer to a change of what stands."""
        etag = f'"{self.read(post)["version"]}"'
        path = f"/recurring-posts/{post['id']}"
        return self.http.call("PATCH", path, given, headers={"if-match": etag})

    def delete(self, post: dict[str, Any]) -> Answer:
        etag = f'"{self.read(post)["version"]}"'
        return self.http.call("DELETE", f"/recurring-posts/{post['id']}", headers={"if-match": etag})

    def act(self, post: dict[str, Any], action: str) -> Answer:
        return self.http.post(f"/recurring-posts/{post['id']}/{action}")

    def occurrences(self, post: dict[str, Any], query: str = "limit=10") -> list[dict[str, Any]]:
        answer = self.http.get(f"/recurring-posts/{post['id']}/occurrences?{query}")
        assert answer.status == 200, answer.body
        found: list[dict[str, Any]] = answer.json["items"]
        return found

    def occurrence(self, post: dict[str, Any], key: str) -> dict[str, Any]:
        """The one of this key."""
        [found] = [each for each in self.occurrences(post, "limit=50") if each["key"] == key]
        return found

    def on(self, post: dict[str, Any], key: str, action: str, body: Any = None) -> Answer:
        """The answer to an action on one occurrence."""
        return self.http.post(f"/recurring-posts/{post['id']}/occurrences/{key}/{action}", body)

    def publication(self, publication_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.http.get(f"/publications/{publication_id}").json
        return found

    def publications(self) -> list[dict[str, Any]]:
        """All of the tenant's, oldest first."""
        found: list[dict[str, Any]] = self.http.get("/publications?sort=created_at&limit=100").json["items"]
        return found

    def spawn(self) -> None:
        """A tick: the occurrences of the next days are entered."""
        with logged_in("spawn_recurring"):
            handler_of("spawn_recurring")({}, lambda_context(60))

    def fill(self) -> None:
        """What is planned becomes publications."""
        record = {"messageId": "1", "body": json.dumps({"workspace_id": self.http.workspace_id})}
        answer = handler_of("fill_occurrences")({"Records": [record]}, lambda_context(60))
        assert answer == {"batchItemFailures": []}

    def run(self) -> None:
        """Both."""
        self.spawn()
        self.fill()


@contextmanager
def later(by: timedelta) -> Iterator[None]:
    """Inside, the clock is ahead."""
    move_clock(by)
    try:
        yield
    finally:
        move_clock(None)


def at(given: str) -> datetime:
    """A time of an answer."""
    return datetime.fromisoformat(given)
