"""HTTP: the sandbox network, a small social network of our own with faults that can be switched on."""

from typing import Annotated
from uuid import UUID

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Header, Path, Query

from lamplighter.entrypoints.sandbox import ACCOUNT, MEDIA_ANSWER, MEDIA_UPLOAD, POST_ANSWERS, SandboxApi
from lamplighter.postgres.session import transaction
from lamplighter.schemas.common import Time
from lamplighter.schemas.sandbox import (
    SandboxCallList,
    SandboxCallRead,
    SandboxFaultRead,
    SandboxFaultSwitch,
    SandboxFeed,
    SandboxMediaRead,
    SandboxPostAccepted,
    SandboxPostCreate,
    SandboxPostEdit,
    SandboxPostList,
    SandboxPostRead,
)
from lamplighter.services import sandbox, sandbox_calls, sandbox_faults

app = handler = SandboxApi("sandbox")

Key = Annotated[str | None, Header(alias="Idempotency-Key", min_length=1, max_length=255)]
Limit = Annotated[int, Query(ge=1, le=100)]
Account = Annotated[str | None, Query(pattern=ACCOUNT)]
AccountId = Annotated[str, Path(pattern=ACCOUNT)]


@app.post("/sandbox/api/posts", status_code=201, tags=["Sandbox"], responses=POST_ANSWERS)
def create_post(
    draft: Annotated[SandboxPostCreate, Body()], key: Key = None
) -> Response[SandboxPostAccepted]:
    """Post. The fault that is on decides the answer; a repeated Idempotency-Key gets the first post again."""
    account = app.account()
    with transaction() as tx:
        posted = sandbox.accept(tx, account, draft, key)
    return app.accepted(posted)


@app.get("/sandbox/api/posts", tags=["Sandbox"])
def list_posts(limit: Limit = 20, since: Annotated[Time | None, Query()] = None) -> SandboxPostList:
    """List the account's own posts, newest first."""
    account = app.account()
    with transaction() as tx:
        return SandboxPostList(posts=sandbox.recent(tx, account, app.base(), limit=limit, since=since))


@app.get("/sandbox/api/posts/<post_id>", tags=["Sandbox"])
def read_post(post_id: UUID) -> SandboxPostRead:
    """Read one of the account's own posts."""
    account = app.account()
    with transaction() as tx:
        return sandbox.post(tx, account, post_id, app.base())


@app.put("/sandbox/api/posts/<post_id>", tags=["Sandbox"])
def edit_post(post_id: UUID, change: Annotated[SandboxPostEdit, Body()]) -> SandboxPostAccepted:
    """Change a post's text. The fault that is on decides the answer."""
    account = app.account()
    with transaction() as tx:
        edited = sandbox.edit(tx, account, post_id, change)
    return app.edited(edited)


@app.delete("/sandbox/api/posts/<post_id>", status_code=204, tags=["Sandbox"])
def delete_post(post_id: UUID) -> None:
    """Delete a post. The fault that is on decides the answer."""
    account = app.account()
    with transaction() as tx:
        removed = sandbox.remove(tx, account, post_id)
    app.done(removed, "deleted")


@app.post(
    "/sandbox/api/media",
    status_code=201,
    tags=["Sandbox"],
    openapi_extensions=MEDIA_UPLOAD,
)
def upload_media() -> SandboxMediaRead:
    """Upload an image: its bytes are the body, and they decide its type."""
    account = app.account()
    with transaction() as tx:
        return sandbox.store_image(tx, account, app.body_bytes())


@app.get("/sandbox/api/media/<media_id>", tags=["Sandbox"])
def read_own_media(media_id: UUID) -> SandboxMediaRead:
    """See whether an image is ready. With the fault `processing` it is after so many questions."""
    account = app.account()
    with transaction() as tx:
        return sandbox.own_image(tx, account, media_id)


@app.get(
    "/sandbox/media/<media_id>",
    tags=["Sandbox"],
    enable_validation=False,
    responses=MEDIA_ANSWER,
)
def read_media(media_id: str) -> Response[bytes]:
    """See an image."""
    with transaction() as tx:
        return app.image(sandbox.image(tx, app.uuid(media_id)))


@app.get("/sandbox/api/calls", tags=["Sandbox"])
def list_calls(limit: Limit = 100) -> SandboxCallList:
    """List the calls that came in, newest first, accepted or not."""
    account = app.account()
    with transaction() as tx:
        calls = sandbox_calls.listed(tx, account, limit=limit)
        return SandboxCallList(calls=[SandboxCallRead.model_validate(call) for call in calls])


@app.get("/sandbox/api/faults", tags=["Sandbox"])
def read_fault() -> SandboxFaultRead:
    """See the fault that is on."""
    account = app.account()
    with transaction() as tx:
        return sandbox_faults.fault_of(tx, account)


@app.put("/sandbox/api/faults", tags=["Sandbox"])
def switch_fault_on(wanted: Annotated[SandboxFaultSwitch, Body()]) -> SandboxFaultRead:
    """Switch a fault on for the account's next calls."""
    account = app.account()
    with transaction() as tx:
        return sandbox_faults.switch_on(tx, account, wanted)


@app.delete("/sandbox/api/faults", status_code=204, tags=["Sandbox"])
def switch_fault_off() -> None:
    """Switch the fault off."""
    account = app.account()
    with transaction() as tx:
        sandbox_faults.switch_off(tx, account)


# The page and what its script calls. Naming an account opens its page: nobody can guess one.


@app.get("/sandbox", include_in_schema=False)
def show_network(account: Account = None) -> Response[str]:
    with transaction() as tx:
        return app.page(tx, account)


@app.get("/sandbox/<account>", include_in_schema=False)
def show_account(account: AccountId) -> Response[str]:
    with transaction() as tx:
        return app.page(tx, account)


@app.get("/sandbox/feed", include_in_schema=False)
def read_feed(account: Account = None) -> SandboxFeed:
    viewed = app.viewed(account)
    with transaction() as tx:
        return app.feed(tx, viewed)


@app.put("/sandbox/faults", include_in_schema=False)
def switch_shown_fault_on(
    wanted: Annotated[SandboxFaultSwitch, Body()], account: Account = None
) -> SandboxFaultRead:
    viewed = app.viewed(account) or sandbox_faults.EVERYONE
    with transaction() as tx:
        return sandbox_faults.switch_on_shown(tx, viewed, wanted)


@app.delete("/sandbox/faults", include_in_schema=False, status_code=204)
def switch_shown_fault_off(account: Account = None) -> None:
    viewed = app.viewed(account) or sandbox_faults.EVERYONE
    with transaction() as tx:
        sandbox_faults.switch_off(tx, viewed)
