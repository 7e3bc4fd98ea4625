"""What an archive of a workspace or a person leaves out, and why: everything else is in it by itself."""

from collections.abc import Mapping

FORMAT_VERSION = 1
"""Of the archive; a reader refuses one that it does not know."""

TABLES: Mapping[str, str] = {
    "workspace_keys": "keys, wrapped: they open nothing outside of this deployment",
    "refresh_tokens": "hashes of credentials",
    "mail_tokens": "hashes of credentials",
    "mails": "a queue of what is to be sent, without texts",
    "dispatches": "a queue of what is to be done; the publications tell the same",
    "event_sequences": "counters, for the order of events alone",
    "events": "what receivers were told of the archive's own rows, for 30 days",
    "webhook_attempts": "what receivers answered, for 30 days",
    "connection_gates": "how the networks behaved of late, for the workers alone",
}
"""Whole tables."""

COLUMNS: Mapping[str, str] = {
    "users.password_hash": "the hash of a credential",
    "api_keys.key_hash": "the hash of a credential",
    "api_keys.pepper_version": "says which key made that hash",
    "platform_connections.access_token": "a credential, sealed",
    "platform_connections.refresh_token": "a credential, sealed",
    "webhooks.secret": "a credential, sealed",
    "webhooks.previous_secret": "a credential, sealed",
    "webhooks.headers_secret": "may hold a credential, sealed",
    "invitations.token_hash": "the hash of a credential",
    "approval_links.token_hash": "the hash of a credential",
    "calendar_feeds.token_hash": "the hash of a credential",
    "audit_log.personal": "sealed; the archive holds what is in it, as address and agent",
    "media.object_key": "where the file lies here; in the archive it is media/<id>",
    "exports.object_key": "where an archive lies here",
}
"""Columns of tables that are in the archive, as table.column."""


def is_left_out(table: str, column: str) -> bool:
    """Whether the archive holds this column of the table."""
    return f"{table}.{column}" in COLUMNS
