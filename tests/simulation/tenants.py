"""The tenants of a simulated world: a workspace each, with accounts on the five networks."""

from dataclasses import dataclass, field
from hashlib import sha256
from random import Random
from typing import Any
from uuid import UUID

import psycopg

from lamplighter.domain.access import Caller
from lamplighter.ids import new_id
from lamplighter.platforms.base import Account, Credentials
from lamplighter.postgres.session import transaction
from lamplighter.services import connections, sealing
from tests.factories import make_media, make_workspace
from tests.simulation.networks import NETWORKS
from tests.simulation.remotes import Remote

PICTURE = b"a lamp"
"""What the object store has under every key."""
PERMISSIONS = frozenset({"content:write", "publications:write", "connections:write"})


@dataclass(frozen=True, slots=True)
class Connected:
    """An account as people know it."""

    id: UUID
    platform: str
    channel: str


@dataclass(eq=False)
class Tenant:
    """A workspace and who acts in it."""

    workspace_id: UUID
    organization_id: UUID
    caller: Caller
    connections: list[Connected] = field(default_factory=list)
    publications: list[UUID] = field(default_factory=list)
    picture: UUID | None = None

    def connect(self, platform: str, channel: str, remote: Remote) -> UUID:
        """The account with the tokens that open it now, as the route connects it."""
        with transaction(self.workspace_id) as tx:
            keyring = sealing.keyring(tx, self.workspace_id).ready()
        held = remote.holder(platform, channel)
        account = Account(
            platform=platform,
            channel_id=channel,
            username=channel,
            base_url=f"https://{platform}.example",
            credentials=Credentials(held.access, held.refresh),
        )
        with transaction(self.workspace_id) as tx:
            return connections.save(tx, self.caller, account, keyring).id

    def rows(self, monitor: psycopg.Connection[Any], status: str) -> list[tuple[UUID, UUID]]:
        """Publication and platform row, of what a person would find in such a state."""
        return monitor.execute(
            "SELECT publication_id, id FROM publication_platforms"
            " WHERE workspace_id = %s AND status = %s ORDER BY id DESC LIMIT 40",
            (self.workspace_id, status),
        ).fetchall()

    def approvals(self, monitor: psycopg.Connection[Any], status: str) -> list[UUID]:
        """Publications whose approval stands so."""
        found = monitor.execute(
            "SELECT id FROM publications"
            " WHERE workspace_id = %s AND approval_status = %s ORDER BY id DESC LIMIT 20",
            (self.workspace_id, status),
        )
        return [row[0] for row in found]

    def segment(self, monitor: psycopg.Connection[Any], row_id: UUID) -> int:
        """Which of its segments was tried last."""
        found = monitor.execute(
            "SELECT segment FROM publication_attempts"
            " WHERE publication_platform_id = %s ORDER BY number DESC LIMIT 1",
            (row_id,),
        ).fetchone()
        return found[0] if found else 0


def tenants(remote: Remote, random: Random) -> list[Tenant]:
    """Two or three of them, each with one or two accounts on every network."""
    found = []
    for number in range(random.randint(2, 3)):
        made = make_workspace(name=f"Tenant {number}")
        caller = Caller(
            kind="api_key",
            id=new_id(),
            permissions=PERMISSIONS,
            workspace_id=made.id,
            organization_id=made.organization_id,
        )
        with transaction(made.id) as tx:
            sealing.add_key(tx, made.id, b"wrapped")
        tenant = Tenant(made.id, made.organization_id, caller)
        with transaction(made.id) as tx:
            facts = {
                "byte_size": len(PICTURE),
                "sha256": sha256(PICTURE).hexdigest(),
                "width": 1,
                "height": 1,
            }
            tenant.picture = make_media(tx.session, **facts).id
        for platform in NETWORKS:
            for index in range(random.randint(1, 2)):
                channel = f"{number}-{index}"
                id_ = tenant.connect(platform, channel, remote)
                tenant.connections.append(Connected(id_, platform, channel))
        found.append(tenant)
    return found
