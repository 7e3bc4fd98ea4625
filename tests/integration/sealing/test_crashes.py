"""The job killed anywhere: everything opens at that moment, and the next run completes what was begun."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from functions.rotate_keys import handler
from lamplighter.services import rotation
from tests.integration.sealing.conftest import DAY, EVERY_DAY, Vault, of

transaction = handler.transaction


class Killed(BaseException):
    """The process is gone: nothing catches this."""


class Executioner:
    """Kills the job in its transaction number `at`, right before or right after its commit."""

    def __init__(self, at: int, *, committed: bool) -> None:
        self.at, self.committed, self.count = at, committed, 0

    @contextmanager
    def transaction(self, *arguments: Any, **named: Any) -> Iterator[Any]:
        self.count += 1
        doomed = self.count == self.at
        with transaction(*arguments, **named) as tx:
            yield tx
            if doomed and not self.committed:
                raise Killed
        if doomed:
            raise Killed


def killed(run: Callable[[], Any], at: int, monkeypatch: pytest.MonkeyPatch, *, committed: bool) -> bool:
    """Whether the run came as far as its transaction number `at`, and ended there."""
    executioner = Executioner(at, committed=committed)
    with monkeypatch.context() as patched:
        patched.setattr(handler, "transaction", executioner.transaction)
        try:
            run()
        except Killed:
            return True
    return False


@pytest.mark.parametrize("committed", [True, False], ids=["after the commit", "before the commit"])
def test_a_replacement_killed_anywhere_is_completed_by_the_next_run(
    new_vault: Callable[[], Vault],
    rotate: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    committed: bool,
):
    monkeypatch.setattr(rotation, "BATCH", 2)
    at = 0
    while True:
        at += 1
        vault = new_vault()
        for name in ("one", "two", "three"):
            vault.connect(name, f"access of {name}", f"refresh of {name}")
        vault.hook("secret", "previous")
        wanted = vault.opened()
        if not killed(lambda: rotate(of(vault)), at, monkeypatch, committed=committed):  # noqa: B023
            break
        assert vault.opened() == wanted
        vault.connect("one", "access of one", "refresh of one")
        rotate(EVERY_DAY)
        if max(vault.keys()) == 1:  # killed before there was a new key: nothing is left of that run
            rotate(of(vault))
        assert (vault.keys(), vault.versions(), vault.opened()) == ({1: True, 2: False}, {2}, wanted)
    assert at > 12  # find, review, follow; three batches of two rows, each read and written; mark


@pytest.mark.parametrize("committed", [True, False], ids=["after the commit", "before the commit"])
def test_a_destruction_killed_anywhere_is_completed_by_the_next_run(
    new_vault: Callable[[], Vault],
    rotate: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    committed: bool,
):
    at = 0
    while True:
        at += 1
        vault = new_vault()
        vault.connect("one", "access of one")
        rotate(of(vault))
        late = killed(lambda: rotate(EVERY_DAY, later=DAY), at, monkeypatch, committed=committed)
        assert list(vault.opened().values()) == [("access of one", None)]
        rotate(EVERY_DAY, later=DAY)
        assert vault.keys() == {2: False}
        assert list(vault.opened().values()) == [("access of one", None)]
        if not late:
            break
    assert at > 5
