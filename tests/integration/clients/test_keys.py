"""Data keys open for their own workspace alone."""

import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from lamplighter.clients import aws, keys
from lamplighter.ids import new_id
from lamplighter.settings import settings

OURS, THEIRS = new_id(), new_id()


def _new_master_key(monkeypatch: pytest.MonkeyPatch) -> str:
    key_id = aws.kms().create_key()["KeyMetadata"]["KeyId"]
    monkeypatch.setenv("KMS_KEY_ID", key_id)
    settings.cache_clear()
    return key_id


@pytest.fixture(autouse=True)
def master_key(monkeypatch: pytest.MonkeyPatch) -> str:
    return _new_master_key(monkeypatch)


def test_a_data_key_opens_to_the_same_256_bits_every_time() -> None:
    wrapped = keys.new_data_key(OURS)
    opened = keys.unwrap(wrapped, OURS)
    assert len(opened) == 32
    assert opened not in wrapped
    assert keys.unwrap(wrapped, OURS) == opened


def test_no_two_data_keys_are_the_same() -> None:
    assert keys.unwrap(keys.new_data_key(OURS), OURS) != keys.unwrap(keys.new_data_key(OURS), OURS)


def test_a_data_key_does_not_open_for_another_workspace() -> None:
    with pytest.raises(keys.WrongKey) as wrong:
        keys.unwrap(keys.new_data_key(OURS), THEIRS)
    assert str(THEIRS) in str(wrong.value)


def test_a_damaged_data_key_does_not_open() -> None:
    wrapped = bytearray(keys.new_data_key(OURS))
    wrapped[-1] ^= 1
    with pytest.raises(keys.WrongKey):
        keys.unwrap(bytes(wrapped), OURS)


def test_a_data_key_does_not_open_under_another_master_key(monkeypatch: pytest.MonkeyPatch) -> None:
    wrapped = keys.new_data_key(OURS)
    _new_master_key(monkeypatch)
    with pytest.raises(ClientError):  # moto says AccessDenied, KMS documents IncorrectKey
        keys.unwrap(wrapped, OURS)


@pytest.mark.parametrize(
    "code",
    ["DisabledException", "ThrottlingException", "KMSInternalException", "IncorrectKeyException"],
)
def test_a_refusal_that_may_pass_is_no_verdict_on_the_data_key(code: str) -> None:
    wrapped = keys.new_data_key(OURS)
    with Stubber(aws.kms()) as stub:
        for _ in range(3):
            stub.add_client_error("decrypt", code)
        with pytest.raises(ClientError, match=code):
            keys.unwrap(wrapped, OURS)
