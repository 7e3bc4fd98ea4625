"""The demo: a workspace, two accounts, and posts that go out while you watch."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.table import Table

from infra.local.demo_client import Client
from infra.local.demo_picture import lamp_png
from infra.local.first_workspace import first_workspace

PATIENCE_SECONDS = 60
ON_TIME_SECONDS = 2.0
POSTS: tuple[tuple[str, timedelta | None], ...] = (
    ("The lamps are lit. This post was published the moment it was asked for.", None),
    ("Three seconds later, one more. See https://example.com/evening #lamplighter", timedelta(seconds=3)),
    ("A picture this time 🏮", timedelta(seconds=6)),
    ("Grüße, 你好, שלום: every letter arrives as it was written.", timedelta(seconds=8)),
    ("And the last one, twelve seconds after the first. Good night.", timedelta(seconds=12)),
)


@dataclass(frozen=True, slots=True)
class Line:
    """One post on one account, as the table shows it."""

    account: str
    text: str
    due: datetime
    sent: datetime | None
    status: str
    url: str

    @property
    def late(self) -> float | None:
        """Seconds between the time asked for and the time the network had it."""
        return None if self.sent is None else (self.sent - self.due).total_seconds()


def opened(base_url: str, directory: Path) -> tuple[Client, dict[str, str]]:
    """The local workspace: made on the first run, found again in `directory` on later ones."""
    kept = directory / "workspace.json"
    if not kept.exists():
        made = first_workspace("Local organization", "Local workspace", "local")
        facts = {"workspace_id": str(made.workspace_id), "key": made.key, "test_key": made.test_key}
        kept.touch(mode=0o600)
        kept.write_text(json.dumps(facts))
    access: dict[str, str] = json.loads(kept.read_text())
    return Client(base_url, access["workspace_id"], access["key"]), access


def scheduled(client: Client) -> tuple[list[str], dict[str, str], dict[str, str]]:
    """Two accounts and the posts on both: publication ids, account names and texts by id."""
    accounts = {
        client.post("/connections", {"platform": "sandbox", "credentials": {"handle": handle}})["id"]: handle
        for handle in ("north-lamp", "south-lamp")
    }
    picture = {"media_id": client.upload("lamp.png", lamp_png()), "alt": "A street lamp at night"}
    contents = [
        client.post(
            "/content", {"text": text, "media": [picture] if "picture" in text else [], "language": "en"}
        )
        for text, _ in POSTS
    ]
    client.get("/publications?limit=1")  # its first call is slow, and the times below count from now
    begun = datetime.now(UTC)
    texts = {}
    for content, (text, when) in zip(contents, POSTS, strict=True):
        at = (begun + when).isoformat() if when else "now"
        body = {"content_id": content["id"], "connection_ids": list(accounts), "scheduled_at": at}
        texts[client.post("/publications", body)["id"]] = text
    return list(texts), accounts, texts


def watched(client: Client, console: Console) -> list[Line]:
    """Schedule, then show the table until everything has gone out or patience ends."""
    ids, accounts, texts = scheduled(client)
    deadline = time.monotonic() + PATIENCE_SECONDS
    with Live(console=console, refresh_per_second=8) as live:
        while True:
            lines = [line for each in ids for line in _lines(client, each, accounts, texts)]
            live.update(_table(lines))
            if all(line.sent for line in lines) or time.monotonic() > deadline:
                return sorted(lines, key=lambda line: line.due)
            time.sleep(0.2)


def on_time(lines: list[Line]) -> bool:
    """Whether every post went out, and within two seconds of its time."""
    return all(line.late is not None and line.late < ON_TIME_SECONDS for line in lines)


def _lines(
    client: Client, publication_id: str, accounts: dict[str, str], texts: dict[str, str]
) -> Iterator[Line]:
    publication: dict[str, Any] = client.get(f"/publications/{publication_id}")
    due = datetime.fromisoformat(publication["scheduled_at"])
    for platform in publication["platforms"]:
        sent = platform["published_at"]
        yield Line(
            account=accounts[platform["connection_id"]],
            text=texts[publication_id],
            due=due,
            sent=datetime.fromisoformat(sent) if sent else None,
            status=platform["status"],
            url=platform["url"] or "",
        )


def _table(lines: list[Line]) -> Table:
    table = Table(title="Going out now", title_justify="left", expand=False)
    table.add_column("account", no_wrap=True)
    table.add_column("post", no_wrap=True, overflow="ellipsis", max_width=34)
    for name in ("due", "sent"):
        table.add_column(name, no_wrap=True)
    table.add_column("late", no_wrap=True, justify="right")
    table.add_column("where", overflow="fold")
    for line in sorted(lines, key=lambda line: line.due):
        late = "" if line.late is None else f"{line.late:.2f} s"
        colour = "dim" if line.late is None else "green" if line.late < ON_TIME_SECONDS else "red"
        sent = _clock(line.sent) if line.sent else line.status
        table.add_row(line.account, line.text, _clock(line.due), sent, f"[{colour}]{late}", line.url)
    return table


def _clock(at: datetime) -> str:
    """Local time to the hundredth."""
    return at.astimezone().strftime("%H:%M:%S.%f")[:-4]
