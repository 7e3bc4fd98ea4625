"""A person signs up over HTTP: the mail is in the mailbox, and its link opens the account."""

import time
from typing import Any
from uuid import uuid4

import urllib3

from infra.local.stack import Stack
from tests.integration.post_office import token_in

PASSWORD = "kelp, lamps and orchards"


def mails_to(stack: Stack, email: str, patience: float = 20) -> Any:
    """What arrived, as soon as something has."""
    assert stack.mailbox
    deadline = time.monotonic() + patience
    while not (found := stack.mailbox.mails(email)) and time.monotonic() < deadline:
        time.sleep(0.1)
    return found


def test_signing_up_by_mail(stack: Stack):
    email = f"{uuid4().hex}@example.com"
    assert stack.mailbox
    asked = urllib3.request("POST", f"{stack.url}/v1/auth/sign-up", json={"email": email})
    assert asked.status == 202
    [sent] = mails_to(stack, email)
    token = token_in(sent)
    assert f"{stack.url}/docs/verify-email#token={token}" in sent.text
    page = urllib3.request("GET", f"{stack.mailbox.url}/?to={email}").data.decode()
    assert f'<a href="{stack.url}/docs/verify-email#token={token}"' in page
    body = {"token": token, "name": "Ada", "password": PASSWORD}
    opened = urllib3.request("POST", f"{stack.url}/v1/auth/verify-email", json=body)
    assert opened.status == 201, opened.data
    assert opened.json()["user"]["email"] == email
