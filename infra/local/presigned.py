"""What S3 checks of presigned uploads and addresses, and moto does not: their time, size and conditions.

Signatures are not checked: this is what a client may do by mistake, not a defence.
"""

import base64
import datetime as dt
import io
import json
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qs

from werkzeug.formparser import parse_form_data


class Refusal(NamedTuple):
    """S3's answer to what it does not allow."""

    status: str
    code: str
    message: str

    @property
    def body(self) -> bytes:
        """As S3 words it."""
        return f"<Error><Code>{self.code}</Code><Message>{self.message}</Message></Error>".encode()


EXPIRED = Refusal("403 Forbidden", "AccessDenied", "Request has expired")
POLICY_EXPIRED = Refusal("403 Forbidden", "AccessDenied", "Invalid according to Policy: Policy expired.")
CONDITION = Refusal("403 Forbidden", "AccessDenied", "Invalid according to Policy: Policy Condition failed")
TOO_LARGE = Refusal(
    "400 Bad Request", "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size"
)
TOO_SMALL = Refusal("400 Bad Request", "EntityTooSmall", "Your proposed upload is smaller than the minimum")


def refusal(environ: dict[str, Any], now: dt.datetime) -> Refusal | None:
    """Why S3 would refuse this request, if it would; the request's body stays readable."""
    query = parse_qs(environ.get("QUERY_STRING", ""))
    if "X-Amz-Expires" in query and "X-Amz-Date" in query:
        signed = dt.datetime.strptime(query["X-Amz-Date"][0], "%Y%m%dT%H%M%S%z")
        if now > signed + dt.timedelta(seconds=int(query["X-Amz-Expires"][0])):
            return EXPIRED
    is_form = environ.get("CONTENT_TYPE", "").startswith("multipart/form-data")
    if environ["REQUEST_METHOD"] != "POST" or not is_form:
        return None
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    _, fields, files = parse_form_data({**environ, "wsgi.input": io.BytesIO(body)})
    environ["wsgi.input"] = io.BytesIO(body)
    if "policy" not in fields or "file" not in files:
        return None
    policy = json.loads(base64.b64decode(fields["policy"]))
    bucket = environ["PATH_INFO"].strip("/")
    size = files["file"].seek(0, io.SEEK_END)
    return violation(policy, {**fields.to_dict(), "bucket": bucket}, size, now)


def violation(
    policy: Mapping[str, Any], fields: Mapping[str, str], size: int, now: dt.datetime
) -> Refusal | None:
    """What in a form is against its policy."""
    if now > dt.datetime.fromisoformat(policy["expiration"]):
        return POLICY_EXPIRED
    for condition in policy["conditions"]:
        if isinstance(condition, dict):
            [(name, value)] = condition.items()
            operator, wanted = "eq", value
        else:
            operator, name, wanted = condition[0], str(condition[1]).removeprefix("$"), condition[2]
        if operator == "content-length-range":
            if size > int(wanted):
                return TOO_LARGE
            if size < int(condition[1]):
                return TOO_SMALL
            continue
        given = fields.get(name, "")
        if not (given.startswith(wanted) if operator == "starts-with" else given == wanted):
            return CONDITION
    return None
