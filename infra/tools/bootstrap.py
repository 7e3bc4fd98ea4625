"""Makes the locked environment in .venv with nothing but a Python 3.9 or later: `bootstrap.py GROUP...`.

Finds uv or installs it into .local/uv, then lets `uv sync --locked` install the dependency groups asked for.
Nothing is written outside the checkout but uv's own download cache, and nothing is done when nothing changed.
"""

import fcntl
import hashlib
import io
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit
from urllib.request import HTTPBasicAuthHandler, HTTPPasswordMgrWithPriorAuth, build_opener

ROOT = Path(__file__).resolve().parents[2]
LOCAL = ROOT / ".local"
UV_HOME = LOCAL / "uv"
UV = UV_HOME / "bin" / "uv"  # installed, or a link to the machine's own: every other tool finds it here
STAMP = ROOT / ".venv" / ".groups.json"
UV_VERSION = "0.13.9"
UV_OLDEST = (0, 9, 0)  # reads this project's uv.lock
TRIES = 3


def say(text: str) -> None:
    """Progress goes to stderr: what a command prints stays clean."""
    print(text, file=sys.stderr, flush=True)


def version_of(uv: str) -> "tuple[int, ...]":
    """(0, 13, 9), or () for what is not a uv that runs here."""
    command = [uv, "--version"]
    try:
        output = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return ()
    found = re.match(r"uv (\d+)\.(\d+)\.(\d+)", output)
    return tuple(int(number) for number in found.groups()) if found else ()


def usable(uv: "str | Path") -> bool:
    """Whether this is a uv that runs here and is new enough."""
    return version_of(str(uv)) >= UV_OLDEST


def linked_uv() -> bool:
    """Take the uv that is on PATH, where there is a usable one."""
    found = shutil.which("uv")
    if not found or not usable(found):
        return False
    UV.parent.mkdir(parents=True, exist_ok=True)
    UV.unlink(missing_ok=True)
    UV.symlink_to(found)
    return True


def installed_by_pip() -> bool:
    """uv by this Python's pip, which knows the machine's proxies and certificates; False without pip.

    `--target` needs neither root nor a virtual environment, which Debian's python3 cannot make by itself.
    """
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
    command += ["--only-binary", ":all:", "--no-deps", "--upgrade", "--target", str(UV_HOME)]
    command += [f"uv=={UV_VERSION}"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0 and usable(UV)


def index_url() -> str:
    """The package index that the usual variables name, else the one that the lock file was made from."""
    names = ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL")
    named = next((os.environ[name] for name in names if os.environ.get(name)), None)
    if named is None:
        named = (ROOT / "uv.lock").read_text().partition('registry = "')[2].partition('"')[0]
    return named.rstrip("/") + "/"


def fetched(url: str) -> bytes:
    """The body of a GET, tried a few times; a login inside the URL is sent as basic authentication."""
    parts = urlsplit(url)
    bare = urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, parts.query, ""))
    passwords = HTTPPasswordMgrWithPriorAuth()
    if parts.username:
        login = (unquote(parts.username), unquote(parts.password or ""))
        passwords.add_password(None, bare, *login, is_authenticated=True)
    opener = build_opener(HTTPBasicAuthHandler(passwords))
    for attempt in range(1, TRIES + 1):
        try:
            with opener.open(bare, timeout=120) as response:
                return bytes(response.read())
        except OSError as error:
            if attempt == TRIES:
                hint = "Is there a network? UV_INDEX_URL names another index."
                sys.exit(f"Cannot fetch {bare}: {error}\n{hint}")
            time.sleep(attempt)
    raise AssertionError  # the loop returns or exits


def wheel_pattern() -> str:
    """A regular expression for the file name of the uv wheel that runs on this machine."""
    machine = platform.machine().lower()
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(machine, machine)
    if sys.platform == "darwin":
        machine = "arm64" if machine == "aarch64" else machine
        return rf"uv-{re.escape(UV_VERSION)}-py3-none-macosx_\d+_\d+_{machine}\.whl"
    libc = "manylinux" if platform.libc_ver()[0] == "glibc" else "musllinux"
    return rf"uv-{re.escape(UV_VERSION)}-py3-none-[\w.]*{libc}_\d+_\d+_{machine}[\w.]*\.whl"


def installed_from_wheel() -> bool:
    """uv out of its wheel, fetched from the index and checked against the index's sha256: needs no pip."""
    page_url = urljoin(index_url(), "uv/")
    page = fetched(page_url).decode()
    found = re.search(rf'href="([^"#]*{wheel_pattern()})#sha256=([0-9a-f]{{64}})"', page)
    if not found:
        return False
    body = fetched(urljoin(page_url, found[1]))
    if hashlib.sha256(body).hexdigest() != found[2]:
        sys.exit(f"The sha256 of {found[1]} is not what the index says: not installed.")
    UV.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(io.BytesIO(body)) as wheel:
        name = next(item for item in wheel.namelist() if item.endswith("/scripts/uv"))
        UV.write_bytes(wheel.read(name))
    UV.chmod(0o755)
    return usable(UV)


def find_uv() -> None:
    """Sees to it that UV is one that reads the lock file."""
    if usable(UV) or linked_uv():
        return
    say(f"Installing uv {UV_VERSION} into .local/uv ...")
    if not installed_by_pip() and not installed_from_wheel():
        sys.exit("No uv for this machine: install it (https://docs.astral.sh/uv/) and run this again.")


def environment() -> "dict[str, str]":
    """What uv runs with: the environment is always .venv, and a home that cannot be written is not needed."""
    env = {**os.environ, "UV_PROJECT_ENVIRONMENT": str(ROOT / ".venv")}
    env.pop("VIRTUAL_ENV", None)
    home = Path(os.environ.get("HOME") or "/nonexistent")
    if not os.access(home, os.W_OK):
        env.setdefault("UV_CACHE_DIR", str(LOCAL / "cache" / "uv"))
        env.setdefault("UV_PYTHON_INSTALL_DIR", str(LOCAL / "python"))
    return env


def locked_state() -> str:
    """Changes whenever what is to be installed may have changed."""
    state = hashlib.sha256()
    for name in ("uv.lock", "pyproject.toml", ".python-version"):
        state.update((ROOT / name).read_bytes())
    return state.hexdigest()


def asked_before() -> "tuple[set[str], str]":
    """The groups that stand in .venv, as far as they still exist, and the state they were installed from."""
    try:
        stamp = json.loads(STAMP.read_text())
    except (OSError, ValueError):
        return set(), ""
    if not UV.exists() or not (ROOT / ".venv" / "bin" / "python").exists():
        return set(), ""
    project = (ROOT / "pyproject.toml").read_text()
    return {group for group in stamp["groups"] if f"\n{group} = [" in project}, stamp["state"]


def wanted(groups: "set[str]", state: str) -> "set[str]":
    """What is to be installed, with what earlier commands asked for; empty when everything stands."""
    before, installed_state = asked_before()
    return set() if installed_state == state and groups <= before else groups | before


def sync(groups: "set[str]", state: str) -> None:
    """Install exactly these groups."""
    began = time.monotonic()
    say(f"Installing the locked packages of {', '.join(sorted(groups))} into .venv ...")
    find_uv()
    command = [str(UV), "sync", "--locked", "--no-default-groups"]
    command += [word for group in sorted(groups) for word in ("--group", group)]
    code = subprocess.run(command, cwd=ROOT, env=environment(), check=False).returncode
    if code != 0:
        sys.exit(
            f"uv could not install the packages (exit code {code}): its message above says why.\n"
            "Where Python 3.13 cannot be fetched, put a python3.13 on PATH or set UV_PYTHON_INSTALL_MIRROR."
        )
    STAMP.write_text(json.dumps({"state": state, "groups": sorted(groups)}))
    say(f"Ready after {time.monotonic() - began:.1f} s.")


def main(groups: "set[str]") -> None:
    """Two commands started at once take turns; the second then finds the work done."""
    state = locked_state()
    if not wanted(groups, state):
        return
    LOCAL.mkdir(exist_ok=True)
    with (LOCAL / "bootstrap.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            say("Another command is installing: waiting for it ...")
            fcntl.flock(lock, fcntl.LOCK_EX)
        missing = wanted(groups, state)
        if missing:
            sync(missing, state)


if __name__ == "__main__":
    if sys.version_info < (3, 9):  # noqa: UP036  # run by whatever python3 the machine has
        sys.exit("Python 3.9 or later is needed to install the rest.")
    main(set(sys.argv[1:]))
