"""If-Match: what is changed must be what was read (RFC 9110, 13.1.1)."""

import re
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Header

from lamplighter.problems import DomainError, Kind

IfMatch = Annotated[str | None, Header(alias="If-Match", description="The ETag of what you read.")]
_ETAG = re.compile(r'"(\d{1,9})"')


def expected_version(if_match: str | None) -> int:
    """The version that must still stand; raises when the header is absent or no ETag of ours."""
    if if_match is None:
        detail = "Send If-Match with the ETag of what you read, so that nobody's change is overwritten."
        raise DomainError(Kind.PRECONDITION_REQUIRED, "if_match_required", detail)
    match = _ETAG.fullmatch(if_match.strip())
    if match is None:
        raise DomainError(Kind.STALE, "stale_version", "If-Match is not an ETag of this resource.")
    return int(match[1])


def version_if_given(if_match: str | None) -> int | None:
    """The same, for an action that may go without."""
    return None if if_match is None else expected_version(if_match)
