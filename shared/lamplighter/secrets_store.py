"""Secrets out of Secrets Manager by way of its Lambda extension: plain HTTP on localhost, no boto3."""

import json
import os
import time
from functools import cache
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import quote, urlsplit

from lamplighter.settings import settings

KEPT_SECONDS = 300.0
"""How long a secret is trusted before it is read again: a rotation reaches every sandbox within it."""

_ATTEMPTS = 3
_TIMEOUT_SECONDS = 3.0
_kept: dict[str, tuple[float, dict[str, Any]]] = {}


class SecretUnavailable(Exception):  # noqa: N818  # reads as what happened
    """The extension did not give the secret. Names the secret, never its value."""


def secret(secret_id: str, *, fresh: bool = False) -> dict[str, Any]:
    """The secret's JSON object, at most `KEPT_SECONDS` old; `fresh` reads it anew, after a refused login."""
    kept = _kept.get(secret_id)
    if kept is not None and not fresh and kept[0] > time.monotonic():
        return kept[1]
    value = _fetch(secret_id, fresh=fresh)
    _kept[secret_id] = (time.monotonic() + KEPT_SECONDS, value)
    return value


def forget() -> None:
    """Drop what is kept (tests only)."""
    _kept.clear()


def _fetch(secret_id: str, *, fresh: bool) -> dict[str, Any]:
    path = f"/secretsmanager/get?secretId={quote(secret_id, safe='')}"
    if fresh:
        path += "&refreshNow=true"  # the extension has a cache of its own
    reason = ""
    for attempt in range(_ATTEMPTS):
        time.sleep(0.05 * attempt)  # the extension may still be starting
        try:
            status, body = _get(path)
        except (OSError, HTTPException) as error:
            reason = str(error) or type(error).__name__
            continue
        if status == 200:  # noqa: PLR2004  # HTTP OK
            return _parsed(secret_id, body)
        reason = f"HTTP {status}"
        if 400 <= status < 500:  # noqa: PLR2004  # asking again changes nothing
            break
    message = f"secret {secret_id}: {reason}"
    raise SecretUnavailable(message)


def _get(path: str) -> tuple[int, bytes]:
    connection = HTTPConnection(_endpoint(settings().secrets_endpoint), timeout=_TIMEOUT_SECONDS)
    try:
        token = os.environ.get("AWS_SESSION_TOKEN", "")  # Lambda's own, so no setting of ours
        connection.request("GET", path, headers={"X-Aws-Parameters-Secrets-Token": token})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


@cache
def _endpoint(address: str) -> str:
    return urlsplit(address).netloc


def _parsed(secret_id: str, body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(json.loads(body)["SecretString"])
    except (ValueError, KeyError, TypeError):
        value = None
    if not isinstance(value, dict):
        message = f"secret {secret_id}: not a JSON object"
        raise SecretUnavailable(message) from None
    return value
