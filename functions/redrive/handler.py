"""Direct invoke: hands a queue's dead letters back to their worker, as far as they still mean something.

{"queue": "publish", "limit": 1000, "dry_run": false}

`queue` is publish (both lanes), mail or export. Safe to invoke at any time, twice at once, and again after it
failed.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from lamplighter.clients import queues
from lamplighter.clients.queues import Received
from lamplighter.observability import logger
from lamplighter.postgres.session import transaction
from lamplighter.services import redrive
from lamplighter.services.redrive import Order, Verdict
from lamplighter.services.wakeups import Claim

RESERVE_MS = 30_000
"""What ten letters may take at worst."""


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """How many letters were moved back, dropped because nothing is to be done, left where they are, examined.
    A dry run says what would become of each and changes nothing."""
    order = redrive.ordered(event)
    source = redrive.letters(order)
    done: Counter[str] = Counter()
    kept: list[Received] = []
    while done.total() < order.limit and context.get_remaining_time_in_millis() > RESERVE_MS:
        found = queues.receive(source, redrive.HIDDEN_SECONDS, order.limit - done.total())
        if not found:
            break
        became = _dealt_with(order, source, found)
        kept += [each for each, what in zip(found, became, strict=True) if order.dry_run or what == "left"]
        done.update(became)
    queues.show_again(source, kept)
    answer = {name: done[name] for name in ("moved", "dropped", "left")} | {"examined": done.total()}
    logger().info("redriven", extra={"queue": order.queue, "dry_run": order.dry_run, **answer})
    return answer


def _dealt_with(order: Order, source: str, found: Sequence[Received]) -> list[Verdict]:
    judged = [(letter, _judged(order, letter)) for letter in found]
    return [what for _, what in judged] if order.dry_run else redrive.move(order, source, judged)


def _judged(order: Order, letter: Received) -> Verdict:
    claim = redrive.claim_of(order, letter)
    if not isinstance(claim, Claim):
        return claim
    with transaction(claim.workspace_id) as tx:
        return redrive.verdict(tx, claim)
