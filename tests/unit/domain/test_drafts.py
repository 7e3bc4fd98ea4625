"""Drafts: what each network would refuse, in its own unit, with a message that says how to mend it."""

from dataclasses import replace
from typing import Any

import pytest

from lamplighter.domain import drafts
from lamplighter.domain.drafts import UNSUPPORTED, DraftMedia, DraftSegment, Violation, violations
from lamplighter.domain.networks import (
    BLUESKY,
    LINKEDIN,
    MASTODON,
    NETWORKS,
    SANDBOX,
    TELEGRAM,
    THREADS,
    Network,
    Settling,
    with_announced,
)

PNG = DraftMedia("image/png", 1_000, alt="A lamp", width=10, height=10)


def codes(found: list[Violation]) -> list[tuple[str, str]]:
    return [(each.code, each.field) for each in found]


@pytest.mark.parametrize("network", NETWORKS.values(), ids=lambda network: network.key)
def test_a_short_text_with_an_image_suits_every_network(network: Network) -> None:
    assert violations(network, "The lamps are lit", [PNG], {}) == []


@pytest.mark.parametrize("network", NETWORKS.values(), ids=lambda network: network.key)
@pytest.mark.parametrize("text", ["", " \n"])
def test_a_post_needs_a_text_or_an_image(network: Network, text: str) -> None:
    assert codes(violations(network, text, [], {})) == [("empty", "text")]
    assert violations(network, text, [PNG], {}) == []


@pytest.mark.parametrize(
    ("network", "fits"),
    [
        (SANDBOX, "x" * 10_000),
        (BLUESKY, "\U0001f1eb\U0001f1f7" * 300),
        (MASTODON, "x" * 476 + " https://example.com/" + "a" * 1_000),
        (THREADS, "x" * 496 + "\U0001f4a1"),
        (LINKEDIN, "x" * 2_998 + "\U0001f4a1"),
        (TELEGRAM, "x" * 4_094 + "\U0001f4a1"),
    ],
    ids=["sandbox", "bluesky", "mastodon", "threads", "linkedin", "telegram"],
)
def test_the_limit_is_exact_in_the_networks_own_unit(network: Network, fits: str) -> None:
    assert violations(network, fits, [], {}) == []
    [found] = violations(network, "x" + fits, [], {})
    assert (found.code, found.field, found.limit) == ("text_too_long", "text", network.text.maximum)
    assert found.actual == network.text.maximum + 1
    assert found.unit == network.text.unit.value
    assert "shorten it by 1" in found.message


def test_bluesky_limits_the_bytes_too() -> None:
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
    [found] = violations(BLUESKY, family * 167, [], {})
    assert (found.code, found.actual, found.limit) == ("text_too_many_bytes", 167 * 18, 3_000)


@pytest.mark.parametrize(
    ("image", "code", "field"),
    [
        (DraftMedia("image/bmp", 10), "image_type", "media/1"),
        (DraftMedia("", 10), "image_type", "media/1"),
        (DraftMedia("image/png", 16 * 1024 * 1024 + 1), "image_too_large", "media/1"),
        (DraftMedia("image/png", 10, width=10_000, height=10_000), "image_too_many_pixels", "media/1"),
        (DraftMedia("image/png", 10, alt="x" * 1_501), "alt_too_long", "media/1/alt"),
    ],
)
def test_what_is_wrong_with_an_image_points_at_it(image: DraftMedia, code: str, field: str) -> None:
    assert codes(violations(MASTODON, "", [PNG, image], {})) == [(code, field)]


def test_networks_without_a_limit_on_pixels_or_descriptions_take_any() -> None:
    image = DraftMedia("image/png", 10, alt="x" * 5_000, width=30_000, height=30_000)
    assert violations(BLUESKY, "", [image], {}) == []


def test_too_many_images() -> None:
    [found] = violations(BLUESKY, "", [PNG] * 5, {})
    assert (found.code, found.field, found.actual, found.limit) == ("too_many_images", "media", 5, 4)
    assert "remove 1" in found.message


def test_every_broken_rule_is_told_at_once() -> None:
    found = violations(BLUESKY, "x" * 3_001, [DraftMedia("text/html", 9_000_000)] * 5, {})
    assert len(found) == 2 + 1 + 5 * 2


@pytest.mark.parametrize(
    ("limits", "text", "media"),
    [
        ({"text_max": 5}, "123456", []),
        ({"link_length": 501}, "https://a.co", []),
        ({"image_count": 1}, "", [PNG, PNG]),
        ({"image_bytes": 999}, "", [PNG]),
        ({"image_mimes": ["image/jpeg"]}, "", [PNG]),
        ({"image_pixels": 99}, "", [PNG]),
        ({"alt_max": 1}, "", [PNG]),
    ],
)
def test_the_limits_that_the_server_announced_outrank_the_networks(
    limits: dict[str, Any], text: str, media: list[DraftMedia]
) -> None:
    assert violations(MASTODON, text, media, {}) == []
    assert len(violations(MASTODON, text, media, limits)) == 1


def test_nothing_announced_changes_nothing() -> None:
    assert with_announced(MASTODON, {"unheard_of": 1}) == MASTODON


def test_each_network_is_listed_under_its_own_key() -> None:
    assert all(key == network.key for key, network in NETWORKS.items())


def test_only_networks_with_idempotency_keys_have_a_window() -> None:
    for network in NETWORKS.values():
        assert network.key_window is None or network.settling is Settling.IDEMPOTENCY_KEY


def test_a_text_far_beyond_the_limit_is_refused_without_being_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(drafts, "count", lambda *_: pytest.fail("it was counted"))
    text = "x" * 20_001
    [found] = violations(MASTODON, text, [], {})
    assert (found.code, found.actual, found.limit, found.unit) == ("text_too_long", 20_001, 500, "characters")
    assert "20001 characters, Mastodon takes 500" in found.message


def test_a_text_of_long_links_is_still_counted() -> None:
    text = ("https://example.com/" + "a" * 2_000 + " ") * 9
    assert violations(MASTODON, text, [], {}) == []


THREAD = DraftSegment("thread", "And the harbour with them.", [PNG])
COMMENT = DraftSegment("comment", "https://example.org")


@pytest.mark.parametrize("network", NETWORKS.values(), ids=lambda network: network.key)
def test_segments_that_fit_suit_every_network_that_takes_them(network: Network) -> None:
    taken = [THREAD] * network.threads + [COMMENT] * network.comments
    assert violations(network, "The lamps are lit", [], {}, taken) == []


@pytest.mark.parametrize(
    ("lacking", "found"),
    [
        ({"threads": False}, [("thread_unsupported", "segments/0"), ("thread_unsupported", "segments/2")]),
        ({"comments": False}, [("comments_unsupported", "segments/1")]),
    ],
)
def test_a_network_is_given_no_kind_of_segment_that_it_does_not_know(
    lacking: dict[str, bool], found: list[tuple[str, str]]
) -> None:
    network = replace(BLUESKY, **lacking)  # type: ignore[arg-type]  # two flags
    refused = violations(network, "The lamps are lit", [], {}, [THREAD, COMMENT, THREAD])
    assert codes(refused) == found
    assert {each.code for each in refused} <= UNSUPPORTED
    assert "Bluesky takes no" in refused[0].message


def test_what_a_network_does_not_know_is_not_measured_besides() -> None:
    long = DraftSegment("thread", "x" * 301, [PNG] * 5)
    refused = violations(replace(BLUESKY, threads=False), "x", [], {}, [long])
    assert codes(refused) == [("thread_unsupported", "segments/0")]


@pytest.mark.parametrize(
    ("segment", "code", "field"),
    [
        (DraftSegment("thread", "x" * 301), "text_too_long", "segments/1/text"),
        (DraftSegment("comment", "x" * 301), "text_too_long", "segments/1/text"),
        (DraftSegment("thread", " \n"), "empty", "segments/1/text"),
        (DraftSegment("thread", "", [PNG] * 5), "too_many_images", "segments/1/media"),
        (DraftSegment("thread", "", [PNG, DraftMedia("image/bmp", 1)]), "image_type", "segments/1/media/1"),
    ],
)
def test_what_is_wrong_with_a_segment_points_into_it(segment: DraftSegment, code: str, field: str) -> None:
    assert codes(violations(BLUESKY, "The lamps are lit", [], {}, [THREAD, segment])) == [(code, field)]


@pytest.mark.parametrize(
    ("images", "fits"),
    [([], "x" * 4_096), ([PNG], "x" * 1_024), ([PNG] * 10, "\U0001f4a1" * 512)],
)
def test_a_text_that_goes_with_images_has_a_limit_of_its_own(images: list[DraftMedia], fits: str) -> None:
    assert violations(TELEGRAM, fits, images, {}) == []
    [found] = violations(TELEGRAM, fits + "x", images, {})
    assert (found.code, found.limit) == ("text_too_long", 1_024 if images else 4_096)


def test_comments_have_limits_of_their_own_where_the_network_says_so() -> None:
    fits = DraftSegment("comment", "x" * 1_250)
    assert violations(LINKEDIN, "x" * 3_000, [PNG], {}, [fits]) == []
    long, pictured = DraftSegment("comment", "x" * 1_251), DraftSegment("comment", "x", [PNG])
    found = violations(LINKEDIN, "x", [], {}, [long, pictured])
    assert codes(found) == [("text_too_long", "segments/0/text"), ("too_many_images", "segments/1/media")]


def test_each_segment_has_the_whole_limit_for_itself() -> None:
    full = [DraftSegment("thread", "x" * 300, [PNG] * 4)] * 25
    assert violations(BLUESKY, "x" * 300, [PNG] * 4, {}, full) == []


def test_a_description_in_a_segment_is_pointed_at() -> None:
    image = replace(PNG, alt="x" * 1_501)
    found = violations(MASTODON, "x", [], {}, [DraftSegment("comment", "", [image])])
    assert codes(found) == [("alt_too_long", "segments/0/media/0/alt")]


def test_an_empty_post_is_told_together_with_what_follows() -> None:
    found = violations(BLUESKY, "", [], {}, [DraftSegment("thread", "x" * 301)])
    assert codes(found) == [("empty", "text"), ("text_too_long", "segments/0/text")]


def test_announced_limits_hold_for_segments_too() -> None:
    found = violations(MASTODON, "x", [], {"text_max": 5}, [DraftSegment("thread", "123456")])
    assert codes(found) == [("text_too_long", "segments/0/text")]
