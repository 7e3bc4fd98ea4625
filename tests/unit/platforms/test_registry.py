"""The registry: every network is there, whole, and imported only when it is asked for."""

import os
import subprocess
import sys

import pytest

from lamplighter.domain.networks import NETWORKS
from lamplighter.platforms.base import Edits
from lamplighter.platforms.registry import PLATFORMS, connector, default_base_url
from lamplighter.settings import settings


def test_every_network_of_the_domain_has_a_connector() -> None:
    assert set(PLATFORMS) == set(NETWORKS)


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("name", ["connect", "refresh", "prepare", "publish", "reconcile", "delete"])
def test_every_connector_is_whole(platform: str, name: str) -> None:
    assert callable(getattr(connector(platform), name))


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_connector_edits_where_its_network_lets_posts_be_edited(platform: str) -> None:
    assert isinstance(connector(platform), Edits) is NETWORKS[platform].edits


def test_a_network_that_is_not_listed() -> None:
    with pytest.raises(KeyError):
        connector("myspace")


def test_no_connector_is_imported_before_it_is_needed() -> None:
    script = (
        "import sys, lamplighter.platforms.registry; print([m for m in sys.modules if 'platforms.' in m])"
    )
    command = [sys.executable, "-c", script]
    imported = subprocess.run(
        command, capture_output=True, text=True, check=True, env={**os.environ, "PYTHONPATH": "shared"}
    )
    assert imported.stdout.strip() == "['lamplighter.platforms.base', 'lamplighter.platforms.registry']"


def test_where_accounts_are_opened_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_URL", "https://lamps.example")
    settings.cache_clear()
    assert default_base_url("bluesky") == "https://bsky.social"
    assert default_base_url("mastodon") is None
    assert default_base_url("sandbox") == "https://lamps.example"
    assert default_base_url("threads") == "https://graph.threads.net"
    assert default_base_url("linkedin") == "https://api.linkedin.com"
    assert default_base_url("telegram") == "https://api.telegram.org"
    settings.cache_clear()
