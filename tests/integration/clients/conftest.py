"""AWS as moto plays it, in this process, new for each test."""

from collections.abc import Iterator
from typing import Literal

import pytest
from moto import mock_aws

from lamplighter.clients import aws
from lamplighter.settings import settings

REGION: Literal["eu-central-1"] = "eu-central-1"
_CLIENTS = (aws.sqs, aws.s3, aws.s3_in_bulk, aws.kms, aws.ses)  # as they are before a test replaces one


def forget_clients() -> None:
    """What a new process starts with."""
    for client in _CLIENTS:
        client.cache_clear()
    settings.cache_clear()


@pytest.fixture(autouse=True)
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, value in {
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_SESSION_TOKEN": "test",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_CA_BUNDLE", raising=False)
    for service in ("", "_SQS", "_S3", "_KMS", "_SESV2"):
        monkeypatch.delenv(f"AWS_ENDPOINT_URL{service}", raising=False)
    forget_clients()
    with mock_aws():
        yield
    forget_clients()
