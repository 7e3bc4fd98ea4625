"""Services that the environment names are used in place of embedded ones."""

import json
import time

import pytest

from infra.local import ports
from infra.local.children import Child
from infra.local.services import Services, is_mail_elsewhere
from infra.local.stack import Stack
from tests.integration.runtime.conftest import TEMPLATE


@pytest.fixture
def elsewhere(tmp_path):
    directory = tmp_path / "elsewhere"
    directory.mkdir()
    port = ports.free()
    child = Child("aws", str(port), str(directory), log=directory / "log")
    child.wait_until_ready()
    yield f"http://127.0.0.1:{port}"
    child.stop()


def test_queues_buckets_and_secrets_of_another_endpoint(elsewhere, tmp_path):
    environ = {"AWS_ENDPOINT_URL": elsewhere, "AWS_ACCESS_KEY_ID": "own", "AWS_SECRET_ACCESS_KEY": "own"}
    book = tmp_path / "book"
    with Stack(
        template_path=TEMPLATE, directory=tmp_path / "state", use_ports=ports.all_free(), environ=environ
    ) as stack:
        seen = stack.invoke("echo").result["environment"]
        assert seen["JOBS_URL"].startswith(elsewhere)
        assert (seen["AWS_ENDPOINT_URL_S3"], seen["AWS_ACCESS_KEY_ID"]) == (elsewhere, "own")
        assert json.loads(stack.services.secret(seen["LOGIN_SECRET_ID"]))["username"] == "somebody"
        body = json.dumps({"name": "there", "book": str(book)})
        stack.services.sqs.send_message(QueueUrl=seen["JOBS_URL"], MessageBody=body)
        deadline = time.monotonic() + 5
        while not book.exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        assert json.loads(book.read_text())["name"] == "there"
    assert sorted(path.name for path in (tmp_path / "state").iterdir()) == ["lock", "logs", "zoneinfo"]


@pytest.mark.parametrize(
    ("environ", "embedded", "mail"),
    [
        ({}, True, "http://box"),
        ({"AWS_ENDPOINT_URL_SESV2": "http://ses"}, False, "http://ses"),
        ({"AWS_ENDPOINT_URL": "http://all"}, False, "http://all"),
        ({"AWS_ENDPOINT_URL_SQS": "http://queues"}, True, "http://box"),
    ],
)
def test_mail_goes_to_the_mailbox_unless_another_address_is_named(environ, embedded, mail):
    assert is_mail_elsewhere(environ) is not embedded
    services = Services("http://aws", environ, "http://box" if embedded else None)
    assert services.environment()["AWS_ENDPOINT_URL_SESV2"] == mail
