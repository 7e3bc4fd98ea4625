"""The shape of API keys."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamplighter.domain.api_keys import ALPHABET, RANDOM_LENGTH, is_well_formed, shown_prefix, spelled

RANDOM = st.text(ALPHABET, min_size=RANDOM_LENGTH, max_size=RANDOM_LENGTH)


@given(mode=st.sampled_from(["live", "test"]), random_part=RANDOM)
def test_a_spelled_key_is_well_formed(mode: str, random_part: str) -> None:
    assert is_well_formed(spelled(mode, random_part))


@given(random_part=RANDOM, at=st.integers(0, 44), letter=st.sampled_from(ALPHABET))
def test_a_mistyped_key_is_not(random_part: str, at: int, letter: str) -> None:
    key = spelled("live", random_part)
    mistyped = key[:at] + letter + key[at + 1 :]
    assert is_well_formed(mistyped) == (mistyped == key)


@pytest.mark.parametrize(
    "key", ["", "lmp_live_", "sk_live_" + "0" * 36, "lmp_prod_" + "0" * 36, "lmp_live_é" + "0" * 35]
)
def test_anything_else_is_not_either(key: str) -> None:
    assert not is_well_formed(key)


def test_the_checksum_is_pinned() -> None:
    assert spelled("test", "0" * 30) == "lmp_test_" + "0" * 30 + "3L4qeJ"


def test_lists_show_six_characters_of_the_secret() -> None:
    assert shown_prefix(spelled("live", "abcdefghij" * 3)) == "lmp_live_abcdef"
