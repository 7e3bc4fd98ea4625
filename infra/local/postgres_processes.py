"""Which process serves a directory of data, whoever started it."""

import subprocess
from pathlib import Path


def pid_file(data: Path) -> list[str]:
    """postmaster.pid: line 1 the process, line 8 its state; [] when there is none."""
    try:
        return [line.strip() for line in (data / "postmaster.pid").read_text().splitlines()]
    except OSError:
        return []


def server_on(data: Path) -> int | None:
    """The process that serves the data; a pid file alone proves nothing, numbers are used again."""
    state = pid_file(data)
    return int(state[0]) if state and str(data) in _command_line(int(state[0])) else None


def _command_line(pid: int) -> str:
    if Path("/proc").is_dir():
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            return ""
    command = ["/bin/ps", "-p", str(pid), "-o", "command="]
    return subprocess.run(command, check=False, capture_output=True, text=True).stdout
