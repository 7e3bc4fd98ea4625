"""Writes each event into the log."""

import json


def handler(event, context):
    """Prints it."""
    print("tick", json.dumps(event))  # noqa: T201  # what the test reads
