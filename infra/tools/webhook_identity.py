"""Whether every event has reached, or is on its way to, each endpoint that it was for.

emitted x endpoints == delivered + exhausted + disabled + pending, in all and event by event. Reads the whole
database, so it takes a superuser's login: DATABASE_URL's, or the local stack's.
"""

import argparse
import os
import sys
from dataclasses import dataclass
from typing import Any

import psycopg

from infra.local.children import ROOT
from infra.local.databases import NAME
from infra.local.postgres import EmbeddedPostgres
from infra.local.state import State

# Whatever is a day short of being removed: events and deliveries do not go in the same moment.
_COUNTS = """
SELECT coalesce(sum(e.endpoints), 0)::bigint, coalesce(sum(d.delivered), 0)::bigint,
       coalesce(sum(d.failed), 0)::bigint, coalesce(sum(d.cancelled), 0)::bigint,
       coalesce(sum(d.pending), 0)::bigint, count(*) FILTER (WHERE e.endpoints <> coalesce(d.total, 0))
  FROM events e
  LEFT JOIN LATERAL (
       SELECT count(*) AS total,
              count(*) FILTER (WHERE status = 'delivered') AS delivered,
              count(*) FILTER (WHERE status = 'failed') AS failed,
              count(*) FILTER (WHERE status = 'cancelled') AS cancelled,
              count(*) FILTER (WHERE status = 'pending') AS pending
         FROM webhook_deliveries WHERE workspace_id = e.workspace_id AND event_id = e.id
       ) AS d ON true
 WHERE e.created_at > now() - interval '29 days'
"""
_SILENT = """
SELECT count(*) FROM webhook_deliveries d
 WHERE (d.status = 'delivered' AND NOT EXISTS (
           SELECT FROM webhook_attempts a WHERE a.delivery_id = d.id AND a.status_code BETWEEN 200 AND 299))
    OR (d.status = 'pending') <> (d.next_attempt_at IS NOT NULL)
"""


@dataclass(frozen=True, slots=True)
class Identity:
    """Both sides, and how many events or deliveries contradict them one by one."""

    emitted: int
    delivered: int
    exhausted: int
    disabled: int
    pending: int
    wrong_events: int
    wrong_deliveries: int

    @property
    def holds(self) -> bool:
        """Whether nothing is lost and nothing invented."""
        told = self.delivered + self.exhausted + self.disabled + self.pending
        return self.emitted == told and not self.wrong_events and not self.wrong_deliveries


def identity(connection: "psycopg.Connection[Any]") -> Identity:
    """The counts, as one moment saw them."""
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        counts = connection.execute(_COUNTS).fetchone()
        silent = connection.execute(_SILENT).fetchone()
    assert counts is not None  # noqa: S101  # aggregates have a row
    assert silent is not None  # noqa: S101
    return Identity(*(*counts, *silent))


def main() -> int:
    """0 where the identity holds."""
    argparse.ArgumentParser(prog="python -m infra.tools.webhook_identity", description=__doc__).parse_args()
    with psycopg.connect(os.environ.get("DATABASE_URL") or _local(), autocommit=True) as connection:
        found = identity(connection)
    print(
        f"emitted x endpoints {found.emitted} == delivered {found.delivered} + exhausted {found.exhausted}"
        f" + disabled {found.disabled} + pending {found.pending}"
    )
    if found.holds:
        return 0
    print(
        f"it does not hold: {found.wrong_events} events and {found.wrong_deliveries} deliveries are wrong",
        file=sys.stderr,
    )
    return 1


def _local() -> str:
    state = State(ROOT / ".local")
    ports = state.read().get("ports", {})
    if not state.is_held() or "postgres" not in ports:
        sys.exit("Lamplighter does not run, and DATABASE_URL names no database")
    return EmbeddedPostgres(state.directory / "postgres", ports["postgres"]).url(database=NAME)


if __name__ == "__main__":
    sys.exit(main())
