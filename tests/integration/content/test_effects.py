"""What a change means for the publications of the content: those that are not out yet, and no others."""

from typing import Any

import pytest

from lamplighter.domain.renditions import rendition
from tests.integration.content.conftest import SOON, Writer, faults
from tests.integration.content.test_segments import THREAD
from tests.integration.http import Http


def print_of(content: Any, platform: str = "sandbox") -> str:
    """The fingerprint of what an account of the network gets of it."""
    words = {name: content[name] for name in ("text", "media", "segments", "language")}
    return rendition(platform, adapted=content["adapted_versions"], **words).fingerprint


def scheduled(writer: Writer, *connections: str, **content: Any) -> tuple[str, Any]:
    """New content and its publication in an hour."""
    content_id = writer.desk.content(**content)
    answer = writer.desk.publication(*connections, content_id=content_id, when=SOON)
    assert answer.status == 201, answer.body
    return content_id, answer.json


@pytest.mark.parametrize("status", ["pending", "held"])
def test_what_waits_is_recognised_by_its_new_words(writer: Writer, status: str):
    one, two = writer.desk.connection("one"), writer.desk.connection("two")
    content_id, publication = scheduled(writer, one, two)
    writer.becomes(publication, status)
    answer = writer.change(content_id, {"text": "Good night", "segments": [THREAD]})
    assert writer.prints(publication) == dict.fromkeys((one, two), print_of(answer.json))


@pytest.mark.parametrize("status", ["publishing", "unknown", "published", "failed", "cancelled", "skipped"])
def test_what_is_or_may_be_out_is_recognised_by_the_words_that_it_went_out_with(writer: Writer, status: str):
    content_id, publication = scheduled(writer)
    before = writer.prints(publication)
    writer.becomes(publication, status)
    assert writer.change(content_id, {"text": "Good night"}).status == 200
    assert writer.prints(publication) == before


def test_each_account_is_recognised_by_what_it_gets(writer: Writer):
    content_id, publication = scheduled(writer, adapted_versions={"sandbox": {"text": "Lit."}})
    before = writer.prints(publication)
    answer = writer.change(content_id, {"text": "Only others read this."})
    assert writer.prints(publication) == before
    answer = writer.change(content_id, {"adapted_versions": {}})
    assert list(writer.prints(publication).values()) == [print_of(answer.json)] != list(before.values())


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({"text": "x" * 10_001}, "/text", "text_too_long"),
        ({"segments": [THREAD, {**THREAD, "text": "x" * 10_001}]}, "/segments/1/text", "text_too_long"),
    ],
)
def test_what_does_not_fit_an_account_that_waits_is_refused_and_nothing_is_changed(
    writer: Writer, body: Any, pointer: str, code: str
):
    content_id, publication = scheduled(writer, writer.desk.connection("one"), writer.desk.connection("two"))
    content, prints = writer.read(content_id), writer.prints(publication)
    answer = writer.change(content_id, body)
    assert (answer.status, answer.json["code"]) == (422, "content_does_not_fit")
    assert faults(answer) == [(pointer, code)]
    assert (writer.read(content_id), writer.prints(publication)) == (content, prints)
    assert (writer.logged(), writer.events()) == ([], [])


def test_a_fault_in_adapted_words_points_at_them(writer: Writer):
    """They fit the network, and not the account, whose server takes less."""
    account = writer.desk.connection()
    content_id, _ = scheduled(writer, account)
    limits = "UPDATE platform_connections SET limits = '{\"text_max\": 12}' WHERE id = %s"
    writer.behind.execute(limits, [account])
    long = {"kind": "comment", "text": "thirteen char"}
    own = {"adapted_versions": {"sandbox": {"text": "thirteen char"}}, "segments": [long]}
    assert faults(writer.change(content_id, own)) == [
        ("/adapted_versions/sandbox/text", "text_too_long"),
        ("/segments/0/text", "text_too_long"),
    ]
    own = {"adapted_versions": {"sandbox": {"text": "Lit.", "segments": [THREAD | {"text": "Lit."}, long]}}}
    assert faults(writer.change(content_id, own)) == [
        ("/adapted_versions/sandbox/segments/1/text", "text_too_long")
    ]


def test_a_status_alone_is_measured_by_nobody(writer: Writer):
    """Limits may have shrunk since: that is told when the words change, or by the network."""
    account = writer.desk.connection()
    content_id, publication = scheduled(writer, account)
    limits = "UPDATE platform_connections SET limits = '{\"text_max\": 1}' WHERE id = %s"
    writer.behind.execute(limits, [account])
    assert writer.change(content_id, {"status": "ready"}).status == 200
    assert writer.events()[0]["publication_ids"] == []
    assert publication["status"] == "scheduled"


@pytest.mark.parametrize("status", ["published", "failed", "cancelled", "skipped", "removed"])
def test_what_does_not_wait_any_more_refuses_nothing(writer: Writer, status: str):
    content_id, publication = scheduled(writer)
    writer.becomes(publication, status)
    assert writer.change(content_id, {"text": "x" * 10_001}).status == 200
    assert writer.change(content_id, {"status": "archived"}).status == 200


@pytest.mark.parametrize("status", ["pending", "held", "publishing", "unknown"])
def test_what_is_still_to_go_out_is_not_archived(writer: Writer, status: str):
    content_id, publication = scheduled(writer)
    writer.becomes(publication, status)
    answer = writer.change(content_id, {"status": "archived"})
    assert (answer.status, answer.json["code"]) == (409, "content_in_use")
    assert writer.read(content_id)["status"] == "draft"


def test_what_was_cancelled_can_be_archived_and_then_not_scheduled(writer: Writer):
    content_id, publication = scheduled(writer)
    assert writer.http.post(f"/publications/{publication['id']}/cancel").status == 200
    assert writer.change(content_id, {"status": "archived"}).status == 200
    answer = writer.desk.publication(content_id=content_id, when=SOON)
    assert faults(answer) == [("/content_id", "content_archived")]


def test_the_publications_that_a_change_reaches_are_written_down_and_not_answered(writer: Writer):
    content_id, publication = scheduled(writer)
    out = writer.desk.publication(content_id=content_id, when=SOON).json
    writer.becomes(out, "published")
    answer = writer.change(content_id, {"text": "Good night"})
    assert writer.events() == [{"content_id": content_id, "publication_ids": [publication["id"]]}]
    [(_, after)] = writer.logged()
    assert after["publication_ids"] == [publication["id"]]
    assert publication["id"] not in answer.body.decode()


def approved(writer: Writer, publication: Any) -> None:
    """As if somebody had approved it as it was at some time."""
    status = "UPDATE publications SET approval_status = 'approved', approval_hash = 'old' WHERE id = %s"
    writer.behind.execute(status, [publication["id"]])


def approval(writer: Writer, publication: Any) -> str | None:
    return str(writer.desk.read(publication)["approval_status"])


def test_what_was_approved_is_asked_about_again(writer: Writer):
    content_id, publication = scheduled(writer)
    approved(writer, publication)
    assert writer.change(content_id, {"status": "ready"}).status == 200
    assert approval(writer, publication) == "approved"
    assert writer.change(content_id, {"text": "Good night"}).status == 200
    assert approval(writer, publication) == "pending"


@pytest.mark.parametrize("status", ["publishing", "unknown", "published"])
def test_nobody_is_asked_about_what_is_or_may_be_out(writer: Writer, status: str):
    content_id, publication = scheduled(writer)
    approved(writer, publication)
    writer.becomes(publication, status)
    assert writer.change(content_id, {"text": "Good night"}).status == 200
    assert approval(writer, publication) == "approved"


def test_a_test_key_does_not_change_what_a_live_key_scheduled(writer: Writer, http_test_key: Http):
    content_id, publication = scheduled(writer)
    answer = writer.change(content_id, {"text": "A test"}, by=http_test_key)
    assert (answer.status, answer.json["code"]) == (403, "live_key_required")
    assert writer.read(content_id)["text"] == "Good evening"
    writer.becomes(publication, "published")
    assert writer.change(content_id, {"text": "A test"}, by=http_test_key).status == 200


def test_a_live_key_changes_what_a_test_key_scheduled(writer: Writer, http_test_key: Http):
    content_id = writer.desk.content()
    when = "2029-01-01T00:00:00Z"
    body = {"content_id": content_id, "connection_ids": [writer.desk.connection()], "scheduled_at": when}
    publication = http_test_key.post("/publications", body).json
    answer = writer.change(content_id, {"text": "Good night"})
    assert list(writer.prints(publication).values()) == [print_of(answer.json)]


def test_a_limited_key_changes_only_what_goes_to_its_accounts(writer: Writer):
    mine, other = writer.desk.connection("mine"), writer.desk.connection("other")
    key = writer.limited_to(mine)
    own, _ = scheduled(writer, mine)
    both, _ = scheduled(writer, mine, other, text="To both")
    assert writer.change(own, {"text": "Good night"}, by=key).status == 200
    refused = writer.change(both, {"text": "x" * 10_001}, by=key)
    assert (refused.status, refused.json["code"]) == (403, "unlimited_key_required")
    assert writer.read(both)["text"] == "To both"
    out = "UPDATE publication_platforms SET status = 'published' WHERE connection_id = %s"
    writer.behind.execute(out, [other])
    assert writer.change(both, {"text": "Good night"}, by=key).status == 200
