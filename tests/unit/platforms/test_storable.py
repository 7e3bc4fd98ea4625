"""What strangers answer with: only what can be stored gets through, and nothing raises but ConnectFailed."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamplighter.domain.outcomes import Published
from lamplighter.platforms._shared.storable import (
    identifier,
    plain,
    published,
    short_list,
    storable,
    token_pair,
    web_address,
)
from lamplighter.platforms.base import Account, ConnectFailed, Credentials

ACCOUNT = Account("mastodon", "1", "ada@social.example", "https://social.example", Credentials("token"))

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


def test_plain_text_has_letters_of_any_script_and_no_control_characters() -> None:
    assert plain("a\x00b\x1b[31m\x7f\x9f\ud800 é日\U0001f3ee") == "ab[31m é日\U0001f3ee"


@pytest.mark.parametrize(
    ("said", "known"),
    [
        ("9", "9"),
        (9, "9"),
        ("at://did:plc:ada/app.bsky.feed.post/3m", "at://did:plc:ada/app.bsky.feed.post/3m"),
        ("x" * 512, "x" * 512),
        ("x" * 513, None),
        ("9\x00", None),
        ("9\n", None),
        ("9 9", None),
        ("", None),
        (True, None),
        (None, None),
        (1.5, None),
        ({"id": "9"}, None),
    ],
)
def test_an_id_is_visible_and_short(said: object, known: str | None) -> None:
    assert identifier(said) == known


@pytest.mark.parametrize(
    "url", ["https://social.example/@ada/9", "http://127.0.0.1:8080/", "https://例え.jp/" + "a" * 2000]
)
def test_an_address_that_can_be_shown(url: str) -> None:
    assert web_address(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "at://did:plc:ada/app.bsky.feed.post/3m",
        "javascript:alert(1)",
        "//social.example",
        "https://",
        "https://[",
        "https://a.example/\x00",
        "https://a.example/ b",
        "https://a.example/" + "a" * 2048,
        "",
        None,
        5,
        ["https://a.example"],
    ],
)
def test_an_address_that_cannot_be_shown_does_not_unpublish_the_post(url: object) -> None:
    assert web_address(url) == ""
    assert published("9", url) == Published("9", "")
    assert published("9", url, "https://a.example/9") == Published("9", "https://a.example/9")


@given(anything, anything)
def test_whatever_an_answer_names_can_be_stored_or_is_left_out(remote_id: Any, url: Any) -> None:
    found = published(remote_id, url)
    if found is not None:
        assert 0 < len(found.remote_id) <= 512
        assert len(found.url) <= 2048
        assert plain(found.remote_id + found.url) == found.remote_id + found.url


def test_an_account_that_can_be_stored_is_left_as_it_is() -> None:
    assert storable(ACCOUNT, "Mastodon") is ACCOUNT


@pytest.mark.parametrize(
    "changes",
    [
        {"channel_id": ""},
        {"channel_id": "1\x00"},
        {"channel_id": "1" * 256},
        {"channel_id": 1},
        {"username": ""},
        {"username": "ada\x00"},
        {"username": "a" * 256},
        {"username": None},
        {"base_url": "https://" + "a" * 250},
        {"base_url": "ftp://social.example"},
    ],
)
def test_an_account_that_cannot_be_stored_is_not_opened(changes: dict[str, Any]) -> None:
    with pytest.raises(ConnectFailed) as failed:
        storable(replace(ACCOUNT, **changes), "Mastodon")
    assert (failed.value.code, failed.value.transient) == ("unreadable_answer", True)


@pytest.mark.parametrize("token", ["", "a b", "a\r\nb", "a\x00", "é", "a" * 8193, None, 5.5, []])
def test_a_token_that_no_header_takes_is_no_token(token: Any) -> None:
    assert token_pair({"accessJwt": "a", "refreshJwt": "r"}, "Bluesky") == Credentials("a", "r")
    for said in ({"accessJwt": token, "refreshJwt": "r"}, {"accessJwt": "a", "refreshJwt": token}):
        with pytest.raises(ConnectFailed):
            token_pair(said, "Bluesky")


def test_a_list_is_cut_and_keeps_its_words_alone() -> None:
    assert short_list(["image/png", 5, "a\x00", "b" * 256, None]) == ["image/png"]
    assert len(short_list(["image/png"] * 1000)) == 100
    assert short_list("image/png") == []
