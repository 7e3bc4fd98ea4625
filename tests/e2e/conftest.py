"""The whole stack, as `make dev` runs it, for the tests that only talk to it over HTTP."""

from collections.abc import Iterator

import pytest

from infra.local import ports
from infra.local.stack import Stack


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack of its own: no port, file or process is shared with one that a developer runs."""
    with Stack(directory=tmp_path_factory.mktemp("stack"), use_ports=ports.all_free(), environ={}) as stack:
        yield stack
