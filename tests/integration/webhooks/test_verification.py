"""What is delivered verifies with the libraries that receivers use, and nothing else does."""

import base64
import json
import os
import re
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import standardwebhooks
from sqlalchemy import update

from infra.local.children import ROOT
from infra.local.receivers import HOME, LIBRARIES
from lamplighter.domain import signing
from lamplighter.postgres.models import PlatformConnection, Webhook
from lamplighter.postgres.session import transaction
from lamplighter.services import delivery_wakes, outbox, sealing
from tests.integration.publishing.conftest import Desk
from tests.integration.webhooks.conftest import SECRET, Switchboard
from tests.integration.webhooks.receiver import Message

NEW_SECRET = "whsec_" + base64.b64encode(b"what it is after it was changed.").decode()
OTHER_SECRET = "whsec_" + base64.b64encode(b"of somebody else and of no use..").decode()
HARD = (
    'Lämp \N{ELECTRIC LIGHT BULB}\N{ZERO WIDTH JOINER} \u2028\u2029 "quoted" \\u00e9 \\ / <&> \x7f\t\n'
    "\ufeff漢字 e\u0301"
)
JAVASCRIPT = ("standardwebhooks", "svix")
PAGE = ROOT / "docs/webhooks.md"


@pytest.fixture(params=["Python", *JAVASCRIPT])
def library(request: pytest.FixtureRequest) -> str:
    """Each library that verifies."""
    needs_node(request.param)
    return str(request.param)


def needs_node(library: str) -> None:
    if library != "Python" and not (HOME / "installed").exists():
        pytest.skip("needs libraries from npm: run `make webhook-libraries` once")


def node(*cases: dict[str, Any]) -> list[dict[str, Any]]:
    """What the libraries for JavaScript make of each."""
    command = [str(LIBRARIES.installed(HOME, print)), str(HOME / "start.mjs")]
    done = subprocess.run(command, input=json.dumps(cases), capture_output=True, text=True, check=True)
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def verified(library: str, secret: str, message: Message) -> Any:
    """The payload, or None where the library refuses the message."""
    if library == "Python":
        try:
            return standardwebhooks.Webhook(secret).verify(message.body, message.headers)
        except standardwebhooks.WebhookVerificationError:
            return None
    body = base64.b64encode(message.body).decode()
    [found] = node({"library": library, "secret": secret, "headers": message.headers, "body": body})
    return found.get("payload")


def told(board: Switchboard, desk: Desk, name: str) -> Message:
    """What a receiver was sent of an account with this name."""
    receiver = board.receiver()
    board.endpoint(receiver, events=["platform_connection.connected"])
    connection_id = desk.connection()
    with transaction(board.workspace_id) as tx:
        named = update(PlatformConnection).where(PlatformConnection.id == UUID(connection_id))
        tx.session.execute(named.values(display_name=name))
        payload = {"connection_id": connection_id}
        outbox.emit(tx, board.workspace_id, "platform_connection.connected", payload)
    delivery_wakes.send_noted()
    board.settle()
    one, other = receiver.messages  # side by side: what comes last was not last for that
    return max(one, other, key=lambda message: message.json["sequence"])


def rotate(board: Switchboard, webhook_id: UUID, until: datetime) -> None:
    """Give an endpoint a new secret, the former one good until then."""
    with transaction(board.workspace_id) as tx:
        ring = sealing.keyring(tx, board.workspace_id)
    with transaction(board.workspace_id) as tx:
        row = tx.session.get_one(Webhook, webhook_id)
        row.previous_secret = ring.seal("webhooks.previous_secret", webhook_id, SECRET)
        row.previous_secret_expires_at = until
        row.secret = ring.seal("webhooks.secret", webhook_id, NEW_SECRET)


@pytest.mark.parametrize("name", ["Lamp", HARD])
def test_what_is_delivered_verifies(board: Switchboard, desk: Desk, library: str, name: str):
    message = told(board, desk, name)
    payload = verified(library, SECRET, message)
    assert payload == message.json
    assert payload["data"]["platform_connection"]["display_name"] == name
    assert payload["id"] == message.headers["webhook-id"]
    assert verified(library, OTHER_SECRET, message) is None


def test_what_was_changed_on_the_way_is_refused(board: Switchboard, desk: Desk, library: str):
    message = told(board, desk, "Lamp")
    stamp = int(message.headers["webhook-timestamp"])
    other = {
        "body": replace(message, body=message.body.replace(b"Lamp", b"Lump")),
        "one byte more": replace(message, body=message.body + b" "),
        "id": replace(message, headers=message.headers | {"webhook-id": f"msg_{board.workspace_id}"}),
        "time": replace(message, headers=message.headers | {"webhook-timestamp": str(stamp + 1)}),
        "no signature": replace(message, headers=message.headers | {"webhook-signature": "v1,"}),
        "asymmetric": replace(
            message,
            headers=message.headers
            | {"webhook-signature": message.headers["webhook-signature"].replace("v1,", "v1a,")},
        ),
    }
    assert {what: verified(library, SECRET, each) for what, each in other.items()} == dict.fromkeys(other)
    assert verified(library, SECRET, message) == message.json


def test_what_is_old_is_refused_although_it_was_signed(library: str):
    key, body = signing.key_of(SECRET), b"{}"
    for age, is_taken in ((0, True), (3600, False), (-3600, False)):
        stamp = int((datetime.now(UTC) - timedelta(seconds=age)).timestamp())
        signature = signing.signatures([key], "msg_1", stamp, body)
        headers = {"webhook-id": "msg_1", "webhook-timestamp": str(stamp), "webhook-signature": signature}
        assert (verified(library, SECRET, Message(headers, body)) is not None) is is_taken


def test_while_a_secret_is_rotated_either_verifies(board: Switchboard, library: str):
    receiver = board.receiver()
    webhook_id = board.endpoint(receiver)
    rotate(board, webhook_id, board.now() + timedelta(hours=24))
    board.happens()
    board.settle()
    [message] = receiver.messages
    assert len(message.headers["webhook-signature"].split(" ")) == 2
    for secret in (SECRET, NEW_SECRET):
        assert verified(library, secret, message) == message.json
    assert verified(library, OTHER_SECRET, message) is None


def test_a_secret_whose_time_is_over_verifies_no_more(board: Switchboard, library: str):
    receiver = board.receiver()
    webhook_id = board.endpoint(receiver)
    rotate(board, webhook_id, board.now() - timedelta(seconds=1))
    board.happens()
    board.settle()
    [message] = receiver.messages
    assert verified(library, SECRET, message) is None
    assert verified(library, NEW_SECRET, message) == message.json


def test_the_specification_s_own_example_is_signed_as_it_says(library: str):
    secret, message_id, stamp = (
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1614265330,
    )
    body = b'{"test": 2432232314}'
    expected = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert signing.signatures([signing.key_of(secret)], message_id, stamp, body) == expected
    if library == "Python":
        at = datetime.fromtimestamp(stamp, UTC)
        assert standardwebhooks.Webhook(secret).sign(message_id, at, body.decode()) == expected
    else:
        case = {"library": library, "secret": secret, "id": message_id, "timestamp": stamp}
        assert node({**case, "body": base64.b64encode(body).decode()}) == [{"signature": expected}]


def code_of_page(language: str) -> list[str]:
    """The page's examples in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE.read_text(), re.DOTALL | re.MULTILINE)


def test_the_page_s_code_in_python_takes_what_is_delivered_and_nothing_else(
    board: Switchboard, desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    message = told(board, desk, HARD)
    [code] = code_of_page("python")
    monkeypatch.setenv("WEBHOOK_SECRET", SECRET)
    page: dict[str, Any] = {}
    exec(code, page)  # noqa: S102  # our own page
    capsys.readouterr()
    assert page["received"](message.body, message.headers) == 204
    assert capsys.readouterr().out == f"platform_connection.connected {message.id} 2\n"
    assert page["received"](message.body + b" ", message.headers) == 400


@pytest.mark.parametrize("number", range(2))
def test_the_page_s_code_in_javascript_takes_what_is_delivered_and_nothing_else(
    board: Switchboard, desk: Desk, number: int
):
    needs_node(JAVASCRIPT[number])
    message = told(board, desk, HARD)
    codes = code_of_page("javascript")
    assert len(codes) == len(JAVASCRIPT)
    assert f"from '{JAVASCRIPT[number]}'" in codes[number]
    call = f"""
const headers = {json.dumps(message.headers)}
const body = Buffer.from('{base64.b64encode(message.body).decode()}', 'base64')
console.log(received(body, headers), received(body + ' ', headers))
"""
    command = [str(LIBRARIES.installed(HOME, print)), "--input-type=module", "-"]
    environ = {**os.environ, "WEBHOOK_SECRET": SECRET}
    done = subprocess.run(
        command,
        input=codes[number] + call,
        env=environ,
        cwd=HOME,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == f"platform_connection.connected {message.id} 2\n204 400\n", done.stderr
