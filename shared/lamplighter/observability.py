"""Structured logs, and the rule that no secret reaches one."""

from functools import cache

from aws_lambda_powertools import Logger


@cache
def logger() -> Logger:
    """The process's JSON logger. Log ids, codes and durations; never
    headers, bodies, tokens or post texts."""
    # An exception's traceback is in the line already: no need for it a second time, frame by frame.
    return Logger(service="lamplighter", utc=True, log_uncaught_exceptions=False, serialize_stacktrace=False)
