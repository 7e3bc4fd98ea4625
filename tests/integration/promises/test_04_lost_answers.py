"""Promises 4 and 12: what succeeded and was not heard of is found, and what was refused is tried again."""

import pytest

from lamplighter import egress
from tests.integration.promises.following import ledger, to_the_end
from tests.integration.promises.networks import CUT, GARBAGE, HALF, RESET, SILENCE, Answer, Network
from tests.integration.promises.stage import Stage
from tests.integration.publishing.conftest import Desk

BAD_GATEWAY: Answer = (502, b"<html>nginx</html>")
LOST = {
    "no answer in time": SILENCE,
    "reset": RESET,
    "hung up": CUT,
    "502": BAD_GATEWAY,
    "cut body": HALF,
    "garbage": GARBAGE,
}
NETWORKS = ("sandbox", "bluesky", "mastodon")


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a second is long enough for a network that never answers."""
    request = egress.request
    monkeypatch.setattr(
        egress,
        "request",
        lambda *given, purpose, **more: request(*given, purpose=quick(purpose), **more),
    )


def quick(purpose: egress.Purpose) -> egress.Purpose:
    return egress.Purpose(**{**{f: getattr(purpose, f) for f in purpose.__slots__}, "seconds": 0.5})


@pytest.mark.parametrize("platform", NETWORKS)
@pytest.mark.parametrize("answer", LOST.values(), ids=LOST)
def test_a_post_whose_answer_is_lost_is_found_and_not_sent_again(  # noqa: PLR0917  # fixtures
    platform: str,
    answer: Answer,
    stage: Stage,
    desk: Desk,
    network: Network,
    impatient: None,
    connectors_clock: None,
):
    stage.platform = platform
    names = stage.drafted()
    made = desk.publication(names["connection"], content_id=names["content"]).json
    network.losses.append(answer)
    to_the_end(desk)
    assert len(network.accepted) == 1
    assert desk.read(made)["status"] == "published"
    looked = ledger(desk)
    assert looked[0] == ("unknown", False)
    assert looked[-1] == ("published", True)


@pytest.mark.parametrize(
    "answer",
    [(429, {"headers": {"Retry-After": "1"}}), (500, {"detail": "oops"}), (503, {"detail": "busy"})],
    ids=lambda answer: str(answer[0]),
)
def test_trouble_of_the_networks_before_it_accepts_costs_nothing_but_time(
    answer: Answer, stage: Stage, desk: Desk, network: Network
):
    names = stage.drafted()
    made = desk.publication(names["connection"], content_id=names["content"]).json
    network.refusals += [answer] * 3
    to_the_end(desk)
    assert len(network.accepted) == 1
    assert desk.read(made)["status"] == "published"
