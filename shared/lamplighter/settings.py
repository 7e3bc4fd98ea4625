"""Every environment variable Lamplighter reads, as one frozen object."""

import os
from dataclasses import dataclass, fields
from functools import cache


@dataclass(frozen=True, slots=True)
class Settings:
    """Names are the environment variables' in lower case; each stands in template.yaml's Globals too.

    Read on first use and never at import, so that a test or the local runtime can set the environment after
    importing a handler.
    """

    environment: str = "local"
    """local | staging | production"""

    database_url: str = ""
    """postgresql://host:port/name; the login comes from `database_secret_id` unless the URL carries one."""
    database_secret_id: str = ""
    """Secrets Manager id of {"username": ..., "password": ...}; every function that has its own login names
    its own."""

    login_secret_ids: str = ""
    """For migrate, which sets the logins' passwords: their secrets' ids, separated by commas."""

    clickhouse_url: str = ""
    """http(s)://host:port/database"""
    clickhouse_secret_id: str = ""

    secrets_endpoint: str = "http://localhost:2773"
    """The AWS Parameters and Secrets extension: secrets without importing boto3."""
    peppers_secret_id: str = ""
    """Secrets Manager id of {"current": 1, "peppers": {"1": "<base64>"}}: the key of the API keys' HMAC."""
    signing_secret_id: str = ""
    """Secrets Manager id of {"current": 1, "keys": {"1": "<random text>"}}: signs people's access tokens."""
    oidc_secret_id: str = ""
    """Secrets Manager id of {"name", "issuer", "client_id", "client_secret", "redirect_uris": [...]}: the
    provider that people may sign in through; empty for none."""
    sandbox_secret_id: str = ""
    """Secrets Manager id of {"key": ...}, which signs the tokens of the sandbox network."""
    kms_key_id: str = ""
    """Wraps the workspaces' data keys."""

    organizations_open: str = "open"
    """open | closed: whether people may found organizations, or only the deployment's operator does."""

    media_bucket: str = ""
    publish_queue_url: str = ""
    publish_slow_queue_url: str = ""
    fill_queue_url: str = ""
    dead_letters_url: str = ""
    """A worker's own: where the messages that it refuses go."""
    export_bucket: str = ""
    export_queue_url: str = ""
    mail_queue_url: str = ""
    delivery_queue_url: str = ""
    """Wake-ups of what is to be handed to webhook endpoints."""
    mail_from: str = ""
    """Who mails are from, `Name <address>` or the address alone; empty: none can be sent."""
    mail_link_base: str = ""
    """Where the links in mails lead, without a trailing slash: the web app's address."""

    public_url: str = ""
    """Where the API is reached from outside, without a trailing slash; empty: taken from the request."""
    sandbox_url: str = ""
    """Base address of the sandbox network, without a trailing slash."""

    egress_allow: str = ""
    """Comma-separated exact host:port pairs that outgoing HTTP may
    reach although they are local or not https.
    Refused at start inside Lambda."""

    key_rotation_days: int = 365
    """How old a workspace's data key may become."""

    look_ahead_seconds: int = 120
    """How far ahead a tick claims what falls due; SQS delays a message by up to 900 s."""
    dispatch_grace_seconds: int = 60
    """How long after its due time a claimed post may stay untouched before a tick wakes it again."""
    attempt_lease_seconds: int = 90
    """How long a worker owns an attempt; above publish_post's timeout,
    so that a live worker never loses it."""
    connection_concurrency: int = 4
    """How many attempts of one account may be under way in the quick lane; more go to the slow one."""
    backlog_limit: int = 30_000
    """How many wake-ups may lie in each lane's queue; what is due beyond waits in the database."""
    spawn_horizon_hours: int = 72
    """How far ahead publications are made of recurring posts."""

    metrics_namespace: str = "lamplighter"
    """Of the metrics in CloudWatch: the stack's name."""


def from_environment(environ: dict[str, str]) -> Settings:
    """Settings out of a mapping of environment variables; a number that is none raises ValueError by name."""
    values: dict[str, str | int] = {}
    for item in fields(Settings):
        raw = environ.get(item.name.upper())
        if raw is None or raw == "":
            continue
        if item.type in (int, "int"):
            try:
                values[item.name] = int(raw)
            except ValueError:
                message = f"{item.name.upper()} must be a whole number, not {raw!r}"
                raise ValueError(message) from None
        else:
            values[item.name] = raw
    return Settings(**values)  # type: ignore[arg-type]  # the loop above matched each value to its field


@cache
def settings() -> Settings:
    """The process's settings. `settings.cache_clear()` reads the environment anew (tests only)."""
    return from_environment(dict(os.environ))
