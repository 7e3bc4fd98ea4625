"""Rich text: what is found, what is not, and spans that are exact to the byte."""

import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamplighter.domain.richtext import Found, accounts, handles, links, tags, without_overlaps

noise = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
pieces = st.sampled_from(
    [
        "https://example.com/a_(b)?q=1#z",
        "@alice.bsky.social",
        "#日本語タグ",
        "#été",
        "\U0001f468\u200d\U0001f469\u200d\U0001f467",
        "e\u0301",
        "漢字",
        "\u2067\u05d0\u05d1\u2069",
        " ",
        "\n",
    ]
)


def values(found: list[Found]) -> list[str]:
    return [each.value for each in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("see https://example.com.", ["https://example.com"]),
        ("see https://example.com/a, b", ["https://example.com/a"]),
        ("(https://example.com/a)", ["https://example.com/a"]),
        ("https://en.wikipedia.org/wiki/A_(b)!", ["https://en.wikipedia.org/wiki/A_(b)"]),
        ("https://example.com/w/A_(b_(c))", ["https://example.com/w/A_(b_(c))"]),
        ("https://example.com/a(b", ["https://example.com/a"]),
        ("https://example.com/?si=abc==", ["https://example.com/?si=abc=="]),
        ("https://example.com?q=(a)", ["https://example.com?q=(a)"]),
        ("https://example.com/?filter[name]=a", ["https://example.com/?filter[name]=a"]),
        ("HTTP://EXAMPLE.COM:8080/A#b", ["HTTP://EXAMPLE.COM:8080/A#b"]),
        ("“https://example.com/a”", ["https://example.com/a"]),
        ("見てhttps://例え.jp/道、次", ["https://例え.jp/道"]),
        ("\u2067https://example.com/a\u2069", ["https://example.com/a"]),
        ("https://xn--r8jz45g.xn--zckzah/a", ["https://xn--r8jz45g.xn--zckzah/a"]),
        ("https://a.co https://b.co", ["https://a.co", "https://b.co"]),
    ],
)
def test_links_end_where_a_reader_ends_them(text: str, expected: list[str]) -> None:
    assert values(links(text)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "example.com",
        "http://localhost:3000/a",
        "http://127.0.0.1/a",
        "https://user:secret@example.com/",
        "ftp://example.com",
        "xhttps://example.com",
        "https://",
        "javascript://example.com",
    ],
)
def test_what_is_no_public_address_is_no_link(text: str) -> None:
    assert links(text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hi @alice.test.", ["alice.test"]),
        ("(@bob.bsky.social)", ["bob.bsky.social"]),
        ("@alice.test's", ["alice.test"]),
        ("@Foo-Bar.Example.COM,", ["Foo-Bar.Example.COM"]),
        ("\U0001f44b@alice.test", ["alice.test"]),
        ("@" + "a." * 126 + "com", []),
        ("@alice", []),
        ("me@alice.test", []),
        ("@alice@example.com", []),
        ("@alice.test@example.com", []),
        ("@alice.123", []),
        ("@-alice.test", []),
        ("https://bsky.app/@alice.test", []),
    ],
)
def test_a_handle_is_a_domain_name_after_an_at_sign(text: str, expected: list[str]) -> None:
    assert values(handles(text)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@gargron", ["gargron"]),
        ("@gargron@mastodon.social.", ["gargron@mastodon.social"]),
        ("cc @a.b@d-e.example, @c", ["a.b@d-e.example", "c"]),
        ("me@example.com", []),
        ("https://example.com/@gargron", []),
    ],
)
def test_the_fediverse_writes_name_and_host(text: str, expected: list[str]) -> None:
    assert values(accounts(text)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("#lamp", ["lamp"]),
        ("(#lamp), #post.", ["lamp", "post"]),
        ("#COVID-19", ["COVID-19"]),
        ("#node.js!", ["node.js"]),
        ("#2026goals", ["2026goals"]),
        ("#東京、大阪", ["東京"]),
        ("\uff03タグ", ["タグ"]),
        ("#हिन्दी", ["हिन्दी"]),
        ("#עברית", ["עברית"]),
        ("#e\u0301te\u0301", ["e\u0301te\u0301"]),
        ("#2026", []),
        ("#_", []),
        ("#", []),
        ("a#b", []),
        ("##a", []),
        ("#\ufe0f\u20e3", []),
        ("&#x27;", []),
        ("https://example.com/#frag", []),
    ],
)
def test_a_tag_is_a_word_with_a_letter(text: str, expected: list[str]) -> None:
    assert values(tags(text)) == expected


def test_of_two_that_overlap_the_first_stays() -> None:
    text = "https://example.com/.@alice.test #tag"
    kept = without_overlaps([*tags(text), *handles(text), *links(text), *accounts(text)])
    assert [each.kind for each in kept] == ["link", "tag"]


def test_of_two_that_begin_together_the_longer_stays() -> None:
    text = "@alice.example.com"
    [kept] = without_overlaps([Found("mention", "alice", 0, 6, 0, 6), *handles(text)])
    assert kept.value == "alice.example.com"


@given(st.lists(st.one_of(noise, pieces), max_size=20))
def test_byte_spans_decode_to_the_very_text(parts: list[str]) -> None:
    text = "".join(parts)
    data = text.encode()
    for found in [*links(text), *handles(text), *tags(text), *accounts(text)]:
        shown = text[found.start : found.end]
        assert data[found.byte_start : found.byte_end].decode() == shown
        assert shown.removeprefix("@").removeprefix("#").removeprefix("\uff03") == found.value


@given(noise, noise)
def test_what_stands_between_spaces_is_found_whatever_is_around(before: str, after: str) -> None:
    text = f"{before} @alice.test https://example.com/a #lamp {after}"
    assert "alice.test" in values(handles(text))
    assert "https://example.com/a" in values(links(text))
    assert "lamp" in values(tags(text))


@pytest.mark.parametrize(
    "text",
    [
        "https://a.co/" + "!" * 20_000,
        "https://a.co/" + "(a" * 10_000,
        "https://a.co/" + "(a)" * 5_000 + "!" * 5_000,
        "https://" + "a-" * 10_000,
        "@" + "a-" * 10_000,
        "@" + "a." * 10_000,
        "#" + "a." * 10_000,
        "@a.a" * 5_000,
    ],
)
def test_hostile_texts_take_no_time(text: str) -> None:
    # Without a clock: a pattern that backtracks badly would not take longer here but never end.
    for find in (links, handles, accounts, tags):
        assert len(find(text)) <= len(text)


@pytest.mark.parametrize(
    ("host", "is_one"),
    [
        ("a" * 63 + ".example", True),
        ("a" * 64 + ".example", False),
        ("a." * 122 + "example", True),
        ("a." * 124 + "example", False),
        ("a.xn--" + "b" * 59, True),
        ("a.xn--" + "b" * 60, False),
    ],
)
def test_a_host_is_no_longer_than_a_name_can_be(host: str, is_one: bool) -> None:
    assert bool(links(f"https://{host}/")) is is_one
    assert bool(links(f"https://{host}")) is is_one


@pytest.mark.parametrize("find", [links, handles, accounts, tags])
@pytest.mark.parametrize(
    ("head", "body"),
    [
        ("http://", "a."),
        ("http://", "a-"),
        ("http://a.example/", "(a)!"),
        ("", "http://a."),
        ("", "http://a.example/("),
        ("@", "a."),
        ("@a@", "a."),
        ("", "@a."),
        ("#", "a-"),
    ],
)
def test_work_grows_with_the_text_and_not_with_its_square(
    find: Callable[[str], list[Found]], head: str, body: str
) -> None:
    def seconds(size: int) -> float:
        text = head + body * (size // len(body))
        return min(_timed(lambda: find(text)) for _ in range(3))

    find("x")  # compiles
    assert seconds(80_000) < 10 * max(
        seconds(20_000), 0.001
    )  # four times as much, sixteen if it were squared


def _timed(call: Callable[[], object]) -> float:
    begun = time.process_time()
    call()
    return time.process_time() - begun
