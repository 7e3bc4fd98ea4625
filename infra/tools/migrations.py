"""The migrations' process as commands: generate, render, check, status, apply, roll back, rehearse.

The databases are those of DATABASE_URL, with the administrator's login, and CLICKHOUSE_URL. Without the
first, `rehearse` takes an embedded server with rows in every table.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from infra.tools import migrations_generate
from infra.tools.migrations_rows import fill
from lamplighter.postgres import migrations
from lamplighter.services.migrations import Migrations
from lamplighter.settings import settings

FOLDER = Path(__file__).parents[1] / "migrations"
SCRIPTS = FOLDER / "postgres"


def main() -> int:
    """0 when it is done, 1 when a check fails or something is left to a person."""
    parser = argparse.ArgumentParser(prog="python -m infra.tools.migrations", description=__doc__)
    commands = parser.add_subparsers(required=True)
    for command in (generate, render, check, status, apply, rollback, rehearse):
        described = (command.__doc__ or "").partition(".")[0]
        sub = commands.add_parser(command.__name__, help=described, description=described)
        sub.set_defaults(run=command)
        if command is generate:
            sub.add_argument("name", help="what it does, as a commit message would say it")
        if command is rollback:
            sub.add_argument("--to", help='revision of Postgres to go back to ("base": an empty database)')
            sub.add_argument("--clickhouse-to", type=int, help="version of ClickHouse to go back to")
        if command is rehearse:
            sub.add_argument("--disconnect", action="store_true", help="end other sessions to make the copy")
    arguments = parser.parse_args()
    run: Callable[[argparse.Namespace], int] = arguments.run
    return run(arguments)


def generate(arguments: argparse.Namespace) -> int:
    """Write the migration that brings the database to what the models say, and its SQL."""
    written, left = migrations_generate.generate(SCRIPTS, arguments.name)
    for path in written:
        print(path.relative_to(Path.cwd(), walk_up=True))
    if not written:
        print("nothing to do: the migrations bring about what the models say")
    if left:
        print("\nAdd by hand what could not be generated:", *left, sep="\n")
    return 1 if left else 0


def render(_arguments: argparse.Namespace) -> int:
    """Write every migration's SQL beside it."""
    for script in sorted((SCRIPTS / "versions").glob("*.py")):
        for path in migrations_generate.render(SCRIPTS, script):
            print(path.relative_to(Path.cwd(), walk_up=True))
    return 0


def check(_arguments: argparse.Namespace) -> int:
    """Fail where the committed SQL is not what its migration does."""
    stale = migrations_generate.stale(SCRIPTS)
    for path in stale:
        print(f"{path.name} is out of date: make migration-sql", file=sys.stderr)
    return 1 if stale else 0


def status(_arguments: argparse.Namespace) -> int:
    """Print where both databases stand."""
    return _print(Migrations(FOLDER).status())


def apply(_arguments: argparse.Namespace) -> int:
    """Apply what is pending."""
    return _print(Migrations(FOLDER).apply())


def rollback(arguments: argparse.Namespace) -> int:
    """Roll back, by default the last migration of Postgres."""
    to = arguments.to
    if to is None and arguments.clickhouse_to is None:
        known = ["base", *migrations.revisions(SCRIPTS)]
        current = Migrations(FOLDER).status()["postgres"]["current"] or "base"
        to = known[max(known.index(current) - 1, 0)]
    return _print(Migrations(FOLDER).rollback(to, arguments.clickhouse_to))


def rehearse(arguments: argparse.Namespace) -> int:
    """Apply and roll back on a copy and leave the record that production asks for."""
    with _some_database():
        record = Migrations(FOLDER).rehearse(disconnect=arguments.disconnect)
    path = Migrations(FOLDER).record_path()
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(record, indent=2) + "\n")
    print(f"{path.relative_to(Path.cwd(), walk_up=True)}:")
    return _print(record)


@contextmanager
def _some_database() -> Iterator[None]:
    if settings().database_url:
        yield
        return
    with migrations_generate.scratch_server() as server:
        os.environ["DATABASE_URL"] = server.url()
        settings.cache_clear()
        migrations.upgrade(server.url(), SCRIPTS)
        with migrations.engine(server.url()).begin() as connection:
            fill(connection)
        yield


def _print(found: dict[str, Any]) -> int:
    print(json.dumps(found, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
