"""`make sizes`: how long files and functions are, and which ones want a reason or a split."""

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[2]
AREAS = ("functions", "shared/lamplighter", "infra", "tests")
FILE_LINES = 300
FUNCTION_LINES = 40


@dataclass(frozen=True, slots=True)
class Size:
    """Lines of a file or a function; `name` is path or path:line function."""

    name: str
    lines: int


def python_files(area: str) -> list[Path]:
    """The area's Python files that belong to the project, empty ones (package markers) left out."""
    command = ["git", "ls-files", "--", f"{area}/*.py"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    paths = [ROOT / name for name in listed]
    return [path for path in paths if path.exists() and path.stat().st_size > 0]


def file_sizes(area: str) -> list[Size]:
    """Each file's number of lines."""
    paths = python_files(area)
    return [Size(str(path.relative_to(ROOT)), len(path.read_text().splitlines())) for path in paths]


def function_sizes(area: str) -> list[Size]:
    """Each function's and method's number of lines, signature and docstring included."""
    return [size for path in python_files(area) for size in _functions(path)]


def _functions(path: Path) -> Iterator[Size]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            name = f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
            yield Size(name, (node.end_lineno or node.lineno) - node.lineno + 1)


def main() -> None:
    """One line per area, then everything above the budgets."""
    print(f"{'area':20}{'files':>7}{'median':>8}{'max':>6}{'functions':>12}{'median':>8}{'max':>6}")
    large: list[Size] = []
    for area in AREAS:
        files, functions = file_sizes(area), function_sizes(area)
        large += [size for size in files if size.lines > FILE_LINES]
        large += [size for size in functions if size.lines > FUNCTION_LINES]
        print(f"{area:20}{_summary(files):>21}{_summary(functions):>26}")
    for size in sorted(large, key=lambda size: -size.lines):
        print(f"{size.lines:5}  {size.name}")


def _summary(sizes: list[Size]) -> str:
    lines = [size.lines for size in sizes] or [0]
    return f"{len(sizes):7}{median(lines):8.0f}{max(lines):6}"


if __name__ == "__main__":
    main()
