"""Little text: what a reader sees of it is what was written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamplighter.platforms.linkedin.little_text import likeness, to_little_text, to_plain

written = st.text(st.sampled_from("ab1 #\uff03@\\\\(){}[]<>|*_~\n\u00e9\u706f\U0001f4a1"), max_size=60)


@pytest.mark.parametrize(
    ("text", "little"),
    [
        ("The lamps are lit.", "The lamps are lit."),
        ("(all) [of] {them} <now>", r"\(all\) \[of\] \{them\} \<now\>"),
        (r"a\b|c*d_e~f", r"a\\b\|c\*d\_e\~f"),
        ("@ada", r"\@ada"),
        ("#evening, #COVID-19", r"{hashtag|\#|evening}, {hashtag|\#|COVID-19}"),
        ("#snake_case", r"{hashtag|\#|snake\_case}"),
        ("C# and #1", r"C\# and \#1"),
        ("@[Ada](urn:li:person:1)", r"\@\[Ada\]\(urn:li:person:1\)"),
    ],
)
def test_what_cuts_a_post_off_is_escaped(text: str, little: str) -> None:
    assert to_little_text(text) == little


@given(st.one_of(written, st.text(max_size=200)))
def test_what_is_escaped_reads_as_it_was_written(text: str) -> None:
    assert likeness(to_plain(to_little_text(text))) == likeness(text)
    assert to_plain(to_little_text(text)).replace("\uff03", "#") == text.replace("\uff03", "#")


@pytest.mark.parametrize(
    ("little", "shown"),
    [
        ("@[Ada (the first)](urn:li:organization:1) says", "Ada (the first) says"),
        (r"@[Ada \(1\)](urn:li:person:1)", "Ada (1)"),
        ("{hashtag|#|lit}", "#lit"),
        ("#lit", "#lit"),
        ("{hashtag|", "{hashtag|"),
        ("ends in \\", "ends in \\"),
    ],
)
def test_what_linkedin_writes_itself_is_read(little: str, shown: str) -> None:
    assert to_plain(little) == shown


def test_spacing_case_and_compatible_forms_make_no_other_post() -> None:
    assert likeness(" The\nlamps ") == likeness("the \uff4camps")
    assert likeness("the lamp") != likeness("the lamps")
