"""`make bluesky-demo`: posts on a real Bluesky server by way of API, schedule, queue and worker."""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

import urllib3

from infra.local.bluesky_thread import ThreadError, thread
from infra.local.children import ROOT
from infra.local.console import Console
from infra.local.demo_picture import lamp_png
from infra.local.losing import Losing
from infra.local.pds import NoServerError, running
from infra.local.stack import Stack

if TYPE_CHECKING:
    from infra.local.demo_client import Client

type Json = dict[str, Any]

HOME = ROOT / ".local"
AHEAD = timedelta(seconds=5)
PATIENCE_SECONDS = 60.0
ALT = "A street lamp at night"
REPEATS = 2


class NotShownError(RuntimeError):
    """What should have been shown did not come true."""


def main() -> int:
    """Start a server and a stack of its own, post, and check what the server holds."""
    console = Console()
    try:
        with (
            running(HOME / "pds", console.say) as server,
            Losing(server["url"]).running() as losing,
            _stack(losing.url, console) as (client, workspace_id),
        ):
            connection_id = post(client, workspace_id, {**server, "entry": losing.url}, console.say)
            thread(client, connection_id, losing, partial(_asked, server), console.say)
    except (NoServerError, NotShownError, ThreadError) as error:
        console.say(str(error))
        return 1
    return 0


@contextmanager
def _stack(network_url: str, console: Console) -> Iterator[tuple["Client", str]]:
    environ = {**os.environ, "EGRESS_ALLOW": urlsplit(network_url).netloc}
    with Stack(directory=HOME / "bluesky-demo", environ=environ, console=console) as stack:
        os.environ.update(stack.settings)
        sys.path[:0] = [str(root) for root in stack.template.import_roots()]
        from infra.local import demo  # noqa: PLC0415  # imports the product, which wants those settings

        client, access = demo.opened(stack.url, stack.directory)
        yield client, access["workspace_id"]


def post(client: "Client", workspace_id: str, server: Json, say: Callable[[str], None]) -> str:
    """The journey; raises NotShownError. The connection's id."""
    credentials = {"identifier": server["identifier"], "app_password": server["app_password"]}
    body = {"platform": "bluesky", "base_url": server["entry"], "credentials": credentials}
    connection = client.post("/connections", body)
    say(f"connected {connection['platform_username']}, {connection['channel_id']}")

    picture = client.upload("lamp.png", lamp_png())
    marked = {
        f"@{server['friend']}": {"$type": "app.bsky.richtext.facet#mention", "did": server["friend_did"]},
        "https://example.com/evening_(walk)?n=1": {
            "$type": "app.bsky.richtext.facet#link",
            "uri": "https://example.com/evening_(walk)?n=1",
        },
        "#Lamplighter": {"$type": "app.bsky.richtext.facet#tag", "tag": "Lamplighter"},
        "#灯台": {"$type": "app.bsky.richtext.facet#tag", "tag": "灯台"},
    }
    text = "Grüße 👩‍👩‍👧 für {}: {}. {} {} 🏮".format(*marked)
    content = client.post(
        "/content", {"text": text, "media": [{"media_id": picture, "alt": ALT}], "language": "de"}
    )
    due = datetime.now(UTC) + AHEAD
    publication = client.post(
        "/publications",
        {"content_id": content["id"], "connection_ids": [connection["id"]], "scheduled_at": due.isoformat()},
    )
    say(f"scheduled for {due:%H:%M:%S.%f}: {text}")

    published = _published(client, publication["id"])
    sent = datetime.fromisoformat(published["published_at"])
    late = (sent - due).total_seconds()
    say(f"published {late:.2f} s after its time: {published['platform_post_id']}")

    _check_record(server, published, text, marked)
    say("the record on the server is exact: text, facets to the byte, image, description, language")
    _check_repeats(server, workspace_id, published["id"])
    say(f"the worker's message was sent {REPEATS} times more: still one record, and nothing was written")
    return str(connection["id"])


def _published(client: "Client", publication_id: str) -> Json:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        [platform] = client.get(f"/publications/{publication_id}")["platforms"]
        if platform["status"] == "published":
            return dict(platform)
        if platform["status"] not in ("pending", "publishing"):
            break
        time.sleep(0.2)
    message = (
        f"it was not published: {platform['status']}, {platform['error_code']}, {platform['error_message']}"
    )
    raise NotShownError(message)


def _check_record(server: Json, published: Json, text: str, marked: Json) -> None:
    record = _asked(server, "repo.getRecord", rkey=published["platform_post_id"].rpartition("/")[2])["value"]
    data = record["text"].encode()
    found = {
        data[facet["index"]["byteStart"] : facet["index"]["byteEnd"]].decode(): facet["features"][0]
        for facet in record["facets"]
    }
    [image] = record["embed"]["images"]
    picture = lamp_png()
    for what, is_true in {
        "the text": record["text"] == text,
        "the facets": found == marked,
        "the description": image["alt"] == ALT,
        "the image": image["image"]["mimeType"] == "image/png" and image["image"]["size"] == len(picture),
        "the language": record["langs"] == ["de"],
    }.items():
        if not is_true:
            message = f"{what} came out wrong: {json.dumps(record, ensure_ascii=False)}"
            raise NotShownError(message)


def _check_repeats(server: Json, workspace_id: str, row_id: str) -> None:
    """Send the worker's message again, and see that nothing at all was written to the account."""
    from lamplighter.clients import queues  # noqa: PLC0415  # the product, once its settings are known
    from lamplighter.settings import settings  # noqa: PLC0415

    before = _asked(server, "sync.getLatestCommit")
    body = {"workspace_id": workspace_id, "publication_platform_id": row_id, "fence": 1}
    message = queues.Message(body, delay_seconds=0, group=workspace_id)
    if queues.send(settings().publish_queue_url, [message] * REPEATS):
        raise NotShownError("the queue did not take the messages")
    _wait_until_empty(settings().publish_queue_url)
    records = len(_asked(server, "repo.listRecords")["records"])
    if records != 1 or _asked(server, "sync.getLatestCommit") != before:
        raise NotShownError(f"something was written again: {records} records")


def _wait_until_empty(queue_url: str) -> None:
    from lamplighter.clients import aws  # noqa: PLC0415  # likewise

    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        answer = aws.sqs().get_queue_attributes(
            QueueUrl=queue_url,
            AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
        )
        if set(answer["Attributes"].values()) == {"0"}:
            return
        time.sleep(0.2)
    raise NotShownError("the queue did not become empty")


def _asked(server: Json, name: str, **query: str) -> Json:
    collection = {"collection": "app.bsky.feed.post", "repo": server["did"], "did": server["did"]}
    url = f"{server['url']}/xrpc/com.atproto.{name}?{urlencode({**collection, **query})}"
    answer: Json = urllib3.request("GET", url).json()
    return answer


if __name__ == "__main__":
    sys.exit(main())
