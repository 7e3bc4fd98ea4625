"""One call to a network: its answer, or what a failure on the way proves about it."""

from collections.abc import Mapping
from typing import Any

import orjson

from lamplighter import egress
from lamplighter.domain.outcomes import NotSent, Rejected, Unknown
from lamplighter.egress import API, Purpose, Response
from lamplighter.platforms.base import ConnectFailed

type Failed = Rejected | NotSent | Unknown


def call(
    method: str,
    url: str,
    *,
    token: str | None = None,
    json: Any = None,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    purpose: Purpose = API,
) -> Response | Failed:
    """Send one request, once. Any status is an answer; `json` is sent as the body when given."""
    sent = dict(headers or {})
    if token is not None:
        sent["Authorization"] = f"Bearer {token}"
    if json is not None:
        sent["Content-Type"] = "application/json"
        body = orjson.dumps(json)
    try:
        return egress.request(method, url, headers=sent, body=body, purpose=purpose)
    except egress.Refused as refused:
        return Rejected("address_refused", refused.reason)
    except egress.NotSent as failed:
        return NotSent("unreachable", failed.reason)
    except egress.Interrupted as failed:
        return Unknown("no_answer", failed.reason)


def check_address(url: str) -> None:
    """Raise ConnectFailed unless outgoing calls may go to this address."""
    try:
        egress.check(url)
    except egress.Refused as refused:
        raise ConnectFailed("address_refused", refused.reason) from refused
    except egress.NotSent as failed:
        raise ConnectFailed("unreachable", failed.reason, transient=True) from failed


def json_object(response: Response) -> dict[str, Any]:
    """The body as a JSON object; empty where it is anything else."""
    try:
        value = response.json()
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
