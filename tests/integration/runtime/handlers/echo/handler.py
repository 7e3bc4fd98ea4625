"""Answers with what it was given."""

import os


def handler(event, context):
    """The event and the context, as JSON."""
    shown = {name: getattr(context, name) for name in vars(context) if not name.startswith("_")}
    shown["identity"] = str(shown["identity"])
    print("echo says something")  # noqa: T201  # what the log test looks for
    return {
        "event": event,
        "context": shown,
        "remaining": context.get_remaining_time_in_millis(),
        "environment": dict(os.environ),
        "pid": os.getpid(),
    }
