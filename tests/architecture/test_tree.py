"""The house keeps its shape: the top level, the functions' folders, small files that say what they are."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

from infra.tools.sizes import AREAS, FILE_LINES, file_sizes, python_files

ROOT = Path(__file__).resolve().parents[2]

TOP_LEVEL = {
    *("functions", "shared", "infra", "tests", "events", "docs", ".ci"),
    *("template.yaml", "pyproject.toml", "uv.lock", ".python-version", ".gitignore"),
    *("Makefile", "README.md", "LICENSE"),
}
LONG_FILES = {
    "infra/migrations/postgres/versions/": "a migration is generated, reviewed as SQL, then never touched",
}
"""Files, or folders of them, that may pass the budget, each with the reason why they are not split."""

VAGUE = re.compile(r"^(utils?|helpers?|common_utils|misc|managers?)$")


def project_files() -> list[str]:
    """Every file under version control."""
    command = ["git", "ls-files"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    return [name for name in listed if (ROOT / name).exists()]


def test_the_top_level_is_what_the_architecture_allows():
    assert {name.split("/")[0] for name in project_files()} == TOP_LEVEL


def test_a_functions_folder_holds_its_handler_and_nothing_else():
    folders: dict[str, set[str]] = {}
    for name in project_files():
        if name.startswith("functions/") and name.count("/") > 1:
            _, folder, rest = name.split("/", 2)
            folders.setdefault(folder, set()).add(rest)
    assert folders
    assert {
        folder: files for folder, files in folders.items() if files != {"__init__.py", "handler.py"}
    } == {}


@pytest.mark.parametrize("area", AREAS)
def test_every_module_says_in_its_docstring_what_it_is(area: str):
    silent = [path for path in python_files(area) if not ast.get_docstring(ast.parse(path.read_text()))]
    assert silent == []


@pytest.mark.parametrize("area", AREAS)
def test_no_file_outgrows_its_budget_without_a_reason(area: str):
    long = [size for size in file_sizes(area) if size.lines > FILE_LINES]
    assert [size for size in long if not size.name.startswith(tuple(LONG_FILES))] == []


def test_names_say_what_a_module_is_about():
    stems = {part.removesuffix(".py") for name in project_files() for part in name.split("/")}
    assert [stem for stem in stems if VAGUE.match(stem)] == []


def test_the_readmes_one_minute_map_names_what_exists():
    """A last part that stands for a name of one's own (`things`, `x.py`, `<verb>`) must have its folder."""
    readme = (ROOT / "README.md").read_text()
    table = re.search(r"^\| to add a \| touch \|\n((?:\|.*\n)+)", readme, re.MULTILINE)
    assert table, "README.md has no table with the head '| to add a | touch |'"
    named = re.findall(r"`([\w./<>-]+(?:/|\.\w+))`", table[1])
    assert len(named) > 5
    paths = [re.sub(r"(things|<\w+>)/$|\bx\.py$", "", name) for name in named]
    assert [path for path in paths if not (ROOT / path).exists()] == []
