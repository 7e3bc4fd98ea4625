"""Who issued a token of the sandbox network."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamplighter.domain.sandbox_tokens import is_genuine, signed

KEY = "of this deployment"
SEEDS = st.from_regex(r"[0-9A-Za-z-]{1,64}", fullmatch=True)
KEYS = st.from_regex(r"[0-9A-Za-z]{44}", fullmatch=True)


@given(seed=SEEDS, key=KEYS)
def test_a_signed_token_is_genuine(seed: str, key: str) -> None:
    assert is_genuine(signed(seed, key), key)


@given(seed=SEEDS, key=KEYS)
def test_another_deployments_token_is_not(seed: str, key: str) -> None:
    assert not is_genuine(signed(seed, key), KEY)


@given(seed=SEEDS, data=st.data())
def test_a_token_with_one_other_character_is_not(seed: str, data: st.DataObject) -> None:
    token = signed(seed, KEY)
    at = data.draw(st.integers(0, len(token) - 1))
    letter = data.draw(st.sampled_from("0123456789abcdefXYZ-_ é"))
    changed = token[:at] + letter + token[at + 1 :]
    assert is_genuine(changed, KEY) == (changed == token)


@given(st.text())
def test_no_invented_text_is(text: str) -> None:
    assert not is_genuine(text, KEY)
    assert not is_genuine(f"sbx_{text}", KEY)


GENUINE = signed("seed", KEY)


@pytest.mark.parametrize(
    "token",
    [
        "sbx_seed",
        "sbx_seed_",
        GENUINE.removeprefix("sbx_"),
        GENUINE.upper(),
        GENUINE[:-1],  # a signature cut short
        GENUINE + "0",
        GENUINE + "\n",
        f" {GENUINE}",
        signed("", KEY),
        signed("a" * 65, KEY),
        signed("a b", KEY),
        "sbx_seed_" + "\ud800" * 32,  # what JSON may hold and UTF-8 may not
    ],
)
def test_what_is_no_token_is_not(token: str) -> None:
    assert not is_genuine(token, KEY)


def test_the_signature_is_pinned() -> None:
    # printf seed | openssl dgst -sha256 -hmac "of this deployment"
    assert signed("seed", "of this deployment") == "sbx_seed_978046137a778688aad63f0084270a6a"
