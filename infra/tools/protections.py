"""Takes each protection of a promise away, in a copy, and sees that the promise's tests notice.

`python -m infra.tools.protections [WORD...]`: all, or those whose name or promise holds one of the words.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from infra.tools.protections_list import PROTECTIONS, Protection

ROOT = Path(__file__).resolve().parents[2]
COPIED = ("shared", "functions", "infra", "tests", "events", "docs", "template.yaml", "pyproject.toml")
AT_ONCE = 2
SECONDS = 420
LAST_WORDS = 2000
FAILED = 1
"""pytest's word for tests that ran and failed; anything else proves nothing."""


def main(words: Sequence[str]) -> int:
    """Print a table; 1 where a protection goes unnoticed, or its text is no longer there."""
    wanted = [each for each in PROTECTIONS if not words or any(word in _label(each) for word in words)]
    if not _hold_as_it_stands(wanted):
        print("These tests fail although nothing was taken away: what follows would prove nothing.")
        return 1
    with ThreadPoolExecutor(AT_ONCE) as threads:
        results = list(threads.map(_tried, wanted))
    return int(any(result != "noticed" for result in results))


def _hold_as_it_stands(protections: Sequence[Protection]) -> bool:
    tests = dict.fromkeys(test for protection in protections for test in protection.tests)
    with tempfile.TemporaryDirectory(prefix="protections-") as folder:
        _copy(Path(folder))
        code, told = _run(list(tests), Path(folder))
    if code:
        print(told)
    return code == 0


def _label(protection: Protection) -> str:
    return f"{protection.promise:2d}  {protection.name}"


def _tried(protection: Protection) -> str:
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="protections-") as folder:
        copy = Path(folder)
        _copy(copy)
        result = _taken_away(protection, copy) or _noticed(protection, copy)
    print(f"{_label(protection):64} {result:12} {time.monotonic() - began:5.0f} s", flush=True)
    return result


def _copy(folder: Path) -> None:
    ignored = shutil.ignore_patterns("__pycache__")
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=ignored)
        else:
            shutil.copy(source, folder / name)


def _taken_away(protection: Protection, folder: Path) -> str:
    """Empty, or what is wrong with the edit."""
    for edit in protection.edits:
        path = folder / edit.file
        code = path.read_text()
        if edit.text not in code:
            return "NOT FOUND"
        path.write_text(code.replace(edit.text, edit.instead))
    return ""


def _noticed(protection: Protection, folder: Path) -> str:
    try:
        code, told = _run(protection.tests, folder)
    except subprocess.TimeoutExpired:
        return "HANGS"
    if code not in (FAILED, 0):
        print(told)
    return {FAILED: "noticed", 0: "NOT NOTICED"}.get(code, f"ERROR {code}")


def _run(tests: Sequence[str], folder: Path) -> tuple[int, str]:
    """What pytest ended with, at the first failure, and its last words."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "--tb=line", "-p", "no:cacheprovider", *tests]
    done = subprocess.run(
        command, cwd=folder, env=_environment(folder), capture_output=True, timeout=SECONDS, check=False
    )
    return done.returncode, done.stdout.decode()[-LAST_WORDS:]


def _environment(folder: Path) -> dict[str, str]:

    return {**os.environ, "PYTHONPATH": f"{folder / 'shared'}:{folder}"}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
