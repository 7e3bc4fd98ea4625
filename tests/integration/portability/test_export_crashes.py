"""Whatever becomes of a worker or a message: one archive, and no export that stays pending."""

import json
import os
import signal
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from infra.local.first_workspace import FirstWorkspace
from lamplighter.clients import uploads
from lamplighter.postgres.roles import WRITE_EXPORT
from lamplighter.services.export_work import AGAIN_AFTER, LEASE, TRIES
from tests.integration.http import Http
from tests.integration.portability.crashing import MOMENTS
from tests.integration.portability.jobs import Jobs, Message, downloaded, later
from tests.logins import as_login

ROOT = Path(__file__).resolve().parents[3]
SOON, LEASE_OVER = timedelta(minutes=10), LEASE + timedelta(seconds=1)


@pytest.fixture
def asked(http: Http, jobs: Jobs, superuser: Any) -> Any:
    """An export that was asked for, and the only one that waits; its message lies in the queue."""
    superuser.execute("UPDATE exports SET status = 'failed' WHERE status IN ('pending', 'running')")
    answer = http.post("/exports")
    assert answer.status == 202
    return answer.json


def kill_worker(moment: str, message: Message) -> None:
    """A worker of its own, killed at this moment."""
    with as_login(WRITE_EXPORT):
        environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'shared'}"}
        command = [
            sys.executable,
            "-m",
            "tests.integration.portability.crashing",
            moment,
            json.dumps(message),
        ]
        ended = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
    assert ended.returncode == -signal.SIGKILL, ended.stdout + ended.stderr


def state(http: Http, export: Any) -> str:
    return str(http.get(f"/exports/{export['id']}").json["status"])


def is_one_archive(jobs: Jobs, http: Http, export: Any) -> bool:
    """Whether the export is ready, whole, and alone in the bucket."""
    read = http.get(f"/exports/{export['id']}").json
    with downloaded(read).zip as found:
        return found.testzip() is None and jobs.archives(f"workspaces/{http.workspace_id}/") == [
            f"workspaces/{http.workspace_id}/{export['id']}.zip"
        ]


@pytest.mark.parametrize("moment", MOMENTS)
def test_what_a_killed_worker_left_is_written_by_the_next(moment: str, asked: Any, http: Http, jobs: Jobs):
    [message] = jobs.messages()
    kill_worker(moment, message)
    assert state(http, asked) == "running"
    jobs.write([message])  # delivered again while the lease holds: perhaps the worker lives
    assert state(http, asked) == "running"
    with later(LEASE_OVER):
        jobs.write([message])
    assert is_one_archive(jobs, http, asked)


def test_a_lost_message_is_sent_again_by_the_sweep(asked: Any, http: Http, jobs: Jobs, superuser: Any):
    [lost] = jobs.messages()
    jobs.sweep()
    assert lost not in jobs.messages()  # it may still be on its way
    superuser.execute(
        "UPDATE exports SET claimed_until = now() - interval '1 s' WHERE id = %s", [asked["id"]]
    )
    jobs.sweep()
    found = [message for message in jobs.messages() if message["export_id"] == asked["id"]]
    assert found == [lost]
    jobs.write(found)
    assert is_one_archive(jobs, http, asked)


def test_a_lost_worker_is_found_by_the_sweep(asked: Any, http: Http, jobs: Jobs, superuser: Any):
    [message] = jobs.messages()
    kill_worker("between rows and upload", message)
    jobs.sweep()
    assert message not in jobs.messages()
    superuser.execute(
        "UPDATE exports SET claimed_until = now() - interval '1 s' WHERE id = %s", [asked["id"]]
    )
    jobs.sweep()
    assert message in jobs.messages()


def test_a_doubled_message_writes_nothing_twice(asked: Any, http: Http, jobs: Jobs, monkeypatch: Any):
    [message] = jobs.messages()
    made: list[str] = []
    real = uploads.Upload.__init__

    def noted(self: Any, bucket: str, key: str, mime: str) -> None:
        made.append(key)
        real(self, bucket, key, mime)

    monkeypatch.setattr(uploads.Upload, "__init__", noted)
    jobs.write([message, message])
    jobs.write([message])
    assert len(made) == 1
    assert is_one_archive(jobs, http, asked)


def test_two_workers_at_once_write_one_archive(asked: Any, http: Http, jobs: Jobs, monkeypatch: Any):
    [message] = jobs.messages()
    made: list[str] = []
    both = threading.Barrier(2)
    real = uploads.Upload.__init__

    def noted(self: Any, bucket: str, key: str, mime: str) -> None:
        made.append(key)
        real(self, bucket, key, mime)

    monkeypatch.setattr(uploads.Upload, "__init__", noted)
    from functions.write_export.handler import handler  # noqa: PLC0415

    def work() -> None:
        both.wait()
        handler({"Records": [{"messageId": "1", "body": json.dumps(message)}]}, None)

    with as_login(WRITE_EXPORT):
        workers = [threading.Thread(target=work) for _ in range(2)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    assert len(made) == 1
    assert is_one_archive(jobs, http, asked)


def fail_to_send(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: Any) -> None:
        raise OSError("the bucket is full")

    monkeypatch.setattr(uploads.Upload, "send", refuse)


def test_a_try_that_fails_is_followed_by_another(asked: Any, http: Http, jobs: Jobs):
    [message] = jobs.messages()
    with pytest.MonkeyPatch.context() as patched:
        fail_to_send(patched)
        jobs.write([message])
    assert state(http, asked) == "pending"
    begun = jobs.aws.s3.list_multipart_uploads(Bucket="exports").get("Uploads", [])
    assert not [upload for upload in begun if asked["id"] in upload["Key"]]
    with later(AGAIN_AFTER):
        jobs.write([message])
    assert is_one_archive(jobs, http, asked)


def test_after_some_tries_it_is_given_up_and_another_can_be_asked_for(
    asked: Any, http: Http, jobs: Jobs, monkeypatch: pytest.MonkeyPatch
):
    [message] = jobs.messages()
    assert http.post("/exports").json["code"] == "export_under_way"
    fail_to_send(monkeypatch)
    for number in range(TRIES):
        with later(number * SOON):
            jobs.write([message])
    given_up = http.get(f"/exports/{asked['id']}").json
    assert (given_up["status"], given_up["download_url"]) == ("failed", None)
    assert given_up["error"]
    jobs.write([message])
    assert state(http, asked) == "failed"
    assert http.post("/exports").status == 202


def test_an_export_that_kills_each_worker_is_given_up(asked: Any, http: Http, jobs: Jobs, superuser: Any):
    [message] = jobs.messages()
    for _ in range(TRIES):
        kill_worker("while the rows are read", message)
        over = "UPDATE exports SET claimed_until = now() - interval '1 s' WHERE id = %s"
        superuser.execute(over, [asked["id"]])
    jobs.write([message])
    assert state(http, asked) == "failed"


def test_a_worker_whose_lease_has_passed_records_nothing(
    asked: Any, http: Http, jobs: Jobs, superuser: Any, monkeypatch: Any
):
    """A second one took over while it was uploading, and was done first."""
    [message] = jobs.messages()
    recorded = "SELECT status, finished_at, attempts FROM exports WHERE id = %s"
    real, overtaken = uploads.Upload.complete, []

    def slow(self: Any) -> None:
        if not overtaken:
            overtaken.append(None)
            with later(LEASE_OVER):
                jobs.write([message])
            overtaken[0] = superuser.execute(recorded, [asked["id"]]).fetchone()
        real(self)

    monkeypatch.setattr(uploads.Upload, "complete", slow)
    jobs.write([message])
    assert overtaken[0][0] == "ready"
    assert superuser.execute(recorded, [asked["id"]]).fetchone() == overtaken[0]
    assert is_one_archive(jobs, http, asked)


def test_no_transaction_is_open_while_the_archive_is_sent(
    asked: Any, jobs: Jobs, superuser: Any, first: FirstWorkspace, monkeypatch: Any
):
    open_ = "SELECT count(*) FROM pg_stat_activity WHERE usename = %s AND state LIKE 'idle in transaction%%'"
    seen = []
    real = uploads.Upload.send

    def looked_at(self: Any, part: bytes) -> None:
        seen.append(superuser.execute(open_, [WRITE_EXPORT]).fetchone()[0])
        real(self, part)

    monkeypatch.setattr(uploads.Upload, "send", looked_at)
    jobs.write()
    assert seen == [0]
