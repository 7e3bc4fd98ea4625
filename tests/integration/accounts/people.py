"""People at the routes of auth: each calls from an address of their own and reads their own mail."""

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg

from infra.local.http_events import Request, event, response
from infra.local.routing import resolve
from lamplighter.domain.mails import token_hash
from tests.integration.http import NAME_OF, ROUTES, Answer, handler_of, lambda_context, logged_in

PASSWORD = "kelp, lamps and orchards"

type Superuser = psycopg.Connection[Any]
type Mailed = Callable[..., str]


@dataclass(frozen=True, slots=True)
class Client:
    """A device: where it calls from, and the access token that it holds, if any."""

    address: str
    token: str | None = None
    agent: str = "Harbour/1.0"

    def post(self, path: str, body: Any = None, **headers: str) -> Answer:
        """`path` is below /v1/auth."""
        return self.call("POST", f"/v1/auth/{path}", body, **headers)

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        sent = {"content-type": "application/json", "user-agent": self.agent, **headers}
        if self.token is not None:
            sent.setdefault("authorization", f"Bearer {self.token}")
        content = b"" if body is None else json.dumps(body).encode()
        request = Request(method, path, list(sent.items()), content, self.address)
        match = resolve(ROUTES, method, request.path)
        assert match, path
        function = NAME_OF[match.logical_id]
        with logged_in(function):
            answer = response(handler_of(function)(event(request, match), lambda_context()))
        return Answer(answer.status, dict(answer.headers), answer.body)

    def with_token(self, token: str) -> "Client":
        return replace(self, token=token)

    def is_in(self) -> bool:
        """Whether the access token opens anything: asked by what is refused for another reason if it does."""
        wrong = {"current_password": "wrong", "new_password": "long enough to be one"}
        answer = self.post("password", wrong)
        assert answer.status in (401, 409, 422), answer.body
        return answer.status != 401


@dataclass(frozen=True, slots=True)
class Somebody:
    """A person with an account, in on one device."""

    id: UUID
    email: str
    client: Client
    refresh_token: str
    session_id: UUID

    def log_in(self, client: Client | None = None, password: str = PASSWORD) -> "Somebody":
        """The same person, in on another device."""
        elsewhere = client or new_client()
        answer = elsewhere.post("login", {"email": self.email, "password": password})
        assert answer.status == 200, answer.body
        return somebody(answer, elsewhere)


def new_client() -> Client:
    """A device at an address that no other test has."""
    return Client(".".join(["10", *(str(secrets.randbelow(256)) for _ in range(3))]))


def new_email() -> str:
    return f"{uuid4().hex}@example.com"


def somebody(answer: Answer, client: Client) -> Somebody:
    """Who the answer of a sign-in let in."""
    body = answer.json
    return Somebody(
        id=UUID(body["user"]["id"]),
        email=body["user"]["email"],
        client=client.with_token(body["access_token"]),
        refresh_token=body["refresh_token"],
        session_id=UUID(body["session_id"]),
    )


def write_mail_token(
    superuser: Superuser,
    email: str,
    purpose: str,
    user_id: UUID | None = None,
    lifetime: timedelta = timedelta(hours=1),
) -> str:
    """A token as the sender of mails makes it."""
    token = secrets.token_urlsafe(32)
    superuser.execute(
        "INSERT INTO mail_tokens (id, user_id, email, purpose, token_hash, expires_at)"
        " VALUES (%s, %s, %s, %s, %s, now() + %s)",
        [uuid4(), user_id or uuid4(), email, purpose, token_hash(token), lifetime],
    )
    return token


def verification(token: str, **overrides: Any) -> dict[str, Any]:
    return {"token": token, "name": "Ada", "password": PASSWORD, **overrides}


def stripped(answer: Answer) -> tuple[int, bytes, dict[str, str]]:
    """All of an answer but what names the very request."""
    own = {key: value for key, value in answer.headers.items() if key.lower() != "request-id"}
    body = json.loads(answer.body) if answer.body else {}
    body.pop("request_id", None)
    return answer.status, json.dumps(body).encode(), own
