"""SQS: one message is one archive, written and uploaded; every five minutes: wake what nobody writes."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from lamplighter.entrypoints.batch import Failures, each_message
from lamplighter.observability import logger
from lamplighter.postgres.roles import ACCOUNTS, APP
from lamplighter.postgres.session import transaction
from lamplighter.services import export_work, exports, person_archive, workspace_archive
from lamplighter.services.archives import Archive
from lamplighter.services.export_work import Job


def handler(event: dict[str, Any], _context: LambdaContext) -> Failures:
    """Messages of the export queue, or the sweep's tick, which has no messages of its own."""
    if "Records" in event:
        return each_message(event, _write)
    with transaction() as tx:
        waiting = export_work.waiting(tx)
    exports.send(waiting)
    return {}


def _write(message: dict[str, Any]) -> None:
    wanted = export_work.parsed(message)
    with transaction(**export_work.tenancy(wanted)) as tx:
        job = export_work.begin(tx, wanted)
    if job is None:
        return
    archive = Archive(job.begun_at)
    try:
        (_workspace if wanted.owner == "workspace_id" else _person)(job, archive)
    except Exception:
        logger().exception("archive not written", extra={"export_id": str(wanted.export_id)})
        archive.discard()
        with transaction(**export_work.tenancy(wanted)) as tx:
            export_work.fail(tx, job)
        return
    with transaction(**export_work.tenancy(wanted)) as tx:
        end = export_work.finish(tx, job, archive.byte_size)
    export_work.clear(job, end)


def _workspace(job: Job, archive: Archive) -> None:
    """Its rows in one snapshot, which has ended before anything is sent."""
    workspace_id = job.wanted.owner_id
    with transaction(workspace_id, role=APP, snapshot=True) as tx:
        files = workspace_archive.dump(tx, archive, workspace_id)
    with export_work.uploading(job) as upload:
        archive.ship(upload)
        facts = workspace_archive.add_rest(archive, workspace_id, files)
        archive.close(workspace_archive.README, {**export_work.facts(job), **facts})


def _person(job: Job, archive: Archive) -> None:
    """The account's rows, then those of each tenant, each in a snapshot of its own."""
    user_id = job.wanted.owner_id
    with transaction(user_id=user_id, role=ACCOUNTS, snapshot=True) as tx:
        tenants = person_archive.dump(tx, archive, user_id)
    for organization_id in tenants.organization_ids:
        with transaction(organization_id=organization_id, user_id=user_id, role=APP, snapshot=True) as tx:
            person_archive.dump_organization(tx, archive, user_id, organization_id)
    for workspace_id in tenants.workspace_ids:
        with transaction(workspace_id, user_id=user_id, role=APP, snapshot=True) as tx:
            person_archive.dump_workspace(tx, archive, user_id, workspace_id)
    with export_work.uploading(job) as upload:
        archive.ship(upload)
        archive.close(person_archive.README, export_work.facts(job))
