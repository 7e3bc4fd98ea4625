"""Bluesky's record: pure, so that the same post always becomes the same record."""

from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from lamplighter.domain.renditions import intent_of
from lamplighter.domain.tid import tid
from lamplighter.platforms.base import Media, Post
from lamplighter.platforms.bluesky.record import mentioned, to_facets, to_image, to_record

AT = datetime(2026, 1, 1, 1, 30, 0, 123_999, tzinfo=timezone(timedelta(hours=2)))
INTENT = UUID("01993d4e-0000-7000-8000-000000000001")

words = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    st.sampled_from(["@ada.test", "#lamp", "https://example.com/a_(b)", "\U0001f3ee", "e\u0301", " "]),
)


def test_a_plain_text_has_nothing_but_what_every_record_has() -> None:
    record = to_record(Post(INTENT, AT, "Lit"), {}, [])
    assert record == {
        "$type": "app.bsky.feed.post",
        "text": "Lit",
        "createdAt": "2025-12-31T23:30:00.123Z",
    }


def test_an_image_has_its_description_and_its_shape() -> None:
    blob = {"$type": "blob", "ref": {"$link": "bafy"}, "mimeType": "image/png", "size": 1}
    image = to_image(Media(b"x", "image/png", "", 16, 9), blob)
    record = to_record(Post(INTENT, AT, "", language="de"), {}, [image])
    assert record["langs"] == ["de"]
    assert record["embed"] == {
        "$type": "app.bsky.embed.images",
        "images": [{"alt": "", "image": blob, "aspectRatio": {"width": 16, "height": 9}}],
    }


def test_a_reply_names_what_it_answers() -> None:
    reply = {"root": {"uri": "at://a", "cid": "b"}, "parent": {"uri": "at://c", "cid": "d"}}
    assert to_record(Post(INTENT, AT, "Lit"), {}, [], reply)["reply"] == reply


@given(st.uuids(), st.datetimes(datetime(2025, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_the_keys_of_a_posts_segments_differ_and_sort_as_the_segments_follow(
    row_id: UUID, intent_at: datetime
) -> None:
    posts = [(intent_at + timedelta(milliseconds=n), intent_of(row_id, n)) for n in range(100)]
    keys = [tid(at, intent) for at, intent in posts]
    assert sorted(set(keys)) == keys
    times = [to_record(Post(intent, at, ""), {}, [])["createdAt"] for at, intent in posts]
    assert sorted(set(times)) == times


def test_a_mention_without_an_account_is_plain_text() -> None:
    assert to_facets("@ada.test", {}) == []
    assert mentioned("@ada.test @bob.test @ada.test") == ["ada.test", "bob.test"]


def test_what_stands_in_a_link_is_the_links() -> None:
    [facet] = to_facets("https://example.com/#lamp", {})
    assert facet["features"][0]["uri"] == "https://example.com/#lamp"


def test_tags_that_are_longer_than_the_network_takes_stay_plain_text() -> None:
    assert len(to_facets("#" + "a" * 64, {})) == 1
    assert to_facets("#" + "a" * 65, {}) == []
    assert to_facets("#" + "a" + "\u0301" * 400, {}) == []


@given(st.lists(words, max_size=30).map("".join))
def test_facets_are_in_order_never_overlap_and_cover_what_they_mean(text: str) -> None:
    data = text.encode()
    end = 0
    for facet in to_facets(text, {"ada.test": "did:plc:ada"}):
        index, [feature] = facet["index"], facet["features"]
        assert end <= index["byteStart"] < index["byteEnd"] <= len(data)
        end = index["byteEnd"]
        shown = data[index["byteStart"] : end].decode()
        assert shown in (
            feature.get("uri"),
            "@ada.test",
            f"#{feature.get('tag')}",
            f"\uff03{feature.get('tag')}",
        )
