"""`python -m infra.local.psql`: psql on the local stack's database, as its superuser."""

import os
import sys
from typing import NoReturn

from infra.local.children import ROOT
from infra.local.databases import NAME
from infra.local.postgres import SUPERUSER, EmbeddedPostgres
from infra.local.state import State


def main() -> NoReturn:
    """Become psql; the password is handed over where no list of processes shows it."""
    state = State(ROOT / ".local")
    ports = state.read().get("ports", {})
    if not state.is_held() or "postgres" not in ports:
        sys.exit("Lamplighter does not run")
    server = EmbeddedPostgres(state.directory / "postgres", ports["postgres"])
    command = [str(server.binaries / "psql"), "--host=127.0.0.1", f"--port={server.port}"]
    command += [f"--username={SUPERUSER}", f"--dbname={NAME}", *sys.argv[1:]]
    os.execve(command[0], command, {**os.environ, "PGPASSWORD": server.password})  # noqa: S606  # ours


if __name__ == "__main__":
    main()
