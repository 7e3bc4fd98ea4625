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
    "infra/migrations/postgres/versions/": "a migration is generated, reviewed as SQL and then never touched again",
}
"""Files, or folders of them, that may pass the budget, each with the reason why they are not split."""

VAGUE = re.compile(r"^(utils?|helpers?|common_utils|misc|managers?)$")


def project_files() -> list[str]:
    """Every file that is, or is about to be, under version control."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
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
    section = re.search(
        r"\n#+ [^\n]*one-minute map.*?(?=\n#|\Z)", (ROOT / "README.md").read_text(), re.DOTALL | re.IGNORECASE
    )
    assert section, "README.md has no heading with the words 'one-minute map'"
    named = set(re.findall(r"`([\w./-]+/[\w./-]*|\w+\.(?:py|yaml|toml))`", section[0]))
    assert named
    known = project_files()
    assert [path for path in named if not any(_names(path, file) for file in known)] == []


def _names(path: str, file: str) -> bool:
    """Whether `path` of the map means this file: by its end, or as a folder on its way."""
    return file.endswith(path) if not path.endswith("/") else f"/{path}" in f"/{file}"
