"""EGRESS_ALLOW and where it may be set."""

from collections.abc import Callable, Iterator

import pytest

from lamplighter.egress.allowlist import allowed
from lamplighter.settings import settings

type Set = Callable[[str], None]


@pytest.fixture
def egress_allow(monkeypatch: pytest.MonkeyPatch) -> Iterator[Set]:
    def become(text: str) -> None:
        monkeypatch.setenv("EGRESS_ALLOW", text)
        settings.cache_clear()

    monkeypatch.delenv("AWS_EXECUTION_ENV", raising=False)
    yield become
    settings.cache_clear()


def test_nothing_is_allowed_unless_said(egress_allow: Set) -> None:
    egress_allow("")
    assert allowed() == frozenset()


def test_pairs_are_read_as_hosts_are_written(egress_allow: Set) -> None:
    egress_allow(" LocalHost:3777, 127.0.0.1:2583,[::1]:8080,")
    assert allowed() == {("localhost", 3777), ("127.0.0.1", 2583), ("::1", 8080)}


@pytest.mark.parametrize(
    "text", ["localhost", "localhost:", ":3777", "localhost:*", "a:1,b", "localhost:\u0663"]
)
def test_an_entry_that_is_no_pair_is_an_error(egress_allow: Set, text: str) -> None:
    egress_allow(text)
    with pytest.raises(ValueError, match="host:port"):
        allowed()


def test_lambda_refuses_to_open_private_addresses(egress_allow: Set, monkeypatch: pytest.MonkeyPatch) -> None:
    egress_allow("localhost:3777")
    monkeypatch.setenv("AWS_EXECUTION_ENV", "AWS_Lambda_python3.13")
    with pytest.raises(RuntimeError, match="EGRESS_ALLOW"):
        allowed()
    egress_allow("")
    assert allowed() == frozenset()
