"""Row level security: which rows a role sees and may write."""

from collections.abc import Iterator
from dataclasses import dataclass

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
    SPAWNER,
    WATCHER,
)
from lamplighter.postgres.security.grants import LOOKED_UP, PRUNED, TOUCHED
from lamplighter.postgres.security.tenancy import (
    ORGANIZATION,
    USER,
    WORKSPACE,
    erased_tables,
    workspace_tables,
)


@dataclass(frozen=True, slots=True)
class Policy:
    """One policy of row level security; `check` None means the same as `using`, as Postgres has it."""

    name: str
    table: str
    role: str
    command: str = "ALL"
    using: str | None = None
    check: str | None = None


def policies() -> Iterator[Policy]:
    """The tenants' rules first, then people's, then what jobs and lookups see across tenants."""
    for table in workspace_tables():
        if table.name == "workspace_keys":
            continue
        check = _TEMPLATE_IS_OURS if table.name == "content" else None
        yield Policy("tenant", table.name, APP, using=f"workspace_id = {WORKSPACE}", check=check)
    yield from _TENANTS
    yield from _ACCOUNTS
    yield from _both()
    yield from _jobs()
    yield from _lookups()


# Templates under their own policies: the workspace's and the system's, never another tenant's.
_TEMPLATE_IS_OURS = (
    f"workspace_id = {WORKSPACE} AND (template_id IS NULL"
    " OR EXISTS (SELECT FROM templates t WHERE t.id = content.template_id))"
)
_HERE = f"id = {WORKSPACE} OR organization_id = {ORGANIZATION}"
_IN_TENANT = f"workspace_id = {WORKSPACE} OR organization_id = {ORGANIZATION}"

_TENANTS = (
    Policy(
        "known",
        "users",
        APP,
        "SELECT",
        using=f"id = {USER}"  # noqa: S608  # our own words
        " OR EXISTS (SELECT FROM organization_members m WHERE m.user_id = users.id"
        f" AND m.organization_id = {ORGANIZATION})"
        " OR EXISTS (SELECT FROM workspace_members m WHERE m.user_id = users.id"
        f" AND m.workspace_id = {WORKSPACE})",
    ),
    Policy("own", "organizations", APP, using=f"id = {ORGANIZATION}"),
    Policy("own", "organization_members", APP, using=f"organization_id = {ORGANIZATION}"),
    Policy("visible", "workspaces", APP, "SELECT", using=_HERE),
    Policy("founded", "workspaces", APP, "INSERT", check=f"organization_id = {ORGANIZATION}"),
    Policy("changed", "workspaces", APP, "UPDATE", using=_HERE),
    Policy("system", "templates", APP, "SELECT", using="workspace_id IS NULL"),
    Policy("tenant", "workspace_keys", APP, "SELECT", using=f"workspace_id = {WORKSPACE}"),
    Policy("tenant_adds", "workspace_keys", APP, "INSERT", check=f"workspace_id = {WORKSPACE}"),
    # A living workspace's keys are destroyed by nobody but rotation, and by that once nothing needs them.
    Policy(
        "tenant_ends",
        "workspace_keys",
        APP,
        "DELETE",
        using=f"workspace_id = {WORKSPACE}"
        f" AND EXISTS (SELECT FROM workspaces w WHERE w.id = {WORKSPACE} AND w.deleted_at IS NOT NULL)",
    ),
    Policy("tenant", "invitations", APP, using=_IN_TENANT),
    # A mail goes where its invitation says: nobody has another tenant's link sent to themselves.
    Policy(
        "invites",
        "mails",
        APP,
        "INSERT",
        check="kind = 'invitation' AND user_id IS NULL AND EXISTS"
        " (SELECT FROM invitations i WHERE i.id = mails.invitation_id AND i.email = mails.email)",
    ),
    # Of an endpoint's trouble hears who runs its workspace, under their own address.
    Policy(
        "warns",
        "mails",
        APP,
        "INSERT",
        check="(kind = 'webhook_failing' OR kind = 'webhook_disabled') AND invitation_id IS NULL"
        " AND EXISTS (SELECT FROM webhooks w WHERE w.id = mails.webhook_id)"
        " AND EXISTS (SELECT FROM users u WHERE u.id = mails.user_id AND u.email = mails.email)",
    ),
    Policy("tenant", "exports", APP, using=f"workspace_id = {WORKSPACE}"),
    # Inside coalesce the planner does not count on it: a page of a long log comes off its own index.
    Policy("reads", "audit_log", APP, "SELECT", using=f"coalesce({_IN_TENANT} OR user_id = {USER}, false)"),
    Policy(
        "opens",
        "personal_keys",
        APP,
        "SELECT",
        using=f"owner_id IN ({USER}, {WORKSPACE})"  # noqa: S608  # as above
        " OR EXISTS (SELECT FROM audit_log a WHERE a.personal_owner = personal_keys.owner_id"
        f" AND a.organization_id = {ORGANIZATION} OFFSET 0)"  # one look each, no list of the whole log
        " OR EXISTS (SELECT FROM workspaces w JOIN audit_log a ON a.personal_owner = personal_keys.owner_id"
        f" AND a.organization_id = w.organization_id AND a.workspace_id = w.id WHERE w.id = {WORKSPACE})",
    ),
    Policy("makes", "personal_keys", APP, "INSERT", check=f"owner_id IN ({USER}, {WORKSPACE})"),
    Policy("destroys", "personal_keys", APP, "DELETE", using=f"owner_id = {WORKSPACE}"),
)

_ACCOUNTS = (
    Policy("accounts", "users", ACCOUNTS, using=f"id = {USER}"),
    *(
        Policy("accounts", name, ACCOUNTS, using=f"user_id = {USER}")
        for name in ("sessions", "refresh_tokens", "mail_tokens", "oidc_identities", "exports")
    ),
    Policy("accounts", "personal_keys", ACCOUNTS, using=f"owner_id = {USER}"),
    Policy("accounts", "organizations", ACCOUNTS, "SELECT", using=f"id = {ORGANIZATION}"),
    Policy("accounts", "workspaces", ACCOUNTS, "SELECT", using=_HERE),
    Policy("accounts", "organization_members", ACCOUNTS, "SELECT", using=f"user_id = {USER}"),
    Policy("accounts_leave", "organization_members", ACCOUNTS, "DELETE", using=f"user_id = {USER}"),
    Policy(
        "accounts_join",
        "organization_members",
        ACCOUNTS,
        "INSERT",
        check=f"user_id = {USER} AND organization_id = {ORGANIZATION}",
    ),
    Policy("accounts", "workspace_members", ACCOUNTS, "SELECT", using=f"user_id = {USER}"),
    Policy("accounts_leave", "workspace_members", ACCOUNTS, "DELETE", using=f"user_id = {USER}"),
    Policy(
        "accounts_join",
        "workspace_members",
        ACCOUNTS,
        "INSERT",
        check=f"user_id = {USER} AND workspace_id = {WORKSPACE}",
    ),
    Policy("accounts", "invitations", ACCOUNTS, "SELECT", using=_IN_TENANT),
    Policy("accounts_accept", "invitations", ACCOUNTS, "UPDATE", using=_IN_TENANT),
    Policy(
        "accounts",
        "mails",
        ACCOUNTS,
        "INSERT",
        check=f"invitation_id IS NULL AND (user_id IS NULL OR user_id = {USER})",
    ),
    Policy("accounts", "audit_log", ACCOUNTS, "SELECT", using=f"user_id = {USER}"),
    Policy(
        "accounts_tell",
        "outbox_events",
        ACCOUNTS,
        "INSERT",
        check=f"workspace_id = {WORKSPACE} AND (type = 'member.added' OR type = 'member.removed')",
    ),
    Policy("accounts_count", "event_sequences", ACCOUNTS, using=f"workspace_id = {WORKSPACE}"),
    Policy("accounts_sign", "token_keys", ACCOUNTS, "INSERT", check="true"),
)


def _both() -> Iterator[Policy]:
    """Rules that the two logins of HTTP functions share."""
    roles = f"{ACCOUNTS}, {APP}"
    # A workspace's row names the organization that the workspace has, not another's log.
    ours = "w.id = audit_log.workspace_id AND w.organization_id = audit_log.organization_id"
    appended = (
        f"CASE WHEN workspace_id IS NULL THEN organization_id = {ORGANIZATION} OR user_id = {USER}"
        f" ELSE EXISTS (SELECT FROM workspaces w WHERE {ours}) END"
    )
    yield Policy("appended", "audit_log", roles, "INSERT", check=appended)
    yield Policy("public", "token_keys", roles, "SELECT", using="true")
    scopes = f"scope_id IN ({WORKSPACE}, {ORGANIZATION}, {USER})"
    yield Policy("scope", "idempotency_keys", roles, using=scopes)


def _jobs() -> Iterator[Policy]:
    yield Policy("dispatcher_reads", "dispatches", DISPATCHER, "SELECT", using="true")
    yield Policy("dispatcher_leases", "dispatches", DISPATCHER, "UPDATE", using="true")
    for command in ("SELECT", "UPDATE"):
        yield Policy(f"spawner_{command.lower()}s", "recurring_posts", SPAWNER, command, using="true")
    yield Policy("spawner", "recurring_occurrences", SPAWNER, using="true")
    told = "type = 'recurring_post.completed' OR type = 'recurring_post.failed'"
    yield Policy("spawner_tells", "outbox_events", SPAWNER, "INSERT", check=told)
    yield Policy("spawner_counts", "event_sequences", SPAWNER, using="true")
    for name in ("outbox_events", "webhooks", "webhook_deliveries"):
        yield Policy("relay", name, RELAY, "SELECT", using="true")
    yield Policy("watcher", "platform_connections", WATCHER, "SELECT", using="true")
    for name in ("users", "organizations", "workspaces", "webhooks"):
        yield Policy("mailer", name, MAILER, "SELECT", using="true")
    for name in ("mails", "mail_tokens", "invitations"):
        yield Policy("mailer", name, MAILER, using="true")
    for name in PRUNED:
        # Of media only what was never completed or cannot be used.
        past = "status <> 'ready'" if name == "media" else "true"
        yield Policy("pruner", name, PRUNER, using=past)
    # A living workspace cannot be erased, whatever the job is told.
    yield Policy("eraser", "workspaces", ERASER, using="deleted_at IS NOT NULL")
    dead = f"EXISTS (SELECT FROM workspaces w WHERE w.id = {WORKSPACE})"
    for name, column in erased_tables().items():
        yield Policy("eraser", name, ERASER, using=f"{column} = {WORKSPACE} AND {dead}")
    yield Policy("rotator", "workspaces", ROTATOR, "SELECT", using="true")
    yield Policy("rotator_finds", "workspace_keys", ROTATOR, "SELECT", using="true")
    yield Policy("rotator", "workspace_keys", ROTATOR, using=f"workspace_id = {WORKSPACE}")
    for name in ("platform_connections", "webhooks"):
        yield Policy("rotator", name, ROTATOR, using=f"workspace_id = {WORKSPACE}")


def _lookups() -> Iterator[Policy]:
    for name in LOOKED_UP:
        yield Policy("lookup", name, LOOKUP, "SELECT", using="true")
    for grant in TOUCHED:
        for command in (*grant.privileges.split(), *grant.columns):
            using, check = (None, "true") if command == "INSERT" else ("true", None)
            yield Policy(f"lookup_{command.lower()}s", grant.table, LOOKUP, command, using, check)
