"""Direct invoke: a new organization with its first workspace, whose keys are in the answer, this once.

{"organization": "Harbour Press", "workspace": "Newsroom", "slug": "harbour-press",
 "plan": "agency", "owner_email": "ada@example.com"}

A function of its own: it has the login and the permissions of the API, and no route leads to it. The plan
(starter, unless named) and the owner are optional: a mail invites the owner, who can invite others.
"""

from typing import Any

from lamplighter.clients.keys import new_data_key
from lamplighter.ids import new_id
from lamplighter.postgres.session import transaction
from lamplighter.schemas.first_workspace import FirstWorkspaceCreate
from lamplighter.services import first_workspace, mails
from lamplighter.services.first_workspace import FirstWorkspace


def handler(event: dict[str, Any], _context: object) -> dict[str, str]:
    """The ids and keys. Fails with the reason if the slug is taken."""
    body = FirstWorkspaceCreate.model_validate(event)
    made = created(body)
    return {
        "organization_id": str(made.organization_id),
        "workspace_id": str(made.workspace_id),
        "slug": body.slug,
        "key": made.key,
        "test_key": made.test_key,
    }


def created(body: FirstWorkspaceCreate) -> FirstWorkspace:
    """The same within Python, for the local stack and the tests."""
    organization_id, workspace_id = new_id(), new_id()
    data_key = new_data_key(workspace_id)
    with transaction(workspace_id, organization_id=organization_id) as tx:
        made = first_workspace.create(tx, organization_id, workspace_id, body, data_key)
    mails.wake(made.mails)
    return made
