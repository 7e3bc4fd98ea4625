"""Queue slots: the weekly times at which accounts post, and the queues over them."""

import time
from typing import Annotated
from uuid import UUID

from aws_lambda_powertools.event_handler.openapi.params import Query

from lamplighter.entrypoints.api import build_api
from lamplighter.entrypoints.paging import Cursor, Limit, Sort, ordered
from lamplighter.entrypoints.preconditions import IfMatch, expected_version
from lamplighter.postgres.session import transaction
from lamplighter.schemas.common import Page
from lamplighter.schemas.slots import (
    SlotList,
    SlotPlanCreate,
    SlotPlanRead,
    SlotPlanUpdate,
    SlotReshuffle,
    SlotReshuffled,
)
from lamplighter.services import reshuffling, slot_plans, slots, wakeups

app = handler = build_api("slots")
TENANT = "/v1/workspaces/<workspace_id>"
ROUTE = TENANT + "/slot-plans"
TAGS = ["Slots"]


@app.post(ROUTE, status_code=201, tags=TAGS)
def create_slot_plan(workspace_id: UUID, body: SlotPlanCreate) -> SlotPlanRead:
    """Say at which times of the week an account posts, or every account that has no plan of its own."""
    caller = app.caller(workspace_id, "publications:write")
    with transaction(caller.workspace_id) as tx:
        once = app.once(tx)
        return once.kept(SlotPlanRead.model_validate(slot_plans.create(tx, caller, body)))


@app.get(ROUTE, tags=TAGS)
def list_slot_plans(
    workspace_id: UUID, *, sort: Sort = "-created_at", limit: Limit = 20, cursor: Cursor = None
) -> Page[SlotPlanRead]:
    """List slot plans, newest first."""
    caller, order = app.caller(workspace_id, "publications:read"), ordered(limit, cursor, sort)
    with transaction(caller.workspace_id) as tx:
        return Page[SlotPlanRead].model_validate(slot_plans.listed(tx, caller, order))


@app.get(ROUTE + "/<slot_plan_id>", tags=TAGS)
def get_slot_plan(workspace_id: UUID, slot_plan_id: UUID) -> SlotPlanRead:
    """Read one slot plan."""
    caller = app.caller(workspace_id, "publications:read")
    with transaction(caller.workspace_id) as tx:
        return SlotPlanRead.model_validate(slot_plans.get(tx, caller, slot_plan_id))


@app.patch(ROUTE + "/<slot_plan_id>", tags=TAGS)
def update_slot_plan(
    workspace_id: UUID, slot_plan_id: UUID, body: SlotPlanUpdate, if_match: IfMatch = None
) -> SlotPlanRead:
    """Change a slot plan; send If-Match. What is scheduled already stays where it is until a reshuffle."""
    caller, expected = app.caller(workspace_id, "publications:write"), expected_version(if_match)
    with transaction(caller.workspace_id) as tx:
        row = slot_plans.change(tx, caller, slot_plan_id, body, expected)
        return SlotPlanRead.model_validate(row)


@app.delete(ROUTE + "/<slot_plan_id>", status_code=204, tags=TAGS)
def remove_slot_plan(workspace_id: UUID, slot_plan_id: UUID, if_match: IfMatch = None) -> None:
    """Remove a slot plan; send If-Match. What is scheduled already stays where it is."""
    caller, expected = app.caller(workspace_id, "publications:write"), expected_version(if_match)
    with transaction(caller.workspace_id) as tx:
        slot_plans.remove(tx, caller, slot_plan_id, expected)


@app.get(TENANT + "/slots/free", tags=TAGS)
def list_slots(
    workspace_id: UUID,
    connection_id: Annotated[list[UUID], Query(min_length=1, max_length=50)],
    limit: Limit = 20,
) -> SlotList:
    """See the slots to come of one or more accounts, up to the `limit`-th that is free on all of them.

    What stands in the way of the others is named. To take the next free one, schedule at "next-free-slot".
    """
    caller = app.caller(workspace_id, "publications:read")
    with transaction(caller.workspace_id) as tx:
        return SlotList.model_validate(slots.listed(tx, caller, connection_id, limit))


@app.post(TENANT + "/slots/reshuffle", tags=TAGS)
def reshuffle_slots(workspace_id: UUID, body: SlotReshuffle) -> SlotReshuffled:
    """Spread the queued posts of a plan's accounts anew over the free slots, or close the gaps between them.

    What somebody gave a time of its own stays where it is, and so does what is sent, or on its way. Ask for a
    dry run first: it says which approvals would be lost.
    """
    caller, began = app.caller(workspace_id, "publications:write"), time.monotonic()
    with transaction(caller.workspace_id) as tx:
        once = app.once(tx)
        shown, wakes = reshuffling.reshuffle(tx, caller, body)
        answer = once.kept(SlotReshuffled.model_validate(shown))
    wakeups.send(wakes, tx.now, began)
    return answer
