"""The five simulated networks, one of each class, as the application knows networks."""

from datetime import timedelta
from typing import Any

from lamplighter.domain.counting import Unit
from lamplighter.domain.networks import Budget, ImageLimit, Network, Settling, TextLimit
from tests.simulation.remotes import KEY_SECONDS

_TEXT = TextLimit(500, Unit.CODE_POINTS)
_IMAGES = ImageLimit(max_count=4, max_bytes=1_000_000, mimes=frozenset({"image/png"}))


def _network(key: str, settling: Settling, **more: Any) -> Network:
    return Network(key=key, name=key.title(), settling=settling, text=_TEXT, images=_IMAGES, **more)


NETWORKS = {
    each.key: each
    for each in (
        _network("ember", Settling.DETERMINISTIC_KEY, threads=True, comments=True),
        _network(
            "beacon",
            Settling.IDEMPOTENCY_KEY,
            key_window=timedelta(seconds=KEY_SECONDS),
            threads=True,
            comments=True,
            edits=True,
            budget=Budget(300, timedelta(hours=3)),
        ),
        _network("kiln", Settling.CONTAINER, comments=True, removes=False, lane=1),
        _network("signal", Settling.READ_BACK, threads=True, comments=True, edits=True),
        _network("flare", Settling.NOTHING, edits=True),
    )
}
"""Names of their own, of classes A to E."""
