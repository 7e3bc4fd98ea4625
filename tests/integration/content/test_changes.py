"""Changing content: what is replaced, what stays, what is refused, and what is written down of it."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from infra.local.first_workspace import FirstWorkspace
from lamplighter.domain.access import Caller
from lamplighter.postgres.session import transaction
from lamplighter.schemas.content import ContentUpdate
from lamplighter.services import content_changes
from tests import factories
from tests.integration.content.conftest import Writer, faults
from tests.integration.content.test_segments import THREAD

WHOLE = {
    "text": "The lamps are lit.",
    "adapted_versions": {"bluesky": {"text": "Lit.", "segments": None}},
    "media": [],
    "segments": [THREAD],
    "language": "en",
}


def written(writer: Writer, **more: Any) -> Any:
    return writer.http.post("/content", {**WHOLE, **more}).json


@pytest.mark.parametrize(
    ("body", "after"),
    [
        ({"text": "Out."}, {"text": "Out."}),
        ({"segments": []}, {"segments": []}),
        ({"language": "de"}, {"language": "de"}),
        ({"language": None}, {"language": None}),
        ({"adapted_versions": {}}, {"adapted_versions": {}}),
        ({"status": "ready"}, {"status": "ready"}),
        ({"text": None, "media": None, "segments": None, "adapted_versions": None, "status": None}, {}),
        ({}, {}),
    ],
)
def test_what_is_given_is_replaced_and_what_is_not_stays(writer: Writer, body: Any, after: Any):
    before = written(writer)
    answer = writer.change(before["id"], body)
    assert answer.status == 200
    assert answer.json == {**before, **after, "version": 2}
    assert answer.headers["etag"] == '"2"'
    assert writer.read(before["id"]) == answer.json


def test_adapted_versions_are_replaced_as_a_whole(writer: Writer):
    made = written(writer)
    own = {"mastodon": {"text": "Lit!", "segments": [THREAD]}}
    assert writer.change(made["id"], {"adapted_versions": own}).json["adapted_versions"] == own


def test_without_if_match_nothing_is_changed(writer: Writer):
    made = written(writer)
    answer = writer.http.call("PATCH", f"/content/{made['id']}", {"text": "Out."})
    assert (answer.status, answer.json["code"]) == (428, "if_match_required")
    assert writer.read(made["id"]) == made


@pytest.mark.parametrize("etag", ['"2"', "*", 'W/"1"'])
def test_what_was_changed_meanwhile_is_not_overwritten(writer: Writer, etag: str):
    made = written(writer)
    answer = writer.change(made["id"], {"text": "Out."}, etag=etag)
    assert (answer.status, answer.json["code"]) == (412, "stale_version")
    assert writer.read(made["id"]) == made


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ({"text": " "}, ("/text", "empty_content")),
        ({"segments": [{**THREAD, "text": " "}]}, ("/segments/0/text", "empty_content")),
        (
            {"adapted_versions": {"bluesky": {"text": "x" * 301}}},
            ("/adapted_versions/bluesky/text", "text_too_long"),
        ),
        (
            {"media": [{"media_id": "01980000-0000-7000-8000-000000000000"}]},
            ("/media/0/media_id", "unknown_media"),
        ),
        ({"colour": "red"}, ("/colour", "unknown_field")),
        ({"status": "gone"}, ("/status", "string_pattern_mismatch")),
        ({"language": "e"}, ("/language", "string_pattern_mismatch")),
    ],
)
def test_what_could_not_be_written_is_not_changed_to(writer: Writer, body: Any, fault: tuple[str, str]):
    made = written(writer)
    answer = writer.change(made["id"], body)
    assert (answer.status, faults(answer)) == (422, [fault])
    assert writer.read(made["id"]) == made


def test_content_that_nobody_has_is_not_found(writer: Writer):
    answer = writer.change("01980000-0000-7000-8000-000000000000", {"text": "x"}, etag='"1"')
    assert (answer.status, answer.json["code"]) == (404, "not_found")


def test_a_change_is_written_down_without_its_words(writer: Writer):
    made = written(writer)
    writer.change(made["id"], {"text": "Secret plans.", "language": "en", "status": "ready"})
    after = {"status": "ready", "changed": ["status", "text"], "publication_ids": []}
    assert writer.logged() == [({"status": "draft"}, after)]
    assert writer.events() == [{"content_id": made["id"], "publication_ids": []}]


def test_a_change_that_is_refused_is_not_written_down(writer: Writer):
    made = written(writer)
    assert writer.change(made["id"], {"text": " "}).status == 422
    assert (writer.logged(), writer.events()) == ([], [])


def test_what_is_archived_can_be_taken_up_again(writer: Writer):
    made = written(writer)
    assert writer.change(made["id"], {"status": "archived"}).json["status"] == "archived"
    again = writer.change(made["id"], {"status": "draft", "text": "Lit again."}).json
    assert (again["status"], again["text"], again["version"]) == ("draft", "Lit again.", 3)


def test_of_people_whoever_changed_it_last_is_remembered(writer: Writer, first: FirstWorkspace):
    content_id = UUID(written(writer)["id"])
    place = {"workspace_id": first.workspace_id, "organization_id": first.organization_id}
    person = Caller(kind="user", id=factories.make_user().id, **place)
    program = Caller(kind="api_key", id=uuid4(), **place)
    for version, caller in enumerate([person, program], 1):
        with transaction(first.workspace_id) as tx:
            body = ContentUpdate(text=f"Good night {version}")
            row = content_changes.change(tx, caller, content_id, body, version)
            assert row.updated_by == person.id
