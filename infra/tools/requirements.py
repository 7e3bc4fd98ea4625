"""Exports what Lambda installs out of uv.lock; `--check` fails when a committed file is not what it says."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
UV = ROOT / ".local" / "uv" / "bin" / "uv"  # as the bootstrap leaves it
LAYER = ROOT / "shared" / "requirements.txt"
ZONES = ROOT / "shared" / "zones.txt"
MIGRATE = ROOT / "infra" / "migrations" / "requirements.txt"
EXPORT = ["export", "--locked", "--quiet", "--no-default-groups"]
EXPORT += ["--no-emit-project", "--no-header", "--no-annotate"]


def locked(*options: str) -> list[str]:
    """One pinned requirement with its hashes per entry, sorted by name."""
    command = [str(UV), *EXPORT, *options]
    text = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return sorted(line for line in text.replace(" \\\n", "\0").splitlines() if line.strip())


def written(entries: list[str]) -> str:
    """The entries as a requirements file."""
    head = "# Written by `make requirements` out of uv.lock.\n"
    return head + "".join(entry.replace("\0", " \\\n") + "\n" for entry in entries)


def exports() -> dict[Path, str]:
    """Each exported file and what it must hold. What the layer has, the migrate function has too."""
    layer = locked()
    migrate = [entry for entry in locked("--only-group", "migrate") if entry not in layer]
    zones = locked("--only-group", "zones")
    return {LAYER: written(layer), MIGRATE: written(migrate), ZONES: written(zones)}


def main() -> int:
    """0 when the files are (now) what the lock file says."""
    stale = [path for path, text in exports().items() if not path.exists() or path.read_text() != text]
    if "--check" not in sys.argv:
        for path in stale:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(exports()[path])
            print(f"wrote {path.relative_to(ROOT)}")
        return 0
    for path in stale:
        print(f"{path.relative_to(ROOT)} is not what uv.lock says: run `make requirements`", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
