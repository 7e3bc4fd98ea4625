"""Media: announced, uploaded by the presigned form, judged by their bytes."""

from typing import Any
from uuid import uuid4

import pytest
import urllib3

from infra.local.demo_picture import SIZE, lamp_png
from tests.integration.cloud import Cloud
from tests.integration.http import Http


def uploaded(http: Http, data: bytes, *, name: str = "lamp.png", announced: int | None = None) -> Any:
    """Announce, POST the form, complete; the completed media object."""
    made = http.post("/media", {"file_name": name, "byte_size": announced or len(data)}).json
    form = made["upload"]
    with urllib3.PoolManager() as pool:
        answer = pool.request("POST", form["url"], fields={**form["fields"], "file": (name, data)})
    assert answer.status in {200, 204}, answer.data
    return http.post(f"/media/{made['id']}/complete").json


def test_an_image_is_known_by_its_bytes_and_not_by_its_name(http: Http):
    ready = uploaded(http, lamp_png(), name="holiday.gif")
    assert (ready["status"], ready["mime"]) == ("ready", "image/png")
    assert (ready["width"], ready["height"], ready["byte_size"]) == (SIZE, SIZE, len(lamp_png()))
    assert http.get(f"/media/{ready['id']}").json == ready


def test_what_is_no_image_is_rejected_with_a_reason(http: Http):
    rejected = uploaded(http, b"<svg onload=alert(1)>", name="innocent.png")
    assert rejected["status"] == "rejected"
    assert "PNG" in rejected["rejection"]


def test_completing_before_the_upload_says_so(http: Http):
    made = http.post("/media", {"byte_size": 10}).json
    answer = http.post(f"/media/{made['id']}/complete")
    assert (answer.status, answer.json["code"]) == (409, "not_uploaded")


def test_completing_twice_changes_nothing(http: Http, aws: Cloud):
    ready = uploaded(http, lamp_png())
    key = f"{http.workspace_id}/{ready['id']}"
    aws.s3.put_object(Bucket="media", Key=key, Body=b"something else")
    assert http.post(f"/media/{ready['id']}/complete").json == ready


@pytest.mark.parametrize("size", [0, 10_000_001])
def test_a_size_out_of_bounds_is_refused_at_once(http: Http, size: int):
    answer = http.post("/media", {"byte_size": size})
    assert (answer.status, answer.json["errors"][0]["pointer"]) == (422, "/byte_size")


def test_the_form_allows_this_key_and_this_size_only(http: Http):
    made = http.post("/media", {"byte_size": 123}).json
    assert made["upload"]["fields"]["key"] == f"{http.workspace_id}/{made['id']}"
    assert made["upload"]["expires_at"] > made["created_at"]


def test_content_takes_ready_media_only(http: Http):
    pending = http.post("/media", {"byte_size": 10}).json["id"]
    ready = uploaded(http, lamp_png())["id"]
    uses = [{"media_id": each, "alt": "a lamp"} for each in (ready, pending, str(uuid4()))]
    answer = http.post("/content", {"text": "x", "media": uses})
    found = {(fault["pointer"], fault["code"]) for fault in answer.json["errors"]}
    assert found == {("/media/1/media_id", "media_not_ready"), ("/media/2/media_id", "unknown_media")}
    assert http.post("/content", {"media": uses[:1]}).status == 201


def test_a_network_may_get_the_picture_without_words(http: Http):
    use = {"media_id": uploaded(http, lamp_png())["id"], "alt": "a lamp"}
    wordless = {"text": "x", "adapted_versions": {"bluesky": {"text": ""}, "mastodon": {"text": " "}}}
    assert http.post("/content", {**wordless, "media": [use]}).status == 201
    refused = http.post("/content", wordless).json["errors"]
    assert {(fault["pointer"], fault["code"]) for fault in refused} == {
        ("/adapted_versions/bluesky/text", "empty"),
        ("/adapted_versions/mastodon/text", "empty"),
    }
