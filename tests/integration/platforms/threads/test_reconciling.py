"""Threads: a container is published once, whatever happens to the answers."""

from datetime import UTC, datetime, timedelta

import pytest

from lamplighter.domain.outcomes import (
    Absent,
    Pending,
    Published,
    Rejected,
    Unknown,
    Waiting,
)
from lamplighter.platforms import threads
from lamplighter.platforms.base import Account, Remote
from tests.integration.platforms.fake_threads import (
    FakeThreads,
)
from tests.integration.platforms.fakes import AMBIGUOUS
from tests.integration.platforms.threads.stage import IMAGE, aged, post, ready
from tests.integration.platforms.wire import Answer


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("accepts", [True, False])
@pytest.mark.parametrize("ambiguity", AMBIGUOUS)
@pytest.mark.parametrize("kind", ["post", "thread"])
def test_an_ambiguous_publish_is_cleared_up_by_its_container(
    fake: FakeThreads, ada: Account, kind: str, ambiguity: str, accepts: bool
) -> None:
    answered = Remote("1000")
    wanted = post() if kind == "post" else post(kind=kind, root=answered, parent=answered)
    frozen = ready(ada, wanted)
    fake.fails("publish", AMBIGUOUS[ambiguity], accepts=accepts)

    assert isinstance(threads.publish(ada, frozen), Unknown)
    early = threads.reconcile(ada, frozen, ())
    late = threads.reconcile(ada, aged(frozen), ())

    if accepts:
        assert early == late == Published(str(fake.posts[0]["id"]), str(fake.posts[0]["permalink"]))
    else:
        assert isinstance(early, Unknown)
        assert early.code == "settling"
        assert late == Absent()
        assert threads.prepare(ada, wanted, frozen) == {**frozen, "armed_at": _any()}
        assert isinstance(threads.publish(ada, frozen), Published)
    assert len(fake.calls("create")) == 1
    assert len(fake.posts) == 1


class _any:  # noqa: N801  # equal to everything
    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = object.__hash__


def test_publishing_a_container_twice_posts_once(fake: FakeThreads, ada: Account) -> None:
    frozen = ready(ada, post())
    threads.publish(ada, frozen)
    assert isinstance(threads.publish(ada, frozen), Rejected)
    assert len(fake.posts) == 1


def test_a_published_container_is_never_prepared_again(fake: FakeThreads, ada: Account) -> None:
    wanted = post()
    frozen = ready(ada, wanted)
    threads.publish(ada, frozen)
    outcome = threads.prepare(ada, wanted, frozen)
    assert isinstance(outcome, Unknown)
    assert outcome.code == "published_already"
    assert len(fake.calls("create")) == 1


def test_an_expired_container_was_not_posted_and_is_replaced(fake: FakeThreads, ada: Account) -> None:
    wanted = post()
    frozen = ready(ada, wanted)
    fake.expire(frozen["container"])
    assert threads.reconcile(ada, frozen, ()) == Absent()
    again = threads.prepare(ada, wanted, frozen)
    assert isinstance(again, Waiting)
    replaced = threads.prepare(ada, wanted, again.kept)
    assert isinstance(replaced, dict)
    assert replaced["container"] != frozen["container"]


def test_a_container_in_the_works_is_pending(fake: FakeThreads, ada: Account) -> None:
    frozen = ready(ada, post())
    fake.containers[frozen["container"]].update(status="IN_PROGRESS", left=5)
    assert isinstance(threads.reconcile(ada, frozen, ()), Pending)


def test_a_container_that_could_not_be_published(fake: FakeThreads, ada: Account) -> None:
    frozen = ready(ada, post())
    fake.containers[frozen["container"]]["status"] = "ERROR"
    outcome = threads.reconcile(ada, frozen, ())
    assert isinstance(outcome, Rejected)
    assert outcome.code == "publishing_failed"


def test_a_post_that_is_not_listed_yet_is_looked_for_again(fake: FakeThreads, ada: Account) -> None:
    frozen = ready(ada, post())
    threads.publish(ada, frozen)
    fake.unlisted = 1
    first = threads.reconcile(ada, aged(frozen), ())
    assert isinstance(first, Unknown)
    assert first.code == "not_listed_yet"
    assert isinstance(threads.reconcile(ada, aged(frozen), ()), Published)


def test_another_post_is_never_taken_for_this_one(fake: FakeThreads, ada: Account) -> None:
    earlier = threads.publish(ada, ready(ada, post()))
    assert isinstance(earlier, Published)
    fake.posts[0]["timestamp"] = (datetime.now(UTC) - timedelta(seconds=30)).isoformat()
    frozen = ready(ada, post())
    fake.fails("publish", Answer(502), accepts=True)
    threads.publish(ada, frozen)
    threads.publish(ada, ready(ada, post(text="Something newer")))
    threads.publish(ada, ready(ada, post(IMAGE)))
    found = threads.reconcile(ada, frozen, {earlier.remote_id})
    assert isinstance(found, Published)
    assert found.remote_id == fake.posts[1]["id"]


def test_a_post_from_before_the_call_is_none_of_it(fake: FakeThreads, ada: Account) -> None:
    threads.publish(ada, ready(ada, post()))
    fake.posts[0]["timestamp"] = (datetime.now(UTC) - timedelta(minutes=2)).isoformat()
    frozen = ready(ada, post())
    threads.publish(ada, frozen)
    fake.unlisted = 1
    outcome = threads.reconcile(ada, frozen, ())
    assert isinstance(outcome, Unknown)
    assert outcome.code == "not_listed_yet"
