"""The audit log: read by its tenant, appended to, never changed; and the keys to its personal fields."""

from uuid import UUID

from sqlalchemy import delete, func, insert, select, update

from lamplighter.ids import new_id
from lamplighter.postgres import security
from lamplighter.postgres.models import (
    AuditEntry,
    PersonalKey,
)
from lamplighter.postgres.session import transaction
from tests import factories
from tests.integration.postgres.conftest import AsLogin, organization_of, refused


def test_the_audit_log_is_read_by_its_tenant_and_appended_to(workspace: UUID, as_login: AsLogin):
    other = factories.make_workspace()
    organization = organization_of(workspace)

    def entry(**place: UUID) -> AuditEntry:
        return AuditEntry(actor_kind="system", action="content.created", target_kind="content", **place)

    with transaction(workspace) as tx:
        tx.session.add(entry(workspace_id=workspace, organization_id=organization))
    with transaction(organization_id=organization) as tx:
        tx.session.add(entry(organization_id=organization))
    for ids, rows in (
        ({"workspace_id": workspace}, 1),
        ({"organization_id": organization}, 2),
        ({"workspace_id": other.id, "organization_id": other.organization_id}, 0),
        ({"user_id": new_id()}, 0),
    ):
        with transaction(**ids) as tx:
            assert tx.session.scalar(select(func.count()).select_from(AuditEntry)) == rows
    for wrong in (
        entry(workspace_id=workspace, organization_id=other.organization_id),
        entry(workspace_id=other.id, organization_id=other.organization_id),
        entry(organization_id=other.organization_id),
        entry(user_id=new_id()),
    ):
        assert "row-level security" in refused(lambda session, w=wrong: session.add(w), workspace)
    for login in (security.APP, security.ACCOUNTS):
        for statement in (update(AuditEntry).values(action="nothing"), delete(AuditEntry)):
            with as_login(login):
                assert "permission denied" in refused(lambda s, x=statement: s.execute(x), workspace)
    with as_login(security.ACCOUNTS), transaction(workspace, organization_id=organization) as tx:
        tx.session.add(entry(workspace_id=workspace, organization_id=organization))
        tx.session.flush()
        assert tx.session.scalar(select(func.count()).select_from(AuditEntry)) == 0, (
            "a tenant's log is theirs"
        )


def test_a_key_to_personal_fields_opens_for_its_owner_and_for_who_sees_a_row_sealed_with_it(
    workspace: UUID, person: UUID, as_login: AsLogin
):
    with as_login(security.ACCOUNTS), transaction(user_id=person) as tx:
        tx.session.add(PersonalKey(owner_id=person, wrapped="wrapped"))
    organization = organization_of(workspace)
    with transaction(workspace) as tx:
        assert tx.session.get(PersonalKey, person) is None
        place = {"workspace_id": workspace, "organization_id": organization}
        what = {"actor_kind": "user", "action": "content.created", "target_kind": "content"}
        tx.session.add(AuditEntry(actor_id=person, personal_owner=person, personal="sealed", **place, **what))
    with transaction(workspace) as tx:
        assert tx.session.get_one(PersonalKey, person).wrapped == "wrapped"
        assert tx.session.connection().execute(delete(PersonalKey)).rowcount == 0, (
            "not the tenant's to destroy"
        )
    with transaction(organization_id=organization) as tx:
        assert tx.session.get_one(PersonalKey, person).wrapped == "wrapped"
    other = factories.make_workspace()
    for place in ({"workspace_id": other.id}, {"organization_id": other.organization_id}):
        with transaction(**place) as tx:
            assert tx.session.get(PersonalKey, person) is None
    with transaction(user_id=person) as tx:
        assert tx.session.get_one(PersonalKey, person).wrapped == "wrapped"
    planted = insert(PersonalKey).values(owner_id=new_id(), wrapped="planted")
    assert "row-level security" in refused(lambda session: session.execute(planted), workspace)
