"""The roles of the database cluster, by name."""

from dataclasses import dataclass

OWNER = "lamplighter_owner"
LOOKUP = "lamplighter_lookup"

APP = "lamplighter_app"
ACCOUNTS = "lamplighter_accounts"
SANDBOX = "lamplighter_sandbox"

PUBLISH_DUE = "lamplighter_publish_due"
SPAWN_RECURRING = "lamplighter_spawn_recurring"
SEND_MAIL = "lamplighter_send_mail"
PRUNE = "lamplighter_prune"
ERASE = "lamplighter_erase"
ROTATE_KEYS = "lamplighter_rotate_keys"
WRITE_EXPORT = "lamplighter_write_export"
REZONE_RECURRING = "lamplighter_rezone_recurring"
RELAY_OUTBOX = "lamplighter_relay_outbox"
TELL_EXPIRING = "lamplighter_tell_expiring"

DISPATCHER = "lamplighter_dispatcher"
SPAWNER = "lamplighter_spawner"
MAILER = "lamplighter_mailer"
PRUNER = "lamplighter_pruner"
ERASER = "lamplighter_eraser"
ROTATOR = "lamplighter_rotator"
RELAY = "lamplighter_relay"
WATCHER = "lamplighter_watcher"


@dataclass(frozen=True, slots=True)
class Role:
    """A role of the cluster. None is a superuser, none bypasses row level security, passwords come later."""

    name: str
    login: bool
    member_of: tuple[str, ...] = ()
    """Entered by SET ROLE only: no role inherits what another may do."""


ROLES = (
    Role(OWNER, login=False),
    Role(LOOKUP, login=False),
    Role(DISPATCHER, login=False),
    Role(SPAWNER, login=False),
    Role(MAILER, login=False),
    Role(PRUNER, login=False),
    Role(ERASER, login=False),
    Role(ROTATOR, login=False),
    Role(RELAY, login=False),
    Role(WATCHER, login=False),
    Role(APP, login=True),
    Role(ACCOUNTS, login=True),
    Role(SANDBOX, login=True),
    Role(PUBLISH_DUE, login=True, member_of=(DISPATCHER,)),
    Role(SPAWN_RECURRING, login=True, member_of=(SPAWNER,)),
    Role(SEND_MAIL, login=True, member_of=(MAILER,)),
    Role(PRUNE, login=True, member_of=(PRUNER,)),
    Role(ERASE, login=True, member_of=(ERASER,)),
    Role(ROTATE_KEYS, login=True, member_of=(ROTATOR,)),
    # Within a workspace it is what the API is there, for a person what the routes of accounts are.
    Role(WRITE_EXPORT, login=True, member_of=(APP, ACCOUNTS)),
    # Finds rules of every tenant by their zone, and is the API in the one whose posts it moves.
    Role(REZONE_RECURRING, login=True, member_of=(SPAWNER, APP)),
    Role(RELAY_OUTBOX, login=True, member_of=(RELAY,)),
    # Finds accounts of every tenant by when they expire, and is the API in the one that it tells.
    Role(TELL_EXPIRING, login=True, member_of=(WATCHER, APP)),
)

ENTERED = frozenset(entered for role in ROLES for entered in role.member_of)
"""What a login becomes for a transaction: each sees the few columns its cross-tenant job needs."""

LOGINS = tuple(role.name for role in ROLES if role.login)
