"""Who may import whom, what the pure layer may ask for, and what an API handler starts without."""

import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.local import template as templates

ROOT = Path(__file__).resolve().parents[2]
FUNCTIONS = templates.load(ROOT / "template.yaml").functions()
HTTP_FUNCTIONS = [function.name for function in FUNCTIONS if function.routes]
DOMAIN = sorted((ROOT / "shared/lamplighter/domain").rglob("*.py"))
HEAVY = {
    "stripe",
    "clickhouse_connect",
    "boto3",
    "botocore.session",
    "holidays",
}  # powertools wants botocore's version
CLOCKS = {"now", "utcnow", "today"}


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    """A fresh interpreter that sees what Lambda would see."""
    env = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'shared'}"}
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )


def test_the_import_rules_hold():
    checked = python("-c", "from importlinter.cli import lint_imports_command as run; run()")
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize("path", DOMAIN, ids=lambda path: path.stem)
def test_domain_never_looks_at_a_clock(path: Path):
    assert list(clock_readings(path)) == []


def clock_readings(path: Path) -> Iterator[int]:
    """Lines that call something's now(), utcnow() or today()."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CLOCKS:
            yield node.lineno


@pytest.mark.parametrize("name", HTTP_FUNCTIONS)
def test_an_api_handler_starts_without_the_heavy_packages(name: str):
    loaded = python("-c", f"import functions.{name}.handler, json, sys; print(json.dumps(list(sys.modules)))")
    assert loaded.returncode == 0, loaded.stderr
    assert HEAVY.intersection(json.loads(loaded.stdout)) == set()
