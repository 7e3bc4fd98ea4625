"""The second part of `make bluesky-demo`: a thread with a comment, an answer that gets lost, a removal."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from infra.local.demo_client import Client
    from infra.local.losing import Losing

type Json = dict[str, Any]
type Asked = Callable[..., Json]

AHEAD = timedelta(seconds=2)
PATIENCE_SECONDS = 90.0
TEXTS = (
    "Drei Lampen, eine Straße. 🧵",
    "Die zweite brennt seit 1911.",
    "Die dritte wartet noch auf den Laternenanzünder.",
    "Quelle: das Stadtarchiv.",
)
KINDS = ("thread", "thread", "comment")
ANSWERS = (None, 0, 1, 0)
"""Which part each one answers."""
LOST = 2
"""The part whose answer does not arrive, counted from one."""


class ThreadError(RuntimeError):
    """The thread did not come out as it should."""


def thread(
    client: "Client", connection_id: str, losing: "Losing", asked: Asked, say: Callable[[str], None]
) -> None:
    """Post it, lose an answer on the way, compare what stands there, and take it back; raises ThreadError."""
    before = _records(asked)
    following = [{"kind": kind, "text": text} for kind, text in zip(KINDS, TEXTS[1:], strict=True)]
    content = client.post("/content", {"text": TEXTS[0], "segments": following, "language": "de"})
    puts = losing.calls.count("com.atproto.repo.putRecord")
    losing.lose("com.atproto.repo.putRecord", LOST)
    due = datetime.now(UTC) + AHEAD
    body = {"content_id": content["id"], "connection_ids": [connection_id], "scheduled_at": due.isoformat()}
    publication = client.post("/publications", body)
    say(f"scheduled a thread of three with a comment; the answer to part {LOST} will be lost")

    [row] = _until(client, publication["id"], "published")["platforms"]
    _check(row, {uri: each for uri, each in _records(asked).items() if uri not in before})
    tries = losing.calls.count("com.atproto.repo.putRecord") - puts
    looks = losing.calls.count("com.atproto.repo.getRecord")
    if tries != len(TEXTS) or not looks:
        message = f"{tries} records were put for {len(TEXTS)} parts, and {looks} looked for"
        raise ThreadError(message)
    say(f"all parts stand there once, each answering the right one: {tries} records put, {looks} looked for")
    for entry in client.get(f"/publications/{publication['id']}/timeline")["entries"]:
        say(f"  {entry['at'][11:23]}  {entry['text']}")

    client.post(f"/publications/{publication['id']}/platforms/{row['id']}/remove")
    _until(client, publication["id"], "removed")
    if _records(asked) != before:
        raise ThreadError("something of the thread is left on the server")
    say("removed again: the server has what it had before")


def _check(row: Json, records: dict[str, Json]) -> None:
    uris = [segment["platform_post_id"] for segment in row["segments"]]
    found = [records.get(uri, {}).get("value", {}) for uri in uris]
    references = [{"uri": uri, "cid": records[uri]["cid"]} for uri in uris if uri in records]
    wanted = [None if n is None else {"root": references[0], "parent": references[n]} for n in ANSWERS]
    for what, is_true in {
        "the texts": [record.get("text") for record in found] == list(TEXTS),
        "the records": sorted(records) == uris,
        "what they answer": [record.get("reply") for record in found] == wanted,
    }.items():
        if not is_true:
            message = f"{what} came out wrong: {records}"
            raise ThreadError(message)


def _until(client: "Client", publication_id: str, status: str) -> Json:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        publication = client.get(f"/publications/{publication_id}")
        [row] = publication["platforms"]
        if row["status"] == status:
            return publication
        if row["status"] not in ("pending", "publishing", "published", "unknown"):
            break
        time.sleep(0.2)
    message = f"it did not become {status}: {row['status']}, {row['error_code']}, {row['error_message']}"
    raise ThreadError(message)


def _records(asked: Asked) -> dict[str, Json]:
    return {record["uri"]: record for record in asked("repo.listRecords")["records"]}
