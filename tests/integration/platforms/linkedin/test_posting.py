"""LinkedIn: posts and comments, written, changed and taken back."""

from dataclasses import replace

from lamplighter.domain.outcomes import (
    Published,
    Rejected,
    Removed,
)
from lamplighter.platforms import linkedin
from lamplighter.platforms.base import Account, Remote
from lamplighter.platforms.linkedin.little_text import to_little_text
from lamplighter.platforms.linkedin.rest import VERSION
from tests.integration.platforms.fake_linkedin import (
    PAGE,
    FakeLinkedIn,
)
from tests.integration.platforms.linkedin.stage import IMAGE, comment, out, post, ready


def test_a_text_is_posted_escaped_in_the_version_that_is_called(fake: FakeLinkedIn, page: Account) -> None:
    outcome = out(page, post())
    [made] = fake.posts
    assert outcome == Published(str(made["id"]), f"https://www.linkedin.com/feed/update/{made['id']}/")
    assert made["commentary"] == r"The lamps \(all of them\) are lit {hashtag|\#|evening}"
    assert made["author"] == PAGE
    [call] = fake.calls("create")
    assert call.headers["linkedin-version"] == VERSION


def test_a_comment_goes_under_the_post_as_it_was_written(fake: FakeLinkedIn, page: Account) -> None:
    root = out(page, post())
    made = out(page, comment(root.remote_id))
    [kept] = fake.comments
    assert kept["message"]["text"] == "Come (and see)"
    assert (kept["actor"], kept["object"]) == (PAGE, root.remote_id)
    assert made == Published(kept["id"], root.url)


def test_a_comment_on_what_is_gone_is_refused(fake: FakeLinkedIn, page: Account) -> None:
    outcome = linkedin.publish(page, ready(page, comment("urn:li:share:1")))
    assert isinstance(outcome, Rejected)
    assert outcome.code == "parent_gone"


def test_what_linkedin_does_not_know_is_refused_before_any_call(fake: FakeLinkedIn, page: Account) -> None:
    root = Remote("urn:li:share:1")
    thread = linkedin.prepare(page, post(kind="thread", root=root, parent=root), None)
    pictured = linkedin.prepare(page, replace(comment("urn:li:share:1"), media=(IMAGE,)), None)
    assert isinstance(thread, Rejected)
    assert isinstance(pictured, Rejected)
    assert fake.requests == []


def test_a_post_is_edited_and_deleted(fake: FakeLinkedIn, page: Account) -> None:
    frozen = ready(page, post())
    made = linkedin.publish(page, frozen)
    assert isinstance(made, Published)
    remote = Remote(made.remote_id, None, frozen)
    changed = post(text="Lit (again)")
    assert linkedin.edit(page, remote, changed) == made
    assert fake.posts[0]["commentary"] == to_little_text("Lit (again)") == r"Lit \(again\)"
    assert linkedin.delete(page, remote) == Removed()
    assert linkedin.delete(page, remote) == Removed()
    assert fake.posts == []
    gone = linkedin.edit(page, remote, changed)
    assert isinstance(gone, Rejected)
    assert gone.code == "post_gone"


def test_a_comment_is_edited_and_deleted(fake: FakeLinkedIn, page: Account) -> None:
    root = out(page, post())
    frozen = ready(page, comment(root.remote_id))
    made = linkedin.publish(page, frozen)
    assert isinstance(made, Published)
    remote = Remote(made.remote_id, None, frozen)
    assert linkedin.edit(page, remote, comment(root.remote_id, "Come (soon)")) == made
    assert fake.comments[0]["message"]["text"] == "Come (soon)"
    assert linkedin.delete(page, remote) == Removed()
    assert fake.comments == []
    assert len(fake.posts) == 1
