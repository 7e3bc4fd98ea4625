"""`python -m infra.local.redrive QUEUE [--dry-run] [--limit N]`: functions/redrive on the local stack."""

import argparse
import json
import os
import sys
from types import SimpleNamespace

import boto3

from infra.local.children import ROOT
from infra.local.databases import NAME
from infra.local.intrinsics import REGION
from infra.local.postgres import SUPERUSER, EmbeddedPostgres
from infra.local.resources import queue_name
from infra.local.state import State

QUEUES = {
    "PUBLISH_QUEUE_URL": "PublishQueue",
    "PUBLISH_SLOW_QUEUE_URL": "PublishSlowQueue",
    "MAIL_QUEUE_URL": "MailQueue",
    "EXPORT_QUEUE_URL": "ExportQueue",
}


def main() -> None:
    """Print what the function answers."""
    parser = argparse.ArgumentParser(prog="redrive")
    parser.add_argument("queue")
    parser.add_argument("--dry-run", action="store_true")
    parser.add_argument("--limit", type=int, default=1_000)
    wanted = parser.parse_args()
    _reach_the_stack()
    from functions.redrive.handler import handler  # noqa: PLC0415  # wants those settings

    event = {"queue": wanted.queue, "limit": wanted.limit, "dry_run": wanted.dry_run}
    context = SimpleNamespace(get_remaining_time_in_millis=lambda: 300_000)
    print(json.dumps(handler(event, context)))  # type: ignore[arg-type]  # as much of a context as it uses


def _reach_the_stack() -> None:
    state = State(ROOT / ".local")
    ports = state.read().get("ports", {})
    if not state.is_held() or not {"postgres", "aws"} <= ports.keys():
        sys.exit("Lamplighter does not run")
    server = EmbeddedPostgres(state.directory / "postgres", ports["postgres"])
    os.environ |= {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{ports['aws']}",
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_DEFAULT_REGION": REGION,
        "DATABASE_URL": server.url(SUPERUSER, database=NAME),
    }
    sqs = boto3.client("sqs")
    for variable, logical_id in QUEUES.items():
        os.environ[variable] = sqs.get_queue_url(QueueName=queue_name(logical_id))["QueueUrl"]


if __name__ == "__main__":
    main()
