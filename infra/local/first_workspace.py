"""A new organization with its first workspace and keys, as functions/first_workspace makes it in AWS.

`python -m infra.local.first_workspace SLUG` prints one as JSON; the environment says where the database is.
"""

import json
import sys

from functions.first_workspace.handler import created, handler
from lamplighter.schemas.first_workspace import FirstWorkspaceCreate
from lamplighter.services.first_workspace import FirstWorkspace

__all__ = ["FirstWorkspace", "first_workspace"]

PLAN = "unlimited"
"""Here nobody shares the machine: the demo and the tests ask as fast as they can."""


def first_workspace(organization: str, name: str, slug: str) -> FirstWorkspace:
    """Made in the database that the settings name. Slugs of organizations are unique."""
    body = FirstWorkspaceCreate(organization=organization, workspace=name, slug=slug, plan=PLAN)
    return created(body)


if __name__ == "__main__":
    wanted = {"organization": "Organization", "workspace": "Workspace", "slug": sys.argv[1], "plan": PLAN}
    print(json.dumps(handler(wanted, None)))
