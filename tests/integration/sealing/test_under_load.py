"""Keys replaced and destroyed without a pause, by two jobs at once, while everybody reads and writes."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from lamplighter.platforms.base import Credentials
from lamplighter.postgres.models import PlatformConnection, Webhook
from lamplighter.postgres.roles import ROTATE_KEYS
from lamplighter.postgres.session import transaction
from lamplighter.services import sealing, tokens
from lamplighter.services.connections import unsealed_tokens
from lamplighter.services.work import Target, target_of
from tests.conftest import Database
from tests.integration.fake_network import FakeNetwork
from tests.integration.publishing.conftest import Desk, desk
from tests.integration.publishing.test_worker import attempts
from tests.integration.sealing.conftest import SECRET, Vault, of
from tests.integration.sealing.rotating import rotating

__all__ = ["desk"]

SECONDS = 9.0
DICE = random.Random(5)  # noqa: S311  # no secret is made of it


class Life:
    """A workspace in use. Each account's token is a number that only grows; `saved` has the last one that was
    committed, so a read that finds a smaller one saw a token brought back."""

    def __init__(self, vault: Vault) -> None:
        self.vault = vault
        self.saved = dict.fromkeys(("still", "refreshed", "reconnected", "both"), 1)
        self.rows = {name: vault.connect(name, "1", "1") for name in self.saved}
        self.hook = vault.hook("secret of the hook")
        self.done: Counter[str] = Counter()
        self.over = threading.Event()
        self.turn = threading.Lock()

    @contextmanager
    def lived(self) -> Iterator[None]:
        """Everybody is at it while the block runs; then the first error of any of them."""
        everybody = [*[self.reads] * 3, self.reads_slowly, self.reads_hooks, self.refreshes, self.reconnects]
        with ThreadPoolExecutor(len(everybody)) as threads:
            begun = [threads.submit(self._again_and_again, action) for action in everybody]
            try:
                yield
            finally:
                self.over.set()
        for thread in begun:
            thread.result()

    def _again_and_again(self, action: Callable[[], None]) -> None:
        while not self.over.is_set():
            action()
            self.done[action.__name__] += 1

    def reads(self, pause: float = 0.02) -> None:
        """A connection as a worker reads it: row, keys, and later the tokens."""
        name = DICE.choice(list(self.rows))
        least = self.saved[name]
        target = self._target(name, pause)
        time.sleep(DICE.random() * 0.05)
        found = unsealed_tokens(
            target.keyring, target.connection_id, target.access_token, target.refresh_token
        )
        assert int(found.access_token) >= least
        assert found.refresh_token == found.access_token

    def reads_slowly(self) -> None:
        """As above; between row and keys there is time for whole runs of the job."""
        self.reads(pause=1.0)

    def reads_hooks(self) -> None:
        with transaction(self.vault.id) as tx:
            secret = tx.session.scalars(select(Webhook.secret).where(Webhook.id == self.hook)).one()
            keyring = sealing.keyring(tx, self.vault.id)
        assert keyring.unseal(SECRET, self.hook, secret) == "secret of the hook"

    def refreshes(self) -> None:
        """As a worker does: claim, ask the network, save. A pair that the network gave must not be lost."""
        name = DICE.choice(["refreshed", "both"])
        stale = self._target(name)
        with transaction(self.vault.id) as tx:
            target = tokens.claim(tx, self.vault.id, stale)
        if not isinstance(target, Target):
            self.done["found another text"] += 1
            return
        number = self._next(name)
        time.sleep(DICE.random() * 0.05)
        renewal = tokens.renewal(target, Credentials(number, number))
        with transaction(self.vault.id) as tx:
            tokens.save(tx, self.vault.id, target, renewal)
        if name == "refreshed":
            self._is(name, number)

    def reconnects(self) -> None:
        name = DICE.choice(["reconnected", "both"])
        number = self._next(name)
        self.vault.connect(name, number, number)
        if name == "reconnected":
            self._is(name, number)

    def _target(self, name: str, pause: float = 0.0) -> Target:
        statement = select(PlatformConnection).where(PlatformConnection.id == self.rows[name])
        with transaction(self.vault.id) as tx:
            row = tx.session.scalars(statement).one()
            time.sleep(DICE.random() * pause)
            return target_of(tx, row)

    def _next(self, name: str) -> str:
        with self.turn:
            self.done[name] += 1
            return str(self.done[name] + 1)

    def _is(self, name: str, number: str) -> None:
        """Nobody else writes this account, so it holds what was saved."""
        target = self._target(name)
        found = unsealed_tokens(target.keyring, target.connection_id, target.access_token, None)
        assert found.access_token == number
        self.saved[name] = int(number)


def test_nobody_notices_that_keys_are_replaced(vault: Vault, database: Database, rotate: Callable[..., Any]):
    life = Life(vault)
    url = database.url(ROTATE_KEYS)
    with rotating(vault.id, url) as one, rotating(vault.id, url) as another, life.lived():
        time.sleep(SECONDS)
    jobs = Counter(one) + Counter(another)
    assert jobs["made"] >= 10
    assert jobs["resealed"] >= 50
    assert jobs["destroyed"] >= 5
    assert jobs["unreadable"] == jobs["failed"] == 0
    assert min(life.done[name] for name in ("reads", "reads_hooks", "refreshes", "reconnects")) >= 20
    rotate(of(vault), later=timedelta(minutes=3))  # no refresher holds a lease any more
    newest = max(vault.keys())
    assert vault.versions() == {newest}
    assert all(is_marked == (version != newest) for version, is_marked in vault.keys().items())
    opened = vault.opened()
    for name in ("still", "refreshed", "reconnected"):
        assert opened[life.rows[name]] == (str(life.saved[name]),) * 2


def test_posts_go_out_while_keys_are_replaced(desk: Desk, network: FakeNetwork, database: Database):
    connection = desk.connection()
    texts = [f"post {number}" for number in range(15)]
    with rotating(UUID(desk.http.workspace_id), database.url(ROTATE_KEYS)) as job:
        for text in texts:
            desk.publication(connection, content_id=desk.content(text))
            desk.work(desk.woken())
    assert network.texts == texts
    assert attempts(desk) == [("published", False)] * len(texts)
    assert job["made"] >= 3
