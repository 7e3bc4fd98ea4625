"""Mastodon: threads, edits, removals and limits, against a server of the same API that nobody here wrote."""

from dataclasses import replace

import pytest

from lamplighter.domain.outcomes import Absent, Published, RateLimited, Rejected, Removed, Unknown, Waiting
from lamplighter.platforms import mastodon
from lamplighter.platforms.base import Account, Media, Remote
from tests.integration.platforms.mastodon_server import Faults, armed, post, prepared, status
from tests.integration.platforms.pictures import png

LIMIT = {"Retry-After": "30"}


@pytest.fixture
def account(mastodon_account: Account) -> Account:
    return mastodon_account


@pytest.fixture
def fault(mastodon_faults: Faults) -> Faults:
    return mastodon_faults


def out(account: Account, text: str, *media: Media, **more: object) -> Remote:
    frozen = prepared(account, post(text, *media, **more))
    outcome = mastodon.publish(account, frozen)
    assert isinstance(outcome, Published)
    return Remote(outcome.remote_id, outcome.reference, frozen)


def test_a_thread_with_a_comment(account: Account) -> None:
    root = out(account, "First")
    second = out(account, "Second", kind="thread", root=root, parent=root)
    third = out(account, "Third", kind="thread", root=root, parent=second)
    aside = out(account, "Aside", kind="comment", root=root, parent=root)
    answers = [status(account, each.remote_id)["in_reply_to_id"] for each in (root, second, third, aside)]
    assert answers == [None, root.remote_id, second.remote_id, root.remote_id]


@pytest.mark.parametrize("effect", ["status", "malformed"])
def test_a_segment_whose_answer_was_lost_is_posted_once(account: Account, fault: Faults, effect: str) -> None:
    root = out(account, "First")
    frozen = prepared(account, post("Second", kind="thread", root=root, parent=root))
    fault(effect, 502)
    assert isinstance(mastodon.publish(account, frozen), Unknown)
    found = mastodon.reconcile(account, armed(frozen, minutes=5), ())
    assert isinstance(found, Published)
    assert mastodon.publish(account, frozen) == found
    assert status(account, found.remote_id)["in_reply_to_id"] == root.remote_id
    assert status(account, root.remote_id)["replies_count"] == 1


def test_an_edit_changes_the_text_and_keeps_the_images(account: Account) -> None:
    image = Media(png(), "image/png", "A lamp", 2, 1)
    standing = out(account, "Good", image)
    for _ in range(2):
        edited = mastodon.edit(account, standing, post("Better #lamp"))
        assert isinstance(edited, Published)
        assert edited.remote_id == standing.remote_id
    shown = status(account, standing.remote_id)
    assert "Better" in shown["content"]
    assert shown["edited_at"]
    assert [each["description"] for each in shown["media_attachments"]] == ["A lamp"]


def test_a_status_that_is_gone_can_be_removed_but_not_edited(account: Account) -> None:
    standing = out(account, "Soon gone")
    assert [mastodon.delete(account, standing) for _ in range(2)] == [Removed(), Removed()]
    gone = mastodon.edit(account, standing, post("Better"))
    assert isinstance(gone, Rejected)
    assert gone.code == "post_gone"


def test_every_call_that_meets_a_limit_waits_as_it_is_told_to(account: Account, fault: Faults) -> None:
    standing = out(account, "Good")
    one = f"/api/v1/statuses/{standing.remote_id}"
    frozen = prepared(account, post("Another"))
    calls = {
        ("POST", "/api/v1/statuses"): lambda: mastodon.publish(account, frozen),
        ("PUT", one): lambda: mastodon.edit(account, standing, post("Better")),
        ("DELETE", one): lambda: mastodon.delete(account, standing),
        ("POST", "/api/v2/media"): lambda: mastodon.prepare(
            account, post("", Media(png(), "image/png", "", 2, 1)), None
        ),
    }
    for (method, path), call in calls.items():
        fault("ratelimit", 429, headers=LIMIT, method=method, path=path)
        limited = call()
        assert isinstance(limited, RateLimited), (method, path)
        assert limited.retry_after == 30
        assert isinstance(call(), Published | Removed | dict), (method, path)


def test_a_limit_between_two_images_keeps_the_first(account: Account, fault: Faults) -> None:
    first, second = (Media(png(shade=shade), "image/png", f"{shade}", 2, 1) for shade in (10, 20))
    wanted = post("Two lamps", first, second)
    one = mastodon.prepare(account, replace(wanted, media=(first,)), None)
    assert isinstance(one, dict)
    fault("ratelimit", 429, headers=LIMIT, path="/api/v2/media")
    limited = mastodon.prepare(account, wanted, one)
    assert isinstance(limited, RateLimited)  # nothing was taken this time
    both = mastodon.prepare(account, wanted, one)
    assert isinstance(both, dict)
    assert both["status"]["media_ids"][:1] == one["status"]["media_ids"]
    published = mastodon.publish(account, both)
    assert isinstance(published, Published)
    attachments = status(account, published.remote_id)["media_attachments"]
    assert [each["description"] for each in attachments] == ["10", "20"]


def test_an_image_in_the_works_is_waited_for(account: Account, fault: Faults) -> None:
    wanted = post("A lamp", Media(png(), "image/png", "", 2, 1))
    frozen = prepared(account, wanted)
    [media_id] = frozen["status"]["media_ids"]
    fault("status", 206, method="GET", path=f"/api/v1/media/{media_id}")
    kept = {**frozen, "processing": [media_id]}
    waiting = mastodon.prepare(account, wanted, kept)
    assert isinstance(waiting, Waiting)
    ready = mastodon.prepare(account, wanted, waiting.kept)
    assert isinstance(ready, dict)
    assert isinstance(mastodon.publish(account, ready), Published)


def test_after_the_keys_hour_no_other_post_of_ours_is_taken_for_it(account: Account) -> None:
    ours = out(account, "Every day the same")
    lost = prepared(account, post("Every day the same"))
    late = armed(lost, hours=2)
    found = mastodon.reconcile(account, late, ())
    assert isinstance(found, Published)
    assert found.remote_id == ours.remote_id
    assert mastodon.reconcile(account, late, {ours.remote_id}) == Absent()
    second = mastodon.publish(account, lost)
    assert mastodon.reconcile(account, late, {ours.remote_id}) == second
