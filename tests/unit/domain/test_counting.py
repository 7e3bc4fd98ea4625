"""Counting: each unit as its network counts it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamplighter.domain.counting import (
    Unit,
    count,
    graphemes,
    mastodon_characters,
    threads_characters,
    utf8_bytes,
    utf16_units,
)

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
FLAG = "\U0001f1eb\U0001f1f7"

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)


@pytest.mark.parametrize(
    ("text", "seen", "in_bytes", "points", "units"),
    [
        ("", 0, 0, 0, 0),
        ("abc", 3, 3, 3, 3),
        ("e\u0301", 1, 3, 2, 2),
        (FAMILY, 1, 18, 5, 8),
        (FLAG, 1, 8, 2, 4),
        ("日本", 2, 6, 2, 2),
        ("שלום", 4, 8, 4, 4),
        ("हिन्दी", 2, 18, 6, 6),
        ("\r\n", 1, 2, 2, 2),
    ],
)
def test_each_unit_counts_its_own_way(text: str, seen: int, in_bytes: int, points: int, units: int) -> None:
    assert count(Unit.GRAPHEMES, text, 0) == seen
    assert count(Unit.UTF8_BYTES, text, 0) == in_bytes
    assert count(Unit.CODE_POINTS, text, 0) == points
    assert count(Unit.UTF16_UNITS, text, 0) == units
    assert count(Unit.MASTODON, text, 23) == seen


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://example.com/" + "a" * 300, 23),
        ("https://a.co", 23),
        ("see https://example.com/x.", 4 + 23 + 1),
        ("@gargron@mastodon.social", len("@gargron")),
        ("@gargron hi", len("@gargron hi")),
        ("me@example.com", len("me@example.com")),
        ("https://mastodon.social/@gargron@example.com", 23),
        ("http://localhost:3000/a/long/path", len("http://localhost:3000/a/long/path")),
        ("見てhttps://example.com/x、次", 2 + 23 + 2),
    ],
)
def test_mastodon_gives_links_a_fixed_weight_and_mentions_their_domain_for_free(
    text: str, expected: int
) -> None:
    assert mastodon_characters(text, 23) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("lit", 3),
        ("h\u00e9", 2),
        ("\u7070\u706f", 2),
        ("\U0001f4a1", 4),
        ("\U0001f468\u200d\U0001f469\u200d\U0001f467", 18),
        ("\U0001f1eb\U0001f1f7", 8),
        ("1\ufe0f\u20e3", 7),
        ("#1", 2),
    ],
)
def test_threads_counts_the_bytes_of_emoji(text: str, expected: int) -> None:
    assert threads_characters(text) == expected
    assert threads_characters(f"a{text}b") == expected + 2


@given(texts)
def test_threads_counts_between_characters_and_bytes(text: str) -> None:
    assert len(text) <= threads_characters(text) <= utf8_bytes(text)


def test_the_instance_says_what_a_link_weighs() -> None:
    assert mastodon_characters("https://example.com", 40) == 40


@given(texts)
def test_units_keep_their_order(text: str) -> None:
    assert graphemes(text) <= len(text) <= utf16_units(text) <= utf8_bytes(text) or not text


@given(texts, texts)
def test_a_text_without_links_and_mentions_counts_its_graphemes_on_mastodon(before: str, after: str) -> None:
    text = (before + after).replace("@", "").replace("://", "")
    assert mastodon_characters(text, 23) == graphemes(text)


@given(texts, st.integers(1, 400))
def test_the_length_of_a_link_does_not_matter_on_mastodon(text: str, length: int) -> None:
    text = text.replace("@", "").replace("://", "")
    link = "https://example.com/" + "a" * length
    assert mastodon_characters(f"{text} {link}", 23) == graphemes(f"{text} {'x' * 23}")
