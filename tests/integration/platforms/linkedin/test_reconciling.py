"""LinkedIn: posted once, then looked for."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lamplighter.domain.outcomes import (
    Absent,
    Published,
    Unknown,
)
from lamplighter.platforms import linkedin
from lamplighter.platforms.base import Account
from lamplighter.platforms.linkedin.reconciling import SETTLE
from tests.integration.platforms.fake_linkedin import (
    NO_PERMISSION,
    FakeLinkedIn,
)
from tests.integration.platforms.fakes import AMBIGUOUS
from tests.integration.platforms.linkedin.stage import IMAGE, TEXT, aged, comment, out, post, ready
from tests.integration.platforms.wire import Answer


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("accepts", [True, False])
@pytest.mark.parametrize("ambiguity", AMBIGUOUS)
@pytest.mark.parametrize("kind", ["post", "pictured", "comment"])
def test_an_ambiguous_post_is_found_or_proven_absent_without_a_second_call(
    fake: FakeLinkedIn, page: Account, kind: str, ambiguity: str, accepts: bool
) -> None:
    root = out(page, post(text="An earlier post"))
    wanted = {"post": post(), "pictured": post(IMAGE, IMAGE), "comment": comment(root.remote_id)}[kind]
    frozen = ready(page, wanted)
    operation = "comment" if kind == "comment" else "create"
    before = len(fake.calls(operation))
    fake.fails(operation, AMBIGUOUS[ambiguity], accepts=accepts)

    assert isinstance(linkedin.publish(page, frozen), Unknown)
    early = linkedin.reconcile(page, frozen, {root.remote_id})
    late = linkedin.reconcile(page, aged(frozen), {root.remote_id})

    made: Any = [*fake.posts[1:], *fake.comments]
    if accepts:
        assert isinstance(early, Published)
        assert early == late
        assert [early.remote_id] == [each["id"] for each in made]
    else:
        assert isinstance(early, Unknown)
        assert early.code == "settling"
        assert late == Absent()
        assert made == []
    assert len(fake.calls(operation)) == before + 1


def test_a_post_that_is_not_listed_yet_proves_nothing(fake: FakeLinkedIn, page: Account) -> None:
    frozen = ready(page, post())
    linkedin.publish(page, frozen)
    fake.unlisted = 1
    just_before = aged(frozen, SETTLE - timedelta(seconds=5))
    early = linkedin.reconcile(page, just_before, ())
    assert isinstance(early, Unknown)
    assert early.code == "settling"
    fake.unlisted = 0
    assert isinstance(linkedin.reconcile(page, just_before, ()), Published)


def test_another_post_is_never_taken_for_this_one(fake: FakeLinkedIn, page: Account) -> None:
    known = out(page, post())
    frozen = ready(page, post(text=TEXT.upper() + " "))
    fake.fails("create", Answer(502), accepts=True)
    linkedin.publish(page, frozen)
    out(page, post(text="Something newer"))
    out(page, post(IMAGE))
    found = linkedin.reconcile(page, frozen, {known.remote_id})
    assert isinstance(found, Published)
    assert found.remote_id == fake.posts[1]["id"]
    assert linkedin.reconcile(page, aged(frozen), {known.remote_id, found.remote_id}) == Absent()


def test_a_post_from_before_the_call_is_none_of_it(fake: FakeLinkedIn, page: Account) -> None:
    out(page, post())
    made: Any = fake.posts[0]
    made["createdAt"] -= 120_000
    frozen = ready(page, post())
    assert linkedin.reconcile(page, aged(frozen), ()) == Absent()


def test_a_second_try_still_looks_for_the_first_ones_post(fake: FakeLinkedIn, page: Account) -> None:
    wanted = post()
    frozen = ready(page, wanted)
    linkedin.publish(page, frozen)
    made: Any = fake.posts[0]
    made["createdAt"] -= 600_000
    first = {**frozen, "since": (datetime.now(UTC) - timedelta(minutes=10)).isoformat()}
    again = linkedin.prepare(page, wanted, first)
    assert isinstance(again, dict)
    found = linkedin.reconcile(page, again, ())
    assert isinstance(found, Published)


def test_a_post_that_was_cut_off_is_a_persons_to_judge(fake: FakeLinkedIn, page: Account) -> None:
    frozen = ready(page, post(text="The lamps of the whole town (all of them) are lit"))
    linkedin.publish(page, frozen)
    fake.posts[0]["commentary"] = "The lamps of the whole town "
    outcome = linkedin.reconcile(page, aged(frozen), ())
    assert isinstance(outcome, Unknown)
    assert outcome.code == "perhaps_cut_off"


def test_a_token_that_may_not_read_cannot_look(fake: FakeLinkedIn, page: Account) -> None:
    frozen = ready(page, post())
    fake.fails("list", NO_PERMISSION)
    outcome = linkedin.reconcile(page, aged(frozen), ())
    assert isinstance(outcome, Unknown)
    assert outcome.code == "cannot_look"
    assert "r_organization_social" in outcome.message


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("ambiguity", AMBIGUOUS)
def test_a_look_that_fails_proves_nothing(fake: FakeLinkedIn, page: Account, ambiguity: str) -> None:
    frozen = ready(page, post())
    fake.fails("list", AMBIGUOUS[ambiguity])
    assert isinstance(linkedin.reconcile(page, aged(frozen), ()), Unknown)


def test_a_page_that_posts_by_the_hundred_is_read_page_by_page(fake: FakeLinkedIn, page: Account) -> None:
    frozen = ready(page, post())
    linkedin.publish(page, frozen)
    made: Any = dict(fake.posts[0])
    fake.posts += [{**made, "id": f"urn:li:share:8{n}", "commentary": f"Post {n}"} for n in range(120)]
    found = linkedin.reconcile(page, aged(frozen), ())
    assert isinstance(found, Published)
    fake.posts += [{**made, "id": f"urn:li:share:9{n}", "commentary": f"Post {n}"} for n in range(120)]
    lost = linkedin.reconcile(page, aged(frozen), ())
    assert isinstance(lost, Unknown)
    assert lost.code == "too_many_posts"
