"""What Schemathesis loads beside its configuration: data that exists, a check, and a bound around it all."""

import json
import os
import re
from typing import Any

import schemathesis
import urllib3
from schemathesis.checks import CheckContext
from schemathesis.core.failures import Failure
from schemathesis.core.transport import Response
from schemathesis.hooks import HookContext

NOWHERE = "https://192.0.2.1"
"""An address of documentation's (RFC 5737), which the guarded egress refuses."""
_ETAG = re.compile(r'"[0-9]{1,9}"')
_RESOURCE = re.compile(r"/v1/workspaces/[0-9a-f-]{36}(/[a-z-]+/[0-9a-f-]{36})?")
_UNSEEN = re.compile(r"[\x00-\x20]")

EXPLAINED = {
    "invalid_cursor": "only a page before gives a cursor that its list takes",
    "stale_version": "only a read gives the version that stands",
    "forbidden_character": "U+0000 is refused in every text; a pattern at each would say nothing else",
    "empty": "white space alone is no text",
    "empty_content": "white space alone is no text",
    "credentials_incomplete": "each network takes other credentials",
    "too_many_images": "told with the network's other limits",
    "duplicate_ids": "the ids that lead somewhere are few, and may be filled in twice",
    "in_the_past": "depends on when it is asked",
    "too_far_ahead": "depends on when it is asked",
    "unknown_content": "the content must be there",
    "unknown_connection": "the account must be connected",
    "unknown_media": "the image must be there",
    "media_not_ready": "the image must be uploaded",
    "needs_reconnect": "the account must be connected still",
}
"""Codes of refusals that no schema can foresee, and why."""


@schemathesis.hook
def before_load_schema(context: HookContext, raw_schema: dict[str, Any]) -> None:
    """The ids of the one example that needs some lead somewhere."""
    [example] = raw_schema["components"]["schemas"]["PublicationCreate"]["examples"]
    example["content_id"] = os.environ["FUZZ_CONTENT"]
    example["connection_ids"] = [os.environ["FUZZ_CONNECTION"]]


@schemathesis.hook
def before_call(context: HookContext, case: schemathesis.Case, kwargs: Any) -> None:
    """No account is looked for on a server of somebody else's, and a change names the version that stands."""
    body = case.body
    if case.operation.path.endswith("/connections") and isinstance(body, dict) and leads_out(body):
        case.body = {**body, "base_url": NOWHERE}
    given = (case.headers or {}).get("If-Match")
    if isinstance(given, str) and _ETAG.fullmatch(given):
        case.headers["If-Match"] = standing(case) or given


def standing(case: schemathesis.Case) -> str | None:
    """The ETag of the resource that a request would change."""
    resource = _RESOURCE.match(case.formatted_path)
    base = str(case.operation.schema.get_base_url()).rstrip("/")
    headers = {"Authorization": f"Bearer {os.environ['FUZZ_KEY']}"}
    return (
        urllib3.request("GET", base + resource[0], headers=headers).headers.get("ETag") if resource else None
    )


def leads_out(body: dict[str, Any]) -> bool:
    """Whether a connection with this body would be asked for on a server; an unreadable address stays as it
    is, to be refused."""
    base_url = body.get("base_url")
    if base_url is None:
        return body.get("platform") == "bluesky"
    return isinstance(base_url, str) and _UNSEEN.sub("", base_url).lower().startswith("http")


@schemathesis.check
def refusal_is_explained(ctx: CheckContext, response: Response, case: schemathesis.Case) -> None:
    """What fits the schema is refused for a reason that no schema can say: in place of Schemathesis' own
    check, which only sees the status."""
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    if response.status_code not in (400, 412, 413, 415, 422, 428):
        return
    said = json.loads(response.content)
    codes = {fault["code"] for fault in said["errors"]} or {said["code"]}
    if codes - EXPLAINED.keys():
        raise Failure(
            operation=case.operation.label,
            title="Schema-valid request refused",
            message=f"{response.status_code} {', '.join(sorted(codes))}",
        )
