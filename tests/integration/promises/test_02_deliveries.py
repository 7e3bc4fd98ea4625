"""Promise 2: each message delivered one to five times, shuffled, in parallel: at most one post each."""

import random
from concurrent.futures import ThreadPoolExecutor

from tests.integration.promises.following import ledger, message_of, outstanding, to_the_end
from tests.integration.promises.networks import Network
from tests.integration.publishing.conftest import Desk

POSTS = 20


def test_messages_that_come_again_and_again_post_once(desk: Desk, network: Network):
    network.remembers = False  # nothing but our own fence protects here
    connections = [desk.connection(f"lamp{n}") for n in range(4)]
    made = [
        desk.publication(connections[n % 4], content_id=desk.content(f"Post {n}")).json for n in range(POSTS)
    ]
    chance = random.Random(2)  # noqa: S311  # no secret
    messages = [message_of(row) for row in outstanding(desk) for _ in range(chance.randint(1, 5))]
    chance.shuffle(messages)
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda message: desk.work([message]), messages))
    to_the_end(desk)
    assert sorted(network.texts) == sorted(f"Post {n}" for n in range(POSTS))
    assert {desk.read(publication)["status"] for publication in made} == {"published"}
    assert [status for status, _ in ledger(desk)].count("published") == POSTS
