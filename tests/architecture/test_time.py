"""Functions outlast what they wait for: template.yaml's timeouts against the times of outgoing calls."""

from datetime import timedelta
from pathlib import Path

import pytest

from infra.local import template as templates
from lamplighter.egress import API, CONNECT, LOOKUP, MEDIA
from lamplighter.egress.resolve import RESOLVE_SECONDS
from lamplighter.platforms.linkedin.reconciling import MOST_PAGES
from lamplighter.platforms.linkedin.reconciling import SETTLE as LINKEDIN_SETTLE
from lamplighter.platforms.mastodon.reconciling import SEARCH_SECONDS, SETTLE
from lamplighter.platforms.threads.reconciling import SETTLE as THREADS_SETTLE
from lamplighter.services.mails import LEASE
from lamplighter.services.publishing import PATIENCE

TIMEOUTS = {
    function.name: function.timeout
    for function in templates.load(Path(__file__).resolve().parents[2] / "template.yaml").functions()
}
RESERVE = 6
"""Seconds for a cold start, the database and the object store."""


def test_an_account_is_opened_while_the_person_waits():
    bluesky = CONNECT.seconds + RESOLVE_SECONDS  # the session; then the address of the account's own server
    mastodon = 2 * CONNECT.seconds  # who am I; what does the instance allow
    telegram = 2 * CONNECT.seconds  # what chat is it; may the bot post there
    assert max(bluesky, mastodon, telegram) + RESERVE <= TIMEOUTS["connections"]


def test_a_post_is_prepared_within_35_seconds():
    bluesky = LOOKUP.seconds + MEDIA.seconds  # mentions and what it answers together; images in one time
    mastodon = max(MEDIA.seconds, LOOKUP.seconds)  # either uploads, or looks at all images at the same time
    threads = max(MEDIA.seconds, LOOKUP.seconds + API.seconds + LOOKUP.seconds)  # children; or the container
    linkedin = max(MEDIA.seconds, LOOKUP.seconds)
    assert max(bluesky, mastodon, threads, linkedin) <= 35


def test_a_post_goes_out_before_its_worker_ends():
    # The last: its token had expired.
    bluesky = LOOKUP.seconds + MEDIA.seconds + API.seconds + CONNECT.seconds
    mastodon = sandbox = MEDIA.seconds + API.seconds
    linkedin = MEDIA.seconds + API.seconds
    threads = MEDIA.seconds + API.seconds + CONNECT.seconds  # or the post's address in place of the token
    assert max(bluesky, mastodon, sandbox, linkedin, threads) + RESERVE <= TIMEOUTS["publish_post"]


def test_a_look_at_what_became_of_a_post_ends_before_its_worker_does():
    bluesky = API.seconds + CONNECT.seconds
    mastodon = API.seconds + SEARCH_SECONDS + LOOKUP.seconds  # the repeat; the search and its last call
    threads = 2 * LOOKUP.seconds  # the container; the account's posts
    linkedin = MOST_PAGES * LOOKUP.seconds
    assert max(bluesky, mastodon, threads, linkedin) + RESERVE <= TIMEOUTS["publish_post"]


def test_an_edit_ends_before_its_worker_does():
    mastodon = LOOKUP.seconds + API.seconds  # what it looks like now; the edit
    assert mastodon + RESERVE <= TIMEOUTS["publish_post"]


def test_tokens_are_refreshed_within_10_seconds():
    assert CONNECT.seconds <= 10


@pytest.mark.parametrize("settle", [SETTLE, THREADS_SETTLE, LINKEDIN_SETTLE])
def test_a_first_call_has_ended_before_it_is_repeated(settle: timedelta):
    database, at_work = 5, 40
    assert settle.total_seconds() >= PATIENCE.total_seconds() + database + API.seconds + at_work


def test_a_mail_is_sent_before_its_worker_ends_and_its_worker_ends_before_its_lease_does():
    ses = 16  # in two attempts, as tests/integration/clients/test_mail.py measures
    assert ses + RESERVE <= TIMEOUTS["send_mail"] < LEASE.total_seconds()
