"""SQS, S3, Secrets Manager and KMS on loopback: moto in a process of its own; what must last is in files.

`python -m infra.local.aws PORT DIRECTORY`
"""

import datetime as dt
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from moto.kms.models import kms_backends
from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from moto.s3.models import s3_backends
from moto.secretsmanager.models import secretsmanager_backends
from moto.sqs.models import sqs_backends
from werkzeug.serving import make_server

from infra.local import children, presigned
from infra.local.durable import Keys, Objects, Secrets
from infra.local.fair_queues import FairQueues
from infra.local.intrinsics import ACCOUNT, REGION

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]


class _RequestHandler(MotoRequestHandler):
    protocol_version = "HTTP/1.1"  # connections are kept
    disable_nagle_algorithm = True

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002  # werkzeug's signature
        """Only errors are worth a line."""
        if type == "error":
            super().log(type, message, *args)


def application(directory: Path) -> Application:
    """The WSGI application, with everything that earlier runs left in `directory`."""
    FairQueues(sqs_backends[ACCOUNT][REGION])
    keys = Keys(kms_backends[ACCOUNT][REGION], directory / "keys")
    secrets = Secrets(secretsmanager_backends[ACCOUNT][REGION], directory / "secrets")
    objects = Objects(s3_backends[ACCOUNT]["aws"], directory / "media")
    keys.load()
    secrets.load()
    objects.load(REGION)
    moto = DomainDispatcherApplication(create_backend_app)

    def serve(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:  # WSGI's
        refused = presigned.refusal(environ, dt.datetime.now(dt.UTC))
        if refused is not None:
            start_response(refused.status, [("Content-Type", "application/xml")])
            return [refused.body]
        answer: Iterable[bytes] = moto(environ, start_response)
        # Nothing is sent before the answer is iterated, so what the client hears of is on disk.
        if environ["REQUEST_METHOD"] != "GET":
            for store in (keys, secrets, objects):
                store.save()
        return answer

    return serve


def main(port: int, directory: Path) -> None:
    """Serve until the parent process is gone."""
    app = application(directory)
    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=_RequestHandler)
    children.say_ready_and_end_with_parent()
    server.serve_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
