"""Threads: from container to post, and away again."""

from dataclasses import replace

from lamplighter.domain.outcomes import (
    NotSent,
    Published,
    Rejected,
    Removed,
    Waiting,
)
from lamplighter.platforms import threads
from lamplighter.platforms.base import Account, Remote
from tests.integration.platforms.fake_threads import (
    GONE,
    TOKEN,
    FakeThreads,
)
from tests.integration.platforms.threads.stage import IMAGE, TEXT, post, ready
from tests.integration.platforms.wire import Answer


def test_a_text_is_published_from_its_container(fake: FakeThreads, ada: Account) -> None:
    frozen = ready(ada, post())
    outcome = threads.publish(ada, frozen)
    [made] = fake.posts
    assert outcome == Published(str(made["id"]), str(made["permalink"]))
    assert (made["text"], made["media_type"]) == (TEXT, "TEXT_POST")


def test_no_token_is_part_of_an_address_but_in_its_renewal(fake: FakeThreads, ada: Account) -> None:
    threads.publish(ada, ready(ada, post(IMAGE)))
    threads.refresh(ada)
    assert [fake.operation(r) for r in fake.requests if TOKEN in r.path] == ["refresh"]


def test_an_image_is_fetched_by_its_address(fake: FakeThreads, ada: Account) -> None:
    frozen = ready(ada, post(IMAGE))
    container = fake.containers[frozen["container"]]
    assert (container["image_url"], container["alt_text"]) == (IMAGE.url, "A lamp")
    assert isinstance(threads.publish(ada, frozen), Published)


def test_an_image_without_an_address_is_refused_before_any_call(fake: FakeThreads, ada: Account) -> None:
    outcome = threads.prepare(ada, post(replace(IMAGE, url=None)), None)
    assert isinstance(outcome, Rejected)
    assert outcome.code == "media_not_public"
    assert fake.requests == []


def test_several_images_become_children_in_their_order(fake: FakeThreads, ada: Account) -> None:
    fake.processing = 1
    images = [replace(IMAGE, url=f"https://media.example/{n}.png") for n in range(3)]
    frozen = ready(ada, post(*images))
    children = fake.containers[frozen["container"]]["children"].split(",")
    assert [fake.containers[child]["image_url"] for child in children] == [image.url for image in images]
    assert len(fake.calls("create")) == 4
    assert isinstance(threads.publish(ada, frozen), Published)
    assert [made["media_type"] for made in fake.posts] == ["CAROUSEL_ALBUM"]


def test_children_that_were_taken_are_not_handed_over_again(fake: FakeThreads, ada: Account) -> None:
    wanted = post(IMAGE, replace(IMAGE, url="https://media.example/2.png"))
    first = threads.prepare(ada, wanted, None)
    assert isinstance(first, Waiting)
    assert len(first.kept["children"]) == 2
    fake.fails("create", Answer(503))
    assert isinstance(threads.prepare(ada, wanted, first.kept), NotSent)
    assert isinstance(threads.prepare(ada, wanted, first.kept), dict)
    assert len(fake.calls("create")) == 2 + 1 + 1


def test_a_container_in_the_works_is_waited_for(fake: FakeThreads, ada: Account) -> None:
    fake.processing = 2
    wanted = post()
    first = threads.prepare(ada, wanted, None)
    assert isinstance(first, Waiting)
    second = threads.prepare(ada, wanted, first.kept)
    assert isinstance(second, Waiting)
    assert second.kept == first.kept
    assert isinstance(threads.prepare(ada, wanted, second.kept), dict)
    assert len(fake.calls("create")) == 1


def test_a_container_that_failed_is_refused_with_its_reason(fake: FakeThreads, ada: Account) -> None:
    frozen = ready(ada, post())
    fake.containers[frozen["container"]]["status"] = "ERROR"
    outcome = threads.prepare(ada, post(), frozen)
    assert isinstance(outcome, Rejected)
    assert "FAILED_DOWNLOADING_VIDEO" in outcome.message


def test_a_thread_and_a_comment_answer_what_they_follow(fake: FakeThreads, ada: Account) -> None:
    root = threads.publish(ada, ready(ada, post()))
    assert isinstance(root, Published)
    first = Remote(root.remote_id)
    reply = threads.publish(ada, ready(ada, post(text="And on", kind="thread", root=first, parent=first)))
    assert isinstance(reply, Published)
    second = Remote(reply.remote_id)
    threads.publish(ada, ready(ada, post(text="On", kind="thread", root=first, parent=second)))
    threads.publish(ada, ready(ada, post(text="Oh", kind="comment", root=first, parent=first)))
    answers = [root.remote_id, reply.remote_id, root.remote_id]
    assert [made["reply_to_id"] for made in fake.posts] == [None, *answers]


def test_a_post_is_deleted_and_stays_so(fake: FakeThreads, ada: Account) -> None:
    made = threads.publish(ada, ready(ada, post()))
    assert isinstance(made, Published)
    remote = Remote(made.remote_id)
    assert threads.delete(ada, remote) == Removed()
    assert fake.posts == []
    assert threads.delete(ada, remote) == Removed()


def test_a_post_that_may_not_be_deleted_is_not_called_gone(fake: FakeThreads, ada: Account) -> None:
    made = threads.publish(ada, ready(ada, post()))
    assert isinstance(made, Published)
    fake.fails("delete", GONE)
    assert isinstance(threads.delete(ada, Remote(made.remote_id)), Rejected)
    fake.fails("delete", GONE)
    fake.fails("read", Answer(502))
    assert isinstance(threads.delete(ada, Remote(made.remote_id)), Rejected)
    assert len(fake.posts) == 1
