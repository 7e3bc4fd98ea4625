"""Where SQS, S3, Secrets Manager and KMS answer: the embedded ones, or others that the environment names."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

from infra.local.intrinsics import REGION

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient

SERVICES = (
    "KMS",
    "S3",
    "SECRETS_MANAGER",
    "SQS",
)  # as in the names of boto3's AWS_ENDPOINT_URL_... variables
MAIL = "SESV2"
"""Embedded by itself: moto takes mails, but shows them to nobody."""
_CREDENTIALS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")


def are_all_elsewhere(environ: Mapping[str, str]) -> bool:
    """Whether the environment names an address for every service, so that none needs to be embedded."""
    return "AWS_ENDPOINT_URL" in environ or all(f"AWS_ENDPOINT_URL_{name}" in environ for name in SERVICES)


def is_mail_elsewhere(environ: Mapping[str, str]) -> bool:
    """Whether the environment names an address for mail."""
    return "AWS_ENDPOINT_URL" in environ or f"AWS_ENDPOINT_URL_{MAIL}" in environ


class Services:
    """boto3 clients, and the variables that give functions the same addresses and credentials."""

    def __init__(self, embedded: str | None, environ: Mapping[str, str], mailbox: str | None = None) -> None:
        named = {key: value for key, value in environ.items() if key.startswith("AWS_ENDPOINT_URL") and value}
        endpoint = named.get("AWS_ENDPOINT_URL") or embedded
        self._endpoints = {name: named.get(f"AWS_ENDPOINT_URL_{name}") or endpoint for name in SERVICES}
        self._endpoints[MAIL] = mailbox or named.get(f"AWS_ENDPOINT_URL_{MAIL}") or endpoint
        # Embedded services take any credentials; others need the caller's own.
        self._credentials = {name: environ.get(name, "") if named else "local" for name in _CREDENTIALS}
        self.kms: KMSClient = self._session().client("kms", endpoint_url=self._endpoints["KMS"])
        self.s3: S3Client = self._session().client(
            "s3",
            endpoint_url=self._endpoints["S3"],
            config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
        )
        self.secrets: SecretsManagerClient = self._session().client(
            "secretsmanager", endpoint_url=self._endpoints["SECRETS_MANAGER"]
        )
        self.sqs: SQSClient = self._session().client(
            "sqs",
            endpoint_url=self._endpoints["SQS"],
            # A failed call is the caller's affair: pollers go on by themselves.
            config=Config(max_pool_connections=100, retries={"total_max_attempts": 1}),
        )

    def environment(self) -> dict[str, str]:
        """AWS_ENDPOINT_URL_... and the credentials, for functions."""
        addresses = {f"AWS_ENDPOINT_URL_{name}": url for name, url in self._endpoints.items() if url}
        region = {"AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION}
        return region | addresses | {name: value for name, value in self._credentials.items() if value}

    def secret(self, name: str) -> str | None:
        """A secret's current value; None if there is none of that name."""
        try:
            return self.secrets.get_secret_value(SecretId=name)["SecretString"]
        except self.secrets.exceptions.ResourceNotFoundException:
            return None

    def keep_secret(self, name: str, value: str) -> None:
        """Set a secret, made if there is none of that name."""
        if self.secret(name) is None:
            self.secrets.create_secret(Name=name, SecretString=value)
        else:
            self.secrets.put_secret_value(SecretId=name, SecretString=value)

    def _session(self) -> boto3.Session:
        key, secret, token = (self._credentials[name] or None for name in _CREDENTIALS)
        return boto3.Session(
            aws_access_key_id=key, aws_secret_access_key=secret, aws_session_token=token, region_name=REGION
        )
