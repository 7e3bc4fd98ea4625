"""What mails say, and that no stranger writes in our name."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamplighter.domain import vocabulary
from lamplighter.domain.mails import (
    LIFETIMES,
    PAGES,
    LetterKind,
    MailKind,
    link_to,
    named,
    place,
    token_hash,
    wait_after,
    written,
)

AT = datetime(2026, 8, 20, 12, 30, tzinfo=UTC)
BASE = "https://app.example.com"
KINDS = get_args(MailKind.__value__)
LETTERS = (*KINDS, *get_args(LetterKind.__value__)[1].__args__)
WITH_LINK = tuple(LIFETIMES)


def letter(kind: LetterKind, **more: str):
    link = link_to(BASE, kind, "tok-en_1") if kind in PAGES else ""
    return written(kind, link=link, at=AT, until=AT + timedelta(hours=1), **{"place": "“Harbour”", **more})


@pytest.mark.parametrize("kind", LETTERS)
def test_every_mail_has_words_in_which_nothing_is_left_open(kind: LetterKind):
    words = letter(kind)
    assert len(words.subject.splitlines()) == 1
    assert not re.search(r"[{}]", words.subject + words.text)
    assert words.text.endswith("\n\nLamplighter\n")


@pytest.mark.parametrize("kind", LETTERS)
def test_html_says_what_the_text_says(kind: LetterKind):
    words = letter(kind)
    said = " ".join(unescape(re.sub(r"<[^>]+>", " ", words.html)).split())
    for paragraph in words.text.strip().split("\n\n"):
        assert paragraph in said
    assert words.subject in said


@pytest.mark.parametrize("kind", LETTERS)
def test_a_link_stands_in_the_mails_that_need_one_and_in_no_other(kind: LetterKind):
    words = letter(kind)
    links = re.findall(r"https?://\S+", words.text)
    assert links == ([link_to(BASE, kind, "tok-en_1")] if kind in WITH_LINK else [])
    assert set(re.findall(r'href="([^"]*)"', words.html)) == set(links)


def test_the_kinds_are_those_of_the_database():
    assert KINDS == vocabulary.MAIL_KINDS
    assert LIFETIMES.keys() == {*vocabulary.MAIL_TOKEN_PURPOSES, "invitation"}


@pytest.mark.parametrize(("attempts", "minutes"), [(1, 1), (2, 2), (6, 32), (7, 60), (8, 60), (10_000, 60)])
def test_each_attempt_waits_twice_as_long_as_the_one_before_up_to_an_hour(attempts: int, minutes: int):
    assert wait_after(attempts) == timedelta(minutes=minutes)


def test_every_kind_with_a_link_has_a_page_and_a_lifetime():
    assert PAGES.keys() == LIFETIMES.keys()
    assert PAGES.keys() < set(KINDS)


def test_a_token_stands_where_no_server_hears_of_it():
    assert link_to(BASE, "reset_password", "abc") == "https://app.example.com/reset-password#token=abc"


def test_a_mail_says_until_when_its_link_works_and_a_notice_when_it_happened():
    assert "until 20 August 2026, 13:30 UTC" in letter("reset_password").text
    assert "on 20 August 2026, 12:30 UTC" in letter("password_changed").text


def test_an_invitation_says_where_it_leads():
    words = letter("invitation", place=place("Harbour Press", "Newsroom"))
    assert words.subject == "You are invited to join “Newsroom” of “Harbour Press”"
    assert place("Harbour Press", None) == "“Harbour Press”"


def test_a_name_is_no_markup():
    words = letter("invitation", place=place("<script>alert(1)</script> & {at}", None))
    assert "<script>" not in words.html
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; {at}" in words.html


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("St. John's, Ltd.", "“St. John's, Ltd.”"),
        ("A/B tests: 1 of 2", "“A/B tests: 1 of 2”"),
        ("Harbour 🏮 港", "“Harbour 🏮 港”"),
        ("evil.example", "“evil. example”"),
        ("Your prize: https://evil.example/x", "“Your prize: https: //evil. example/x”"),
        ("www.evil.example", "“www. evil. example”"),
        ("eve@evil.example", "“eve@ evil. example”"),
        ("evil\u3002example", "“evil\u3002 example”"),
        ("a\r\nBcc: eve@x", "“a Bcc: eve@ x”"),
        ("X” is closed, log in “now", "“X' is closed, log in 'now”"),
        ("\u202egnp.exe", "“gnp. exe”"),
        ("x" * 200, "“" + "x" * 79 + "…”"),
        ("", "“”"),
    ],
)
def test_a_name_is_one_short_line_without_an_address(name: str, shown: str):
    assert named(name) == shown


@given(st.text(max_size=300))
def test_whatever_the_name_the_subject_is_one_line_and_short(name: str):
    subject = letter("invitation", place=place(name, name)).subject
    assert len(subject.splitlines()) == 1
    assert subject.isprintable()
    assert len(subject) < 250
    assert not re.search(r"\w\.\w|://|\w@\w", subject)


def test_a_stored_token_is_its_sha_256():
    assert token_hash("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
