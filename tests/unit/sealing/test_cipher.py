"""A ciphertext opens under its key, in its place, spelled as it was: and in no other way."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamplighter.services import cipher
from lamplighter.services.cipher import Unsealable

KEY = bytes(range(32))
OTHER = bytes(32)


@given(st.binary(max_size=200), st.text(max_size=60), st.integers(0, 10_000))
def test_what_is_sealed_opens(data: bytes, place: str, version: int):
    sealed = cipher.seal(KEY, version, place, data)
    assert cipher.unseal(KEY, place, sealed) == data
    assert cipher.version_of(sealed) == version


def test_the_same_text_is_never_sealed_the_same():
    assert len({cipher.seal(KEY, 1, "here", b"secret") for _ in range(1000)}) == 1000


@pytest.mark.parametrize(("key", "place"), [(OTHER, "here"), (KEY, "there"), (KEY, ""), (KEY, "here ")])
def test_neither_another_key_nor_another_place_opens_it(key: bytes, place: str):
    sealed = cipher.seal(KEY, 1, "here", b"secret")
    with pytest.raises(Unsealable):
        cipher.unseal(key, place, sealed)


def test_no_bit_of_it_can_be_changed():
    sealed = cipher.seal(KEY, 1, "here", b"secret").encode()
    head = len("lmp1.1.")
    for position in range(head, len(sealed)):
        for bit in range(8):
            changed = bytearray(sealed)
            changed[position] ^= 1 << bit
            with pytest.raises(Unsealable):
                cipher.unseal(KEY, "here", changed.decode("latin-1"))


def test_it_cannot_be_cut_or_lengthened():
    sealed = cipher.seal(KEY, 1, "here", b"secret")
    for length in range(len(sealed)):
        with pytest.raises(Unsealable):
            cipher.unseal(KEY, "here", sealed[:length])
    for more in ("A", "=", "====", "AAAA", "\n", " ", "!"):
        with pytest.raises(Unsealable):
            cipher.unseal(KEY, "here", sealed + more)


@pytest.mark.parametrize("text", ["", ".", "..", "sealed", "lmp1", "lmp1.1", "lmp1.1.", "lmp1.x.AAAA"])
def test_what_was_never_sealed_does_not_open(text: str):
    with pytest.raises(Unsealable):
        cipher.unseal(KEY, "here", text)


@pytest.mark.parametrize("version", ["01", " 1", "+1", "1_0", "\u0661", "-0"])
def test_a_version_has_one_spelling(version: str):
    body = cipher.seal(KEY, 1, "here", b"secret").rsplit(".", 1)[1]
    with pytest.raises(Unsealable):
        cipher.version_of(f"lmp1.{version}.{body}")


def test_an_error_tells_nothing_of_what_was_sealed():
    key, secret = os.urandom(32), b"the secret itself"
    with pytest.raises(Unsealable) as raised:
        cipher.unseal(OTHER, "here", cipher.seal(key, 1, "here", secret))
    assert "secret itself" not in str(raised.value)
