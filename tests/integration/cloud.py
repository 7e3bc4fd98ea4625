"""AWS for in-process handlers: the local stack's, the secrets extension, and the settings for both."""

import base64
import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import boto3

from infra.local.children import Child
from infra.local.intrinsics import REGION
from infra.local.mailbox import Mailbox
from infra.local.ports import free
from infra.local.secrets_extension import SecretsExtension

PEPPERS = {"current": 2, "peppers": {str(v): base64.b64encode(bytes([v]) * 32).decode() for v in (1, 2)}}
SIGNING_KEYS = {"current": 1, "keys": {"1": "signs-the-access-tokens-of-tests"}}
SANDBOX_KEY = "signs-the-sandbox-tokens-of-tests"


@dataclass(frozen=True, slots=True)
class Cloud:
    """The variables that functions need, and clients to look behind them."""

    environment: Mapping[str, str]
    secrets: dict[str, str]
    sqs: Any
    s3: Any
    mailbox: Mailbox

    def waiting(self, queue: str = "PUBLISH_QUEUE_URL") -> list[dict[str, Any]]:
        """Take every message off the publish queue, or another one, that is visible now."""
        url, taken = self.environment[queue], []
        while found := self.sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=0, AttributeNames=["All"]
        ).get("Messages"):
            for message in found:
                self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                taken.append(json.loads(message["Body"]))
        return taken


def _aws(stack: ExitStack) -> int:
    """The local stack's AWS, in a process of its own: what other tests mock in this one does not reach it."""
    port, folder = free(), Path(stack.enter_context(TemporaryDirectory()))
    aws = Child("aws", str(port), str(folder), log=folder / "aws.log")
    stack.callback(aws.stop)
    aws.wait_until_ready()
    return port


def _queue(sqs: Any, name: str) -> str:
    """A queue whose messages go to dead letters of its own after as many failures as in the template."""
    letters = sqs.create_queue(QueueName=f"{name}-dead-letters")["QueueUrl"]
    found = sqs.get_queue_attributes(QueueUrl=letters, AttributeNames=["QueueArn"])
    policy = {"deadLetterTargetArn": found["Attributes"]["QueueArn"], "maxReceiveCount": 5}
    return str(sqs.create_queue(QueueName=name, Attributes={"RedrivePolicy": json.dumps(policy)})["QueueUrl"])


@contextmanager
def cloud() -> Iterator[Cloud]:
    """A bucket, a queue, a key and the secrets, for one test process."""
    with ExitStack() as stack:
        endpoint = f"http://127.0.0.1:{_aws(stack)}"
        port = free()
        secrets = {
            "peppers": json.dumps(PEPPERS),
            "signing": json.dumps(SIGNING_KEYS),
            "sandbox": json.dumps({"key": SANDBOX_KEY}),
        }
        extension = SecretsExtension(port, secrets.get)
        stack.callback(extension.close)
        session = boto3.Session("test", "test", "test", region_name=REGION)
        sqs = session.client("sqs", endpoint_url=endpoint)
        s3 = session.client("s3", endpoint_url=endpoint)
        kms = session.client("kms", endpoint_url=endpoint)
        for bucket in ("media", "exports"):
            s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        environment = {
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_SESSION_TOKEN": "test",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
            "SECRETS_ENDPOINT": f"http://127.0.0.1:{port}",
            "PEPPERS_SECRET_ID": "peppers",
            "SIGNING_SECRET_ID": "signing",
            "SANDBOX_SECRET_ID": "sandbox",
            "KMS_KEY_ID": kms.create_key()["KeyMetadata"]["KeyId"],
            "MEDIA_BUCKET": "media",
            "PUBLISH_QUEUE_URL": _queue(sqs, "publish"),
            "PUBLISH_SLOW_QUEUE_URL": _queue(sqs, "publish-slow"),
            "EXPORT_BUCKET": "exports",
            "EXPORT_QUEUE_URL": _queue(sqs, "export"),
            "FILL_QUEUE_URL": _queue(sqs, "fill"),
            "DELIVERY_QUEUE_URL": _queue(sqs, "delivery"),
        }
        mailbox = Mailbox(free())
        stack.callback(mailbox.close)
        mail = {
            "AWS_ENDPOINT_URL_SESV2": mailbox.url,
            "MAIL_QUEUE_URL": _queue(sqs, "mail"),
            "MAIL_FROM": "Lamplighter <no-reply@lamplighter.test>",
            "MAIL_LINK_BASE": "https://app.lamplighter.test",
        }
        yield Cloud({**environment, **mail}, secrets, sqs, s3, mailbox)
