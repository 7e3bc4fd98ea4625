"""One authenticated request through the real handler, against raw psycopg sending the same statements.

Three ways in turns: psycopg alone, the services without HTTP's edge, the whole handler with its event.
"""

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg

from functions.content import handler as function
from infra.local.ports import free
from infra.local.secrets_extension import SecretsExtension
from lamplighter.domain.access import Caller
from lamplighter.domain.plans import rates
from lamplighter.entrypoints.auth import authenticated
from lamplighter.ids import new_id
from lamplighter.postgres.models import PersonalKey
from lamplighter.postgres.session import transaction
from lamplighter.schemas.content import ContentCreate, ContentRead
from lamplighter.services import api_keys, content, personal_keys
from tests.benchmarks._harness import Database, console, database, environment, interleaved, report, table
from tests.benchmarks._samples import where_the_time_goes
from tests.benchmarks._trips import Trips, counted
from tests.factories import make_organization, make_workspace
from tests.integration.http import lambda_context

ROUNDS, CALLS = 40, 50
RATES = json.dumps(rates())
TEXT = "Good evening. The lamps are lit, and every street knows it. " * 4
PEPPERS = {"current": 1, "peppers": {"1": base64.b64encode(bytes(32)).decode()}}
BODY = {"text": TEXT, "language": "en", "adapted_versions": {"bluesky": {"text": TEXT}}}

_COLUMNS = """content.id, content.workspace_id, content.original_text, content.adapted_versions,
    content.media, content.content_type, content.strategy, content.language, content.template_id,
    content.campaign_id, content.ai_generated, content.status, content.created_by, content.created_at,
    content.version, content.updated_at"""
_SELECT = f"SELECT {_COLUMNS} FROM content WHERE content.id = %s"  # noqa: S608  # the column list above
_INSERT = """
    INSERT INTO content (id, workspace_id, original_text, adapted_versions, media, content_type, strategy,
                         language, template_id, campaign_id, created_by)
    VALUES (%s, %s, %s, %s::jsonb, %s::jsonb, NULL, NULL, %s, NULL, NULL, NULL)
    RETURNING created_at, version, updated_at, ai_generated, status"""
_AUTHENTICATE = "SELECT clock_timestamp(), found.* FROM authenticate_key(%s, %s) AS found"
_AUDIT = """
    INSERT INTO audit_log (id, at, workspace_id, organization_id, actor_kind, actor_id, action, target_kind,
                           target_id, personal, personal_owner, request_id)
    VALUES (%s, now(), %s, %s, 'api_key', %s, 'content.created', 'content', %s, %s, %s, 'bench')"""
SEALED = "lmp1.1." + "A" * 120


@dataclass(frozen=True, slots=True)
class Tenant:
    """A workspace with a key and one piece of content."""

    workspace_id: UUID
    organization_id: UUID
    key: str
    content_id: UUID

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.key}", "content-type": "application/json"}

    def event(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """What API Gateway makes of a request, payload 2.0."""
        path = f"/v1/workspaces/{self.workspace_id}{path}"
        http = {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1"}
        return {
            "version": "2.0",
            "routeKey": f"{method} {path}",
            "rawPath": path,
            "rawQueryString": "",
            "headers": self.headers,
            "requestContext": {"http": http, "requestId": "bench", "stage": "$default"},
            "isBase64Encoded": False,
        } | ({} if body is None else {"body": json.dumps(body)})


class Raw:
    """psycopg by hand: what the handler sends, in as many round trips, and each row as Python's values."""

    def __init__(self, connection: psycopg.Connection[Any], tenant: Tenant) -> None:
        self._connection, self._tenant = connection, tenant
        self._hashes = api_keys.hashes(tenant.key)

    def read(self) -> object:
        self._authenticate()
        self._begin(str(self._tenant.workspace_id))
        row = self._connection.execute(_SELECT, [self._tenant.content_id]).fetchone()
        self._connection.commit()
        return row

    def write(self) -> object:
        self._authenticate()
        self._begin(str(self._tenant.workspace_id))
        adapted = json.dumps(BODY["adapted_versions"])
        id_, workspace_id = new_id(), self._tenant.workspace_id
        values = [id_, workspace_id, TEXT, adapted, "[]", "en"]
        row = self._connection.execute(_INSERT, values).fetchone()
        by = [new_id(), workspace_id, self._tenant.organization_id, id_, id_, SEALED, workspace_id]
        self._connection.execute(_AUDIT, by)
        self._connection.commit()
        return row

    def _authenticate(self) -> None:
        self._connection.execute(_AUTHENTICATE, [self._hashes, RATES]).fetchone()

    def _begin(self, workspace_id: str) -> None:
        cursor = self._connection.execute(
            f"BEGIN; SELECT clock_timestamp(), set_config('app.workspace_id', '{workspace_id}', true), "
            "set_config('app.organization_id', '', true), set_config('app.user_id', '', true)"
        )
        cursor.nextset()
        cursor.fetchone()


class Services:
    """The same without HTTP: no event, no routing, no validation of what comes in or goes out."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant
        self._body = ContentCreate.model_validate(BODY)

    def read(self) -> object:
        caller = self._caller()
        with transaction(self._tenant.workspace_id) as tx:
            return content.get(tx, caller, self._tenant.content_id)

    def write(self) -> object:
        caller = self._caller()
        with transaction(self._tenant.workspace_id) as tx:
            return content.create(tx, caller, self._body)

    def _caller(self) -> Caller:
        return _caller(self._tenant.event("GET", ""))


class Handler:
    """All of it: a Lambda event in, a Lambda answer out."""

    def __init__(self, tenant: Tenant) -> None:
        self._context = lambda_context()
        self._read = tenant.event("GET", f"/content/{tenant.content_id}")
        self._write = tenant.event("POST", "/content", BODY)

    def read(self) -> object:
        return _expected(200, function.handler(self._read, self._context))

    def write(self) -> object:
        return _expected(201, function.handler(self._write, self._context))


def main() -> None:
    with _stage() as (made, tenant), made.connect("lamplighter_app") as connection:
        raw, services, handler = Raw(connection, tenant), Services(tenant), Handler(tenant)
        figures = {}
        for operation in ("read", "write"):
            sides: dict[str, Callable[[], object]] = {
                "raw psycopg": getattr(raw, operation),
                "services": getattr(services, operation),
                "handler": getattr(handler, operation),
            }
            figures[operation] = _measured(operation, sides)
        report("api_request", figures)


def _measured(operation: str, sides: dict[str, Callable[[], object]]) -> dict[str, Any]:
    micros = interleaved(sides, ROUNDS, CALLS)
    trips = {name: counted(side) for name, side in sides.items()}
    spent = where_the_time_goes(sides["handler"], seconds=4)
    least = micros["raw psycopg"]
    table(
        f"{'GET' if operation == 'read' else 'POST'} content, one authenticated request",
        ("", "us", "x raw", "statements", "round trips"),
        [
            (name, f"{took:,.0f}", f"{took / least:.2f}", *map(str, _both(trips[name])))
            for name, took in micros.items()
        ],
    )
    console.print("  ".join(f"{package} {share:.0%}" for package, share in spent.items()), end="\n\n")
    return {
        "microseconds": micros,
        "ratio": micros["handler"] / least,
        "statements": {name: trip.statements for name, trip in trips.items()},
        "round_trips": {name: trip.round_trips for name, trip in trips.items()},
        "share_of_time": spent,
    }


@contextmanager
def _stage() -> Iterator[tuple[Database, Tenant]]:
    with ExitStack() as stack:
        made = stack.enter_context(database())
        port = free()
        extension = SecretsExtension(port, {"peppers": json.dumps(PEPPERS)}.get)
        stack.callback(extension.close)
        variables = {"SECRETS_ENDPOINT": f"http://127.0.0.1:{port}", "PEPPERS_SECRET_ID": "peppers"}
        stack.enter_context(environment(variables))
        stack.enter_context(made.reached_by_transaction())
        yield made, _tenant()


def _tenant() -> Tenant:
    workspace = make_workspace(organization_id=make_organization(plan_id="unlimited").id)
    workspace_id = workspace.id
    with transaction(workspace_id) as tx:
        key = api_keys.first(tx, workspace_id)
        tx.session.add(PersonalKey(owner_id=workspace_id, wrapped=personal_keys.new(workspace_id)))
    caller = _caller({"headers": {"authorization": f"Bearer {key}"}})
    with transaction(workspace_id) as tx:
        row = content.create(tx, caller, ContentCreate.model_validate(BODY))
    ContentRead.model_validate(row)
    return Tenant(workspace_id, workspace.organization_id, key, row.id)


def _caller(event: dict[str, Any]) -> Caller:
    caller = authenticated(event).caller
    assert caller is not None
    return caller


def _expected(status: int, answer: dict[str, Any]) -> dict[str, Any]:
    assert answer["statusCode"] == status, answer
    return answer


def _both(trips: Trips) -> tuple[int, int]:
    return trips.statements, trips.round_trips


if __name__ == "__main__":
    main()
