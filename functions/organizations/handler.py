"""Organizations: who pays, and whom the people of its workspaces belong to."""

from uuid import UUID

from lamplighter.entrypoints.api import build_api
from lamplighter.entrypoints.confirmation import Confirm
from lamplighter.entrypoints.paging import Cursor, Limit
from lamplighter.entrypoints.preconditions import IfMatch, expected_version
from lamplighter.ids import new_id
from lamplighter.postgres.session import transaction
from lamplighter.schemas.common import Page
from lamplighter.schemas.organizations import (
    OrganizationCreate,
    OrganizationListed,
    OrganizationRead,
    OrganizationTransfer,
    OrganizationUpdate,
)
from lamplighter.services import organizations
from lamplighter.services.pages import Order

app = handler = build_api("organizations")
ROUTE = "/v1/organizations"
ITEM = ROUTE + "/<organization_id>"
TAGS = ["Organizations"]


@app.post(ROUTE, status_code=201, tags=TAGS)
def create_organization(body: OrganizationCreate) -> OrganizationRead:
    """Make an organization of your own, where the deployment lets people do so."""
    person, organization_id = app.person(), new_id()
    with transaction(organization_id=organization_id, user_id=person.id) as tx:
        once = app.once(tx)
        return once.kept(organizations.create(tx, person, organization_id, body))


@app.get(ROUTE, tags=TAGS)
def list_organizations(limit: Limit = 20, cursor: Cursor = None) -> Page[OrganizationListed]:
    """List the organizations that you belong to, with your role in each."""
    person = app.person()
    with transaction(user_id=person.id) as tx:
        return Page[OrganizationListed].model_validate(organizations.listed(tx, person, Order(limit, cursor)))


@app.get(ITEM, tags=TAGS)
def get_organization(organization_id: UUID) -> OrganizationRead:
    """Read an organization."""
    member = app.member(organization_id, "organizations:read")
    with transaction(organization_id=member.organization_id) as tx:
        return organizations.get(tx, member.organization_id)


@app.patch(ITEM, tags=TAGS)
def update_organization(
    organization_id: UUID, body: OrganizationUpdate, if_match: IfMatch = None
) -> OrganizationRead:
    """Rename an organization; send If-Match."""
    member = app.member(organization_id, "organizations:write")
    with transaction(organization_id=member.organization_id) as tx:
        return organizations.change(tx, member, body, expected_version(if_match))


@app.delete(ITEM, status_code=204, tags=TAGS)
def delete_organization(organization_id: UUID, confirm: Confirm, if_match: IfMatch = None) -> None:
    """Delete an organization with all its workspaces; send If-Match.

    From the next request on nobody finds any of it. This cannot be undone.
    """
    member = app.member(organization_id, "organizations:delete")
    with transaction(organization_id=member.organization_id) as tx:
        organizations.delete(tx, member, confirm, expected_version(if_match))


@app.post(ITEM + "/transfer", tags=TAGS)
def transfer_organization(organization_id: UUID, body: OrganizationTransfer) -> OrganizationRead:
    """Hand an organization to another member.

    They become an owner and the first of them; who was that until now becomes an admin.
    """
    member = app.member(organization_id, "organizations:transfer")
    with transaction(organization_id=member.organization_id) as tx:
        once = app.once(tx)
        return once.kept(organizations.transfer(tx, member, body))
