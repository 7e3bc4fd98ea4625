"""What a role may do to a table, and to which of its columns."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from lamplighter.postgres.base import Base
from lamplighter.postgres.roles import (
    ACCOUNTS,
    APP,
    DISPATCHER,
    ERASER,
    LOOKUP,
    MAILER,
    PRUNER,
    RELAY,
    ROTATOR,
    SANDBOX,
    SPAWNER,
    WATCHER,
)
from lamplighter.postgres.security.tenancy import erased_tables, sandbox_tables, workspace_tables

_CRUD = "SELECT, INSERT, UPDATE, DELETE"


@dataclass(frozen=True, slots=True)
class Grant:
    """What a role may do to a table; `columns` of a privilege narrow it to them."""

    table: str
    role: str
    privileges: str = ""
    columns: Mapping[str, Sequence[str]] = field(default_factory=dict)


def grants() -> Iterator[Grant]:
    """Every privilege on a table that a role other than its owner has."""
    narrowed = {grant.table for grant in _APP}
    for table in workspace_tables():
        if table.name not in narrowed:
            yield Grant(table.name, APP, _CRUD)
    yield from _APP
    yield from _ACCOUNTS
    yield from _JOBS
    yield from _eraser()
    for name in sandbox_tables():
        yield Grant(name, SANDBOX, _CRUD)
    for name, columns in LOOKED_UP.items():
        yield Grant(name, LOOKUP, columns={"SELECT": columns})
    yield from TOUCHED


def _all_but(table: str, *columns: str) -> list[str]:
    return [column.name for column in Base.metadata.tables[table].columns if column.name not in columns]


_INVITATION = _all_but("invitations", "token_hash")
_EXPORT = (
    *("status", "object_key", "byte_size", "error", "finished_at", "expires_at"),
    *("claimed_until", "attempts"),
)
_ATTEMPT = _all_but(
    "publication_attempts",
    *("id", "workspace_id", "publication_platform_id", "connection_id", "number", "task", "segment"),
    *("reconciles", "digest", "claimed_at"),
)
_WORKSPACE = (
    *("name", "slug", "industry", "settings", "approval_required", "author_may_approve"),
    *("duplicate_window_hours", "deleted_at", "version", "updated_at"),
)

_APP = (
    Grant("users", APP, columns={"SELECT": _all_but("users", "password_hash")}),
    # Not the plan, nor what Stripe says: those change by billing alone.
    Grant(
        "organizations",
        APP,
        "SELECT, INSERT",
        {"UPDATE": ("name", "slug", "owner_id", "deleted_at", "version", "updated_at")},
    ),
    Grant("organization_members", APP, _CRUD),
    # Not organization_id: a workspace's own transaction must not move it to another organization.
    Grant(
        "workspaces",
        APP,
        "SELECT, INSERT",
        {"UPDATE": _WORKSPACE},
    ),
    Grant("workspace_keys", APP, "SELECT, INSERT, DELETE"),
    Grant("publication_attempts", APP, "SELECT, INSERT", {"UPDATE": _ATTEMPT}),
    Grant("approvals", APP, "SELECT, INSERT"),
    Grant("approval_links", APP, "SELECT, INSERT", {"UPDATE": ("revoked_at", "decided_at")}),
    Grant("calendar_feeds", APP, "SELECT, INSERT", {"UPDATE": ("revoked_at",)}),
    Grant("imported_events", APP, "SELECT, INSERT"),
    # Deleting is handing over to `events`, which fan-out does inside the workspace.
    Grant("outbox_events", APP, "SELECT, INSERT, DELETE"),
    Grant("event_sequences", APP, "SELECT, INSERT", {"UPDATE": ("sequence",)}),
    Grant("events", APP, "SELECT, INSERT", {"UPDATE": ("endpoints",)}),
    Grant("webhook_attempts", APP, "SELECT, INSERT"),
    Grant(
        "invitations",
        APP,
        "DELETE",
        {
            "SELECT": _INVITATION,
            "INSERT": _INVITATION,
            "UPDATE": ("role", "expires_at", "revoked_at", "version", "updated_at"),
        },
    ),
    Grant("mails", APP, "INSERT"),
    Grant("exports", APP, "SELECT, INSERT", {"UPDATE": _EXPORT}),
    Grant("audit_log", APP, "SELECT, INSERT"),
    Grant("personal_keys", APP, "SELECT, INSERT, DELETE"),
    Grant("token_keys", APP, "SELECT"),
    Grant("idempotency_keys", APP, _CRUD),
)

_ACCOUNTS = (
    Grant("users", ACCOUNTS, "SELECT, INSERT", {"UPDATE": _all_but("users", "id", "created_at")}),
    Grant(
        "sessions",
        ACCOUNTS,
        "SELECT, INSERT, DELETE",
        {"UPDATE": ("last_used_at", "expires_at", "revoked_at", "user_agent", "address")},
    ),
    Grant("refresh_tokens", ACCOUNTS, "SELECT, INSERT, DELETE", {"UPDATE": ("used_at",)}),
    Grant("mail_tokens", ACCOUNTS, "SELECT, DELETE", {"UPDATE": ("used_at",)}),
    Grant("oidc_identities", ACCOUNTS, "SELECT, INSERT, DELETE", {"UPDATE": ("last_used_at",)}),
    Grant("personal_keys", ACCOUNTS, "SELECT, INSERT, DELETE"),
    Grant("exports", ACCOUNTS, "SELECT, INSERT, DELETE", {"UPDATE": _EXPORT}),
    Grant("organizations", ACCOUNTS, columns={"SELECT": ("id", "name", "slug", "plan_id", "deleted_at")}),
    Grant(
        "workspaces", ACCOUNTS, columns={"SELECT": ("id", "organization_id", "name", "slug", "deleted_at")}
    ),
    Grant("organization_members", ACCOUNTS, "SELECT, INSERT, DELETE"),
    Grant("workspace_members", ACCOUNTS, "SELECT, INSERT, DELETE"),
    Grant(
        "invitations",
        ACCOUNTS,
        columns={"SELECT": _INVITATION, "UPDATE": ("accepted_at", "version", "updated_at")},
    ),
    Grant("mails", ACCOUNTS, "INSERT"),
    Grant("audit_log", ACCOUNTS, "SELECT, INSERT"),
    # Of members alone, as its policy says: that somebody has joined or left.
    Grant("outbox_events", ACCOUNTS, "INSERT"),
    Grant("event_sequences", ACCOUNTS, "SELECT, INSERT", {"UPDATE": ("sequence",)}),
    Grant("token_keys", ACCOUNTS, "SELECT, INSERT"),
    Grant("idempotency_keys", ACCOUNTS, _CRUD),
)

PRUNED: Mapping[str, Sequence[str]] = {
    "idempotency_keys": ("scope_id", "principal_id", "method", "route", "key", "created_at"),
    "invitations": ("id", "expires_at", "accepted_at", "revoked_at"),
    "sessions": ("id", "expires_at", "revoked_at"),
    "refresh_tokens": ("id", "session_id", "expires_at", "used_at"),
    "mail_tokens": ("id", "expires_at", "used_at"),
    "mails": ("id", "kind", "created_at", "sent_at"),
    "rate_limits": ("bucket", "tat"),
    "exports": ("id", "created_at", "status", "object_key", "expires_at"),
    "media": ("id", "created_at", "status", "object_key"),
    "webhook_deliveries": ("id", "created_at"),
    "events": ("id", "created_at"),
}
"""What grows without end, and the columns that say what is past."""

MARKED: Mapping[str, Mapping[str, Sequence[str]]] = {
    "exports": {"UPDATE": ("status", "object_key")},
    "media": {"UPDATE": ("status", "rejection")},
}
"""What is marked before its file is deleted, so that nobody uses it any more."""

_ROTATED = {
    "platform_connections": ("access_token", "refresh_token"),
    "webhooks": ("secret", "previous_secret", "headers_secret"),
}

_CURSOR = ("cursor_local", "cursor_fold", "cursor_index")

_JOBS = (
    # When it runs, never what it says: content and accounts are read inside the workspace alone.
    Grant(
        "recurring_posts",
        SPAWNER,
        columns={
            "SELECT": (
                *("id", "workspace_id", "schedule_type", "schedule_config", "timezone", "misfire_policy"),
                *("misfire_grace_minutes", "status", "mode", "next_run_at", "run_count", "visit_at"),
                *_CURSOR,
            ),
            "UPDATE": ("status", "next_run_at", "run_count", "visit_at", *_CURSOR),
        },
    ),
    Grant(
        "recurring_occurrences",
        SPAWNER,
        "SELECT, INSERT",
        {"UPDATE": ("due_at", "status", "code", "counted")},
    ),
    # Of rules alone, as its policy says: that one has ended, or cannot be followed any more.
    Grant("outbox_events", SPAWNER, "INSERT"),
    Grant("event_sequences", SPAWNER, "SELECT, INSERT", {"UPDATE": ("sequence",)}),
    # Where something waits and since when, never what.
    Grant("outbox_events", RELAY, columns={"SELECT": ("workspace_id", "created_at")}),
    Grant("webhooks", RELAY, columns={"SELECT": ("id", "workspace_id", "lease_until")}),
    Grant(
        "webhook_deliveries",
        RELAY,
        columns={"SELECT": ("workspace_id", "webhook_id", "status", "next_attempt_at")},
    ),
    Grant(
        "platform_connections",
        WATCHER,
        columns={"SELECT": ("id", "workspace_id", "status", "token_expires_at", "expiry_told")},
    ),
    Grant("dispatches", DISPATCHER, "SELECT", {"UPDATE": ("wakes", "fence", "lease_until")}),
    Grant("mails", MAILER, "SELECT", {"UPDATE": ("claimed_until", "sent_at", "attempts", "error")}),
    Grant(
        "mail_tokens",
        MAILER,
        "INSERT, DELETE",
        {"SELECT": ("id", "user_id", "email", "purpose", "created_at", "expires_at", "used_at")},
    ),
    Grant("users", MAILER, columns={"SELECT": ("id", "email", "name", "deleted_at")}),
    Grant("invitations", MAILER, columns={"SELECT": _INVITATION, "UPDATE": ("token_hash",)}),
    Grant("organizations", MAILER, columns={"SELECT": ("id", "name")}),
    Grant("workspaces", MAILER, columns={"SELECT": ("id", "organization_id", "name")}),
    Grant("webhooks", MAILER, columns={"SELECT": ("id", "workspace_id", "deleted_at")}),
    *(
        Grant(name, PRUNER, "DELETE", {"SELECT": columns, **MARKED.get(name, {})})
        for name, columns in PRUNED.items()
    ),
    Grant("workspaces", ROTATOR, columns={"SELECT": ("id", "deleted_at")}),
    Grant("workspace_keys", ROTATOR, "SELECT, INSERT, DELETE", {"UPDATE": ("retired_at",)}),
    # A token that is being refreshed is left alone.
    Grant("platform_connections", ROTATOR, columns={"SELECT": ("refresh_lease_until",)}),
    *(
        Grant(name, ROTATOR, columns={"SELECT": ("id", "workspace_id", *sealed), "UPDATE": sealed})
        for name, sealed in _ROTATED.items()
    ),
)


def _eraser() -> Iterator[Grant]:
    """Of what it deletes it reads the keys alone, and where files lie."""
    yield Grant(
        "workspaces",
        ERASER,
        columns={
            "SELECT": ("id", "organization_id", "deleted_at", "erased_at"),
            "UPDATE": ("erased_at", "name", "slug", "industry", "settings"),
        },
    )
    for name, column in erased_tables().items():
        table = Base.metadata.tables[name]
        keys = {key.name for key in table.primary_key.columns} if column == "workspace_id" else set()
        files = {"object_key"} & set(table.columns.keys())
        yield Grant(name, ERASER, "DELETE", {"SELECT": sorted({column, *keys, *files})})


_MEMBER = ("user_id", "role", "joined_at")

LOOKED_UP: Mapping[str, Sequence[str]] = {
    "api_keys": (
        *("id", "workspace_id", "key_hash", "type", "permissions", "connection_ids"),
        *("expires_at", "revoked_at", "last_used_at"),
    ),
    "workspaces": ("id", "organization_id", "name", "slug", "deleted_at"),
    "organizations": ("id", "name", "slug", "plan_id", "owner_id", "version", "deleted_at"),
    "workspace_members": ("workspace_id", *_MEMBER),
    "organization_members": ("organization_id", *_MEMBER),
    "users": ("id", "email", "password_hash", "deleted_at"),
    "sessions": ("id", "user_id", "expires_at", "revoked_at", "last_used_at"),
    "refresh_tokens": ("id", "user_id", "session_id", "token_hash"),
    "mail_tokens": ("id", "user_id", "email", "purpose", "token_hash"),
    "oidc_identities": ("user_id", "issuer", "subject"),
    "invitations": ("id", "organization_id", "workspace_id", "email", "token_hash"),
    "mails": ("email", "user_id"),
    "personal_keys": ("owner_id", "wrapped"),
    "approval_links": (
        *("id", "workspace_id", "publication_id", "token_hash", "recipient", "expires_at", "revoked_at"),
    ),
    "calendar_feeds": ("id", "workspace_id", "token_hash", "name", "mode", "connection_ids", "revoked_at"),
    "exports": ("id", "workspace_id", "user_id", "status", "claimed_until", "created_at"),
    "audit_log": ("organization_id", "workspace_id", "personal_owner"),
    "rate_limits": ("bucket", "tat"),
}
"""What the functions read."""

TOUCHED = (
    Grant("api_keys", LOOKUP, columns={"UPDATE": ("last_used_at",)}),
    Grant("sessions", LOOKUP, columns={"UPDATE": ("last_used_at",)}),
    Grant("rate_limits", LOOKUP, "INSERT", {"UPDATE": ("tat",)}),
    Grant("exports", LOOKUP, columns={"UPDATE": ("expires_at",)}),
    Grant("organizations", LOOKUP, columns={"UPDATE": ("owner_id", "version", "updated_at")}),
    *(Grant(name, LOOKUP, "DELETE") for name in ("invitations", "mails", "mail_tokens")),
)
"""What the functions write."""
