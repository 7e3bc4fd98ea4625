"""Who may see and do what in the database: roles, row level security, grants and functions, declared once."""

from lamplighter.postgres.roles import (
    ACCOUNTS,
    APP,
    DISPATCHER,
    ERASE,
    ERASER,
    LOGINS,
    LOOKUP,
    MAILER,
    OWNER,
    PRUNE,
    PRUNER,
    PUBLISH_DUE,
    REZONE_RECURRING,
    ROLES,
    ROTATE_KEYS,
    ROTATOR,
    SANDBOX,
    SEND_MAIL,
    SPAWN_RECURRING,
    SPAWNER,
    WRITE_EXPORT,
)
from lamplighter.postgres.security.functions import FUNCTIONS
from lamplighter.postgres.security.grants import grants
from lamplighter.postgres.security.policies import policies
from lamplighter.postgres.security.tenancy import UNTENANTED, tables

__all__ = [
    "ACCOUNTS",
    "APP",
    "DISPATCHER",
    "ERASE",
    "ERASER",
    "FUNCTIONS",
    "LOGINS",
    "LOOKUP",
    "MAILER",
    "OWNER",
    "PRUNE",
    "PRUNER",
    "PUBLISH_DUE",
    "REZONE_RECURRING",
    "ROLES",
    "ROTATE_KEYS",
    "ROTATOR",
    "SANDBOX",
    "SEND_MAIL",
    "SPAWNER",
    "SPAWN_RECURRING",
    "UNTENANTED",
    "WRITE_EXPORT",
    "grants",
    "policies",
    "tables",
]
