"""A tenant with a calendar."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.integration.cloud import Cloud
from tests.integration.fake_network import FakeNetwork
from tests.integration.http import Answer, Http


@dataclass(frozen=True, slots=True)
class Planner:
    """Posts on the calendar, and what the calendar shows of them."""

    http: Http

    def connection(self, handle: str = "lamp") -> str:
        """A new account."""
        body = {"platform": "sandbox", "credentials": {"handle": handle}}
        return str(self.http.post("/connections", body).json["id"])

    def content(self, text: str = "Good evening", **more: Any) -> str:
        """A text."""
        return str(self.http.post("/content", {"text": text, **more}).json["id"])

    def post(self, at: str, *connections: str, text: str = "Good evening") -> Any:
        """A publication at that time."""
        body = {
            "content_id": self.content(text),
            "connection_ids": list(connections) or [self.connection()],
            "scheduled_at": at,
            "force": True,
        }
        answer = self.http.post("/publications", body)
        assert answer.status == 201, answer.body
        return answer.json

    def rule(self, kind: str, config: dict[str, Any], *connections: str, **more: Any) -> Any:
        """A recurring post."""
        body = {
            "name": "Lamps",
            "schedule_type": kind,
            "schedule_config": config,
            "content_ids": [self.content("Light them")],
            "connection_ids": list(connections) or [self.connection()],
            **more,
        }
        answer = self.http.post("/recurring-posts", body)
        assert answer.status == 201, answer.body
        return answer.json

    def occurrence(self, rule: Any, key: str, what: str, body: Any = None) -> Any:
        """What is said of one of its occurrences."""
        path = f"/recurring-posts/{rule['id']}/occurrences/{key}/{what}"
        answer = self.http.post(path, body)
        assert answer.status == 200, answer.body
        return answer.json

    def asked(self, query: str) -> Answer:
        """The calendar's answer."""
        return self.http.get(f"/calendar?{query}")

    def shown(self, query: str) -> Any:
        """The calendar."""
        answer = self.asked(query)
        assert answer.status == 200, answer.body
        return answer.json

    def entries(self, query: str) -> list[Any]:
        """Everything on it, in its order, page after page."""
        found, cursor = [], ""
        while True:
            page = self.shown(query + cursor)
            found += [entry for day in page["days"] for entry in day["entries"]]
            if not page["has_more"]:
                return found
            cursor = f"&cursor={page['next_cursor']}"

    def move(self, at: str, **what: Any) -> Answer:
        """The answer to a move."""
        return self.http.post("/calendar/move", {"scheduled_at": at, **what})


@pytest.fixture
def planner(http: Http, aws: Cloud, network: FakeNetwork) -> Planner:
    """The test's own tenant."""
    return Planner(http)


def in_days(days: int, at: str = "12:00:00") -> str:
    """A time so many days from today, in UTC."""
    return f"{(datetime.now(UTC) + timedelta(days=days)).date()}T{at}+00:00"


def day(days: int) -> str:
    """The date."""
    return in_days(days)[:10]
