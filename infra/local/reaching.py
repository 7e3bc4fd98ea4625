"""For a tool that runs a function's code itself: the settings by which it reaches the stack that runs."""

import os
from collections.abc import Mapping

import boto3

from infra.local.children import ROOT
from infra.local.databases import NAME
from infra.local.intrinsics import REGION
from infra.local.postgres import SUPERUSER, EmbeddedPostgres
from infra.local.resources import queue_name
from infra.local.state import State


def reached(queues: Mapping[str, str]) -> bool:
    """Whether the stack runs; if so this process reaches its databases, AWS and `queues`, logical ids
    by their settings."""
    state = State(ROOT / ".local")
    ports = state.read().get("ports", {})
    if not state.is_held() or not {"postgres", "aws"} <= ports.keys():
        return False
    server = EmbeddedPostgres(state.directory / "postgres", ports["postgres"])
    os.environ |= {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{ports['aws']}",
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_DEFAULT_REGION": REGION,
        "DATABASE_URL": server.url(SUPERUSER, database=NAME),
    }
    sqs = boto3.client("sqs")
    for variable, logical_id in queues.items():
        os.environ[variable] = sqs.get_queue_url(QueueName=queue_name(logical_id))["QueueUrl"]
    return True
