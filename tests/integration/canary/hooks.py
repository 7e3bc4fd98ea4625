"""Webhooks with credentials in their headers, and a receiver that says back all that it is told."""

import json
from typing import Any, Protocol

import pytest

from lamplighter.settings import settings
from tests.integration.canary.planted import Planted, Watched, failing
from tests.integration.cloud import Cloud
from tests.integration.http import handler_of, lambda_context
from tests.integration.webhooks.receiver import Message, Receiver, status

ROUNDS = 5
"""Wake-ups lead to others: of a workspace to those of its endpoints."""


class Town(Protocol):
    """Where it takes place."""

    @property
    def planted(self) -> Planted: ...
    @property
    def aws(self) -> Cloud: ...
    @property
    def superuser(self) -> Any: ...


class Echo(Receiver):
    """Says no, and every header that it was sent, as they are and as JSON."""

    def serve(self, peer: Any) -> None:
        while request := peer.read():
            head, _, body = request.partition(b"\r\n\r\n")
            lines = [line.decode().partition(": ") for line in head.split(b"\r\n")[1:]]
            sent = {name.lower(): value for name, _, value in lines}
            self.messages.append(Message(sent, body))
            peer.write(status(500, body=head + json.dumps(sent).encode()))


def hooks_used(town: Town, program: Watched, base: str) -> None:
    """Made in trouble and after it, changed, rotated, tested and looked at; its receiver tells on it."""
    with Echo().running() as receiver, pytest.MonkeyPatch.context() as patched:
        patched.setenv("EGRESS_ALLOW", f"{settings().egress_allow},{receiver.address}")
        settings.cache_clear()
        first = town.planted.plant("header of a webhook", "Bearer of-the-first-credential-42")
        town.planted.plant("credential in that header", first.removeprefix("Bearer "))
        next_ = town.planted.plant("next header of a webhook", 'of "the next" \\ credential-43')
        body = {"url": receiver.url, "events": ["*"], "headers": {"Authorization": first}}
        webhook = _made(town, program, f"{base}/webhooks", body)
        path = f"{base}/webhooks/{webhook['id']}"
        _tested(town, program, path)
        _rotated(town, program, path)
        etag = program.call("GET", path).headers["etag"]
        changes = {"headers": {"X-Credential": next_}}
        with failing(town.superuser, "webhooks", "UPDATE"):
            assert program.call("PATCH", path, changes, **{"if-match": etag}).status == 500
        assert program.call("PATCH", path, changes, **{"if-match": etag}).status == 200
        _tested(town, program, path)
    settings.cache_clear()
    heard = [message.headers for message in receiver.messages]
    assert first in {each.get("authorization") for each in heard}, "the first header was never sent"
    assert next_ in {each.get("x-credential") for each in heard}, "the next header was never sent"
    reserved = {**body, "headers": {"webhook-id": first}}
    assert program.call("POST", f"{base}/webhooks", reserved).status == 422
    assert program.call("POST", f"{base}/webhooks", {**body, "headers": {"X": f"{next_}\n"}}).status == 422


def _made(town: Town, program: Watched, path: str, body: Any) -> Any:
    with failing(town.superuser, "webhooks"):
        assert program.call("POST", path, body).status == 500
    once = {"idempotency-key": "the-first-webhook"}
    shows = {"secret of a webhook": "secret"}
    made = [program.call("POST", path, body, shows=shows, **once) for _ in range(2)]
    assert made[0].status == 201, made[0].body
    assert made[0].json == made[1].json
    _plant_key(town, "secret of a webhook")
    program.call("GET", path)
    return made[0].json


def _rotated(town: Town, program: Watched, path: str) -> None:
    with failing(town.superuser, "webhooks", "UPDATE"):
        assert program.call("POST", f"{path}/rotate-secret", {}).status == 500
    shows = {"next secret of a webhook": "secret"}
    rotated = program.call("POST", f"{path}/rotate-secret", {}, shows=shows)
    assert rotated.status == 200, rotated.body
    _plant_key(town, "next secret of a webhook")


def _plant_key(town: Town, name: str) -> None:
    """What the secret's prefix is followed by is as good as the whole."""
    town.planted.plant(f"key of the {name}", town.planted.secrets[name].removeprefix("whsec_"))


def _tested(town: Town, program: Watched, path: str) -> None:
    """Sent in trouble and after it; then the log is read."""
    with failing(town.superuser, "webhook_attempts"):
        delivery = program.call("POST", f"{path}/test").json
        _deliver(town)
    assert program.call("POST", f"{path}/deliveries/{delivery['id']}/retry").status == 200
    town.superuser.execute("UPDATE webhooks SET lease_until = NULL WHERE id = %s", [path.rpartition("/")[2]])
    _deliver(town)
    details = program.call("GET", f"{path}/deliveries/{delivery['id']}").json
    assert details["tries"], "nothing was tried"
    program.call("GET", f"{path}/deliveries")


def _deliver(town: Town) -> None:
    for _ in range(ROUNDS):
        messages = town.aws.waiting("DELIVERY_QUEUE_URL")
        town.planted.hear("delivery queue", messages)
        records = [{"messageId": str(n), "body": json.dumps(each)} for n, each in enumerate(messages)]
        if not records:
            return
        handler_of("deliver_webhook")({"Records": records}, lambda_context(60))
