"""What a run that was killed has left behind: its processes, and their end."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infra.local import children
from infra.local.postgres import EmbeddedPostgres

POSTGRES = "postgres"


def processes(directory: Path, state: Mapping[str, Any]) -> dict[str, int]:
    """By their part: those that the state names and that are ours still, and a server on our very data."""
    recorded = state.get("children", {})
    found = {name: pid for name, pid in recorded.items() if children.is_ours(pid)}
    server = EmbeddedPostgres(directory / POSTGRES).left_over()
    return found if server is None else {**found, POSTGRES: server}


def end(directory: Path, found: Mapping[str, int]) -> None:
    """End them, the database in its own way."""
    children.end_left_over(pid for name, pid in found.items() if name != POSTGRES)
    EmbeddedPostgres(directory / POSTGRES).stop_left_over()


def named(found: Mapping[str, int]) -> str:
    """For people."""
    return ", ".join(f"{name} (process {pid})" for name, pid in found.items())
