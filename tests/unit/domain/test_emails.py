"""One spelling for each address."""

import pytest

from lamplighter.domain.emails import NoAddress, normalised


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("Ada@Example.COM", "ada@example.com"),
        (" ada@example.com\n", "ada@example.com"),
        ("ada.lovelace+posts@mail.example.com", "ada.lovelace+posts@mail.example.com"),
        ("ada@MÜNCHEN.de", "ada@xn--mnchen-3ya.de"),
        ("ada@mu\u0308nchen.de", "ada@xn--mnchen-3ya.de"),
        ("ada@xn--mnchen-3ya.de", "ada@xn--mnchen-3ya.de"),
        ("o'hara!#$@example.com", "o'hara!#$@example.com"),
    ],
)
def test_an_address_has_one_spelling(given: str, stored: str) -> None:
    assert normalised(given) == stored
    assert normalised(stored) == stored


@pytest.mark.parametrize(
    "given",
    [
        "",
        "ada",
        "@example.com",
        "ada@",
        "ada@localhost",
        "ada@192.168.1.1",
        "ada@[192.168.1.1]",
        "ada@example.com.",
        "ada@-example.com",
        "ada@exa_mple.com",
        "ada@example..com",
        "ada@@example.com",
        "a@b@example.com",
        "ada..l@example.com",
        ".ada@example.com",
        "ada l@example.com",
        '"ada"@example.com',
        "Ada <ada@example.com>",
        "ada@example.com, eve@example.com",
        "ada@example.com\0",
        "ada\r\nBcc: eve@example.com@example.com",
        "ädä@example.com",  # SES delivers to ASCII alone
        "\u212aate@example.com",  # a Kelvin sign, whose lower case is a k
        "ada@example\u3002com",  # a full stop that only some take for one
        "ada@\u24d4xample.com",  # a letter in a circle
        "a" * 65 + "@example.com",
        "ada@" + "a" * 64 + ".com",
        "ada@" + ".".join(["a" * 60] * 5) + ".com",
    ],
)
def test_what_no_mail_reaches_is_refused(given: str) -> None:
    with pytest.raises(NoAddress):
        normalised(given)


def test_a_domain_that_two_versions_of_idna_read_differently_is_refused_unless_written_in_ascii() -> None:
    with pytest.raises(NoAddress, match="xn--"):
        normalised("ada@straße.de")
    assert normalised("ada@xn--strae-oqa.de") == "ada@xn--strae-oqa.de"


def test_what_some_providers_ignore_is_kept() -> None:
    assert normalised("a.d.a+x@gmail.com") != normalised("ada@gmail.com")
