"""boto3's clients: late, few, impatient."""

import subprocess
import sys
from pathlib import Path
from typing import Any

from lamplighter.clients import aws

ROOT = Path(__file__).resolve().parents[3]


def test_importing_the_clients_does_not_import_boto3() -> None:
    code = "import sys, lamplighter.clients.queues, lamplighter.clients.objects, lamplighter.clients.keys,"
    code += "lamplighter.clients.mail;"
    code += "print([name for name in ('boto3', 'botocore.session', 'urllib3') if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT / "shared", capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_a_client_is_made_once() -> None:
    assert aws.sqs() is aws.sqs()
    assert aws.s3() is aws.s3()
    assert aws.s3_in_bulk() is aws.s3_in_bulk()
    assert aws.kms() is aws.kms()
    assert aws.ses() is aws.ses()


def test_every_client_gives_up_soon() -> None:
    for client in (aws.s3(), aws.kms()):
        config: Any = client.meta.config
        assert (config.connect_timeout, config.read_timeout) == (2, 5)
        assert config.retries == {"mode": "standard", "total_max_attempts": 3}


def test_putting_a_large_object_together_may_take_its_time() -> None:
    config: Any = aws.s3_in_bulk().meta.config
    assert (config.connect_timeout, config.read_timeout) == (2, 120)


def test_a_mail_is_tried_only_once_more_because_each_attempt_may_be_a_mail() -> None:
    config: Any = aws.ses().meta.config
    assert (config.connect_timeout, config.read_timeout) == (2, 5)
    assert config.retries == {"mode": "standard", "total_max_attempts": 2}


def test_the_queue_that_a_person_waits_for_gives_up_sooner() -> None:
    config: Any = aws.sqs().meta.config
    assert (config.connect_timeout, config.read_timeout) == (1, 2)
    assert config.retries == {"mode": "standard", "total_max_attempts": 2}
    assert config.max_pool_connections == aws.SENDING_THREADS
