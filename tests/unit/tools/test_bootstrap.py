"""The bootstrap finds uv, or installs the one that the index vouches for, and then does nothing twice."""

import base64
import hashlib
import io
import json
import re
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from infra.tools import bootstrap

MACHINES = [
    ("linux", "x86_64", "glibc", "uv-{v}-py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.whl"),
    ("linux", "x86_64", "", "uv-{v}-py3-none-musllinux_1_1_x86_64.whl"),
    (
        *("linux", "aarch64", "glibc"),
        "uv-{v}-py3-none-manylinux_2_17_aarch64.manylinux2014_aarch64.musllinux_1_1_aarch64.whl",
    ),
    ("darwin", "arm64", "", "uv-{v}-py3-none-macosx_11_0_arm64.whl"),
    ("darwin", "x86_64", "", "uv-{v}-py3-none-macosx_10_12_x86_64.whl"),
]
WHEELS = [wheel.format(v=bootstrap.UV_VERSION) for *_, wheel in MACHINES]


class Index:
    """A package index that offers one wheel, for whom has the password if there is one."""

    def __init__(self, password: str = "") -> None:
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as wheel:
            script = f'#!/bin/sh\necho "uv {bootstrap.UV_VERSION} (for a test)"\n'
            wheel.writestr(f"uv-{bootstrap.UV_VERSION}.data/scripts/uv", script)
        self.wheel = archive.getvalue()
        self.sha256 = hashlib.sha256(self.wheel).hexdigest()
        self._login = "Basic " + base64.b64encode(f"me:{password}".encode()).decode() if password else None
        index = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if index._login and self.headers.get("Authorization") != index._login:
                    self.send_error(401)
                    return
                links = [f'<a href="../../files/{name}#sha256={index.sha256}">{name}</a>' for name in WHEELS]
                body = "".join(links).encode() if self.path == "/simple/uv/" else index.wheel
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.address = f"127.0.0.1:{self._server.server_port}/simple"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty checkout on a machine without uv."""
    for name in ("uv.lock", "pyproject.toml", ".python-version"):
        (tmp_path / name).write_text("as it was\nlocal = []\nsam = []\n")
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    monkeypatch.setattr(bootstrap, "LOCAL", tmp_path / ".local")
    monkeypatch.setattr(bootstrap, "UV", tmp_path / ".local/uv/bin/uv")
    monkeypatch.setattr(bootstrap, "STAMP", tmp_path / ".venv/.groups.json")
    monkeypatch.setattr(bootstrap, "TRIES", 1)
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def index() -> Iterator[Index]:
    index = Index()
    yield index
    index.close()


@pytest.fixture
def guarded_index() -> Iterator[Index]:
    index = Index(password="open sesame")
    yield index
    index.close()


@pytest.mark.parametrize(("system", "machine", "libc", "wheel"), MACHINES)
def test_each_machine_gets_its_own_wheel(
    monkeypatch: pytest.MonkeyPatch, system: str, machine: str, libc: str, wheel: str
):
    monkeypatch.setattr(bootstrap.sys, "platform", system)
    monkeypatch.setattr(bootstrap.platform, "machine", lambda: machine)
    monkeypatch.setattr(bootstrap.platform, "libc_ver", lambda: (libc, ""))
    pattern = re.compile(bootstrap.wheel_pattern())
    assert next(name for name in WHEELS if pattern.fullmatch(name)) == wheel.format(v=bootstrap.UV_VERSION)


def test_uv_comes_out_of_the_wheel_where_there_is_no_pip(
    checkout: Path, index: Index, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PIP_INDEX_URL", f"http://{index.address}")
    assert bootstrap.installed_from_wheel()
    assert bootstrap.version_of(str(checkout / ".local/uv/bin/uv")) >= bootstrap.UV_OLDEST


def test_an_index_behind_a_login_is_asked_with_it(
    checkout: Path, guarded_index: Index, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("UV_INDEX_URL", f"http://me:open%20sesame@{guarded_index.address}/")
    assert bootstrap.installed_from_wheel()


def test_a_wheel_with_another_sha256_is_not_installed(
    checkout: Path, index: Index, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PIP_INDEX_URL", f"http://{index.address}")
    index.sha256 = "0" * 64
    with pytest.raises(SystemExit, match="sha256"):
        bootstrap.installed_from_wheel()
    assert not (checkout / ".local/uv/bin/uv").exists()


def test_an_index_out_of_reach_is_named(checkout: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("UV_INDEX_URL", "http://127.0.0.1:9/simple")
    with pytest.raises(SystemExit, match=r"http://127\.0\.0\.1:9/simple"):
        bootstrap.installed_from_wheel()


@pytest.mark.parametrize(("version", "taken"), [("0.13.9", True), ("0.4.30", False)])
def test_the_uv_on_path_is_taken_when_it_is_new_enough(
    checkout: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    version: str,
    taken: bool,
):
    there = tmp_path_factory.mktemp("bin") / "uv"
    there.write_text(f"#!/bin/sh\necho 'uv {version}'\n")
    there.chmod(0o755)
    monkeypatch.setenv("PATH", f"{there.parent}:/usr/bin:/bin")
    assert bootstrap.linked_uv() is taken
    assert (checkout / ".local/uv/bin/uv").is_symlink() is taken


@pytest.fixture
def synced(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> list[set[str]]:
    """The groups of each installation; a stub stands for uv's work."""
    asked: list[set[str]] = []

    def sync(groups: set[str], state: str) -> None:
        asked.append(groups)
        for path in (bootstrap.UV, checkout / ".venv/bin/python"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        bootstrap.STAMP.write_text(json.dumps({"state": state, "groups": sorted(groups)}))

    monkeypatch.setattr(bootstrap, "sync", sync)
    return asked


def test_a_second_start_installs_nothing(synced: list[set[str]]):
    bootstrap.main({"local"})
    bootstrap.main({"local"})
    assert synced == [{"local"}]


def test_a_further_group_leaves_the_others_in_place(synced: list[set[str]]):
    bootstrap.main({"local"})
    bootstrap.main({"sam"})
    bootstrap.main({"local", "sam"})
    assert synced == [{"local"}, {"local", "sam"}]


def test_a_changed_lock_file_installs_anew(synced: list[set[str]], checkout: Path):
    bootstrap.main({"local"})
    (checkout / "uv.lock").write_text("as it is now")
    bootstrap.main({"local"})
    assert synced == [{"local"}, {"local"}]


def test_a_changed_lock_file_takes_nothing_away_that_was_asked_for(synced: list[set[str]], checkout: Path):
    bootstrap.main({"sam"})
    (checkout / "uv.lock").write_text("as it is now")
    bootstrap.main({"local"})
    assert synced == [{"sam"}, {"local", "sam"}]


def test_a_group_that_no_longer_exists_is_forgotten(synced: list[set[str]], checkout: Path):
    bootstrap.main({"sam"})
    (checkout / "pyproject.toml").write_text("as it is now\nlocal = []\n")
    bootstrap.main({"local"})
    assert synced == [{"sam"}, {"local"}]


def test_two_starts_at_once_install_once(synced: list[set[str]]):
    starts = [threading.Thread(target=bootstrap.main, args=({"local"},)) for _ in range(4)]
    for start in starts:
        start.start()
    for start in starts:
        start.join()
    assert synced == [{"local"}]
