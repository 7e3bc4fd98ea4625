"""boto3's clients, one of each per process, made when they are first needed: importing boto3 is slow."""

import os
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from botocore.config import Config
    from mypy_boto3_kms import KMSClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

SENDING_THREADS = 16


@cache
def sqs() -> "SQSClient":
    """Queues."""
    import boto3  # noqa: PLC0415  # see the module's first line
    from botocore.config import Config  # noqa: PLC0415

    # At most 7 s for a call, with a second between its two attempts: who posts waits for it.
    impatient = Config(
        connect_timeout=1, read_timeout=2, retries={"mode": "standard", "total_max_attempts": 2}
    )
    return boto3.client("sqs", config=_config().merge(impatient))


@cache
def s3() -> "S3Client":
    """The object store."""
    return _s3(_config())


@cache
def s3_in_bulk() -> "S3Client":
    """The same for large objects: a part is 8 MB, and S3 may take a minute to put many of them together."""
    from botocore.config import Config  # noqa: PLC0415

    return _s3(_config().merge(Config(read_timeout=120)))


@cache
def kms() -> "KMSClient":
    """The keys that wrap keys."""
    import boto3  # noqa: PLC0415

    return boto3.client("kms", config=_config())


@cache
def ses() -> Any:
    """Mail, by the second of SES's APIs; its type stubs are not installed."""
    import boto3  # noqa: PLC0415
    from botocore.config import Config  # noqa: PLC0415

    # The row of a mail has a clock of its own for trying again, and a second attempt may be a second mail.
    once_more = Config(retries={"mode": "standard", "total_max_attempts": 2})
    return boto3.client("sesv2", config=_config().merge(once_more))


def _s3(config: "Config") -> "S3Client":
    import boto3  # noqa: PLC0415
    from botocore.config import Config  # noqa: PLC0415

    # Unless "virtual" is said aloud, presigned addresses name no region, and S3 answers a form for a bucket
    # elsewhere with a redirect. A server of one's own (AWS_ENDPOINT_URL) has no name for each bucket.
    own = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    style = Config(signature_version="s3v4", s3={"addressing_style": "path" if own else "virtual"})
    return boto3.client("s3", config=config.merge(style))


def _config() -> "Config":
    """Within AWS an answer takes milliseconds: waiting long or trying often would eat the function's time."""
    from botocore.config import Config  # noqa: PLC0415

    return Config(
        connect_timeout=2,
        read_timeout=5,
        retries={"mode": "standard", "total_max_attempts": 3},
        max_pool_connections=SENDING_THREADS,
    )
