"""The demo's table and the file that keeps its workspace."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from rich.console import Console

from infra.local import demo, demo_recurring


@pytest.mark.parametrize("width", [80, 100, 160])
def test_the_table_has_one_line_a_post_at_every_width(width: int):
    due = datetime(2026, 11, 22, 18, tzinfo=UTC)
    lines = [
        demo.Line("north-lamp", text, due, due + timedelta(seconds=0.1), "published", "http://x/" + 90 * "y")
        for text, _ in demo.POSTS
    ]
    console = Console(width=width)
    with console.capture() as shown:
        console.print(demo._table(lines, width))
    rows = [line for line in shown.get().splitlines() if "north-lamp" in line]
    assert len(rows) == len(demo.POSTS)
    assert all("0.10 s" in row for row in rows)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"workspace_id": "w"}'])
def test_a_broken_workspace_file_is_named_with_what_to_do(tmp_path: Path, text: str):
    (tmp_path / "workspace.json").write_text(text)
    with pytest.raises(demo.WorkspaceLostError, match=r"workspace\.json .* delete it"):
        demo.opened("http://127.0.0.1:9", tmp_path)


def test_what_is_kept_is_whole_and_for_nobody_else(tmp_path: Path):
    kept = tmp_path / "workspace.json"
    kept.with_suffix(".new").write_text("of a run that was killed")
    demo._keep(kept, "{}")
    assert (kept.read_text(), kept.stat().st_mode & 0o777) == ("{}", 0o600)
    assert [path.name for path in tmp_path.iterdir()] == ["workspace.json"]


@pytest.mark.parametrize("width", [80, 160])
def test_what_comes_again_is_shown_a_line_each_in_both_times(width: int):
    occurrences = [
        {"local_time": "2027-03-26T09:00:00", "at": "2027-03-26T08:00:00Z", "note": None, "status": "made"},
        {
            "local_time": "2027-03-28T02:30:00",
            "at": "2027-03-28T01:30:00Z",
            "note": "gap",
            "status": "planned",
        },
    ]
    console = Console(width=width)
    with console.capture() as shown:
        console.print(demo_recurring.table(occurrences))
    lines = shown.get().splitlines()
    assert [
        line for line in lines if "Fri 26 Mar 09:00" in line and "26 Mar 08:00" in line and "made" in line
    ]
    assert [line for line in lines if "Sun 28 Mar 02:30" in line and "moved by it" in line]
