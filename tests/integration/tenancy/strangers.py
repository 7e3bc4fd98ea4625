"""A stranger calls with another tenant's ids: what the answers must not tell apart, show or change."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import combinations
from typing import Any

from psycopg import sql

from lamplighter.ids import new_id
from lamplighter.postgres import security
from tests.integration.http import Answer, Http
from tests.integration.tenancy.operations import Operation, id_name
from tests.integration.tenancy.tenants import PREPARED, Tenant

type Ids = dict[str, str]
type Rows = set[tuple[str, str]]

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_OF_THE_REQUEST = re.compile(rb'"(request_id|instance)":"[^"]*"')
_OF_ITS_MOMENT = {"request-id", "ratelimit", "retry-after"}
_TENANTS = {"workspace_id", "organization_id", "user_id", "scope_id", "owner_id"}
_THEMSELVES = {"workspaces", "organizations", "users"}


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody sends to an operation."""

    operation: Operation
    caller: Http
    ids: Ids
    body: Any
    headers: dict[str, str]
    slug: str
    """What a deletion is confirmed with."""
    query: Ids = field(default_factory=dict)

    def send(self) -> Answer:
        """The handler's answer."""
        confirmed = {"confirm": self.slug} if self.operation.confirms else {}
        target = self.operation.target(self.ids, {**confirmed, **self.query})
        return self.caller.call(self.operation.method, target, self.body, headers=self.headers)


@dataclass(frozen=True, slots=True)
class Probe:
    """A request with ids of another tenant's, and the same with ids that nobody has."""

    label: str
    foreign: Request
    unknown: Request | None = None
    sent: frozenset[str] = frozenset()
    """The stranger knows what it sent: that may come back."""
    in_path: bool = False


def probes(operation: Operation, scheme: str, mine: Tenant, theirs: Tenant) -> Iterator[Probe]:
    """Every way to put another tenant's ids into the operation's places, one at a time, beside own ones; in
    the path, each combination."""
    own = {name: mine.make(name, operation.path) for name in operation.path_ids}
    foreign = {name: theirs.make(name, operation.path) for name in operation.path_ids}
    cursor = _cursor(operation, scheme, theirs, foreign)
    headers = {"if-match": _version(operation, scheme, theirs, foreign)}
    query = {name: mine.make(name, operation.path) for name in operation.needed_ids}
    plain = Request(operation, mine.caller(scheme), own, operation.body(mine.make), headers, mine.mark, query)
    yield from _in_path(replace(plain, slug=theirs.mark), foreign)
    if operation.lists is not None:
        yield Probe("nothing foreign", plain)
    if cursor is not None:
        unknown = replace(plain, query={"cursor": "A" * len(cursor)})
        yield Probe("cursor", replace(plain, query={"cursor": cursor}), unknown)
    for name in operation.query_ids:
        given, nobodys = theirs.make(name, operation.path), str(new_id())
        unknown = replace(plain, query={name: nobodys})
        yield Probe(f"query {name}", replace(plain, query={name: given}), unknown, frozenset({given}))
    for place in operation.body_ids:
        given, nobodys = theirs.make(id_name(place), operation.path), str(new_id())
        bodies = [operation.body_with(plain.body, place, id_, mine.make) for id_ in (given, nobodys)]
        one, other = (replace(plain, body=body) for body in bodies)
        yield Probe(f"body {place}", one, other, frozenset({given}))


def _in_path(plain: Request, foreign: Ids) -> Iterator[Probe]:
    nobodys = {name: str(new_id()) for name in foreign}
    names = [name for name, id_ in plain.ids.items() if id_ != foreign[name]]
    for count in range(1, len(names) + 1):
        for chosen in combinations(names, count):
            ids, blank = ({**plain.ids, **{n: given[n] for n in chosen}} for given in (foreign, nobodys))
            one, other = replace(plain, ids=ids), replace(plain, ids=blank)
            yield Probe(f"path {chosen}", one, other, frozenset(ids.values()), in_path=True)


def findings(
    operation: Operation,
    scheme: str,
    tenants: tuple[Tenant, Tenant],
    *,
    allowed: frozenset[int] | None = frozenset({404}),
    during: Callable[[], AbstractContextManager[Any]] = nullcontext,
) -> list[str]:
    """What a stranger learns or changes with the ids of another tenant; nothing where tenants are kept apart.

    An id in the path must be answered with one of the `allowed` statuses, and as an unknown one is, unless
    this is None. `during` each request, and while nothing else is done, something may be switched off.
    """
    mine, theirs = tenants
    found = []
    for probe in probes(operation, scheme, mine, theirs):
        before = rows_of(theirs)
        with during():
            answer, blank = probe.foreign.send(), probe.unknown and probe.unknown.send()
        told = f"{scheme}, {probe.label}: {answer.status} {answer.body[:300]!r}"
        if answer.status >= 500:
            found.append(told)
        if blank and allowed is not None and _differ(operation.method, answer, blank):
            found.append(f"{told} differs from an unknown id's {blank.status} {blank.body[:300]!r}")
        if allowed is not None and probe.in_path and answer.status not in allowed:
            found.append(f"{told} is not {sorted(allowed)}")
        shown = _shown(answer, theirs, before) - probe.sent
        if shown:
            found.append(f"{told} shows {sorted(shown)}")
        after = rows_of(theirs)
        if after != before:
            found.append(f"{told} changed {sorted({table for table, _ in after ^ before})}")
    return found


def as_itself(operation: Operation, scheme: str, tenant: Tenant) -> Answer:
    """The same request by the tenant that the ids belong to."""
    tenant = PREPARED.get(operation.name, lambda same: same)(tenant)
    ids = {name: tenant.make(name, operation.path) for name in operation.path_ids}
    headers = {"if-match": _version(operation, scheme, tenant, ids)}
    body, slug = operation.body(tenant.make), tenant.mark
    query = {name: tenant.make(name, operation.path) for name in operation.needed_ids}
    return Request(operation, tenant.caller(scheme), ids, body, headers, slug, query).send()


def rows_of(tenant: Tenant) -> Rows:
    """Every row that belongs to the tenant, as (table, text): what no policy hides from a superuser."""
    found = tenant.behind.execute(_everything(), {"ids": tenant.ids})
    return {(table, row) for table, row in found}


@cache
def _everything() -> sql.Composed:
    """All rows of all tables that refer to one of some ids, or are it."""
    parts = [_part(table.name, _keys(table)) for table in security.tables() if _keys(table)]
    return sql.SQL(" UNION ALL ").join(parts)


def _part(table: str, keys: Sequence[str]) -> sql.Composed:
    conditions = sql.SQL(" OR ").join(
        sql.SQL("{} = ANY (%(ids)s)").format(sql.Identifier(key)) for key in keys
    )
    query = sql.SQL("SELECT {}, t::text FROM {} AS t WHERE {}")
    return query.format(sql.Literal(table), sql.Identifier(table), conditions)


def _keys(table: Any) -> list[str]:
    columns = [column.name for column in table.columns if column.name in _TENANTS]
    return [*columns, "id"] if table.name in _THEMSELVES else columns


def _cursor(operation: Operation, scheme: str, owner: Tenant, ids: Ids) -> str | None:
    """Where the second page of the owner's list begins."""
    if operation.lists is None:
        return None
    for _ in range(2):
        owner.make(operation.lists, operation.path)
    answer = owner.caller(scheme).get(operation.target(ids, {"limit": "1"}))
    if answer.status != 200 or answer.headers["content-type"] != "application/json":
        return None
    first: str | None = answer.json["next_cursor"]
    return first


def _version(operation: Operation, scheme: str, owner: Tenant, ids: Ids) -> str:
    """The version that would match, of the nearest resource that has one, so that only the tenant stands
    between the stranger and the change."""
    if not operation.takes_version:
        return '"1"'
    caller = owner.caller(scheme)
    ends = [match.end() for match in re.finditer(r"\}", operation.path)]
    above = [operation.path, *(operation.path[:end] for end in reversed(ends))]
    answers = (caller.get(replace(operation, path=path).target(ids)) for path in above)
    return next((found.headers["etag"] for found in answers if "etag" in found.headers), '"1"')


def _differ(method: str, one: Answer, other: Answer) -> bool:
    """Whether two answers can be told apart. Of two that made something, only the statuses say the same."""
    if method != "GET" and one.status < 300 and other.status < 300:
        return one.status != other.status
    return _bare(one) != _bare(other)


def _bare(answer: Answer) -> tuple[int, dict[str, str], bytes]:
    headers = {name: value for name, value in answer.headers.items() if name.lower() not in _OF_ITS_MOMENT}
    return answer.status, headers, _OF_THE_REQUEST.sub(b"", answer.body)


def _shown(answer: Answer, theirs: Tenant, rows: Rows) -> set[str]:
    """The other tenant's mark and ids in an answer."""
    text = answer.body.decode(errors="replace") + str(dict(answer.headers))
    known = {id_ for _, row in rows for id_ in _UUID.findall(row)}
    marks = {theirs.mark} if theirs.mark in text else set()
    return {
        id_ for id_ in _UUID.findall(_OF_THE_REQUEST.sub(b"", text.encode()).decode()) if id_ in known
    } | marks
