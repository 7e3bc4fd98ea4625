"""A new migration out of what the models and `postgres.security` say and the migrated database does not."""

import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from alembic import command
from alembic.autogenerate import renderers
from alembic.autogenerate.api import AutogenContext
from alembic.operations import ops
from sqlalchemy import Connection

from infra.local.postgres import EmbeddedPostgres
from lamplighter.postgres import migrations, security
from lamplighter.postgres.base import Base
from lamplighter.postgres.catalog import Catalog, Item, catalog, differences
from lamplighter.postgres.roles import ROLES
from lamplighter.postgres.security import statements

AS_OWNER = f"SET LOCAL ROLE {security.OWNER}"


def generate(scripts: Path, message: str) -> tuple[list[Path], list[str]]:
    """Write the migration and its SQL; also what it fails to bring about, for a person to add by hand."""
    with scratch_server() as server:
        for name in ("migrated", "wanted"):
            _create_database(server, name)
        build_from_models(server.url(database="wanted"))
        migrations.upgrade(server.url(database="migrated"), scripts)
        before, wanted = (_catalog(server.url(database=name)) for name in ("migrated", "wanted"))
        if not differences(before, wanted):
            return [], []
        script = _revision(server.url(database="migrated"), scripts, message, before, wanted)
        migrations.upgrade(server.url(database="migrated"), scripts)
        left = differences(_catalog(server.url(database="migrated")), wanted)
        return [script, *render(scripts, script)], left


@contextmanager
def scratch_server() -> Iterator[EmbeddedPostgres]:
    """A new server that leaves nothing behind."""
    with TemporaryDirectory(prefix="lamplighter-") as folder:
        server = EmbeddedPostgres(Path(folder) / "postgres")
        try:
            yield server.start()
        finally:
            server.remove()


def render(scripts: Path, script: Path) -> list[Path]:
    """Write the SQL of a migration beside it, for review: what goes up and what comes down."""
    found = _sql(scripts, script)
    for path, sql in found.items():
        path.write_text(sql)
    return list(found)


def stale(scripts: Path) -> list[Path]:
    """The committed SQL that is not, or no longer, what its migration does."""
    made: dict[Path, str] = {}
    for script in sorted((scripts / "versions").glob("*.py")):
        made |= _sql(scripts, script)
    kept = set((scripts / "versions").glob("*.sql"))
    missing = made.keys() - kept
    return sorted(missing | {path for path in kept if path.read_text() != made.get(path)})


def _sql(scripts: Path, script: Path) -> dict[Path, str]:
    rendered = migrations.rendered(scripts, script.name.partition("_")[0])
    return {
        script.with_suffix(f".{direction}.sql"): tidy(sql)
        for direction, sql in zip(("up", "down"), rendered, strict=True)
    }


def tidy(sql: str) -> str:
    """Alembic's rendering without trailing blanks and empty runs, so that it reads and compares well."""
    lines = [line.rstrip() for line in sql.replace("\t", "    ").splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"


def build_from_models(url: str) -> None:
    """A database as the models and `postgres.security` declare it, without any migration."""
    engine = migrations.engine(url)
    with engine.begin() as connection:
        for statement in statements.bootstrap_statements():
            connection.exec_driver_sql(statement)
        connection.exec_driver_sql(AS_OWNER)
        connection.exec_driver_sql("CREATE SCHEMA sandbox")
        Base.metadata.create_all(connection)
        for statement in statements.table_statements():
            connection.exec_driver_sql(statement)


def _create_database(server: EmbeddedPostgres, name: str) -> None:
    engine = migrations.engine(server.url()).execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")


def _catalog(url: str) -> Catalog:
    with migrations.engine(url).begin() as connection:
        return catalog(connection)


def _revision(url: str, scripts: Path, message: str, before: Catalog, wanted: Catalog) -> Path:
    known = migrations.revisions(scripts)

    def complete(_context: object, _revision: object, directives: list[ops.MigrationScript]) -> None:
        script = directives[0]
        up, down = script.upgrade_ops, script.downgrade_ops
        if up is None or down is None:
            message = "Alembic generated no operations"
            raise RuntimeError(message)
        _add(up, before, wanted, _opening(scripts, first=not known))
        _add(down, wanted, before, [AS_OWNER])
        if not known:
            down.ops.extend(_executed(_closing()))

    with migrations.engine(url).connect() as connection:
        config = _config(scripts, connection)
        made = command.revision(
            config,
            message,
            autogenerate=True,
            rev_id=f"{len(known) + 1:04d}",
            process_revision_directives=complete,
        )
    if made is None or isinstance(made, list):
        message = "Alembic made no migration"
        raise RuntimeError(message)
    path = Path(made.path)
    path.write_text(re.sub(r"^ *# ### .*\n", "", path.read_text(), flags=re.MULTILINE))
    ruff = [sys.executable, "-m", "ruff"]
    for what in (["check", "--fix", "--quiet"], ["format", "--quiet"]):
        subprocess.run([*ruff, *what, path], check=True)  # our own words
    return path


def _config(scripts: Path, connection: Connection) -> Any:  # Alembic's Config
    config = migrations.config(scripts, connection)
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes["metadata"] = Base.metadata
    return config


def _opening(scripts: Path, *, first: bool) -> list[str]:
    """The first migration makes the owner before it can work as the owner; a later one the roles that are
    in none before it."""
    if not first:
        known = "".join(path.read_text() for path in (scripts / "versions").glob("*.py"))
        made = (role for role in ROLES if not re.search(rf"CREATE ROLE {role.name}\b", known))
        return [*statements.role_statements(made), AS_OWNER]
    return [
        *statements.bootstrap_statements(),
        f"ALTER TABLE alembic_version OWNER TO {security.OWNER}",
        AS_OWNER,
    ]


def _closing() -> list[str]:
    """Undoes the first migration's opening, but for the roles, which other databases of the cluster share."""
    return ["SET LOCAL ROLE NONE", *statements.farewell_statements()]


def _add(into: ops.OpContainer, have: Catalog, want: Catalog, opening: Sequence[str]) -> None:
    """Around Alembic's operations: removals before them, schemas first of all, additions after them."""
    there, staying = _parents(have), _parents(have) & _parents(want)
    gone = [item for key, item in have.items() if want.get(key) != item]
    come = [item for key, item in want.items() if have.get(key) != item]
    # What goes with its table, function or schema needs no removal of its own, and a function is replaced.
    replaced = {key for key in want if key[0] == "function"}
    removed = [
        item
        for item in gone
        if (item.parent in staying or _looks_elsewhere(item)) and (item.kind, item.name) not in replaced
    ]
    # Alembic creates a new table together with its checks.
    added = [item for item in come if item.kind != "check" or item.parent in there]
    before = [*opening, *_each(removed, lambda item: item.drop), *_schemas(come, "CREATE")]
    into.ops = [
        *_executed(before),
        *_keys_around_tables(into.ops),
        *_executed([*_each(added, lambda item: item.create), *_schemas(gone, "DROP")]),
    ]


def _keys_around_tables(operations: Sequence[ops.MigrateOperation]) -> Iterator[ops.MigrateOperation]:
    """New unique keys of tables that stay come first and go last: new tables may refer to them."""
    first: list[ops.MigrateOperation] = []
    last: list[ops.MigrateOperation] = []
    for operation in operations:
        if not isinstance(operation, ops.ModifyTableOps):
            continue
        changed = {each.column.name for each in operation.ops if isinstance(each, ops.AddColumnOp)}
        changed |= {each.column_name for each in operation.ops if isinstance(each, ops.DropColumnOp)}
        for each in list(operation.ops):
            made = each.reverse() if isinstance(each, ops.DropConstraintOp) else each
            if not isinstance(made, ops.CreateUniqueConstraintOp) or changed & set(made.columns):
                continue
            operation.ops.remove(each)
            (first if made is each else last).append(each)
    yield from (*first, *operations, *last)


def _looks_elsewhere(item: Item) -> bool:
    """Whether a policy asks another table, which then cannot be dropped before it."""
    return item.kind == "policy" and re.search(r"\bFROM\b", item.definition) is not None


def _parents(known: Catalog) -> set[str]:
    return {item.name for item in known.values() if item.kind in {"table", "function", "schema"}} | {""}


def _schemas(items: Iterable[Item], verb: str) -> list[str]:
    return [f"{verb} SCHEMA {item.name}" for item in items if item.kind == "schema"]


def _each(items: Iterable[Item], statements: Callable[[Item], tuple[str, ...]]) -> list[str]:
    order = ("row security", "check", "policy", "function", "grant")
    ranked = sorted(
        (item for item in items if item.kind in order), key=lambda item: (order.index(item.kind), item.name)
    )
    return [statement for item in ranked for statement in statements(item)]


def _executed(statements: Iterable[str]) -> list[ops.MigrateOperation]:
    return [ops.ExecuteSQLOp(statement) for statement in statements]


@renderers.dispatch_for(ops.ExecuteSQLOp, replace=True)
def _rendered(_context: AutogenContext, operation: ops.ExecuteSQLOp) -> str:
    """SQL as it is read: on lines of its own where it has several."""
    sql = str(operation.sqltext)
    return f'op.execute(\n    """\n{sql}\n    """\n)' if "\n" in sql else f"op.execute({sql!r})"
