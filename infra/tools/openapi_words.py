"""What the API's description says beside its routes: introduction, tags, security, headers and problems."""

from http import HTTPStatus
from typing import Any

from lamplighter.entrypoints.problem import CONTENT_TYPE, MAX_ERRORS, TYPE_BASE

INFO = {
    "title": "Lamplighter",
    "summary": "The social publishing backend that runs in your own AWS account.",
    "description": """\
Write content once, connect accounts on social networks, and have each post go out on time, once.

**Start here.** `make demo` prints an API key; put it into the field above. Then write content, schedule a
publication of it for one or more connections, and read the publication to see what became of each.

**Times** carry an offset from UTC. **Ids** are UUIDv7. **Unknown fields** are refused. Every answer has a
`Request-Id`.

**Errors** are `application/problem+json` (RFC 9457): `code` is stable and meant for programs, `errors` points
at each field that is wrong, `request_id` finds the call in the logs. API Gateway itself answers a few errors
in its own shape: 413 above 10 MB, 429 and 503.

**Who calls** is a program with an API key (`lmp_...`) or a person with an access token; both go into
`Authorization: Bearer`. What each may do stands in one table, docs/access.md. `RateLimit` says how much more
may be asked.

**Repeat safely.** POSTs take an `Idempotency-Key`: the same key has one effect, and every repetition gets the
first answer, marked `Idempotent-Replayed: true`, for at least a day. Only what succeeded is kept.

**Changes** to what has a `version` need `If-Match` with the `ETag` that was read, so that nobody's change is
lost, and so does approving or rejecting a publication; its other actions may go without.
""",
    "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
}

TAGS = {
    "Accounts": "People: signing up, logging in, their own data.",
    "Organizations": "Who pays: workspaces, members and a plan.",
    "Workspaces": "The tenants: everything else belongs to one.",
    "Members": "Who belongs to an organization or works in a workspace, and as what.",
    "Invitations": "By e-mail, into an organization or a workspace.",
    "API keys": "How programs call. A key is shown once, when it is made.",
    "Content": "What is written before it is published, with words of its own for each network where needed.",
    "Media": "Images: announced, uploaded straight to the object store, then checked from their bytes.",
    "Connections": "Accounts on networks that posts go out from.",
    "Publications": "Content on its way: scheduled for connections, followed until each network answered.",
    "Slots": "Queues: the weekly times at which accounts post, and what is scheduled at the next free one.",
    "Calendar": "What is on which day, with public holidays; moves that look where they lead; feeds for "
    "calendar programs, and files of theirs taken over.",
    "Approvals": "Four eyes: what needs an approval goes out with one, given to exactly this content, these "
    "accounts and this time. A link lets somebody outside the organization decide.",
    "Recurring posts": "Content that goes out again and again, by a schedule in local time, whose single "
    "occurrences can be skipped, moved and edited.",
    "Webhooks": "Addresses that are told of what happens, signed as Standard Webhooks has it; what each was "
    "told, and what is sent again. What is sent stands under Webhooks at the end of this document.",
    "Sandbox": "A small social network of our own in every deployment, where test keys post. Faults "
    "can be switched on to see how publishing copes. Only tokens that the deployment issued open accounts.",
    "Audit log": "Who did what, when and from where; nothing in it is ever changed.",
    "Exports": "Everything of a workspace, or of a person, in one archive.",
    "Documentation": "This document.",
}

SECURITY_SCHEMES = {
    "api_key": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "lmp_live_... or lmp_test_...",
        "description": "A workspace's API key. Test keys run the whole pipeline and post to the sandbox.",
    },
    "access_token": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "A person's: `POST /v1/auth/login` gives one for ten minutes, and a refresh token.",
    },
    "approval_link": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "apl_...",
        "description": "The token of an approval link: it opens one publication, until the link ends.",
    },
    "sandbox_token": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "sbx_...",
        "description": "Issued by this deployment to its own connections; each opens an account of its own "
        "on the sandbox network.",
    },
}
type Security = list[dict[str, list[str]]]

PRINCIPALS: Security = [{"api_key": []}, {"access_token": []}]
PEOPLE: Security = [{"access_token": []}]
ANYBODY: Security = [{}, {"access_token": []}]
"""Who is logged in says so."""
SECURITY_OF: dict[str, Security] = {
    "Approvals": [{"approval_link": []}],
    "Sandbox": [{"sandbox_token": []}],
    "Documentation": [],
}


def is_counted(security: Security | None) -> bool:
    """Whether the operation's callers are people or programs, who have a rate of requests each."""
    return security is None or security in (PRINCIPALS, PEOPLE)


MORE_PROBLEMS = {
    "sign_up": {429, 503},
    "verify_email": {503},
    "log_in": {401, 429, 503},
    "refresh": {401, 503},
    "change_password": {409},
    "complete_email_change": {409},
    "reset_password": {429, 503},
    "complete_password_reset": {503},
    "get_oidc_provider": {404},
    "start_oidc_login": {404, 502},
    "complete_oidc_login": {401, 403, 404, 502, 503},
    "accept_invitation": {401, 403, 429, 503},
    "create_organization": {409},
    "update_organization": {409},
    "transfer_organization": {409},
    "update_organization_member": {409},
    "remove_organization_member": {409},
    "leave_organization": {409},
    "add_workspace_member": {409},
    "update_workspace_member": {409},
    "remove_workspace_member": {409},
    "leave_workspace": {409},
    "invite_into_organization": {409},
    "revoke_organization_invitation": {409},
    "resend_organization_invitation": {409},
    "invite_into_workspace": {409},
    "revoke_workspace_invitation": {409},
    "resend_workspace_invitation": {409},
    "create_workspace": {409},
    "delete_me": {409},
    "update_api_key": {409},
    "complete_media": {409},
    "create_connection": {502},
    "update_content": {409},
    "cancel_publication": {409},
    "create_slot_plan": {409},
    "list_slots": {404, 409},
    "reshuffle_slots": {404, 409},
    "update_publication": {409},
    "create_webhook": {409},
    "replay_webhook": {409},
    "retry_webhook_delivery": {409},
    "get_calendar": {404},
    "move_on_calendar": {404},
    "read_calendar_feed": {410, 429, 503},
    "get_approval": {410, 429},
    "approve_by_link": {410, 429},
    "reject_by_link": {410, 429},
    "create_post": {409, 429},
    "edit_post": {429},
    "delete_post": {429},
}
"""What an operation's services refuse beyond what its parts show."""
OPEN_PATHS = frozenset({"/sandbox/media/{media_id}"})
"""Routes that need no token although their tag's others do."""
OPEN_OPERATIONS = frozenset(
    {
        *("sign_up", "verify_email", "log_in", "refresh", "reset_password", "complete_password_reset"),
        *("get_oidc_provider", "start_oidc_login", "complete_oidc_login"),
    }
)
"""The same by name: what comes before there is a token, such as signing up."""

SECURITY_OF_OPERATIONS: dict[str, Security] = {
    "accept_invitation": ANYBODY,  # where the invited address has an account, its person calls
    "read_calendar_feed": [],  # its address is what opens it
    "leave_workspace": PEOPLE,  # a key has no place to leave, whatever it may do
}
"""What a handler's first question does not say."""

IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Of your choice, new for each request: repeating it repeats the answer, not the effect.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
}

ETAG = {"type": "string", "pattern": '^"[0-9]{1,9}"$', "examples": ['"3"']}
HEADERS = {
    "Request-Id": {"description": "Finds the call in the logs.", "schema": {"type": "string"}},
    "RateLimit": {
        "description": "How many requests are left at once (`r`), and in how many seconds all are (`t`).",
        "schema": {"type": "string", "examples": ['"principal";r=99;t=1']},
    },
    "RateLimit-Policy": {
        "description": "How many requests (`q`) fit in how many seconds (`w`).",
        "schema": {"type": "string", "examples": ['"principal";q=300;w=60']},
    },
    "ETag": {
        "description": "The version of the resource, for If-Match.",
        "schema": ETAG,
    },
}

DESCRIPTIONS = {"200": "As asked", "201": "Made", "202": "Accepted, and on its way", "204": "Done"}
NOTHING_SAID = ("Successful Response", "")

PROBLEM: dict[str, Any] = {
    "type": "object",
    "title": "Problem",
    "description": "The one shape of every error (RFC 9457).",
    "required": ["type", "title", "status", "detail", "instance", "code", "errors", "request_id"],
    "additionalProperties": False,
    "properties": {
        "type": {"type": "string", "format": "uri", "description": "Names the kind of problem."},
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string", "description": "What went wrong and how to mend it, for people."},
        "instance": {"type": "string", "description": "The path that was called."},
        "code": {"type": "string", "description": "Stable, for programs."},
        "errors": {
            "type": "array",
            "description": "Each thing that is wrong with the input; `detail` says if there were more.",
            "maxItems": MAX_ERRORS,
            "items": {
                "type": "object",
                "required": ["code", "detail"],
                "additionalProperties": False,
                "properties": {
                    "pointer": {"type": "string", "description": "JSON pointer into the body (RFC 6901)."},
                    "parameter": {"type": "string", "description": "The parameter that is wrong."},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
        "request_id": {"type": "string"},
        "publication_id": {
            "type": "string",
            "format": "uuid",
            "description": "The publication that is there already (duplicate_publication).",
        },
    },
}

_PROBLEMS = {
    400: ("malformed_json", "The body is not JSON"),
    401: ("unauthenticated", "No valid key or access token"),
    403: ("permission_missing", "The key or the role does not allow it"),
    404: ("not_found", "Nothing there, or nothing that the caller may see"),
    409: ("too_late_to_cancel", "It is in no state for this any more, or something else has its name"),
    410: ("link_expired", "The link worked once, and does not any more"),
    412: ("stale_version", "Somebody changed it meanwhile: read it again"),
    413: ("body_too_large", "The body is too large"),
    415: ("unsupported_media_type", "The body is of another type"),
    422: ("validation_failed", "Something in the request is not valid; `errors` says what"),
    428: ("if_match_required", "If-Match is missing"),
    429: ("rate_limited", "Too many calls: wait as long as `Retry-After` says"),
    500: ("internal_error", "Our fault; `request_id` finds it in the logs"),
    502: ("connection_refused", "The network did not answer: try again later"),
    503: ("busy", "Other requests hold what this one needs; nothing was changed, try again"),
}


_FIELD = {"pointer": "/text", "code": "missing", "detail": "This field is required."}


def _problem(status: int, code: str, description: str) -> dict[str, Any]:
    example = {
        "type": TYPE_BASE + code.replace("_", "-"),
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": description + ".",
        "instance": "/v1/workspaces",
        "code": code,
        "errors": [_FIELD] if code == "validation_failed" else [],
        "request_id": "Jb3kXh0aDoEEJPw=",
    }
    return {
        "description": description,
        "content": {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "example": example}},
    }


PROBLEMS = {str(status): _problem(status, *said) for status, said in _PROBLEMS.items()}
