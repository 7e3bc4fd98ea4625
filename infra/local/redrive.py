"""`python -m infra.local.redrive QUEUE [--dry-run] [--limit N]`: functions/redrive on the local stack."""

import argparse
import json
import sys
from types import SimpleNamespace

from infra.local.reaching import reached

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
    if not reached(QUEUES):
        sys.exit("Lamplighter does not run")
    from functions.redrive.handler import handler  # noqa: PLC0415  # wants those settings

    event = {"queue": wanted.queue, "limit": wanted.limit, "dry_run": wanted.dry_run}
    context = SimpleNamespace(get_remaining_time_in_millis=lambda: 300_000)
    print(json.dumps(handler(event, context)))  # type: ignore[arg-type]  # as much of a context as it uses


if __name__ == "__main__":
    main()
