"""What a post goes on with: threads and comments, kept as they were written, refused where they cannot be."""

from typing import Any
from uuid import uuid4

import pytest

from infra.tools.event_rows import PIXEL
from tests.integration.content.conftest import SOON, Writer, faults

THREAD = {"kind": "thread", "text": "And the harbour with them.", "media": []}
COMMENT = {"kind": "comment", "text": "https://example.org", "media": []}


def uploaded(writer: Writer, *, complete: bool = True) -> str:
    """A picture of the workspace."""
    media_id = writer.http.post("/media", {"byte_size": len(PIXEL)}).json["id"]
    key = f"{writer.http.workspace_id}/{media_id}"
    writer.desk.aws.s3.put_object(Bucket="media", Key=key, Body=PIXEL)
    if complete:
        assert writer.http.post(f"/media/{media_id}/complete").json["status"] == "ready"
    return str(media_id)


def test_segments_come_back_as_they_were_written(writer: Writer):
    picture = {**THREAD, "text": "", "media": [{"media_id": uploaded(writer), "alt": "A lamp"}]}
    segments = [THREAD, picture, COMMENT]
    adapted = {
        "bluesky": {"text": "Lit.", "segments": [COMMENT]},
        "mastodon": {"text": "Lit!", "segments": []},
    }
    body = {"text": "The lamps are lit.", "segments": segments, "adapted_versions": adapted}
    made = writer.http.post("/content", body)
    assert made.status == 201
    assert (made.json["segments"], made.json["adapted_versions"]) == (segments, adapted)
    assert writer.read(made.json["id"]) == made.json


def test_content_without_segments_has_none(writer: Writer):
    adapted = {"bluesky": {"text": "Lit."}}
    made = writer.http.post("/content", {"text": "Good evening", "adapted_versions": adapted}).json
    assert made["segments"] == []
    assert made["adapted_versions"] == {"bluesky": {"text": "Lit.", "segments": None}}


@pytest.mark.parametrize("text", ["", " \n"])
@pytest.mark.parametrize("at", ["", "/adapted_versions/mastodon"])
def test_a_segment_needs_a_text_or_a_picture(writer: Writer, at: str, text: str):
    segments = [THREAD, {"kind": "thread", "text": text}]
    where = (
        {"adapted_versions": {"mastodon": {"text": "x", "segments": segments}}}
        if at
        else {"segments": segments}
    )
    answer = writer.http.post("/content", {"text": "Good evening", **where})
    assert answer.status == 422
    assert faults(answer) == [(f"{at}/segments/1/text", "empty_content")]


@pytest.mark.parametrize(
    ("segments", "pointer"),
    [
        ([{"kind": "reply", "text": "x"}], "/segments/0/kind"),
        ([{"text": "x"}], "/segments/0/kind"),
        ([{**THREAD, "colour": "red"}], "/segments/0/colour"),
        ([THREAD] * 26, "/segments"),
        ([{**THREAD, "text": "x\0"}], "/segments/0/text"),
    ],
)
def test_a_segment_that_is_none_is_pointed_at(writer: Writer, segments: Any, pointer: str):
    answer = writer.http.post("/content", {"text": "Good evening", "segments": segments})
    assert answer.status == 422
    assert [where for where, _ in faults(answer)] == [pointer]


def test_twenty_five_segments_are_taken(writer: Writer):
    answer = writer.http.post("/content", {"text": "Good evening", "segments": [THREAD] * 25})
    assert answer.status == 201


def test_pictures_of_segments_must_be_there_and_ready(writer: Writer):
    unknown, unready = str(uuid4()), uploaded(writer, complete=False)
    one, other = ({**THREAD, "media": [{"media_id": each}]} for each in (unknown, unready))
    adapted = {"bluesky": {"text": "Lit.", "segments": [THREAD, other]}}
    body = {"text": "Good evening", "segments": [one], "adapted_versions": adapted}
    answer = writer.http.post("/content", body)
    assert faults(answer) == [
        ("/segments/0/media/0/media_id", "unknown_media"),
        ("/adapted_versions/bluesky/segments/1/media/0/media_id", "media_not_ready"),
    ]


def test_an_adapted_segment_is_measured_at_once_where_one_limit_holds_for_all(writer: Writer):
    long = [THREAD, {"kind": "comment", "text": "x" * 301}]
    adapted = {name: {"text": "Lit.", "segments": long} for name in ("bluesky", "sandbox")}
    answer = writer.http.post("/content", {"text": "Good evening", "adapted_versions": adapted})
    assert faults(answer) == [("/adapted_versions/bluesky/segments/1/text", "text_too_long")]
    assert "301 graphemes" in answer.json["errors"][0]["detail"]


def test_a_segment_that_does_not_fit_an_account_is_refused_when_scheduled(writer: Writer):
    content_id = writer.desk.content(segments=[THREAD, {"kind": "comment", "text": "x" * 10_001}])
    answer = writer.desk.publication(content_id=content_id, when=SOON)
    assert (answer.status, answer.json["code"]) == (422, "content_does_not_fit")
    assert faults(answer) == [("/connection_ids/0", "text_too_long")]
    assert "segments/1/text" in answer.json["errors"][0]["detail"]


def test_an_account_is_measured_by_the_segments_that_it_gets(writer: Writer):
    own = {"sandbox": {"text": "Lit.", "segments": [THREAD]}}
    long = {"segments": [{"kind": "thread", "text": "x" * 10_001}], "adapted_versions": own}
    content_id = writer.desk.content(**long)
    assert writer.desk.publication(content_id=content_id, when=SOON).status == 201


def test_pictures_of_segments_are_measured_with_the_account(writer: Writer):
    picture, account = {"media_id": uploaded(writer)}, writer.desk.connection()
    limits = "UPDATE platform_connections SET limits = '{\"image_bytes\": 1}' WHERE id = %s"
    writer.behind.execute(limits, [account])
    content_id = writer.desk.content(segments=[THREAD, {"kind": "thread", "media": [picture]}])
    answer = writer.desk.publication(account, content_id=content_id, when=SOON)
    assert faults(answer) == [("/connection_ids/0", "image_too_large")]
    assert "segments/1/media/0" in answer.json["errors"][0]["detail"]


def test_a_network_is_adapted_no_thread_that_it_does_not_know(writer: Writer):
    own = {"linkedin": {"text": "Lit.", "segments": [COMMENT, THREAD]}}
    answer = writer.http.post("/content", {"text": "Good evening", "adapted_versions": own})
    assert faults(answer) == [("/adapted_versions/linkedin/segments/1", "thread_unsupported")]


def test_a_thread_is_not_scheduled_where_there_are_none(writer: Writer):
    account = writer.desk.connection()
    network = "UPDATE platform_connections SET platform = 'linkedin' WHERE id = %s"
    writer.behind.execute(network, [account])
    content_id = writer.desk.content(segments=[THREAD])
    answer = writer.desk.publication(account, content_id=content_id, when=SOON)
    assert faults(answer) == [("/connection_ids/0", "thread_unsupported")]
    own = {"linkedin": {"text": "Lit.", "segments": []}}
    assert writer.change(content_id, {"adapted_versions": own}).status == 200
    assert writer.desk.publication(account, content_id=content_id, when=SOON).status == 201
    answer = writer.change(content_id, {"adapted_versions": {}})
    assert faults(answer) == [("/segments/0", "thread_unsupported")]
