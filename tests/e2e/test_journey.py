"""The main journey over HTTP: connect, write, upload, schedule, see it published."""

import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import urllib3

from infra.local import demo
from infra.local.demo_client import Client, Refused
from infra.local.demo_picture import lamp_png
from infra.local.intrinsics import REGION
from infra.local.stack import Stack

ON_TIME = timedelta(seconds=2)


@pytest.fixture(scope="session")
def access(stack: Stack) -> dict[str, str]:
    """A workspace of this run's own and its keys."""
    environ = {**os.environ, **stack.settings, "AWS_DEFAULT_REGION": REGION, "PYTHONPATH": "shared:."}
    command = [sys.executable, "-m", "infra.local.first_workspace", f"e2e-{uuid4().hex}"]
    made = subprocess.run(command, env=environ, capture_output=True, check=True, text=True)
    found: dict[str, str] = json.loads(made.stdout)
    return found


@pytest.fixture(scope="session")
def client(stack: Stack, access: dict[str, str]) -> Client:
    """A program with a live key. Its first posts warm everything up, as any system that runs is warm."""
    warm = Client(stack.url, access["workspace_id"], access["key"])
    finished(warm, publication(warm, "now", text="warming up"))
    return warm


def publication(client: Client, when: str, text: str = "Good evening", **content: Any) -> str:
    connection = client.post("/connections", {"platform": "sandbox", "credentials": {"handle": "lamp"}})["id"]
    written = client.post("/content", {"text": text, **content})["id"]
    body = {"content_id": written, "connection_ids": [connection], "scheduled_at": when}
    return str(client.post("/publications", body)["id"])


def finished(client: Client, publication_id: str, patience: float = 30) -> Any:
    """The publication once nothing is left to be done."""
    deadline = time.monotonic() + patience
    while True:
        found = client.get(f"/publications/{publication_id}")
        if found["status"] not in {"scheduled", "publishing"} or time.monotonic() > deadline:
            return found
        time.sleep(0.1)


def lateness(done: Any) -> timedelta:
    sent = datetime.fromisoformat(done["platforms"][0]["published_at"])
    return sent - datetime.fromisoformat(done["scheduled_at"])


def test_a_post_for_now_leaves_within_two_seconds(client: Client):
    done = finished(client, publication(client, "now"))
    assert done["status"] == "published"
    assert timedelta(0) <= lateness(done) < ON_TIME


def test_a_post_for_ten_seconds_ahead_leaves_within_two_seconds_of_its_time(client: Client):
    at = datetime.now(UTC) + timedelta(seconds=10)
    done = finished(client, publication(client, at.isoformat()))
    assert done["status"] == "published"
    assert timedelta(0) <= lateness(done) < ON_TIME


def test_a_post_with_a_picture_is_seen_on_the_network(client: Client):
    picture = client.upload("lamp.png", lamp_png())
    text = f"A picture {uuid4().hex}"
    media = [{"media_id": picture, "alt": "A street lamp at night"}]
    done = finished(client, publication(client, "now", text=text, media=media))
    page = urllib3.request("GET", done["platforms"][0]["url"].partition("#")[0])
    assert page.status == 200
    assert text in page.data.decode()
    assert "A street lamp at night" in page.data.decode()


def test_a_test_key_posts_to_the_sandbox_alone(stack: Stack, access: dict[str, str], client: Client):
    tester = Client(stack.url, access["workspace_id"], access["test_key"])
    done = finished(tester, publication(tester, "now"))
    assert (done["status"], done["mode"]) == ("published", "test")
    with pytest.raises(Refused, match="404"):
        client.get(f"/publications/{done['id']}")


def test_the_demo_finds_its_accounts_again(client: Client):
    first = demo.connected(client)
    assert sorted(first.values()) == sorted(demo.HANDLES)
    assert demo.connected(client) == first


def test_the_api_describes_itself(stack: Stack):
    described = json.loads(urllib3.request("GET", f"{stack.url}/openapi.json").data)
    assert described["openapi"].startswith("3.1")
    assert "/v1/workspaces/{workspace_id}/publications" in described["paths"]
    assert b"Lamplighter" in urllib3.request("GET", f"{stack.url}/docs").data


def test_an_unknown_path_has_the_one_error_shape(stack: Stack):
    answer = urllib3.request("GET", f"{stack.url}/nowhere")
    assert (answer.status, answer.headers["content-type"]) == (404, "application/problem+json")
    assert json.loads(answer.data)["code"] == "not_found"
