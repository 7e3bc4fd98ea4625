"""Structured logs, the rule that no secret reaches one, and metrics, which are lines of them too."""

from collections.abc import Mapping
from functools import cache

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

SERVICE = "lamplighter"


@cache
def logger() -> Logger:
    """The process's JSON logger. Log ids, codes and durations; never
    headers, bodies, tokens or post texts."""
    # An exception's traceback is in the line already: no need for it a second time, frame by frame.
    return Logger(service=SERVICE, utc=True, log_uncaught_exceptions=False, serialize_stacktrace=False)


def measure(namespace: str, counts: Mapping[str, float], seconds: Mapping[str, float]) -> None:
    """Metrics for CloudWatch, which reads them out of the log line that this prints."""
    metrics = EphemeralMetrics(namespace=namespace, service=SERVICE)
    for name, value in counts.items():
        metrics.add_metric(name, MetricUnit.Count, value)
    for name, value in seconds.items():
        metrics.add_metric(name, MetricUnit.Seconds, value)
    metrics.flush_metrics()
