"""What is filled into a page stays text."""

import pytest

from lamplighter.entrypoints.pages import Html, filled
from lamplighter.entrypoints.pages.sandbox import marked_up


def test_values_are_escaped_and_markup_is_not():
    assert filled("<i>{{a}}</i>{{b}}", a="<&\"'>", b=Html("<b>")) == "<i>&lt;&amp;&quot;&#x27;&gt;</i><b>"


def test_what_was_filled_in_is_not_filled_again():
    assert filled("{{a}}{{b}}", a="{{b}}", b="secret") == "{{b}}secret"


def test_a_missing_value_is_an_error():
    with pytest.raises(KeyError):
        filled("{{a}}")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a < b & c", "a &lt; b &amp; c"),
        ("#tag and @name", "<b>#tag</b> and <b>@name</b>"),
        ("<b>#tag</b>", "&lt;b&gt;<b>#tag</b>&lt;/b&gt;"),
        ("javascript:alert(1)", "javascript:alert(1)"),
        ("line\nline", "line\nline"),
        ("", ""),
    ],
)
def test_a_posts_text_is_marked_up(text: str, shown: str):
    assert marked_up(text) == shown


def test_a_link_can_be_followed_and_nothing_more():
    shown = marked_up('see https://example.org/a?b=1&c="onclick="alert(1)')
    link = (
        '<a href="https://example.org/a?b=1&amp;c=" rel="nofollow noopener noreferrer ugc" target="_blank">'
    )
    assert link in shown
    assert '"onclick' not in shown
