"""The demo's recurring post: its rule in words, and when it goes out next, here and there."""

from datetime import datetime
from typing import Any

from rich.console import Console
from rich.table import Table

from infra.local.demo_client import Client

NAME = "The lamps of the week"
TEXTS = (
    "Tuesday and Friday: the lamps are trimmed.",
    "Twice a week somebody climbs the ladder. Good evening!",
)
SCHEDULE: dict[str, Any] = {
    "timezone": "Europe/Berlin",
    "weekdays": ["tu", "fr"],
    "times": ["09:00", "19:30"],
}
SHOWN = 5


def shown(client: Client, accounts: list[str], console: Console) -> None:
    """Print what is to come of the demo's recurring post, an earlier run's where it made it."""
    post = _found(client) or _made(client, accounts)
    path = f"/recurring-posts/{post['id']}/occurrences?limit={SHOWN}"
    console.print(f"\nAgain and again: {post['description']}", soft_wrap=True)
    console.print(table(client.get(path)["items"]))


def table(occurrences: list[dict[str, Any]]) -> Table:
    """One line an occurrence."""
    found = Table(expand=False)
    for name in ("local time", "UTC", "clock change", "state"):
        found.add_column(name, no_wrap=True)
    for each in occurrences:
        local, at = datetime.fromisoformat(each["local_time"]), datetime.fromisoformat(each["at"])
        note = {"gap": "moved by it", "overlap": "an hour that comes twice"}.get(each["note"], "")
        found.add_row(f"{local:%a %d %b %H:%M}", f"{at:%d %b %H:%M}", note, each["status"])
    return found


def _found(client: Client) -> dict[str, Any] | None:
    known = client.get("/recurring-posts?limit=100")["items"]
    return next((each for each in known if (each["name"], each["status"]) == (NAME, "active")), None)


def _made(client: Client, accounts: list[str]) -> dict[str, Any]:
    contents = [client.post("/content", {"text": text, "language": "en"})["id"] for text in TEXTS]
    body = {
        "name": NAME,
        "schedule_type": "weekly",
        "schedule_config": SCHEDULE,
        "content_type": "rotation",
        "content_ids": contents,
        "connection_ids": accounts,
    }
    return client.post("/recurring-posts", body)
