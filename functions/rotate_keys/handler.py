"""Every day: gives workspaces whose key is old a new one, and destroys the keys that nothing needs any more.

Invoked by hand: {"workspace_id": "..."} replaces one workspace's key at once, {"all": true} everyone's. Where
the answer says that some are "left", {"all": true, "made_before": <from the answer>} goes on with those.
"""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from aws_lambda_powertools.utilities.typing import LambdaContext

from lamplighter.clients import keys
from lamplighter.observability import logger
from lamplighter.postgres.roles import ROTATOR
from lamplighter.postgres.session import transaction
from lamplighter.services import rotation
from lamplighter.services.sealing import PLACES
from lamplighter.settings import settings

RESERVE_MS = 45_000
"""What a batch takes at worst: a few statements, and calls of KMS that are tried again."""
COUNTED = ("workspaces", "made", "resealed", "unreadable", "destroyed", "left", "failed")


class RotationIncomplete(Exception):  # noqa: N818  # reads as what happened
    """Some workspaces' keys could not be dealt with; the log says which and why."""


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """How many workspaces were dealt with, keys made, rows sealed anew, rows that do not open, keys
    destroyed, and workspaces left for want of time. Raises RotationIncomplete, after the others, if some
    failed."""
    with transaction(role=ROTATOR) as tx:
        made_before = _made_before(event, tx.now)
        workspaces = rotation.due(tx, made_before, _only(event))

    def has_time() -> bool:
        return context.get_remaining_time_in_millis() > RESERVE_MS

    done: Counter[str] = Counter()
    for workspace_id in workspaces:
        done += _dealt_with(workspace_id, made_before, has_time) if has_time() else Counter(left=1)
    counts = {name: done[name] for name in COUNTED}
    logger().info("keys rotated", extra=counts)
    if counts["failed"]:
        message = f"{counts['failed']} of {len(workspaces)} workspaces"
        raise RotationIncomplete(message)
    return {"made_before": made_before.isoformat(), **counts}


def _made_before(event: dict[str, Any], now: datetime) -> datetime:
    """Keys older than this are replaced."""
    match event:
        case {"source": "aws.events"}:
            return now - timedelta(days=settings().key_rotation_days)
        case {"all": True, "made_before": str(text)}:
            return min(now, datetime.fromisoformat(text).astimezone(UTC))
        case {"all": True} | {"workspace_id": str()}:
            return now
        case _:
            message = 'say {"workspace_id": "..."} or {"all": true}'
            raise ValueError(message)


def _only(event: dict[str, Any]) -> UUID | None:
    return UUID(event["workspace_id"]) if "workspace_id" in event else None


def _dealt_with(workspace_id: UUID, made_before: datetime, has_time: Callable[[], bool]) -> Counter[str]:
    """One workspace's failure is no other's."""
    try:
        return _rotated(workspace_id, made_before, has_time)
    except Exception:
        logger().exception("rotation failed", extra={"workspace_id": str(workspace_id)})
        return Counter(failed=1)


def _rotated(workspace_id: UUID, made_before: datetime, has_time: Callable[[], bool]) -> Counter[str]:
    done = Counter(workspaces=1)
    with transaction(workspace_id, role=ROTATOR) as tx:
        done["destroyed"] = rotation.destroy_unused(tx)
        version = rotation.outdated(tx, made_before)
    if version is not None:
        wrapped = keys.new_data_key(workspace_id)
        with transaction(workspace_id, role=ROTATOR) as tx:
            done["made"] = rotation.follow(tx, version, wrapped)
    for table in PLACES:
        done += _resealed(workspace_id, table, has_time)
    with transaction(workspace_id, role=ROTATOR) as tx:
        rotation.retire_unused(tx)
    return done


def _resealed(workspace_id: UUID, table: str, has_time: Callable[[], bool]) -> Counter[str]:
    done: Counter[str] = Counter()
    after = None
    while has_time():
        with transaction(workspace_id, role=ROTATOR) as tx:
            batch = rotation.batch(tx, workspace_id, table, after)
        if not batch.rows:
            break
        changes = rotation.resealed(batch)
        with transaction(workspace_id, role=ROTATOR) as tx:
            done["resealed"] += rotation.swap(tx, table, changes)
        done["unreadable"] += len(batch.rows) - len(changes)
        after = batch.rows[-1].id
    return done
