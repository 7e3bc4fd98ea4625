"""Media: announce, upload straight to the object store, complete."""

from uuid import UUID

from lamplighter.entrypoints.api import build_api
from lamplighter.postgres.session import transaction
from lamplighter.schemas.media import MediaCreate, MediaCreated, MediaRead
from lamplighter.services import media

app = handler = build_api("media")
ROUTE = "/v1/workspaces/<workspace_id>/media"


@app.post(ROUTE, status_code=201, tags=["Media"])
def create_media(workspace_id: UUID, body: MediaCreate) -> MediaCreated:
    """Announce an image of up to 10 MB; POST the returned form with the bytes, then complete it."""
    caller = app.caller(workspace_id, "media:write")
    with transaction(caller.workspace_id) as tx:
        once = app.once(tx)
        row = media.announce(tx, caller, body)
        form = media.upload_form(row, tx.now)  # signed here, without asking anybody
        answer = MediaCreated(**MediaRead.model_validate(row).model_dump(), upload=form)
        return once.kept(answer, secret=True)


@app.post(ROUTE + "/<media_id>/complete", tags=["Media"])
def complete_media(workspace_id: UUID, media_id: UUID) -> MediaRead:
    """Have the uploaded bytes read and checked: the type is theirs, not the file name's."""
    caller = app.caller(workspace_id, "media:write")
    with transaction(caller.workspace_id) as tx:
        once = app.once(tx, leased=True)
        announced = media.get(tx, caller, media_id)
    found = media.inspect(announced)
    with transaction(caller.workspace_id) as tx:
        return once.within(tx).kept(MediaRead.model_validate(media.complete(tx, caller, media_id, found)))


@app.get(ROUTE + "/<media_id>", tags=["Media"])
def get_media(workspace_id: UUID, media_id: UUID) -> MediaRead:
    """Read what a media object is and whether it is ready."""
    caller = app.caller(workspace_id, "media:read")
    with transaction(caller.workspace_id) as tx:
        return MediaRead.model_validate(media.get(tx, caller, media_id))
