"""Links for outsiders: what one opens, for how long, and what it never opens."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
import urllib3

from infra.tools.event_rows import PIXEL
from lamplighter.services import approvals
from tests.integration.approvals.conftest import Client, Table, later


def client(link: Any) -> Client:
    return Client(link["token"])


def picture(table: Table) -> str:
    media_id = table.http.post("/media", {"file_name": "lamp.png", "byte_size": len(PIXEL)}).json["id"]
    table.aws.s3.put_object(
        Bucket="media",
        Key=f"{table.office.made.workspace_id}/{media_id}",
        Body=PIXEL,
        ContentType="text/html",
    )
    assert table.http.post(f"/media/{media_id}/complete").status == 200
    return str(media_id)


def test_a_client_sees_what_would_be_posted_and_approves_it(table: Table):
    content = table.content(
        table.editor,
        "Good evening",
        media=[{"media_id": picture(table), "alt": "A lamp"}],
        segments=[{"kind": "thread", "text": "And more"}],
    )
    made = table.pending(content_id=content["id"])
    link = table.link(made, recipient="Harbour office")
    view = client(link).view()
    assert (view.status, view.headers["cache-control"]) == (200, "no-store")
    seen = view.json
    [post] = seen.pop("posts")
    assert (post["platform"], [part["text"] for part in post["parts"]]) == (
        "sandbox",
        ["Good evening", "And more"],
    )
    [shown] = post["parts"][0]["pictures"]
    assert (shown["alt"], shown["mime"], shown["width"]) == ("A lamp", "image/png", 1)
    fetched = urllib3.request("GET", shown["url"])
    assert (fetched.data, fetched.headers["content-type"]) == (PIXEL, "image/png")
    assert {name: seen[name] for name in ("workspace", "recipient", "status", "decision")} == {
        "workspace": "Workspace",
        "recipient": "Harbour office",
        "status": "pending",
        "decision": None,
    }
    done = client(link).approve(comment="Lovely.", approval_hash=seen["approval_hash"])
    assert (done.status, done.json["status"]) == (200, "approved")
    assert table.state(made) == ("scheduled", "approved")
    assert table.read(made)["approved_by"] is None
    assert table.ledger(made)[-1] == ("approved", "approval_link", "Lovely.")
    after = client(link).view().json
    assert (after["status"], after["decision"]["action"], after["decision"]["comment"]) == (
        "approved",
        "approved",
        "Lovely.",
    )


def test_what_a_client_approves_goes_out(table: Table):
    made = table.pending(when=timedelta(minutes=10), late_policy="skip", late_after_minutes=30)
    link = table.link(made)
    with later(timedelta(minutes=12)):
        table.work()
        table.aws.waiting()
        assert client(link).approve().status == 200
        [message] = table.aws.waiting()
        table.work([message])
    assert table.network.texts == ["Good evening"]


def test_a_client_rejects_and_it_stays_here(table: Table):
    made = table.pending(when=timedelta(minutes=10))
    link = table.link(made)
    assert client(link).reject(comment="Our lamps are blue.").json["status"] == "rejected"
    assert table.ledger(made)[-1] == ("rejected", "approval_link", "Our lamps are blue.")
    with later(timedelta(minutes=11)):
        table.work()
    assert table.network.accepted == []
    assert client(link).approve().json["code"] == "approval_rejected"


def test_a_link_used_after_an_edit_decides_about_what_stands_now(table: Table):
    made = table.pending()
    link = table.link(made)
    read = client(link).view().json["approval_hash"]
    table.edit(table.editor, made, "Good morning")
    late = client(link).approve(approval_hash=read)
    assert (late.status, late.json["code"]) == (409, "content_changed_since")
    view = client(link).view().json
    assert view["posts"][0]["parts"][0]["text"] == "Good morning"
    assert client(link).approve(approval_hash=view["approval_hash"]).status == 200
    table.edit(table.editor, made, "Good night")
    assert client(link).view().json["status"] == "pending"


@pytest.mark.parametrize("action", ["approve", "reject"])
def test_a_link_decides_about_nothing_that_it_did_not_show(table: Table, action: str):
    made = table.pending()
    link = table.link(made)
    answer = client(link).http.post(f"/v1/approval/{action}", {"comment": "Yes"})
    assert (answer.status, answer.json["errors"][0]["pointer"]) == (422, "/approval_hash")
    assert table.state(made)[1] == "pending"


def test_a_link_ends(table: Table):
    link = table.link(table.pending(), expires_in_hours=2)
    with later(timedelta(hours=1, minutes=59)):
        assert client(link).view().status == 200
    with later(timedelta(hours=2)):
        for answer in (client(link).view(), client(link).approve(), client(link).reject()):
            assert (answer.status, answer.json["code"]) == (410, "link_expired")


def test_a_link_is_revoked(table: Table):
    made = table.pending()
    link = table.link(made)
    path = f"{table.path(made)}/approval-links"
    gone = table.editor.call("DELETE", f"{path}/{link['id']}")
    assert (gone.status, gone.json["revoked_at"] is None) == (200, False)
    assert table.editor.call("DELETE", f"{path}/{link['id']}").json == gone.json
    for answer in (client(link).view(), client(link).approve(), client(link).reject()):
        assert (answer.status, answer.json["code"]) == (410, "link_revoked")
    assert table.state(made)[1] == "pending"
    assert [item["id"] for item in table.editor.get(path).json["items"]] == [link["id"]]


def test_revoking_and_deciding_at_once_has_one_winner(table: Table):
    """Whoever is told that the link is revoked can rely on it: nothing is decided with it afterwards."""
    for _ in range(10):
        made = table.pending()
        link = table.link(made)
        with ThreadPoolExecutor(2) as threads:
            decided = threads.submit(client(link).approve)
            path = f"{table.path(made)}/approval-links/{link['id']}"
            revoked = threads.submit(table.editor.call, "DELETE", path)
        assert revoked.result().status == 200
        status = table.state(made)[1]
        assert status == ("approved" if decided.result().status == 200 else "pending")
        assert (revoked.result().json["decided_at"] is not None) is (status == "approved")


def test_a_link_opens_nothing_else(table: Table):
    """Neither the tenant's routes, nor another publication, nor a word of who is in it."""
    made, other = table.pending(), table.pending()
    link, theirs = table.link(made), table.link(other)
    text = json.dumps(client(link).view().json)
    for id_ in (
        *(made["id"], other["id"], made["content_id"], other["content_id"], link["id"], theirs["id"]),
        *(table.editor.id, table.approver.id, table.office.made.workspace_id, table.editor.email),
        *(platform[name] for platform in made["platforms"] for name in ("id", "connection_id")),
    ):
        assert str(id_) not in text
    for path in (table.base, f"{table.base}/publications", table.path(made), f"{table.base}/content"):
        answer = Client(link["token"]).http.get(path)
        assert answer.status == 401, path
    client(link).approve()
    assert (table.state(made)[1], table.state(other)[1]) == ("approved", "pending")


def test_what_the_team_says_among_itself_is_not_the_clients_to_read(table: Table):
    made = table.pending()
    link = table.link(made)
    table.decide(table.approver, made, "reject", comment="The client never notices.")
    seen = client(link).view().json
    assert (seen["status"], seen["decision"]) == ("rejected", None)
    assert "notices" not in json.dumps(seen)


def test_a_link_is_made_by_who_writes_and_only_for_what_is_asked_about(table: Table):
    made = table.pending()
    path = f"{table.path(made)}/approval-links"
    for role in ("approver", "viewer"):
        answer = table.office.hire("member", role).post(path, {})
        assert (answer.status, answer.json["code"]) == (403, "permission_missing")
    assert table.http.post(path, {}).status == 201
    unasked = table.publication()
    answer = table.editor.post(f"{table.path(unasked)}/approval-links", {})
    assert (answer.status, answer.json["code"]) == (409, "approval_not_requested")


def test_a_links_decision_is_the_clients_whoever_made_the_link(table: Table):
    """Where authors may not approve, a client still may: that is what the link is for, and the ledger says
    whose it was."""
    table.configure(author_may_approve=False)
    made = table.pending()
    link = table.link(made)
    assert client(link).approve().status == 200
    assert table.ledger(made)[-1][1] == "approval_link"
    items = table.http.get(f"{table.path(made)}/approval-links").json["items"]
    assert (items[0]["created_by"], items[0]["decided_at"] is not None) == (str(table.editor.id), True)


@pytest.mark.parametrize("hours", [0, 721, "1", True, 1.5])
def test_how_long_a_link_works_is_bounded(table: Table, hours: Any):
    path = f"{table.path(table.pending())}/approval-links"
    assert table.editor.post(path, {"expires_in_hours": hours}).status == 422


def test_a_link_works_for_a_week_unless_told_otherwise(table: Table):
    link = table.link(table.pending())
    assert (link["expires_at"][:10] > link["created_at"][:10]) is True
    with later(timedelta(days=7) - timedelta(minutes=1)):
        assert client(link).view().status == 200
    with later(timedelta(days=7, minutes=1)):
        assert client(link).view().status == 410


def test_a_link_leads_to_the_page_and_its_token_stands_where_no_server_sees_it(table: Table):
    link = table.link(table.pending())
    parts = urlsplit(link["url"])
    assert (parts.path, parts.query, parts.fragment) == ("/approve", "", f"token={link['token']}")


def test_a_repetition_shows_the_same_link_and_it_is_kept_sealed(table: Table):
    made, once = table.pending(), {"idempotency_key": "once"}
    path = f"{table.path(made)}/approval-links"
    first, again = (table.editor.post(path, {}, **once) for _ in range(2))
    assert again.json == first.json
    query = "SELECT response FROM idempotency_keys WHERE scope_id = %s AND key = 'once'"
    [(kept,)] = table.office.superuser.execute(query, [table.office.made.workspace_id]).fetchall()
    assert first.json["token"] not in kept
    assert len(table.editor.get(path).json["items"]) == 1


def test_a_decision_repeated_with_its_key_is_taken_once(table: Table):
    made = table.pending()
    link = table.link(made)
    ask = {"idempotency-key": "mine"}
    shown = {"approval_hash": client(link).view().json["approval_hash"]}
    first, again = (client(link).http.post("/v1/approval/approve", shown, **ask) for _ in range(2))
    assert (again.json, again.headers["idempotent-replayed"]) == (first.json, "true")
    assert len(table.ledger(made)) == 2


def test_a_decision_says_on_the_audit_log_that_a_link_took_it(table: Table):
    made = table.pending()
    link = table.link(made)
    client(link).approve()
    [entry] = [entry for entry in table.office.audit() if entry["actor_kind"] == "approval_link"]
    assert (entry["action"], entry["actor_id"], entry["target_id"]) == (
        "publication.approved",
        link["id"],
        made["id"],
    )
    assert entry["personal"]
    [shown] = [
        item
        for item in table.office.hire("owner").get(f"{table.base}/audit-log").json["items"]
        if item["actor"]["kind"] == "approval_link"
    ]
    assert shown["actor"]["id"] == link["id"]


def test_what_is_shown_and_its_hash_are_of_one_moment(table: Table, monkeypatch: pytest.MonkeyPatch):
    """An edit that comes while the view is read: what is approved with the hash must be what was shown."""
    made = table.pending()
    link = table.link(made)
    real = approvals.hash_of

    def late(tx: Any, publication: Any) -> str:
        with monkeypatch.context() as usual:
            usual.setattr(approvals, "hash_of", real)
            table.edit(table.editor, made, "Good morning")
        return real(tx, publication)

    with monkeypatch.context() as patched:
        patched.setattr(approvals, "hash_of", late)
        view = client(link).view().json
    assert view["posts"][0]["parts"][0]["text"] == "Good evening"
    answer = client(link).approve(approval_hash=view["approval_hash"])
    assert (answer.status, answer.json["code"]) == (409, "content_changed_since")
