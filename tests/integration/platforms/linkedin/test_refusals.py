"""LinkedIn: what each error proves."""

from dataclasses import replace

import pytest

from lamplighter.domain.outcomes import (
    Duplicate,
    NotSent,
    Published,
    RateLimited,
    Rejected,
    TokenExpired,
    Unknown,
)
from lamplighter.platforms import linkedin
from lamplighter.platforms.base import Account, ConnectFailed, Credentials
from tests.integration.platforms.fake_linkedin import (
    DUPLICATE,
    TOKEN,
    FakeLinkedIn,
    error,
)
from tests.integration.platforms.linkedin.stage import post, ready

REFUSALS = {
    "expired token": (error(401, "The token has expired", serviceErrorCode=65_601), TokenExpired, None),
    "permission": (error(403, "Not enough permissions"), Rejected, "no_permission"),
    "forbidden for a moment": (error(403, "The resource is forbidden"), NotSent, "forbidden"),
    "duplicate": (DUPLICATE, Duplicate, None),
    "duplicate in words": (error(422, "Content is a duplicate of urn:li:share:1"), Duplicate, None),
    "not processed": (error(400, "The image is still processing"), NotSent, "media_processing"),
    "not processed either": (error(422, "urn:li:image:1 is PROCESSING"), NotSent, "media_processing"),
    "bad field": (error(422, "commentary exceeds the maximum"), Rejected, "refused"),
    "bad request": (error(400, "Invalid param"), Rejected, "refused"),
    "version": (error(426, "Requested version 20250101 is not active"), NotSent, "version_retired"),
    "too many": (error(429, "Resource level throttle limit reached"), RateLimited, None),
    "conflict": (error(409, "Conflict"), Unknown, "unclear_answer"),
    "trouble": (error(500, "Internal error"), Unknown, "unclear_answer"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_what_an_error_proves(fake: FakeLinkedIn, page: Account, name: str) -> None:
    answer, kind, code = REFUSALS[name]
    frozen = ready(page, post())
    fake.fails("create", answer)
    outcome = linkedin.publish(page, frozen)
    assert isinstance(outcome, kind)
    assert code is None or getattr(outcome, "code", None) == code
    assert len(fake.calls("create")) == 1


def test_an_expired_token_can_only_be_replaced_by_a_person(fake: FakeLinkedIn, page: Account) -> None:
    outcome = linkedin.publish(replace(page, credentials=Credentials("old")), ready(page, post()))
    assert isinstance(outcome, TokenExpired)
    assert outcome.revoked
    with pytest.raises(ConnectFailed) as failed:
        linkedin.refresh(page)
    assert failed.value.code == "reconnect_required"


def test_a_repeat_is_refused_as_a_duplicate(fake: FakeLinkedIn, page: Account) -> None:
    frozen = ready(page, post())
    assert isinstance(linkedin.publish(page, frozen), Published)
    assert isinstance(linkedin.publish(page, frozen), Duplicate)
    assert len(fake.posts) == 1


def test_a_token_is_never_quoted(fake: FakeLinkedIn, page: Account) -> None:
    frozen = ready(page, post())
    fake.fails("create", error(400, f"Not with {TOKEN}"))
    outcome = linkedin.publish(page, frozen)
    assert isinstance(outcome, Rejected)
    assert "Not with ***" in outcome.message
