"""What the Bluesky connector does against a PDS: run against a real one, recorded from it, and replayed."""

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from lamplighter.domain.outcomes import Absent, Published, Rejected, Removed, TokenExpired, Unknown
from lamplighter.domain.renditions import intent_of
from lamplighter.egress import Response
from lamplighter.platforms import bluesky
from lamplighter.platforms.base import Account, ConnectFailed, Credentials, Media, Post, Remote
from lamplighter.platforms.transport import call
from tests.integration.platforms.pictures import png

FAMILY = "\U0001f469\u200d\U0001f469\u200d\U0001f467"
INTENT_ID = UUID("01993d4e-0000-7000-8000-000000000001")
INTENT_AT = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)


@dataclass(frozen=True)
class Stage:
    """A PDS with two accounts, and the intent to post under."""

    url: str
    identifier: str
    app_password: str
    did: str
    friend: str
    friend_did: str
    intent_id: UUID = INTENT_ID
    intent_at: datetime = INTENT_AT

    @classmethod
    def from_file(cls, path: Path) -> "Stage":
        return cls(**json.loads(path.read_text()))

    def connected(self) -> Account:
        fields = {"identifier": self.identifier, "app_password": self.app_password}
        return bluesky.connect(self.url, fields)

    def post(self, text: str, *media: Media) -> Post:
        return Post(self.intent_id, self.intent_at, text, media, "en")

    def segment(self, number: int, text: str, kind: str, root: Remote, parent: Remote) -> Post:
        """A later part of the same post, under the intent that it gets from the worker."""
        return Post(
            intent_of(self.intent_id, number),
            self.intent_at + timedelta(milliseconds=number),
            text,
            kind=kind,
            root=root,
            parent=parent,
        )


def a_post_with_everything(stage: Stage) -> None:
    account = stage.connected()
    assert (account.channel_id, account.username) == (stage.did, stage.identifier)
    mention = f"@{stage.friend}"
    link = "https://example.com/a_(b)?q=1"
    text = f"{FAMILY} e\u0301 灯台 \u05d0 {mention}, @nobody.test: {link}. #lamp #日本語 #2026"
    prepared = bluesky.prepare(account, stage.post(text, Media(png(), "image/png", "Ein Licht", 2, 1)), None)
    assert isinstance(prepared, dict)
    assert bluesky.prepare(account, stage.post("something else"), prepared) == prepared

    published = bluesky.publish(account, prepared)
    assert isinstance(published, Published)
    assert published.remote_id == f"at://{stage.did}/app.bsky.feed.post/{prepared['rkey']}"
    assert published.url == f"https://bsky.app/profile/{stage.did}/post/{prepared['rkey']}"
    assert bluesky.publish(account, prepared) == published
    assert bluesky.reconcile(account, prepared, ()) == published
    records = _records(account)
    assert [record["uri"] for record in records].count(published.remote_id) == 1

    stored = next(record["value"] for record in records if record["uri"] == published.remote_id)
    data = stored["text"].encode()
    shown = [
        (data[facet["index"]["byteStart"] : facet["index"]["byteEnd"]].decode(), facet["features"][0])
        for facet in stored["facets"]
    ]
    kind = "app.bsky.richtext.facet#"
    assert shown == [
        (mention, {"$type": kind + "mention", "did": stage.friend_did}),
        (link, {"$type": kind + "link", "uri": link}),
        ("#lamp", {"$type": kind + "tag", "tag": "lamp"}),
        ("#日本語", {"$type": kind + "tag", "tag": "日本語"}),
    ]
    [image] = stored["embed"]["images"]
    assert (image["alt"], image["aspectRatio"]) == ("Ein Licht", {"width": 2, "height": 1})
    assert (image["image"]["mimeType"], image["image"]["size"]) == ("image/png", len(png()))
    assert stored["langs"] == ["en"]

    assert bluesky.delete(account, Remote(published.remote_id)) == Removed()
    assert bluesky.reconcile(account, prepared, ()) == Absent()
    assert bluesky.delete(account, Remote(published.remote_id)) == Removed()


def a_thread_with_a_comment(stage: Stage) -> None:
    account = stage.connected()
    root = _out(account, stage.post("First"))
    second = _out(account, stage.segment(1, "Second", "thread", root, root))
    comment = _out(account, stage.segment(3, "Aside", "comment", root, root))

    third = bluesky.prepare(account, stage.segment(2, "Third", "thread", root, second), None)
    assert isinstance(third, dict)
    assert bluesky.reconcile(account, third, ()) == Absent()
    lost = bluesky.publish(account, third)  # as if its answer had not come
    found = bluesky.reconcile(account, third, ())
    assert isinstance(found, Published)
    assert found == lost == bluesky.publish(account, third)

    last = Remote(found.remote_id, found.reference)
    records = {record["uri"]: record for record in _records(account)}
    first, following = (
        {"uri": each.remote_id, "cid": records[each.remote_id]["cid"]} for each in (root, second)
    )
    assert [root.reference, second.reference] == [{"cid": first["cid"]}, {"cid": following["cid"]}]
    answers = [records[remote.remote_id]["value"].get("reply") for remote in (root, second, last, comment)]
    assert answers == [
        None,
        {"root": first, "parent": first},
        {"root": first, "parent": following},
        {"root": first, "parent": first},
    ]
    in_order = [remote.remote_id for remote in (root, second, last, comment)]
    assert sorted(in_order) == in_order

    # Of a post that a person named there is no hash: the server is asked for it.
    named = Remote(bluesky_url(root)), Remote(second.remote_id)
    again = bluesky.prepare(account, stage.segment(2, "Third", "thread", *named), None)
    assert isinstance(again, dict)
    assert again["record"] == third["record"]
    assert bluesky.delete(account, second) == Removed()
    assert bluesky.delete(account, second) == Removed()
    orphan = bluesky.prepare(account, stage.segment(2, "Third", "thread", *named), None)
    assert isinstance(orphan, Rejected)
    assert orphan.code == "parent_gone"
    assert bluesky.reconcile(account, third, ()) == found
    for remote in (root, last, comment):
        assert bluesky.delete(account, remote) == Removed()


def _out(account: Account, post: Post) -> Remote:
    prepared = bluesky.prepare(account, post, None)
    assert isinstance(prepared, dict)
    published = bluesky.publish(account, prepared)
    assert isinstance(published, Published)
    return Remote(published.remote_id, published.reference, prepared)


def bluesky_url(remote: Remote) -> str:
    """The address that a person would copy from the app."""
    _, _, did, _, rkey = remote.remote_id.split("/")
    return f"https://bsky.app/profile/{did}/post/{rkey}"


def another_record_under_the_key(stage: Stage) -> None:
    account = stage.connected()
    theirs = bluesky.prepare(account, stage.post("First"), None)
    ours = bluesky.prepare(account, stage.post("Second"), None)
    assert isinstance(theirs, dict)
    assert isinstance(ours, dict)
    published = bluesky.publish(account, theirs)
    assert isinstance(published, Published)
    outcome = bluesky.publish(account, ours)
    assert isinstance(outcome, Unknown)
    assert outcome.code == "record_exists"
    settled = bluesky.reconcile(account, ours, ())
    assert isinstance(settled, Rejected)
    assert settled.code == "record_key_taken"
    assert bluesky.reconcile(account, theirs, ()) == published
    assert bluesky.delete(account, Remote(published.remote_id)) == Removed()


def what_the_network_refuses(stage: Stage) -> None:
    account = stage.connected()
    too_long = bluesky.prepare(account, stage.post("x" * 301), None)
    assert isinstance(too_long, dict)
    refused = bluesky.publish(account, too_long)
    assert isinstance(refused, Rejected)
    assert "300" in refused.message
    assert bluesky.reconcile(account, too_long, ()) == Absent()

    stranger = replace(account, credentials=Credentials(account.credentials.access_token + "x"))
    image = Media(png(), "image/png", "", 2, 1)
    assert isinstance(bluesky.publish(stranger, too_long), TokenExpired)
    assert isinstance(bluesky.prepare(stranger, stage.post("With an image", image), None), TokenExpired)
    assert isinstance(bluesky.delete(stranger, Remote(too_long["rkey"])), TokenExpired)


def a_session_from_first_to_last(stage: Stage) -> None:
    for wrong in (
        {"identifier": stage.identifier, "app_password": "wrong"},
        {"identifier": "no.test", "app_password": "x"},
    ):
        with pytest.raises(ConnectFailed) as failed:
            bluesky.connect(stage.url, wrong)
        assert (failed.value.code, failed.value.transient) == ("credentials_refused", False)

    account = stage.connected()
    renewed = bluesky.refresh(account)
    assert renewed.refresh_token != account.credentials.refresh_token
    account = replace(account, credentials=renewed)
    prepared = bluesky.prepare(account, stage.post("After a refresh"), None)
    assert isinstance(prepared, dict)
    published = bluesky.publish(account, prepared)
    assert isinstance(published, Published)
    assert bluesky.delete(account, Remote(published.remote_id)) == Removed()

    for unfit in (None, renewed.access_token, f"{renewed.refresh_token}x"):
        with pytest.raises(ConnectFailed) as failed:
            bluesky.refresh(replace(account, credentials=Credentials("x", unfit)))
        assert (failed.value.code, failed.value.transient) == ("reconnect_required", False)


SCENARIOS = {
    scenario.__name__: scenario
    for scenario in (
        a_post_with_everything,
        a_thread_with_a_comment,
        another_record_under_the_key,
        what_the_network_refuses,
        a_session_from_first_to_last,
    )
}


def _records(account: Account) -> list[dict[str, Any]]:
    query = f"repo={account.channel_id}&collection=app.bsky.feed.post"
    answer = call("GET", f"{account.base_url}/xrpc/com.atproto.repo.listRecords?{query}")
    assert isinstance(answer, Response)
    records: list[dict[str, Any]] = answer.json()["records"]
    return records
