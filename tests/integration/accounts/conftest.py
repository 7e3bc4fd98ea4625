"""Accounts of the test's own."""

from collections.abc import Callable
from functools import partial

import pytest

from tests.integration.accounts.people import (
    Client,
    Mailed,
    Somebody,
    Superuser,
    new_client,
    new_email,
    somebody,
    verification,
    write_mail_token,
)
from tests.integration.cloud import Cloud


@pytest.fixture
def client(aws: Cloud) -> Client:
    """A device that nobody is in on."""
    return new_client()


@pytest.fixture
def mailed(aws: Cloud, superuser: Superuser) -> Mailed:
    """`mailed(email, purpose, user_id, lifetime)`: the token out of a mail."""
    return partial(write_mail_token, superuser)


@pytest.fixture
def new_person(mailed: Mailed) -> Callable[[], Somebody]:
    """Makes somebody who just signed up."""

    def make() -> Somebody:
        device = new_client()
        answer = device.post("verify-email", verification(mailed(new_email(), "sign_up")))
        assert answer.status == 201, answer.body
        return somebody(answer, device)

    return make


@pytest.fixture
def person(new_person: Callable[[], Somebody]) -> Somebody:
    """Somebody who just signed up."""
    return new_person()
