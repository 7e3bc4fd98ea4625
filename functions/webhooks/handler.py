"""Webhooks: endpoints that are told of events, their log, and what is sent again."""

from typing import Annotated
from uuid import UUID

from aws_lambda_powertools.event_handler.openapi.params import Query

from lamplighter.entrypoints.api import build_api
from lamplighter.entrypoints.paging import Cursor, Limit, Sort, ordered
from lamplighter.entrypoints.preconditions import IfMatch, expected_version
from lamplighter.postgres.session import transaction
from lamplighter.schemas.common import Page, Time
from lamplighter.schemas.webhooks import (
    DeliveryDetails,
    DeliveryRead,
    DeliveryStatus,
    EventName,
    EventTypeList,
    Replay,
    Replayed,
    WebhookCreate,
    WebhookCreated,
    WebhookRead,
    WebhookRotation,
    WebhookUpdate,
)
from lamplighter.services import delivery_log, webhook_deliveries, webhooks

app = handler = build_api("webhooks")
ROUTE = "/v1/workspaces/<workspace_id>/webhooks"
ONE = ROUTE + "/<webhook_id>"
LOG = ONE + "/deliveries"
TAGS = ["Webhooks"]


@app.post(ROUTE, status_code=201, tags=TAGS)
def create_webhook(workspace_id: UUID, body: WebhookCreate) -> WebhookCreated:
    """Have an address told of events. The secret that signs them is in the answer, this once.

    A test key's endpoints are told of what test keys do.
    """
    caller = app.caller(workspace_id, "webhooks:write")
    webhooks.must_have_all(caller)
    with transaction(caller.workspace_id) as tx:
        once = app.once(tx, leased=True)
        ring, _ = webhooks.keyring(tx, caller)
    webhooks.must_be_reachable(body.url)
    ring.ready()
    with transaction(caller.workspace_id) as tx:
        row, secret = webhooks.create(tx, caller, body, ring)
        answer = WebhookCreated(**WebhookRead.model_validate(row).model_dump(), secret=secret)
        return once.within(tx).kept(answer, secret=True)


@app.get(ROUTE, tags=TAGS)
def list_webhooks(
    workspace_id: UUID, *, sort: Sort = "-created_at", limit: Limit = 20, cursor: Cursor = None
) -> Page[WebhookRead]:
    """List webhooks, newest first."""
    caller, order = app.caller(workspace_id, "webhooks:read"), ordered(limit, cursor, sort)
    with transaction(caller.workspace_id) as tx:
        return Page[WebhookRead].model_validate(webhooks.listed(tx, caller, order))


@app.get(ONE, tags=TAGS)
def get_webhook(workspace_id: UUID, webhook_id: UUID) -> WebhookRead:
    """Read one webhook, without its secret."""
    caller = app.caller(workspace_id, "webhooks:read")
    with transaction(caller.workspace_id) as tx:
        return WebhookRead.model_validate(webhooks.get(tx, caller, webhook_id))


@app.patch(ONE, tags=TAGS)
def update_webhook(
    workspace_id: UUID, webhook_id: UUID, body: WebhookUpdate, if_match: IfMatch = None
) -> WebhookRead:
    """Change a webhook; send If-Match. What is on its way already goes to the address that it has then."""
    caller, expected = app.caller(workspace_id, "webhooks:write"), expected_version(if_match)
    webhooks.must_have_all(caller)
    with transaction(caller.workspace_id) as tx:
        ring, versions = webhooks.keyring(tx, caller, webhook_id)
    webhooks.must_be_reachable(body.url)
    ring.ready(versions)
    with transaction(caller.workspace_id) as tx:
        return WebhookRead.model_validate(webhooks.change(tx, caller, webhook_id, body, expected, ring))


@app.delete(ONE, status_code=204, tags=TAGS)
def remove_webhook(workspace_id: UUID, webhook_id: UUID, if_match: IfMatch = None) -> None:
    """Delete a webhook; send If-Match. Nothing more is sent to it."""
    caller, expected = app.caller(workspace_id, "webhooks:write"), expected_version(if_match)
    webhooks.must_have_all(caller)
    with transaction(caller.workspace_id) as tx:
        webhooks.remove(tx, caller, webhook_id, expected)


@app.post(ONE + "/enable", tags=TAGS)
def enable_webhook(workspace_id: UUID, webhook_id: UUID) -> WebhookRead:
    """Switch a webhook on: it is told of what happens from now on."""
    caller = app.caller(workspace_id, "webhooks:write")
    webhooks.must_have_all(caller)
    with transaction(caller.workspace_id) as tx:
        once = app.once(tx)
        return once.kept(WebhookRead.model_validate(webhooks.enable(tx, caller, webhook_id)))


@app.post(ONE + "/disable", tags=TAGS)
def disable_webhook(workspace_id: UUID, webhook_id: UUID) -> WebhookRead:
    """Switch a webhook off. What it was still to be told is cancelled; a replay tells it later."""
    caller = app.caller(workspace_id, "webhooks:write")
    webhooks.must_have_all(caller)
    with transaction(caller.workspace_id) as tx:
        once = app.once(tx)
        return once.kept(WebhookRead.model_validate(webhooks.disable(tx, caller, webhook_id)))


@app.post(ONE + "/rotate-secret", tags=TAGS)
def rotate_webhook_secret(workspace_id: UUID, webhook_id: UUID, body: WebhookRotation) -> WebhookCreated:
    """Give a webhook a new secret, which is in the answer, this once.

    Until the overlap ends, deliveries carry a signature by the former one as well.
    """
    caller = app.caller(workspace_id, "webhooks:write")
    webhooks.must_have_all(caller)
    with transaction(caller.workspace_id) as tx:
        once = app.once(tx, leased=True)
        ring, versions = webhooks.keyring(tx, caller, webhook_id)
    ring.ready(versions)
    with transaction(caller.workspace_id) as tx:
        row, secret = webhooks.rotate(tx, caller, webhook_id, body, ring)
        answer = WebhookCreated(**WebhookRead.model_validate(row).model_dump(), secret=secret)
        return once.within(tx).kept(answer, secret=True)


@app.post(ONE + "/test", status_code=202, tags=TAGS)
def test_webhook(workspace_id: UUID, webhook_id: UUID) -> DeliveryRead:
    """Send a `webhook.test` to this address alone, whatever it listens to, even while it is disabled."""
    caller = app.caller(workspace_id, "webhooks:write")
    webhooks.must_have_all(caller)
    with transaction(caller.workspace_id) as tx:
        once = app.once(tx, leased=True)
        url = webhooks.get(tx, caller, webhook_id).url
    webhooks.must_be_reachable(url)
    with transaction(caller.workspace_id) as tx:
        row = webhook_deliveries.tested(tx, caller, webhook_id)
        return once.within(tx).kept(DeliveryRead.model_validate(row))


@app.get(LOG, tags=TAGS)
def list_webhook_deliveries(  # noqa: PLR0917  # each is a parameter of the query
    workspace_id: UUID,
    webhook_id: UUID,
    status: Annotated[DeliveryStatus | None, Query()] = None,
    event: Annotated[EventName | None, Query()] = None,
    since: Annotated[Time | None, Query()] = None,
    until: Annotated[Time | None, Query()] = None,
    *,
    sort: Sort = "-created_at",
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Page[DeliveryRead]:
    """List what a webhook was told in the last 30 days, and what it is still to be told, newest first."""
    caller, order = app.caller(workspace_id, "webhooks:read"), ordered(limit, cursor, sort)
    webhooks.must_have_all(caller)
    wanted = delivery_log.Wanted(status, event, since, until)
    with transaction(caller.workspace_id) as tx:
        found = delivery_log.listed(tx, caller, webhook_id, wanted, order)
        return Page[DeliveryRead].model_validate(found)


@app.get(LOG + "/<delivery_id>", tags=TAGS)
def get_webhook_delivery(workspace_id: UUID, webhook_id: UUID, delivery_id: UUID) -> DeliveryDetails:
    """Read one delivery: what is sent, and what the receiver said at each attempt."""
    caller = app.caller(workspace_id, "webhooks:read")
    webhooks.must_have_all(caller)
    with transaction(caller.workspace_id) as tx:
        return DeliveryDetails.model_validate(delivery_log.get(tx, caller, webhook_id, delivery_id))


@app.post(LOG + "/<delivery_id>/retry", tags=TAGS)
def retry_webhook_delivery(workspace_id: UUID, webhook_id: UUID, delivery_id: UUID) -> DeliveryRead:
    """Send a delivery again now, whatever became of it: instead of its next attempt, if there is one."""
    caller = app.caller(workspace_id, "webhooks:write")
    webhooks.must_have_all(caller)
    with transaction(caller.workspace_id) as tx:
        once = app.once(tx)
        row = webhook_deliveries.retried(tx, caller, webhook_id, delivery_id)
        return once.kept(DeliveryRead.model_validate(row))


@app.post(ONE + "/replay", tags=TAGS)
def replay_webhook(workspace_id: UUID, webhook_id: UUID, body: Replay) -> Replayed:
    """Tell a webhook again of what happened in a range of time, under the ids that it was told under.

    At most 10,000 events at once; `dry_run` counts them first.
    """
    caller = app.caller(workspace_id, "webhooks:write")
    webhooks.must_have_all(caller)
    with transaction(caller.workspace_id) as tx:
        once = app.once(tx)
        return once.kept(Replayed.model_validate(webhook_deliveries.replayed(tx, caller, webhook_id, body)))


@app.get("/v1/webhook-event-types", tags=TAGS)
def list_webhook_event_types() -> EventTypeList:
    """List the types of events; the payload of each stands under Webhooks in this document."""
    app.principal()
    return EventTypeList.model_validate(delivery_log.catalogue())
