"""People decide: each step over HTTP, who may take it, and what it does to what is to go out."""

import pytest

from tests.dates import NEXT_SPRING
from tests.integration.approvals.conftest import Table


def test_an_approval_goes_from_step_to_step_and_each_is_kept(table: Table):
    made = table.publication()
    assert made["approval_status"] is None
    asked = table.decide(table.editor, made, "request", comment="Ready?")
    assert (asked.status, asked.json["approval_status"]) == (200, "pending")
    rejected = table.decide(table.approver, made, "reject", comment="Not yet.")
    assert (rejected.json["approval_status"], rejected.json["approved_by"]) == ("rejected", None)
    table.decide(table.editor, made, "request")
    approved = table.decide(table.approver, made, "approve", comment="Now.")
    assert approved.json["approval_status"] == "approved"
    assert approved.json["approved_by"] == str(table.approver.id)
    assert approved.headers["etag"] == f'"{approved.json["version"]}"'
    revoked = table.decide(table.approver, made, "revoke")
    assert (revoked.json["approval_status"], revoked.json["approved_by"]) == ("pending", None)
    assert table.ledger(made) == [
        ("requested", "user", "Ready?"),
        ("rejected", "user", "Not yet."),
        ("requested", "user", None),
        ("approved", "user", "Now."),
        ("revoked", "user", None),
    ]
    assert table.events() == [
        ("publication.approval_requested", "requested"),
        ("publication.rejected", "rejected"),
        ("publication.approval_requested", "requested"),
        ("publication.approved", "approved"),
        ("publication.approval_requested", "revoked"),
    ]
    versions = [asked, rejected, approved, revoked]
    assert [answer.json["version"] for answer in versions] == sorted(
        {answer.json["version"] for answer in versions}
    )


@pytest.mark.parametrize("action", ["request", "approve", "reject", "revoke"])
def test_a_step_that_is_taken_already_changes_nothing(table: Table, action: str):
    made = table.pending()
    if action == "revoke":
        table.decide(table.approver, made, "approve")
    table.decide(table.editor if action == "request" else table.approver, made, action)
    before = table.read(made), len(table.ledger(made))
    again = table.decide(table.editor if action == "request" else table.approver, made, action)
    assert (again.status, again.json["version"]) == (200, before[0]["version"])
    assert len(table.ledger(made)) == before[1]


@pytest.mark.parametrize(
    ("way", "action", "code"),
    [
        ([], "approve", "approval_not_requested"),
        ([], "reject", "approval_not_requested"),
        (["request", "reject"], "approve", "approval_rejected"),
        (["request", "approve"], "reject", "already_approved"),
        (["request", "approve"], "request", "already_approved"),
    ],
)
def test_a_step_that_there_is_not_is_refused(table: Table, way: list[str], action: str, code: str):
    admin, made = table.office.hire("member", "admin"), table.publication()
    for step in way:
        assert table.decide(admin, made, step).status == 200
    answer = table.decide(admin, made, action)
    assert (answer.status, answer.json["code"]) == (409, code)
    assert len(table.ledger(made)) == len(way)


def test_who_may_do_what(table: Table):
    roles = ("admin", "editor", "approver", "viewer")
    people = {role: table.office.hire("member", role) for role in roles}
    may = {
        action: {role for role in roles if table.decide(people[role], table.pending(), action).status == 200}
        for action in ("request", "approve", "reject", "revoke")
    }
    assert may == {
        "request": {"admin", "editor"},
        "approve": {"admin", "approver"},
        "reject": {"admin", "approver"},
        "revoke": {"admin", "approver"},
    }
    made = table.publication(table.http)
    assert table.decide(table.http, made, "request").status == 200
    for action in ("approve", "reject", "revoke"):
        answer = table.decide(table.http, made, action)
        assert (answer.status, answer.json["code"]) == (403, "permission_missing"), action


def test_what_was_read_is_what_is_approved(table: Table):
    made = table.pending()
    read = table.approver.get(table.path(made))
    table.edit(table.editor, made, "Good morning")
    late = {"if_match": read.headers["etag"]}
    answer = table.approver.post(f"{table.path(made)}/approval/approve", {}, **late)
    assert (answer.status, answer.json["code"]) == (412, "stale_version")
    answer = table.decide(table.approver, made, "approve", approval_hash=read.json["approval_hash"])
    assert (answer.status, answer.json["code"]) == (409, "content_changed_since")
    now = table.read(made)["approval_hash"]
    assert now != read.json["approval_hash"]
    assert table.decide(table.approver, made, "approve", approval_hash=now).status == 200


@pytest.mark.parametrize("action", ["approve", "reject"])
def test_a_decision_says_what_was_read(table: Table, action: str):
    made = table.pending()
    path = f"{table.path(made)}/approval/{action}"
    for sent, status in (({}, 428), ({"if_match": ""}, 412), ({"if_match": "*"}, 412)):
        assert table.approver.post(path, {}, **sent).status == status
    assert table.state(made)[1] == "pending"


@pytest.mark.parametrize("action", ["approval/request", "approval/revoke", "cancel", "publish-now"])
def test_what_may_go_without_a_version_refuses_one_that_is_none(table: Table, action: str):
    path = f"{table.path(table.publication())}/{action}"
    by = table.office.hire("member", "admin")
    assert by.post(path, {}, if_match="").status == 412


def test_an_edit_of_what_was_approved_asks_again(table: Table):
    made = table.pending()
    table.decide(table.approver, made, "approve")
    table.edit(table.editor, made, "Good morning")
    assert table.state(made) == ("scheduled", "pending")
    assert [action for action, _, _ in table.ledger(made)] == ["requested", "approved", "reset"]
    assert table.read(made)["approved_by"] is None
    table.decide(table.approver, made, "approve")
    assert table.state(made) == ("scheduled", "approved")


def test_a_move_asks_again(table: Table):
    made = table.pending()
    table.decide(table.approver, made, "approve")
    moved = table.editor.change(table.path(made), {"scheduled_at": NEXT_SPRING})
    assert moved.status == 200, moved.body
    assert table.state(made) == ("scheduled", "pending")


def test_what_was_rejected_stays_so_when_it_is_edited(table: Table):
    made = table.pending()
    table.decide(table.approver, made, "reject")
    table.edit(table.editor, made, "Good morning")
    assert table.state(made)[1] == "rejected"
    stood = table.read(made)["approval_hash"]
    table.decide(table.editor, made, "request")
    assert table.read(made)["approval_hash"] != stood


@pytest.mark.parametrize("wrote", ["content", "publication", "changed content", "changed publication"])
def test_an_author_does_not_approve_where_the_workspace_wants_four_eyes(table: Table, wrote: str):
    table.configure(author_may_approve=False)
    author = table.office.hire("member", "admin")
    content = table.content(author if wrote == "content" else table.editor)
    by = author if wrote == "publication" else table.editor
    made = table.pending(by, content_id=content["id"])
    if wrote == "changed content":
        table.edit(author, made, "Good morning")
    if wrote == "changed publication":
        assert author.change(table.path(made), {"scheduled_at": NEXT_SPRING}).status == 200
    answer = table.decide(author, made, "approve")
    assert (answer.status, answer.json["code"]) == (403, "author_may_not_approve")
    assert table.state(made)[1] == "pending"
    assert table.decide(table.approver, made, "approve").status == 200


def test_who_changed_it_stays_an_author_when_somebody_else_changes_it_too(table: Table):
    table.configure(author_may_approve=False)
    author, made = table.office.hire("member", "admin"), table.pending()
    table.edit(author, made, "Good morning")
    table.edit(table.editor, made, "Good morning!")
    assert table.decide(author, made, "approve").json["code"] == "author_may_not_approve"


def test_an_author_approves_where_the_workspace_lets_them(table: Table):
    author = table.office.hire("member", "admin")
    made = table.pending(author)
    assert table.decide(author, made, "approve").status == 200


def test_an_author_may_still_reject(table: Table):
    table.configure(author_may_approve=False)
    author = table.office.hire("member", "admin")
    assert table.decide(author, table.pending(author), "reject").status == 200


def test_a_workspace_may_want_approvals_of_everything(table: Table):
    table.configure(approval_required=True)
    assert table.publication()["approval_status"] == "pending"


def test_comments_are_bounded(table: Table):
    made = table.pending()
    assert table.decide(table.approver, made, "reject", comment="x" * 2001).status == 422
    assert table.decide(table.approver, made, "reject", comment="x" * 2000).status == 200


def test_a_repeated_request_has_one_effect(table: Table):
    made = table.pending()
    once = {"idempotency_key": "once", "if_match": table.approver.get(table.path(made)).headers["etag"]}
    path = f"{table.path(made)}/approval/approve"
    first = table.approver.post(path, {"comment": "Yes"}, **once)
    table.decide(table.approver, made, "revoke")
    again = table.approver.post(path, {"comment": "Yes"}, **once)
    assert (again.json, again.headers["idempotent-replayed"]) == (first.json, "true")
    assert table.state(made)[1] == "pending"


def test_the_ledger_is_only_appended_to(table: Table):
    made = table.pending()
    table.decide(table.approver, made, "approve")
    log = [entry["action"] for entry in table.office.audit() if entry["target_id"] == made["id"]]
    assert log == ["publication.created", "publication.approval_requested", "publication.approved"]
