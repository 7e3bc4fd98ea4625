"""Renditions: what each network gets, and the hashes that tell whether it changed."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest

from lamplighter.domain.renditions import Part, approval_hash, intent_of, rendition

LAMP = {"media_id": "0198c2f0-6f1e-7c4e-9d0a-3f3f6d6f8a01", "alt": "A lamp"}
QUAY = {"media_id": "0198c2f0-6f1e-7c4e-9d0a-3f3f6d6f8a02", "alt": ""}
THREAD = {"kind": "thread", "text": "And the harbour.", "media": [QUAY]}
COMMENT = {"kind": "comment", "text": "https://example.org", "media": []}
WORDS: dict[str, Any] = {
    "text": "The lamps are lit.",
    "media": [LAMP],
    "segments": [THREAD, COMMENT],
    "adapted": {},
    "language": "en",
}
ORIGINAL = (
    Part("post", "The lamps are lit.", (LAMP,)),
    Part("thread", "And the harbour.", (QUAY,)),
    Part("comment", "https://example.org", ()),
)


def test_without_words_of_its_own_a_network_gets_the_original():
    adapted = {"bluesky": {"text": "Lit.", "segments": []}}
    assert rendition("mastodon", **{**WORDS, "adapted": adapted}).parts == ORIGINAL


@pytest.mark.parametrize("version", [{"text": "Lit."}, {"text": "Lit.", "segments": None}])
def test_adapted_words_are_followed_by_the_originals_segments(version: Any):
    parts = rendition("bluesky", **{**WORDS, "adapted": {"bluesky": version}}).parts
    assert parts == (Part("post", "Lit.", (LAMP,)), *ORIGINAL[1:])


def test_adapted_segments_take_the_originals_place():
    own = {"bluesky": {"text": "Lit.", "segments": [COMMENT]}}
    parts = rendition("bluesky", **{**WORDS, "adapted": own}).parts
    assert parts == (Part("post", "Lit.", (LAMP,)), ORIGINAL[2])
    none = {"bluesky": {"text": "Lit.", "segments": []}}
    assert len(rendition("bluesky", **{**WORDS, "adapted": none}).parts) == 1


def test_an_adapted_text_may_be_empty_where_pictures_speak():
    own = {"bluesky": {"text": ""}}
    assert rendition("bluesky", **{**WORDS, "adapted": own}).parts[0].text == ""


ANOTHER_POST = [
    {"text": "The lamps are out."},
    {"media": []},
    {"media": [LAMP, QUAY]},
    {"media": [QUAY]},
    {"segments": [THREAD]},
    {"segments": [COMMENT, THREAD]},
    {"segments": [{**THREAD, "text": "And the quay."}, COMMENT]},
    {"segments": [{**THREAD, "media": [LAMP]}, COMMENT]},
]
LOOKS_THE_SAME = [
    {"text": "the LAMPS  are\nlit. "},
    {"text": "The lamps are lit\uff0e"},
    {"media": [{**LAMP, "alt": "Another word for it"}]},
    {"language": "de"},
]


@pytest.mark.parametrize("change", ANOTHER_POST, ids=str)
def test_another_post_has_another_fingerprint_and_another_digest(change: Any):
    one, other = rendition("bluesky", **WORDS), rendition("bluesky", **{**WORDS, **change})
    assert one.fingerprint != other.fingerprint
    assert one.digests != other.digests


@pytest.mark.parametrize("change", LOOKS_THE_SAME, ids=str)
def test_what_readers_take_for_the_same_has_the_same_fingerprint_and_another_digest(change: Any):
    one, other = rendition("bluesky", **WORDS), rendition("bluesky", **{**WORDS, **change})
    assert one.fingerprint == other.fingerprint
    assert one.digests != other.digests


def test_what_a_network_does_not_get_changes_nothing_for_it():
    own = {"bluesky": {"text": "Lit.", "segments": []}}
    one = rendition("bluesky", **{**WORDS, "adapted": own})
    other = rendition("bluesky", **{**WORDS, "adapted": own, "text": "Elsewhere", "segments": [THREAD]})
    assert (one.fingerprint, one.digests) == (other.fingerprint, other.digests)


def test_the_digests_of_parts_change_one_by_one():
    before = rendition("bluesky", **WORDS).digests
    after = rendition("bluesky", **{**WORDS, "segments": [{**THREAD, "text": "x"}, COMMENT]}).digests
    assert [one == other for one, other in zip(before, after, strict=True)] == [True, False, True]


CONNECTIONS = [UUID(int=1), UUID(int=2)]
AT = datetime(2027, 3, 1, 9, tzinfo=UTC)
APPROVED: dict[str, Any] = {**WORDS, "connections": CONNECTIONS, "scheduled_at": AT}


def test_an_approval_is_bound_to_the_same_said_differently():
    elsewhere = AT.astimezone(timezone(timedelta(hours=5)))
    same = {"connections": CONNECTIONS[::-1], "scheduled_at": elsewhere}
    assert approval_hash(**{**APPROVED, **same}) == approval_hash(**APPROVED)


@pytest.mark.parametrize(
    "change",
    [
        *ANOTHER_POST,
        *LOOKS_THE_SAME,
        {"adapted": {"bluesky": {"text": "Lit."}}},
        {"connections": CONNECTIONS[:1]},
        {"scheduled_at": AT + timedelta(seconds=1)},
    ],
    ids=str,
)
def test_an_approval_is_bound_to_everything_that_could_make_a_difference(change: Any):
    assert approval_hash(**{**APPROVED, **change}) != approval_hash(**APPROVED)


def test_the_first_segment_is_posted_as_its_row_and_each_other_as_itself():
    row = UUID(int=7)
    intents = [intent_of(row, segment) for segment in range(25)]
    assert intents[0] == row
    assert len(set(intents)) == 25
    assert intent_of(row, 3) == intents[3] != intent_of(UUID(int=8), 3)
