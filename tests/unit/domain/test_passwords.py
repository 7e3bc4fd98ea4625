"""What a password must be."""

import pytest

from lamplighter.domain.passwords import MAX_LENGTH, MIN_LENGTH, faults, normalised

EMAIL = "grace.hopper@harbour.example"


def codes(password: str, email: str = EMAIL) -> list[str]:
    return [fault.code for fault in faults(normalised(password), email)]


@pytest.mark.parametrize(
    "password",
    [
        "a lamp in every harbour",
        "kelpstoneorchard",  # neither digits, nor signs, nor capitals are asked for
        "    leading and trailing  ",
        "日本語のとても長い合言葉です",
        "🌊🪔🐚⚓🦀🐙🪸🐡🦐🌫🌘🪨",
        "739-104-882-655",
    ],
)
def test_length_is_all_that_is_asked_for(password: str) -> None:
    assert codes(password) == []


def test_length_is_counted_in_characters_after_composition() -> None:
    decomposed = "ka\u0308tzchen im"  # twelve as typed, eleven as stored
    assert len(decomposed) == MIN_LENGTH
    assert codes(decomposed) == ["password_too_short"]


def test_bounds() -> None:
    long = "lamp harbour kelp orchard " * 5
    assert codes(long[: MIN_LENGTH - 1]) == ["password_too_short"]
    assert codes(long[:MIN_LENGTH]) == []
    assert codes(long[:MAX_LENGTH]) == []
    assert codes(long[: MAX_LENGTH + 1]) == ["password_too_long"]


@pytest.mark.parametrize(
    "password",
    ["grace.hopper@harbour.example", "Grace.Hopper@HARBOUR.example", "grace.hopper", "Grace.Hopper1952!"],
)
def test_the_address_is_no_password(password: str) -> None:
    assert codes(password) == ["password_is_email"]


def test_a_short_local_part_inside_a_password_is_no_fault() -> None:
    assert codes("adamant kelp orchard", "ada@example.com") == []


@pytest.mark.parametrize(
    "password",
    [
        *(
            "password1234",
            "Password2024!",
            "!!PASSWORD!!!!",
            "P@ssw0rd12345",
            "lamplighter2026",
            "qwerty123456",
        ),
        *("1q2w3e4r5t6y", "1QAZ2WSX3EDC", "correcthorsebatterystaple", "iloveyouforever"),
        *("aaaaaaaaaaaa", "abcabcabcabc", "abcdabcdabcd", "\U0001f41a" * 12),
        *("123456789012", "210987654321", "abcdefghijklmnop", "qwertyuiopas", "mnbvcxzlkjhg"),
    ],
)
def test_what_is_tried_first_is_refused(password: str) -> None:
    assert codes(password) == ["password_too_common"]


def test_a_fault_says_where() -> None:
    (fault,) = faults("short", EMAIL, "/new_password")
    assert fault.pointer == "/new_password"
