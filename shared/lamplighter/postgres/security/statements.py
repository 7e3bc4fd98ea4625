"""The SQL of what `security` declares."""

from collections.abc import Iterable, Iterator

from lamplighter.postgres.roles import LOOKUP, OWNER, ROLES, SANDBOX, Role
from lamplighter.postgres.security.functions import FUNCTIONS, Function
from lamplighter.postgres.security.grants import grants
from lamplighter.postgres.security.policies import policies
from lamplighter.postgres.security.tenancy import USER, tables


def bootstrap_statements() -> Iterator[str]:
    """What the administrator does once in each database: the roles, and room for the owner to work in."""
    for role in ROLES:
        login = "LOGIN" if role.login else "NOLOGIN"
        yield (
            f"DO $$ BEGIN CREATE ROLE {role.name} {login} NOINHERIT;"
            " EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
        )
    for role in ROLES:
        for entered in role.member_of:
            yield f"GRANT {entered} TO {role.name}"
    yield f"GRANT {LOOKUP} TO {OWNER}"
    yield f"GRANT {OWNER} TO CURRENT_USER"
    yield from database_statements()
    yield f"GRANT CREATE ON SCHEMA public TO {OWNER}, {LOOKUP}"


def role_statements(roles: Iterable[Role]) -> Iterator[str]:
    """Makes those of the roles that the cluster lacks; the administrator's to run."""
    roles = list(roles)
    for role in roles:
        login = "LOGIN" if role.login else "NOLOGIN"
        yield (
            f"DO $$ BEGIN CREATE ROLE {role.name} {login} NOINHERIT;"
            " EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
        )
    for role in roles:
        if role.member_of:
            yield f"GRANT {', '.join(role.member_of)} TO {role.name}"


def database_statements() -> Iterator[str]:
    """The part of the bootstrap that a copy of a database lacks."""
    yield (
        "DO $$ BEGIN EXECUTE 'GRANT CREATE ON DATABASE ' || quote_ident(current_database())"
        f" || ' TO {OWNER}'; END $$"
    )


def farewell_statements() -> Iterator[str]:
    """Takes back what the bootstrap gave in this database; the roles stay, for other databases share them."""
    yield f"REVOKE CREATE ON SCHEMA public FROM {OWNER}, {LOOKUP}"
    yield (
        "DO $$ BEGIN EXECUTE 'REVOKE CREATE ON DATABASE ' || quote_ident(current_database())"
        f" || ' FROM {OWNER}'; END $$"
    )


def table_statements() -> Iterator[str]:
    """Row level security, policies and grants of all tables, and the functions; run as the owner."""
    for table in tables():
        yield f"ALTER TABLE {table.name} ENABLE ROW LEVEL SECURITY"
        yield f"ALTER TABLE {table.name} FORCE ROW LEVEL SECURITY"
    for policy in policies():
        using = f" USING ({policy.using})" if policy.using else ""
        check = f" WITH CHECK ({policy.check})" if policy.check else ""
        subject = f"{policy.name} ON {policy.table} FOR {policy.command} TO {policy.role}"
        yield f"CREATE POLICY {subject}{using}{check}"
    yield f"GRANT USAGE ON SCHEMA sandbox TO {SANDBOX}"
    for grant in grants():
        narrowed = [f"{privilege} ({', '.join(columns)})" for privilege, columns in grant.columns.items()]
        privileges = ", ".join(([grant.privileges] if grant.privileges else []) + narrowed)
        yield f"GRANT {privileges} ON {grant.table} TO {grant.role}"
    for function in FUNCTIONS:
        yield from _function_statements(function)


def _function_statements(function: Function) -> Iterator[str]:
    yield f"SET LOCAL ROLE {LOOKUP}"
    rows = f" ROWS {function.rows}" if function.rows else ""
    called = " SECURITY DEFINER SET search_path = pg_catalog, pg_temp" if function.to else ""
    yield (
        f"CREATE FUNCTION {function.signature} RETURNS {function.returns} LANGUAGE {function.language}"
        f" {function.volatility}{rows}{called} AS $${function.body.replace('$user', USER)}$$"
    )
    yield f"REVOKE ALL ON FUNCTION {function.identity} FROM PUBLIC"
    if function.to:
        yield f"GRANT EXECUTE ON FUNCTION {function.identity} TO {', '.join(function.to)}"
    yield f"SET LOCAL ROLE {OWNER}"
