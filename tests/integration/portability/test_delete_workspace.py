"""A workspace that was deleted: nobody finds it, nothing of it goes out, and the jobs remove what is left."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from lamplighter.postgres.queries import dispatches
from lamplighter.postgres.session import transaction
from lamplighter.services import delivery, wakeups, wiping
from tests import factories
from tests.integration.fake_network import FakeNetwork
from tests.integration.http import Http
from tests.integration.people.office import Office, Someone
from tests.integration.portability.jobs import Jobs, later
from tests.integration.portability.marks import Search, Superuser
from tests.integration.portability.workspaces import SOON, Marked, delete
from tests.integration.publishing.conftest import Desk


def test_nothing_is_left_but_a_nameless_row_and_the_audit_log(
    marked: Marked, office: Office, owner: Someone, jobs: Jobs, search: Search
):
    words = list(marked.words.values())
    found = {name: search.everywhere(word) for name, word in marked.words.items()}
    assert all(found.values()), found  # each is there to be found
    assert {"events", "webhook_deliveries"} <= found["told"]
    assert found["answered"] == {"webhook_attempts"}
    assert delete(owner, office).status == 204
    with later(SOON):
        assert jobs.run("erase") == {"erased": 1, "left": 0, "failed": 0}
    assert search.everywhere(*words) - {"mails"} == set()  # the mail of the invitation is kept for a week
    with later(timedelta(days=8)):
        jobs.run("prune")
    assert search.everywhere(*words) == set()
    assert search.tables(str(marked.workspace_id)) <= {"workspaces", "audit_log"}
    assert search.objects(str(marked.workspace_id)) == search.counted(str(marked.workspace_id)) == set()
    query = "SELECT name, slug, settings, industry, erased_at IS NULL FROM workspaces WHERE id = %s"
    row = office.superuser.execute(query, [marked.workspace_id]).fetchone()
    assert row == (wiping.NAME, f"deleted-{marked.workspace_id}", {}, None, False)


def test_the_organizations_audit_log_keeps_what_was_done(
    marked: Marked, office: Office, owner: Someone, jobs: Jobs
):
    def logged() -> list[Any]:
        path = f"{office.organization}/audit-log?limit=100"
        items = owner.get(path).json["items"]
        return [each for each in items if each["workspace_id"] == str(marked.workspace_id)]

    before = logged()
    assert delete(owner, office).status == 204
    with later(SOON):
        jobs.run("erase")
    after = logged()
    assert [each["id"] for each in after[1:]] == [each["id"] for each in before]
    assert after[0]["action"] == "workspace.deleted"
    programs = [each for each in after if each["actor"]["kind"] == "api_key"]
    assert programs
    assert {(each["address"], each["agent"]) for each in programs} == {(None, None)}


def test_nobody_finds_it_with_the_next_request(office: Office, owner: Someone, http: Http):
    viewer = office.hire("member", "viewer")
    paths = ["", "/content", "/exports", "/members", "/audit-log"]
    assert http.get("/content").status == 200
    assert delete(owner, office).status == 204
    for path in paths:
        unknown = owner.get(f"/v1/workspaces/{uuid4()}{path}")
        for person in (owner, viewer):
            answer = person.get(f"{office.workspace}{path}")
            assert (answer.status, answer.json["code"]) == (404, "not_found"), path
            assert answer.json["detail"] == unknown.json["detail"]
    assert http.get("/content").status == 401  # its keys hold no longer
    assert owner.get("/v1/workspaces").json["items"] == []


def test_its_keys_are_destroyed_at_once(office: Office, owner: Someone, superuser: Superuser):
    def left(table: str, column: str) -> int:
        query = f"SELECT count(*) FROM {table} WHERE {column} = %s"  # noqa: S608
        [count] = superuser.execute(query, [office.made.workspace_id]).fetchone() or [None]
        return int(count)

    assert left("workspace_keys", "workspace_id") == left("personal_keys", "owner_id") == 1
    assert delete(owner, office).status == 204
    assert left("workspace_keys", "workspace_id") == left("personal_keys", "owner_id") == 0


def test_whoever_read_an_older_version_deletes_nothing(office: Office, owner: Someone):
    slug = owner.get(office.workspace).json["slug"]
    stale = owner.call("DELETE", f"{office.workspace}?confirm={slug}", if_match='"99"')
    assert stale.status == 412
    assert owner.get(office.workspace).status == 200


@pytest.fixture
def desk(jobs: Jobs, http: Http, network: FakeNetwork) -> Desk:
    """The same workspace, with accounts on the fake network."""
    jobs.aws.waiting()
    return Desk(http, jobs.aws)


def attempts(office: Office) -> list[str]:
    """What became of the tries to post."""
    query = "SELECT status FROM publication_attempts WHERE workspace_id = %s"
    return [status for (status,) in office.superuser.execute(query, [office.made.workspace_id])]


def test_what_waits_is_not_posted(
    desk: Desk, office: Office, owner: Someone, network: FakeNetwork, jobs: Jobs
):
    assert desk.publication().status == 201
    messages = desk.woken()
    assert len(messages) == 1
    assert delete(owner, office).status == 204
    assert desk.work_later(timedelta(minutes=1), messages) == {"batchItemFailures": []}
    with later(timedelta(minutes=10)):
        jobs.run("publish_due")
    woken = {message["workspace_id"] for message in desk.woken()}
    assert str(office.made.workspace_id) not in woken
    assert (network.calls, attempts(office)) == (0, [])


def test_a_worker_that_begins_meanwhile_is_waited_for_and_waits_for_nobody(
    desk: Desk, office: Office, owner: Someone, network: FakeNetwork
):
    """It holds the row that says what is to be done, and writes on before it lets go."""
    assert desk.publication().status == 201
    messages = desk.woken()
    claim = wakeups.parsed(messages[0])
    with ThreadPoolExecutor(1) as threads:
        with transaction(claim.workspace_id) as tx:
            until = tx.now + timedelta(minutes=1)
            assert dispatches.hold(tx, claim.workspace_id, claim.publication_platform_id, claim.fence, until)
            answer = threads.submit(delete, owner, office)
            wait_until_blocked(office.superuser, "DELETE FROM dispatches")
            factories.make_content(tx.session)
        assert answer.result().status == 204
    assert desk.work(messages) == {"batchItemFailures": []}
    assert (network.calls, attempts(office)) == (0, [])


def wait_until_blocked(superuser: Superuser, statement: str) -> None:
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE %s"
    deadline = time.monotonic() + 10
    while superuser.execute(waiting, [f"{statement}%"]).fetchone() == (0,):
        assert time.monotonic() < deadline, "nothing waits"
        time.sleep(0.02)


def test_what_slips_in_behind_a_deletion_does_not_open_its_account(
    desk: Desk, office: Office, owner: Someone, network: FakeNetwork, superuser: Superuser
):
    """A request that was under way may commit its post a moment later: no key opens the token any more."""
    assert desk.publication().status == 201
    query = "SELECT publication_platform_id, workspace_id, due_at FROM dispatches WHERE workspace_id = %s"
    row = superuser.execute(query, [office.made.workspace_id]).fetchone() or ()
    messages = desk.woken()
    assert delete(owner, office).status == 204
    insert = (
        "INSERT INTO dispatches (publication_platform_id, workspace_id, due_at, fence) VALUES (%s, %s, %s, 1)"
    )
    superuser.execute(insert, row)
    assert desk.work(messages) == {"batchItemFailures": []}
    assert (network.calls, attempts(office)) == (0, ["not_sent"])


def test_a_post_that_was_prepared_is_not_sent(
    desk: Desk, office: Office, owner: Someone, network: FakeNetwork, monkeypatch: Any
):
    """The worker had begun; it asks once more before the call that posts."""
    assert desk.publication().status == 201
    real = delivery.wait_until_due

    def meanwhile(*arguments: Any) -> None:
        assert delete(owner, office).status == 204
        real(*arguments)

    monkeypatch.setattr(delivery, "wait_until_due", meanwhile)
    assert desk.work(desk.woken()) == {"batchItemFailures": []}
    assert (network.calls, attempts(office)) == (0, ["abandoned"])


def test_a_post_that_is_being_sent_appears_and_is_not_recorded(
    desk: Desk, office: Office, owner: Someone, network: FakeNetwork
):
    """From the call on it is the network's. Its outcome has no place any more, and nothing is tried anew."""
    assert desk.publication().status == 201
    ended: list[int] = []
    network.before = lambda: ended.append(delete(owner, office).status)
    messages = desk.woken()
    assert desk.work(messages) == {"batchItemFailures": []}
    assert ended == [204]
    assert (len(network.accepted), attempts(office)) == (1, ["sending"])
    assert desk.work_later(timedelta(hours=1), messages) == {"batchItemFailures": []}
    assert len(network.accepted) == 1


def test_an_organization_goes_with_its_workspaces(
    office: Office, owner: Someone, jobs: Jobs, superuser: Superuser, http: Http
):
    other = office.another_workspace()
    slug = owner.get(office.organization).json["slug"]
    assert owner.delete(office.organization, f"?confirm={slug}").status == 204
    assert owner.get(office.organization).status == 404
    assert owner.get("/v1/organizations").json["items"] == []
    assert http.get("/content").status == 401
    query = "SELECT name, slug, deleted_at IS NULL FROM organizations WHERE id = %s"
    name, new_slug, living = superuser.execute(query, [office.made.organization_id]).fetchone() or ()
    assert (new_slug, living) == (f"deleted-{office.made.organization_id}", False)
    assert name != "Organization"
    members = "SELECT count(*) FROM organization_members WHERE organization_id = %s"
    assert superuser.execute(members, [office.made.organization_id]).fetchone() == (0,)
    with later(SOON):
        assert jobs.run("erase") == {"erased": 2, "left": 0, "failed": 0}
    gone = "SELECT count(*) FROM workspaces WHERE erased_at IS NOT NULL AND id = ANY(%s)"
    assert superuser.execute(gone, [[office.made.workspace_id, other]]).fetchone() == (2,)
