"""The first organization, workspace and keys of an empty database: what sign-up will do for people.

`python -m infra.local.first_workspace SLUG` prints one as JSON; the environment says where the database is.
"""

import json
import sys
from dataclasses import dataclass, field
from uuid import UUID

from lamplighter.clients.keys import new_data_key
from lamplighter.ids import new_id
from lamplighter.postgres.session import transaction
from lamplighter.schemas.workspaces import WorkspaceCreate
from lamplighter.services import api_keys, workspaces


@dataclass(frozen=True, slots=True)
class FirstWorkspace:
    """A workspace and the keys that open it."""

    workspace_id: UUID
    key: str = field(repr=False)
    test_key: str = field(repr=False)


def first_workspace(organization: str, name: str, slug: str) -> FirstWorkspace:
    """Make all three in the database that the settings name. Slugs of organizations are unique."""
    organization_id, workspace_id = new_id(), new_id()
    data_key = new_data_key(workspace_id)
    with transaction(workspace_id, organization_id=organization_id) as tx:
        workspaces.found(tx, organization_id, organization, slug)
        body = WorkspaceCreate(name=name, slug=slug)
        workspaces.create(tx, organization_id, workspace_id, body, data_key)
        key, test_key = (api_keys.first(tx, workspace_id, mode) for mode in ("live", "test"))
    return FirstWorkspace(workspace_id, key, test_key)


if __name__ == "__main__":
    made = first_workspace("Organization", "Workspace", sys.argv[1])
    print(json.dumps({"workspace_id": str(made.workspace_id), "key": made.key, "test_key": made.test_key}))
