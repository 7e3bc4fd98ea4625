"""Promise 5: the token expires at any call of a thread with a picture: what was done is not done again."""

import pytest

from tests.integration.promises.following import ledger, to_the_end
from tests.integration.promises.networks import Asked, Network
from tests.integration.promises.stage import Stage
from tests.integration.publishing.conftest import Desk

CALLS = 4
"""A picture, and three segments."""


@pytest.mark.parametrize("number", range(1, CALLS + 1))
def test_a_token_that_expires_at_a_call_is_renewed_and_nothing_is_done_twice(
    number: int, stage: Stage, desk: Desk, network: Network
):
    stage.platform = "bluesky"
    names = stage.drafted(picture=True, parts=("thread", "thread"))
    made = desk.publication(names["connection"], content_id=names["content"]).json
    seen: list[str] = []

    def expire(asked: Asked) -> None:
        seen.append(asked.path)
        if len(seen) == number:
            network.expired.add(f"a.1.{names['who']}")

    network.before = expire
    to_the_end(desk)
    done = desk.read(made)
    assert done["status"] == "published"
    assert len(network.accepted) == 3
    assert len({each["platform_post_id"] for each in done["platforms"][0]["segments"]}) == 3
    uploads = [path for path in seen if path.endswith("uploadBlob")]
    assert len(uploads) == (2 if number == 1 else 1)  # the stored reference is used again
    assert ("not_sent", False) in ledger(desk)
    assert len(seen) == CALLS + 1
