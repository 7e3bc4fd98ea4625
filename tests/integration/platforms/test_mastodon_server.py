"""Mastodon: against a server of the same API that nobody here wrote."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from lamplighter.domain.networks import MASTODON, with_announced
from lamplighter.domain.outcomes import (
    Absent,
    Published,
    RateLimited,
    Rejected,
    Removed,
    TokenExpired,
    Unknown,
)
from lamplighter.platforms import mastodon
from lamplighter.platforms.base import Account, ConnectFailed, Credentials, Media, Remote
from tests.integration.platforms.mastodon_server import Faults, armed, post, prepared, status
from tests.integration.platforms.pictures import png


@pytest.fixture
def account(mastodon_account: Account) -> Account:
    return mastodon_account


@pytest.fixture
def fault(mastodon_faults: Faults) -> Faults:
    return mastodon_faults


def test_the_instance_says_who_it_is_and_what_it_allows(account: Account) -> None:
    assert account.channel_id
    assert "@" in account.username
    allowed = with_announced(MASTODON, account.limits)
    assert allowed.text.maximum == account.limits["text_max"]
    assert allowed.images.max_count == account.limits["image_count"]
    assert "image/png" in allowed.images.mimes
    assert not any(mime.startswith("video/") for mime in allowed.images.mimes)


def test_a_token_that_the_instance_does_not_know(account: Account) -> None:
    with pytest.raises(ConnectFailed) as failed:
        mastodon.connect(account.base_url, {"access_token": "another"})
    assert (failed.value.code, failed.value.transient) == ("credentials_refused", False)


def test_a_status_with_images_is_posted_once_however_often_it_is_sent(account: Account) -> None:
    pictures = (Media(png(), "image/png", "Un été", 2, 1), Media(png(shade=20), "image/png", "", 2, 1))
    frozen = prepared(account, post("The lamps are lit https://example.com #lamp", *pictures))
    published = mastodon.publish(account, frozen)
    assert isinstance(published, Published)
    assert mastodon.publish(account, frozen) == published
    assert mastodon.reconcile(account, armed(frozen, minutes=5), ()) == published
    shown = status(account, published.remote_id)
    assert shown["url"] == published.url
    assert [image["description"] for image in shown["media_attachments"]] == ["Un été", None]
    assert shown["language"] == "en"
    assert mastodon.delete(account, Remote(published.remote_id)) == Removed()
    assert mastodon.delete(account, Remote(published.remote_id)) == Removed()


def test_what_the_instance_refuses(account: Account) -> None:
    too_long = prepared(account, post("x" * 100_000))
    assert isinstance(mastodon.publish(account, too_long), Rejected)
    stranger = replace(account, credentials=Credentials("another"))
    outcome = mastodon.publish(stranger, prepared(account, post("Hello")))
    assert isinstance(outcome, TokenExpired)
    assert outcome.revoked


def test_an_answer_that_is_lost_is_asked_for_again_with_the_same_key(account: Account, fault: Faults) -> None:
    frozen = prepared(account, post("Lost once"))
    fault("status", 502)
    assert isinstance(mastodon.publish(account, frozen), Unknown)
    fault("malformed")
    assert isinstance(mastodon.reconcile(account, armed(frozen, minutes=5), ()), Unknown)
    found = mastodon.reconcile(account, armed(frozen, minutes=5), ())
    assert isinstance(found, Published)
    assert mastodon.publish(account, frozen) == found


def test_too_many_posts(account: Account, fault: Faults) -> None:
    reset = (datetime.now(UTC) + timedelta(seconds=120)).isoformat()
    fault("ratelimit", 429, headers={"Retry-After": "", "X-RateLimit-Reset": reset})
    outcome = mastodon.publish(account, prepared(account, post("One too many")))
    assert isinstance(outcome, RateLimited)
    assert outcome.retry_after == pytest.approx(120, abs=5)


def test_after_the_keys_hour_the_status_is_searched_for(account: Account) -> None:
    image = Media(png(), "image/png", "", 2, 1)
    text = "Searched for @someone@example.com https://example.com/a?b=1&c=2 <b>"
    frozen = prepared(account, post(text, image))
    assert mastodon.reconcile(account, armed(frozen, hours=2), ()) == Absent()
    published = mastodon.publish(account, frozen)
    assert mastodon.reconcile(account, armed(frozen, hours=2), ()) == published
    without_image = {**frozen, "status": {"status": text}}
    assert mastodon.reconcile(account, armed(without_image, hours=2), ()) == Absent()
    other_text = {**frozen, "status": {**frozen["status"], "status": text + "!"}}
    assert mastodon.reconcile(account, armed(other_text, hours=2), ()) == Absent()


def test_what_was_posted_before_is_not_taken_for_it(account: Account) -> None:
    first = prepared(account, post("Every week the same"))
    assert isinstance(mastodon.publish(account, first), Published)
    second = prepared(account, post("Every week the same"))
    later = {**second, "armed_at": (datetime.now(UTC) + timedelta(minutes=5)).isoformat()}
    assert isinstance(mastodon.reconcile(account, later, ()), Unknown)
