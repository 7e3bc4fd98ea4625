"""The demo: a workspace, two accounts, and posts that go out while you watch."""

import json
import os
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.style import Style
from rich.table import Table
from rich.text import Text

from infra.local import demo_recurring
from infra.local.demo_client import Client, Refused
from infra.local.demo_picture import lamp_png
from infra.local.first_workspace import first_workspace

PATIENCE_SECONDS = 60
ON_TIME_SECONDS = 2.0
OTHER_COLUMNS = 56
"""What the table takes beside the post's text."""
MIN_TEXT = 16
HANDLES = ("north-lamp", "south-lamp")
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


class WorkspaceLostError(RuntimeError):
    """The file with the local workspace's keys is not what it was, or the database is not."""

    def __init__(self, kept: Path, problem: str) -> None:
        super().__init__(
            f"{kept} {problem}. Restore the one that belongs to this database, or delete it: the next start "
            "makes another workspace, and the former one's rows stay where they are."
        )


def opened(base_url: str, directory: Path) -> tuple[Client, dict[str, str]]:
    """The local workspace: made on the first run, found again in `directory` on later ones."""
    kept = directory / "workspace.json"
    if not kept.exists():
        made = first_workspace("Local organization", "Local workspace", f"local-{secrets.token_hex(4)}")
        facts = {"workspace_id": str(made.workspace_id), "key": made.key, "test_key": made.test_key}
        _keep(kept, json.dumps(facts))
    access = _kept(kept)
    client = Client(base_url, access["workspace_id"], access["key"])
    try:
        client.get("")
    except Refused as error:
        raise WorkspaceLostError(kept, f"opens nothing ({error})") from error
    return client, access


def _keep(path: Path, text: str) -> None:
    """Whole or not at all, and for nobody else to read."""
    unfinished = path.with_suffix(".new")
    unfinished.unlink(missing_ok=True)
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    unfinished.replace(path)


def _kept(path: Path) -> dict[str, str]:
    try:
        found = json.loads(path.read_text())
        return {name: str(found[name]) for name in ("workspace_id", "key", "test_key")}
    except (ValueError, KeyError, TypeError) as error:
        raise WorkspaceLostError(path, "does not hold a workspace's id and keys") from error


def connected(client: Client) -> dict[str, str]:
    """The demo's two accounts on the sandbox network, an earlier run's where it made them: names by id."""
    known = {
        each["platform_username"]: each["id"]
        for each in client.get("/connections?limit=100")["items"]
        if (each["platform"], each["status"]) == ("sandbox", "active")
    }
    return {known.get(handle) or _account(client, handle): handle for handle in HANDLES}


def _account(client: Client, handle: str) -> str:
    body = {"platform": "sandbox", "credentials": {"handle": handle}}
    return str(client.post("/connections", body)["id"])


def scheduled(client: Client) -> tuple[list[str], dict[str, str], dict[str, str]]:
    """Two accounts and the posts on both: publication ids, account names and texts by id."""
    accounts = connected(client)
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
        body["force"] = True  # an earlier run posted the same
        texts[client.post("/publications", body)["id"]] = text
    return list(texts), accounts, texts


def watched(client: Client, console: Console) -> list[Line]:
    """Schedule, then show the table until everything has gone out or patience ends."""
    ids, accounts, texts = scheduled(client)
    deadline = time.monotonic() + PATIENCE_SECONDS
    with Live(console=console, refresh_per_second=8) as live:
        while True:
            found = [line for each in ids for line in _lines(client, each, accounts, texts)]
            lines = sorted(found, key=lambda line: (line.due, line.account))
            live.update(_table(lines, console.width))
            if all(line.sent for line in lines) or time.monotonic() > deadline:
                break
            time.sleep(0.2)
    if not console.is_terminal:
        console.line()  # which Live leaves out there
    for account, page in sorted({(line.account, line.url.partition("#")[0]) for line in lines if line.url}):
        console.print(f"{account}  {page}", soft_wrap=True)
    demo_recurring.shown(client, list(accounts), console)
    return lines


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


def _table(lines: list[Line], width: int) -> Table:
    """One line a post, whatever the width: the text gives way. It links to the post where terminals can."""
    table = Table(title="Going out now", title_justify="left", expand=False)
    table.add_column("account", no_wrap=True)
    table.add_column(
        "post", no_wrap=True, overflow="ellipsis", max_width=max(MIN_TEXT, width - OTHER_COLUMNS)
    )
    for name in ("due", "sent"):
        table.add_column(name, no_wrap=True)
    table.add_column("late", no_wrap=True, justify="right")
    for line in lines:
        late = "" if line.late is None else f"{line.late:.2f} s"
        colour = "dim" if line.late is None else "green" if line.late < ON_TIME_SECONDS else "red"
        sent = _clock(line.sent) if line.sent else line.status
        text = Text(line.text, Style(link=line.url) if line.url else "")
        table.add_row(line.account, text, _clock(line.due), sent, f"[{colour}]{late}")
    return table


def _clock(at: datetime) -> str:
    """Local time to the hundredth."""
    return at.astimezone().strftime("%H:%M:%S.%f")[:-4]
