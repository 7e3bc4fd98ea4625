"""A personal field opens with its owner's key in its own row, and with nothing once that key is gone."""

import subprocess
import sys

import pytest

from lamplighter import secrets_store
from lamplighter.ids import new_id
from lamplighter.services import personal_keys, sealed_answers
from lamplighter.services.cipher import Unsealable
from tests.unit.sealing.conftest import Peppers

OWNER, OTHER, ROW, OTHER_ROW = new_id(), new_id(), new_id(), new_id()
TEXT = '{"address": "192.0.2.7", "agent": "Müller/1.0"}'


def test_what_is_sealed_for_an_owner_opens(peppers: Peppers):
    wrapped = personal_keys.new(OWNER)
    assert personal_keys.unseal(wrapped, OWNER, ROW, personal_keys.seal(wrapped, OWNER, ROW, TEXT)) == TEXT


def test_no_two_owners_have_the_same_key(peppers: Peppers):
    one, another = personal_keys.new(OWNER), personal_keys.new(OWNER)
    with pytest.raises(Unsealable):
        personal_keys.unseal(another, OWNER, ROW, personal_keys.seal(one, OWNER, ROW, TEXT))


def test_a_field_moved_to_another_row_or_owner_does_not_open(peppers: Peppers):
    wrapped = personal_keys.new(OWNER)
    sealed = personal_keys.seal(wrapped, OWNER, ROW, TEXT)
    with pytest.raises(Unsealable):
        personal_keys.unseal(wrapped, OWNER, OTHER_ROW, sealed)
    with pytest.raises(Unsealable):
        personal_keys.unseal(personal_keys.new(OTHER), OTHER, ROW, sealed)


def test_a_key_does_not_open_for_another_owner(peppers: Peppers):
    wrapped = personal_keys.new(OWNER)
    with pytest.raises(Unsealable):
        personal_keys.seal(wrapped, OTHER, ROW, TEXT)


def test_a_wrapped_key_is_no_personal_field_nor_an_answer(peppers: Peppers):
    wrapped = personal_keys.new(OWNER)
    with pytest.raises(Unsealable):
        personal_keys.unseal(wrapped, OWNER, ROW, wrapped)
    with pytest.raises(Unsealable):
        sealed_answers.unseal(wrapped, f"{OWNER}|personal_keys.wrapped")


def test_what_an_earlier_pepper_wrapped_opens_while_it_is_listed(peppers: Peppers):
    wrapped = personal_keys.new(OWNER)
    sealed = personal_keys.seal(wrapped, OWNER, ROW, TEXT)
    peppers.rotate()
    assert personal_keys.unseal(wrapped, OWNER, ROW, sealed) == TEXT
    del peppers.peppers["1"]
    secrets_store.forget()
    with pytest.raises(Unsealable):
        personal_keys.unseal(wrapped, OWNER, ROW, sealed)


def test_a_process_that_does_not_know_the_newest_pepper_yet_asks_for_it(peppers: Peppers):
    personal_keys.new(OWNER)
    before = dict(secrets_store._kept)
    peppers.rotate()
    secrets_store.forget()
    wrapped = personal_keys.new(OWNER)
    sealed = personal_keys.seal(wrapped, OWNER, ROW, TEXT)
    answer = sealed_answers.seal("an answer", "row")
    secrets_store._kept.update(before)  # another process, which read the secret minutes ago
    assert personal_keys.unseal(wrapped, OWNER, ROW, sealed) == TEXT
    secrets_store._kept.update(before)
    assert sealed_answers.unseal(answer, "row") == "an answer"


def test_a_kept_answer_opens_in_its_own_row_alone(peppers: Peppers):
    sealed = sealed_answers.seal('{"key": "lmp_live_x"}', "workspace|key|POST|/v1/api-keys|abc")
    assert "lmp_live_x" not in sealed
    opened = sealed_answers.unseal(sealed, "workspace|key|POST|/v1/api-keys|abc")
    assert opened == '{"key": "lmp_live_x"}'
    with pytest.raises(Unsealable):
        sealed_answers.unseal(sealed, "workspace|key|POST|/v1/api-keys|abd")


def test_neither_imports_boto3_nor_cryptography_before_it_seals():
    program = (
        "import sys; from lamplighter.services import personal_keys, sealed_answers;"
        "print([name for name in ('boto3', 'botocore', 'cryptography') if name in sys.modules])"
    )
    asked = [sys.executable, "-c", program]
    done = subprocess.run(asked, capture_output=True, text=True, check=True, env={"PYTHONPATH": "shared"})
    assert done.stdout.strip() == "[]"
