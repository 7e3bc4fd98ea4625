"""A workspace to be deleted: everything in it is a word that nothing else holds."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

from lamplighter.clickhouse.tables import POST_METRICS
from lamplighter.postgres.session import transaction
from tests import factories
from tests.integration.http import Answer, Http
from tests.integration.people.office import Office, Someone
from tests.integration.portability.jobs import Jobs
from tests.integration.portability.marks import Search, mark
from tests.integration.portability.told import told

SOON = timedelta(hours=2)
"""After the grace that is given to what was under way."""
PIXEL_NAME = "picture"


@dataclass(frozen=True, slots=True)
class Marked:
    """The test's workspace, everything in it a word that nothing else holds."""

    workspace_id: UUID
    words: Mapping[str, str]


def delete(person: Someone, office: Office) -> Answer:
    slug = person.get(office.workspace).json["slug"]
    return person.delete(office.workspace, f"?confirm={slug}")


def filled(office: Office, owner: Someone, http: Http, jobs: Jobs, search: Search) -> Marked:
    """With something in every table that can have it, in both buckets and in ClickHouse."""
    named = ("text", "account", "file", "bytes", "hook", "told", "answered", "campaign", "setting")
    words = {what: mark(what) for what in named}
    words["invited"] = f"{mark('invited')}@example.com"
    workspace_id = office.made.workspace_id
    invitation = {"email": words["invited"], "role": "editor"}
    assert owner.post(f"{office.workspace}/invitations", invitation).status == 201
    assert owner.change(office.workspace, {"settings": {"note": words["setting"]}}).status == 200
    text = {"text": words["text"]}
    assert http.call("POST", "/content", text, headers={"idempotency-key": uuid4().hex}).status == 201
    with transaction(workspace_id) as tx:
        factories.make_dispatch(tx.session)
        factories.make_attempt(tx.session)
        factories.make_recurring_post(tx.session)
        factories.make_template(tx.session)
        factories.make_campaign(tx.session, name=words["campaign"])
        told(tx, workspace_id, words["told"], words["answered"], url=f"https://{words['hook']}.test")
        factories.make_connection(tx.session, platform_username=words["account"])
        factories.make_media(tx.session, file_name=words["file"], object_key=f"{workspace_id}/{PIXEL_NAME}")
    jobs.aws.s3.put_object(Bucket="media", Key=f"{workspace_id}/{PIXEL_NAME}", Body=words["bytes"].encode())
    snapshot = (str(workspace_id), words["text"], "pp", "bluesky", 1, 1, 1, 1, 1, 1, "2026-01-01 00:00:00")
    search.analytics.command(
        f"INSERT INTO {POST_METRICS.name} ({', '.join(POST_METRICS.columns)}) VALUES {snapshot}"  # noqa: S608
    )
    assert http.post("/exports").status == 202
    jobs.write()
    return Marked(workspace_id, words)
