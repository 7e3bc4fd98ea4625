"""A person who deletes their account while somebody hands them something: they end with nothing, and nothing
ends without an owner."""

from uuid import uuid4

from lamplighter.domain.access import Origin, Person
from lamplighter.postgres.roles import ACCOUNTS, APP
from lamplighter.postgres.session import transaction
from lamplighter.schemas.organizations import OrganizationTransfer
from lamplighter.services import joining, organizations
from tests.integration.api.test_at_once import Waiting, waiting
from tests.integration.people.office import Office, Someone, as_member
from tests.integration.post_office import PostOffice
from tests.logins import as_login

__all__ = ["waiting"]


def test_an_organization_that_is_handed_over_meanwhile_keeps_an_owner(
    office: Office, owner: Someone, waiting: Waiting
):
    heir = office.hire("member")
    etag = office.etag("/v1/users/me", heir)
    with transaction(organization_id=office.made.organization_id) as tx:
        organizations.transfer(tx, as_member(office, owner, "owner"), OrganizationTransfer(user_id=heir.id))
        path = f"/v1/users/me?confirm={heir.id}"
        deletion = waiting(lambda: heir.call("DELETE", path, if_match=etag))
    assert (deletion.result().status, deletion.result().json["code"]) == (409, "only_owner")
    assert "owner" in office.roles().values()


def test_an_invitation_that_is_accepted_meanwhile_leaves_no_membership(
    office: Office, owner: Someone, post_office: PostOffice, waiting: Waiting
):
    person = office.hire()
    etag = office.etag("/v1/users/me", person)
    invited = owner.post(f"{office.organization}/invitations", {"email": person.email, "role": "owner"})
    assert invited.status == 201
    token = post_office.token_for(person.email)
    with as_login(ACCOUNTS):
        given = joining.presented(token)
        who = joining.Joining(given, Person(kind="user", id=person.id, session_id=uuid4()))
        place = {"organization_id": office.made.organization_id, "user_id": person.id}
        with transaction(**place) as tx:
            joining.accept(tx, who, Origin())
            tx.session.flush()
            with as_login(APP):
                path = f"/v1/users/me?confirm={person.id}"
                deletion = waiting(lambda: person.call("DELETE", path, if_match=etag))
    assert deletion.result().status in (204, 503)
    gone = deletion.result().status == 204
    assert (person.id in office.roles()) != gone
