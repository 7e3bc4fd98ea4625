"""Secrets planted everywhere are in no log, error, queue or row; and the search finds what is let out."""

import base64
import io
import json
import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from lamplighter.clients import keys
from lamplighter.domain.vocabulary import PERMISSIONS
from lamplighter.observability import logger
from lamplighter.postgres.session import transaction
from lamplighter.services import sealing
from tests.cluster import PASSWORD
from tests.factories import make_webhook
from tests.integration.accounts.people import new_client, new_email
from tests.integration.canary.hooks import hooks_used
from tests.integration.canary.planted import Planted, Watched, failing
from tests.integration.cloud import SANDBOX_KEY, SIGNING_KEYS, Cloud
from tests.integration.fake_network import FakeNetwork
from tests.integration.http import handler_of, lambda_context
from tests.integration.portability.conftest import _clickhouse_port, analytics, jobs, search
from tests.integration.portability.jobs import Jobs
from tests.integration.portability.marks import Search
from tests.integration.post_office import PostOffice, token_in

__all__ = ["_clickhouse_port", "analytics", "jobs", "search"]

type Superuser = psycopg.Connection[Any]
PASSWORDS = ["a kelp forest at dawn", "nine lamps on the quay", "the harbour was asleep"]


@pytest.fixture
def planted() -> Planted:
    return Planted()


@pytest.fixture
def logs() -> Iterator[io.StringIO]:
    """The lines of the process's log, as they are written."""
    handler, heard = logger().registered_handler, io.StringIO()
    assert isinstance(handler, logging.StreamHandler)
    usual = handler.setStream(heard)
    yield heard
    handler.setStream(usual)


class Town:
    """Everybody who has a secret, and everything that may go wrong for them."""

    def __init__(self, planted: Planted, aws: Cloud, superuser: Superuser, office: PostOffice) -> None:
        self.planted, self.aws, self.superuser, self.office = planted, aws, superuser, office
        self.stranger = Watched(planted, new_client())
        self.email = new_email()

    def mailed(self, name: str, email: str) -> str:
        """The token of the next mail; its message is heard, the mail itself is where it belongs."""
        messages = self.office.waiting()
        self.planted.hear("mail queue", messages)
        self.office.deliver(messages)
        return self.planted.plant(name, token_in(self.office.sent_to(email)[0]))

    def sign_up(self) -> Watched:
        """An account, made on the second try; the first meets a database in trouble."""
        self.stranger.call("POST", "/v1/auth/sign-up", {"email": self.email})
        token = self.mailed("token of the sign-up mail", self.email)
        password = self.planted.plant("first password", PASSWORDS[0])
        body = {"token": token, "name": "Ada", "password": password}
        with failing(self.superuser, "users"):
            assert self.stranger.call("POST", "/v1/auth/verify-email", body).status == 500
        shows = {"first access token": "access_token", "first refresh token": "refresh_token"}
        answer = self.stranger.call("POST", "/v1/auth/verify-email", body, shows=shows)
        assert answer.status == 201
        return self.stranger.with_token(answer.json["access_token"])

    def come_and_go(self) -> Watched:
        """Logins that fail and succeed, refreshes, a stolen token, a change and a reset of the password."""
        wrong = self.planted.plant("mistyped password", "a kelp forest at dusk")
        log_in = {"email": self.email, "password": PASSWORDS[0]}
        assert self.stranger.call("POST", "/v1/auth/login", log_in | {"password": wrong}).status == 401
        with failing(self.superuser, "sessions"):
            assert self.stranger.call("POST", "/v1/auth/login", log_in).status == 500
        shows = {"access token": "access_token", "refresh token": "refresh_token"}
        inside = self.stranger.call("POST", "/v1/auth/login", log_in, shows=shows).json
        body = {"refresh_token": inside["refresh_token"]}
        shows = {"next access token": "access_token", "next refresh token": "refresh_token"}
        assert self.stranger.call("POST", "/v1/auth/refresh", body, shows=shows).status == 200
        assert self.stranger.call("POST", "/v1/auth/refresh", body).status == 401
        self.stranger.call("POST", "/v1/auth/password-reset", {"email": self.email})
        token = self.mailed("token of the reset mail", self.email)
        password = self.planted.plant("new password", PASSWORDS[1])
        reset = {"token": token, "password": password}
        shows = {"access token after reset": "access_token", "refresh token after reset": "refresh_token"}
        inside = self.stranger.call("POST", "/v1/auth/password-reset/complete", reset, shows=shows).json
        me = self.stranger.with_token(inside["access_token"])
        third = self.planted.plant("third password", PASSWORDS[2])
        change = {"current_password": wrong, "new_password": third}
        assert me.call("POST", "/v1/auth/password", change).status == 422
        assert me.call("POST", "/v1/auth/password", change | {"current_password": password}).status == 204
        self.planted.hear("mail queue", self.office.waiting())
        return me

    def found(self, me: Watched) -> str:
        """An organization with a workspace; the workspace's id."""
        slug = f"town-{UUID(bytes=self.email.encode()[:16]).hex}"
        organization = me.call("POST", "/v1/organizations", {"name": "Town", "slug": slug})
        assert organization.status == 201, organization.body
        path = f"/v1/organizations/{organization.json['id']}"
        invited = new_email()
        me.call("POST", f"{path}/invitations", {"email": invited, "role": "member"})
        self.mailed("token of the invitation", invited)
        workspace = me.call("POST", f"{path}/workspaces", {"name": "Quay", "slug": "quay"})
        assert workspace.status == 201, workspace.body
        return str(workspace.json["id"])


def keys_made(town: Town, me: Watched, base: str) -> Watched:
    """Keys: one that the database refuses, one that is made, repeated and rolled; and wrong places for it."""
    body = {"name": "Key", "permissions": [name for name in PERMISSIONS if name.endswith("write")]}
    body["permissions"].remove("audit_log:write")
    with failing(town.superuser, "api_keys"):
        assert me.call("POST", f"{base}/api-keys", body).status == 500
    once = {"idempotency-key": "the-first-key"}
    made = me.call("POST", f"{base}/api-keys", body, shows={"API key": "key"}, **once)
    assert made.status == 201, made.body
    assert me.call("POST", f"{base}/api-keys", body, shows={"API key": "key"}, **once).json == made.json
    program = town.stranger.with_token(made.json["key"])
    rolled = program.call("POST", f"{base}/api-keys/{made.json['id']}/roll", {}, shows={"rolled key": "key"})
    assert rolled.status == 201, rolled.body
    key = made.json["key"]
    program.call("GET", f"{base}/content?cursor={key}")
    program.call("POST", f"{base}/content", {"text": 7, "language": key})
    town.stranger.call("GET", f"{base}/content", authorization=f"Basic {key}")
    town.stranger.call("GET", f"{base}/content", authorization=f"Bearer {key}x")
    return program


def posts_made(town: Town, program: Watched, base: str, network: FakeNetwork) -> None:
    """An account, and posts that succeed, fail, and are answered with the very token that was sent."""
    town.aws.waiting()
    body = {"platform": "sandbox", "credentials": {"handle": "lamp"}}
    with failing(town.superuser, "platform_connections"):
        assert program.call("POST", f"{base}/connections", body).status == 500
    token = town.planted.plant("token that no network knows", "mastodon-token-of-nobody-at-all")
    refused = {
        "platform": "mastodon",
        "base_url": "https://127.0.0.1",
        "credentials": {"access_token": token},
    }
    assert program.call("POST", f"{base}/connections", refused).status in (422, 502)
    unknown = {"platform": "mastodon", "credentials": {"acces_token": token}}
    assert program.call("POST", f"{base}/connections", unknown).status == 422
    content = program.call("POST", f"{base}/content", {"text": "Good evening"}).json["id"]
    for answer in (None, _told_back(200), _told_back(422), _told_back(401), _told_back(500)):
        if answer is not None:
            network.answers.append(answer)
        connection = program.call("POST", f"{base}/connections", body).json["id"]
        _published(town, program, base, content, connection)
    for number, sent in enumerate(network.tokens):
        town.planted.plant(f"token of account {number}", sent)
    connection = program.call("POST", f"{base}/connections", body).json["id"]
    with failing(town.superuser, "publication_attempts"):
        _published(town, program, base, content, connection)


def link_used(town: Town, program: Watched, base: str) -> None:
    """An approval link: made twice with one key, mistyped, used in trouble and after it."""
    content = program.call("POST", f"{base}/content", {"text": "For approval"}).json["id"]
    body = {"platform": "sandbox", "credentials": {"handle": "lamp"}}
    connection = program.call("POST", f"{base}/connections", body).json["id"]
    at = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    wanted = {"content_id": content, "connection_ids": [connection], "scheduled_at": at}
    made = program.call("POST", f"{base}/publications", {**wanted, "needs_approval": True})
    assert made.status == 201, made.body
    path = f"{base}/publications/{made.json['id']}/approval-links"
    with failing(town.superuser, "approval_links"):
        assert program.call("POST", path, {}).status == 500
    shows = {"token of an approval link": "token", "address of an approval link": "url"}
    once = {"idempotency-key": "the-first-link"}
    links = [program.call("POST", path, {}, shows=shows, **once).json for _ in range(2)]
    assert links[0] == links[1]
    town.planted.plant("signature of an approval link", links[0]["token"].rpartition("_")[2])
    client = town.stranger.with_token(links[0]["token"])
    yes = {"comment": "Yes", "approval_hash": client.call("GET", "/v1/approval").json["approval_hash"]}
    with failing(town.superuser, "approvals"):
        assert client.call("POST", "/v1/approval/approve", yes).status == 500
    assert client.call("POST", "/v1/approval/approve", {"comment": 7}).status == 422
    assert client.call("GET", f"/v1/approval?token={links[0]['token']}").status == 200
    assert client.call("POST", "/v1/approval/approve", yes).status == 200
    assert town.stranger.with_token(links[0]["token"] + "x").call("GET", "/v1/approval").status == 401
    assert client.call("GET", base).status == 401
    assert program.call("GET", path).status == 200


def _told_back(status: int) -> Callable[[Any], None]:
    def answer(handler: Any) -> None:
        token = handler.headers["Authorization"].removeprefix("Bearer ")
        handler.answer(status, {"detail": f"not {token}", "message": token, "error": token}, {})

    return answer


def _published(town: Town, program: Watched, base: str, content: str, connection: str) -> None:
    body = {"content_id": content, "connection_ids": [connection], "scheduled_at": "now"}
    made = program.call("POST", f"{base}/publications", body)
    assert made.status == 201, made.body
    messages = town.aws.waiting()
    town.planted.hear("publish queue", messages)
    records = [{"messageId": str(number), "body": json.dumps(each)} for number, each in enumerate(messages)]
    handler_of("publish_post")({"Records": records}, lambda_context(60))
    town.aws.waiting()
    program.call("GET", f"{base}/publications/{made.json['id']}")


def deployment_secrets(planted: Planted, aws: Cloud, workspace_id: UUID, password: str) -> None:
    """What no caller ever brings: peppers, signing keys, logins, data keys, webhooks' secrets."""
    for version, pepper in json.loads(aws.secrets["peppers"])["peppers"].items():
        planted.plant(f"pepper {version}", pepper)
    for version, seed in SIGNING_KEYS["keys"].items():
        planted.plant(f"signing key {version}", seed)
    planted.plant("sandbox key", SANDBOX_KEY)
    planted.plant("database password", password)
    secret = planted.plant("webhook secret", "whsec_" + base64.b64encode(b"c4n4ry-" * 4).decode())
    with transaction(workspace_id) as tx:
        keyring = sealing.keyring(tx, workspace_id)
        row = make_webhook(tx.session)
        row.secret = keyring.seal("webhooks.secret", row.id, secret)
        (wrapped,) = keyring.wrapped.values()
    planted.plant("data key", base64.b64encode(keys.unwrap(wrapped, workspace_id)).decode())


@pytest.fixture
def town(planted: Planted, aws: Cloud, superuser: Superuser) -> Town:
    """A place of the test's own."""
    return Town(planted, aws, superuser, PostOffice(aws))


def test_what_is_secret_is_said_nowhere_and_stored_nowhere(
    town: Town, network: FakeNetwork, search: Search, jobs: Jobs, logs: io.StringIO
):
    planted = town.planted
    town.sign_up()
    me = town.come_and_go()
    workspace_id = town.found(me)
    base = f"/v1/workspaces/{workspace_id}"
    program = keys_made(town, me, base)
    posts_made(town, program, base, network)
    link_used(town, program, base)
    hooks_used(town, program, base)
    deployment_secrets(planted, town.aws, UUID(workspace_id), PASSWORD)
    for path in (f"{base}/audit-log", f"{base}/audit-log/export?format=jsonl", "/v1/users/me/audit-log"):
        me.call("GET", path)
    me.call("POST", f"{base}/exports")
    me.call("POST", "/v1/users/me/exports")
    messages = jobs.messages()
    planted.hear("export queue", messages)
    jobs.write(messages)
    planted.hear("logs", logs.getvalue())

    assert len(planted.secrets) > 20
    assert any('"level":"ERROR"' in words for where, words in planted.said if where == "logs")
    assert planted.betrayed() == set()
    stored = {name: search.everywhere(value) for name, value in planted.secrets.items()}
    assert {name: places for name, places in stored.items() if places} == {}


def test_the_search_finds_what_is_let_out(planted: Planted, search: Search, superuser: Superuser, aws: Cloud):
    for name, spelled in (("plain", str), ("base64", lambda s: base64.b64encode(s.encode()).decode())):
        secret = planted.plant(name, f"canary-that-{name}-sings")
        planted.hear(f"log {name}", {"message": f"x{spelled(secret)}y"})
    assert planted.betrayed() == {("plain", "log plain"), ("base64", "log base64")}
    superuser.execute("INSERT INTO rate_limits (bucket, tat) VALUES (%s, now())", [planted.secrets["plain"]])
    aws.s3.put_object(Bucket="exports", Key="canary", Body=planted.secrets["base64"].encode())
    assert search.everywhere(planted.secrets["plain"]) == {"rate_limits"}
    assert search.everywhere(planted.secrets["base64"]) == {"exports/canary"}
    superuser.execute("DELETE FROM rate_limits WHERE bucket = %s", [planted.secrets["plain"]])
    aws.s3.delete_object(Bucket="exports", Key="canary")
