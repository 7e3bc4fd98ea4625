"""Direct invoke: migrates both databases and gives the logins their passwords.

{"action": "apply" | "status" | "rehearse" | "rollback"}; apply is what an empty event means.
"apply" takes {"rehearsed": record}, "rehearse" {"disconnect": true}, and "rollback" says where to:
{"to": "0001", "clickhouse_to": 1}.

Beside handler.py the build puts infra/migrations (the scripts) and the packages of its requirements.txt.
DATABASE_SECRET_ID is the administrator's; LOGIN_SECRET_IDS names the logins' secrets, separated by commas.
"""

from pathlib import Path
from typing import Any

from lamplighter.services.migrations import Migrations

HERE = Path(__file__).resolve().parent
FOLDERS = (HERE / "infra" / "migrations", HERE.parents[1] / "infra" / "migrations")


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Where both databases stand afterwards; for "rehearse", the record to keep beside the migrations."""
    migrations = Migrations(next(folder for folder in FOLDERS if folder.is_dir()))
    match event.get("action", "apply"):
        case "apply":
            return migrations.apply(event.get("rehearsed"))
        case "status":
            return migrations.status()
        case "rehearse":
            return migrations.rehearse(disconnect=bool(event.get("disconnect")))
        case "rollback":
            return migrations.rollback(event.get("to"), event.get("clickhouse_to"))
        case unknown:
            message = f"no such action: {unknown!r}"
            raise ValueError(message)
