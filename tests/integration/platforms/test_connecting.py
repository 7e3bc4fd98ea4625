"""Opening an account while the network fails or refuses."""

from typing import NamedTuple

import pytest

from lamplighter.platforms.base import ConnectFailed
from lamplighter.platforms.registry import connector
from tests.integration.platforms.faults import LOST, SAID, SECRET, Reach, Serve, closed_port
from tests.integration.platforms.wire import Answer

FIELDS = {
    "bluesky": {"identifier": "ada.test", "app_password": SECRET},
    "mastodon": {"access_token": SECRET},
    "threads": {"access_token": SECRET},
    "linkedin": {"access_token": SECRET, "organization": "2414183"},
    "telegram": {"bot_token": f"4839574812:{SECRET}", "chat_id": "@lamps_daily"},
}
FORBIDDEN = {"linkedin": "no_permission", "telegram": "no_permission"}
"""What a 403 is called where it is known to mean that."""

pytestmark = [
    pytest.mark.parametrize("platform", FIELDS),
    pytest.mark.usefixtures("impatient"),
]


class Refusal(NamedTuple):
    status: int
    code: str
    transient: bool


@pytest.mark.parametrize("fault", LOST)
def test_connecting_without_a_clear_answer_says_nothing_about_the_credentials(
    platform: str, serve: Serve, fault: str
) -> None:
    peer = serve(lambda _: LOST[fault])
    with pytest.raises(ConnectFailed) as failed:
        connector(platform).connect(peer.url, FIELDS[platform])
    assert failed.value.transient
    assert SECRET not in failed.value.message


@pytest.mark.parametrize(
    "refusal",
    [
        Refusal(400, "refused", False),
        Refusal(401, "credentials_refused", False),
        Refusal(403, "refused", False),
        Refusal(429, "rate_limited", True),
    ],
)
def test_connecting_with_what_the_network_refuses(platform: str, serve: Serve, refusal: Refusal) -> None:
    peer = serve(lambda _: Answer(refusal.status, json=SAID))
    with pytest.raises(ConnectFailed) as failed:
        connector(platform).connect(peer.url, FIELDS[platform])
    code = FORBIDDEN.get(platform, refusal.code) if refusal.status == 403 else refusal.code
    assert (failed.value.code, failed.value.transient) == (code, refusal.transient)
    assert SECRET not in failed.value.message


def test_connecting_to_a_server_that_is_away(platform: str, may_reach: Reach) -> None:
    url = closed_port()
    may_reach(url)
    with pytest.raises(ConnectFailed) as failed:
        connector(platform).connect(url, FIELDS[platform])
    assert (failed.value.code, failed.value.transient) == ("unreachable", True)


def test_connecting_to_a_private_address(platform: str) -> None:
    with pytest.raises(ConnectFailed) as failed:
        connector(platform).connect("https://169.254.169.254", FIELDS[platform])
    assert (failed.value.code, failed.value.transient) == ("address_refused", False)
