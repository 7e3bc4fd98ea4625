"""What Schemathesis loads beside its configuration: data that exists, a check, and a bound around it all."""

import json
import os
import random
import re
from functools import cache
from typing import Any
from uuid import UUID

import schemathesis
import urllib3
from schemathesis.checks import CheckContext
from schemathesis.core.failures import Failure
from schemathesis.core.transport import Response
from schemathesis.generation.meta import TestPhase
from schemathesis.hooks import HookContext

from infra.tools.fuzz_people import People
from lamplighter.ids import new_id
from tests.fuzz.calls import Call, Scene
from tests.fuzz.swaps import SWAPS, turn_page

NOWHERE = "https://192.0.2.1"
"""An address of documentation's (RFC 5737), which the guarded egress refuses."""
_ETAG = re.compile(r'"[0-9]{1,9}"')
_RESOURCE = re.compile(r"/v1/((workspaces|organizations)/[0-9a-f-]{36}(/[a-z-]+/[0-9a-f-]{36})?|users/me)")
KEY, TOKEN = (f"Bearer {os.environ[name]}" for name in ("FUZZ_KEY", "FUZZ_TOKEN"))
LINK = f"Bearer {os.environ['FUZZ_APPROVAL_LINK']}"
HALF = 0.5
_KEY = re.compile("[!-~]{1,255}")
FRAMING = {"content-length", "transfer-encoding"}
"""What says where a body ends is its sender's business: a wrong one keeps any server waiting for the rest."""
_UNSEEN = re.compile(r"[\x00-\x20]")

EXPLAINED = {
    "invalid_cursor": "only a page before gives a cursor that its list takes",
    "stale_version": "only a read gives the version that stands",
    "forbidden_character": "U+0000 is refused in every text; a pattern at each would say nothing else",
    "empty": "white space alone is no text",
    "empty_content": "white space alone is no text",
    "credentials_incomplete": "each network takes other credentials",
    "too_many_images": "told with the network's other limits",
    "text_too_long": "the accounts for which the content is scheduled say how much fits",
    "text_too_many_bytes": "likewise",
    "thread_unsupported": "not every network takes every kind of segment",
    "comments_unsupported": "likewise",
    "content_archived": "the content must not be archived",
    "approval_required": "the workspace says whether anything goes out without an approval",
    "approval_needs_time": "the workspace, the time and the late policy decide it together",
    "platform_post_id_missing": "whether more is still to be posted, only the ledger knows",
    "duplicate_ids": "the ids that lead somewhere are few, and may be filled in twice",
    "in_the_past": "depends on when it is asked",
    "too_far_ahead": "depends on when it is asked",
    "unknown_content": "the content must be there",
    "unknown_connection": "the account must be connected",
    "unknown_media": "the image must be there",
    "unknown_post": "the post that is answered must be there",
    "media_not_ready": "the image must be uploaded",
    "needs_reconnect": "the account must be connected still",
    "address_refused": "only public addresses are called",
    "idempotency_key_reused": "whether a key was used before, only its caller knows",
    "confirmation_wrong": "only a read tells what confirms",
    "token_invalid": "only a mail tells the token",
    "wrong_password": "only its person knows it",
    "redirect_uri_unknown": "each deployment has its own",
    "not_queued": "only what a queue holds can be put into another order",
    "quiet_hours_empty": "no schema compares two fields",
    "timezone_unknown": "the names of zones change with the IANA database",
    "password_too_common": "no pattern says what is tried first",
    "password_is_email": "depends on who sets it",
    "password_too_short": "counted in characters as Unicode composes them",
    "not_a_member": "the person must belong to the organization",
    "update_publication late_after_minutes_missing": "the publication may have a number of minutes already",
    "unknown_timezone": "the names of zones change with the IANA database",
    "local_time_expected": "not every month has 31 days",
    "time_expected": "likewise",
    "nothing_ahead": "depends on when it is asked",
    "too_dense": "two of its times must not be too close, whatever says so",
    "never_fires": "what a calendar never comes to, only a search tells",
    "invalid": "cron expressions and recurrence rules have grammars of their own",
    "unsupported": "likewise",
    "fixed_has_one_content": "it is about two fields, one of which may be stored already",
    "same_text": "the text of the content must be another",
    "given_twice": "the ids that lead somewhere are few, and may be filled in twice",
    "too_many": "the pool may have contents already",
    "occupied": "another occurrence may be at that time",
    "no_period": "no schema compares two fields, nor says which one comes first",
    "one_to_move": "it is about three fields",
    "not_a_calendar": "a file's grammar is its own",
    "number_out_of_range": "what is stored as it comes must come back as it was",
    "address_not_found": "only a look-up tells whether a name has an address",
    "header_reserved": "the reserved names are many, in any case of their letters",
    "header_twice": "names that differ in case alone are the same",
    "unknown_country": "countries and their parts are many, and not each has holidays that are known",
    "unknown_campaign": "no route makes campaigns yet",
    "empty_range": "no schema compares two fields",
    "accept_invitation missing": "name and password are needed where the address has no account",
}
"""Codes of refusals that no schema can foresee, and why; one may be of a single operation."""


@schemathesis.hook
def before_load_schema(context: HookContext, raw_schema: dict[str, Any]) -> None:
    """The ids of the examples that need some lead somewhere."""
    content_id, connection_id = (os.environ[name] for name in ("FUZZ_CONTENT", "FUZZ_CONNECTION"))
    schemas = raw_schema["components"]["schemas"]
    for name in ("PublicationCreate", "RecurringPostCreate"):
        [example] = schemas[name]["examples"]
        example["connection_ids"] = [connection_id]
        example.update(
            {"content_id": content_id} if "content_id" in example else {"content_ids": [content_id]}
        )
    [example] = schemas["OccurrenceEdit"]["examples"]
    example["content_id"] = content_id


@schemathesis.hook
def before_call(context: HookContext, case: schemathesis.Case, kwargs: Any) -> None:
    """Some calls are led to what may be used up; no account is looked for on a server of somebody else's, and
    a change names the version that stands."""
    scene().people.forget_rates()
    if case.meta is not None and case.meta.phase.name is TestPhase.STATEFUL:
        # Asked again, it is to be decided again in the same way: else the chain of scenarios breaks off.
        scene().dice.seed(f"{os.environ['FUZZ_SEED']} {case.operation.label} {case.query} {case.body}")
    for name in [name for name in case.headers or {} if name.lower() in FRAMING]:
        del case.headers[name]
    call, headers = Call(case, scene()), case.headers or {}
    swap = SWAPS.get(name_of(case))
    key = headers.get("Idempotency-Key")
    if isinstance(key, str) and _KEY.fullmatch(key) and call.fits:
        case.headers["Idempotency-Key"] = f"{key[:200]}{new_id()}"  # the short ones were all used before
    if headers.get("Authorization") == KEY and scene().dice.random() < HALF and is_open_to_people(case):
        case.headers["Authorization"] = TOKEN
    if case.method == "GET":
        turn_page(call)
    if swap is not None and headers.get("Authorization", KEY) in (KEY, TOKEN, LINK):
        swap(call)
    body = case.body
    if case.operation.path.endswith("/connections") and isinstance(body, dict) and leads_out(body):
        case.body = {**body, "base_url": NOWHERE}
    given = headers.get("If-Match")
    if isinstance(given, str) and _ETAG.fullmatch(given):
        case.headers["If-Match"] = standing(case) or given


@cache
def scene() -> Scene:
    """Where this run takes place."""
    ids = (UUID(os.environ[f"FUZZ_{name}"]) for name in ("ORGANIZATION", "WORKSPACE", "OWNER"))
    people = People(**json.loads(os.environ["FUZZ_PEOPLE"]))
    return Scene(*ids, people, random.Random(os.environ["FUZZ_SEED"]))  # noqa: S311  # to be repeated


def name_of(case: schemathesis.Case) -> str:
    """The operation, as the document calls it."""
    return str(case.operation.definition.raw.get("operationId"))


def is_open_to_people(case: schemathesis.Case) -> bool:
    """Whether the operation takes an access token as well."""
    return "security" not in case.operation.definition.raw


def standing(case: schemathesis.Case) -> str | None:
    """The ETag of the resource that a request would change."""
    resource = _RESOURCE.match(case.formatted_path)
    base = str(case.operation.schema.get_base_url()).rstrip("/")
    headers = {"Authorization": case.headers.get("Authorization", "")}
    return (
        urllib3.request("GET", base + resource[0], headers=headers).headers.get("ETag") if resource else None
    )


def leads_out(body: dict[str, Any]) -> bool:
    """Whether a connection with this body would be asked for on a server; an unreadable address stays as it
    is, to be refused."""
    base_url = body.get("base_url")
    if base_url is None:
        return body.get("platform") != "sandbox"
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
    codes = {code for code in codes if f"{name_of(case)} {code}" not in EXPLAINED}
    if codes - EXPLAINED.keys():
        raise Failure(
            operation=case.operation.label,
            title="Schema-valid request refused",
            message=f"{response.status_code} {', '.join(sorted(codes))}",
        )
