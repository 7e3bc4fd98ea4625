"""An archive over HTTP, and the jobs that clean up, as the running stack does it."""

import io
import json
import time
from typing import Any
from zipfile import ZipFile

import pytest
import urllib3

from infra.local.demo_client import Client
from infra.local.demo_picture import lamp_png
from infra.local.stack import Stack
from tests.e2e.test_journey import access, client, finished, publication

__all__ = ["access", "client"]


def written(client: Client, export_id: str, patience: float = 60) -> Any:
    """The export once its worker has dealt with it."""
    deadline = time.monotonic() + patience
    while True:
        found = client.get(f"/exports/{export_id}")
        if found["status"] not in {"pending", "running"} or time.monotonic() > deadline:
            return found
        time.sleep(0.2)


def test_an_archive_of_everything_is_downloaded(client: Client):
    picture = client.upload("lamp.png", lamp_png())
    media = [{"media_id": picture, "alt": "A street lamp at night"}]
    finished(client, publication(client, "now", text="Into the archive", media=media))
    export = written(client, client.post("/exports", {})["id"])
    assert export["status"] == "ready", export
    answer = urllib3.request("GET", export["download_url"])
    with ZipFile(io.BytesIO(answer.data)) as archive:
        assert archive.read(f"media/{picture}.png") == lamp_png()
        content = [json.loads(line) for line in archive.read("content.jsonl").splitlines()]
        manifest = json.loads(archive.read("manifest.json"))
    assert "Into the archive" in {row["original_text"] for row in content}
    assert manifest["analytics"] == "2 tables"


@pytest.mark.parametrize("job", ["erase", "prune"])
def test_a_job_has_all_that_it_needs(stack: Stack, job: str):
    done = stack.invoke(job)
    assert done.error is None, done
