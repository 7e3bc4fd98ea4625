"""The audit log as a file: whole, in parts that Lambda can answer, and safe to open."""

import csv
import io
import json
from typing import Any
from uuid import UUID

import psycopg
import pytest

from infra.local.first_workspace import FirstWorkspace
from infra.local.sandbox import RESPONSE_LIMIT
from lamplighter.ids import new_id
from lamplighter.services import audit_export
from lamplighter.services.audit_export import COLUMNS
from tests.integration.http import Answer, Http

type Behind = psycopg.Connection[Any]

EXPORT = "/audit-log/export"


def wrote(http: Http, **headers: str) -> str:
    return str(http.post("/content", {"text": "Good evening"}, **headers).json["id"])


def table(answer: Answer) -> list[dict[str, str]]:
    """The CSV as a strict reader has it."""
    assert answer.status == 200, answer.body
    return list(csv.DictReader(io.StringIO(answer.body.decode(), newline=""), strict=True))


def lines(answer: Answer) -> list[Any]:
    assert answer.status == 200, answer.body
    return [json.loads(line) for line in answer.body.decode().splitlines()]


def whole(http: Http, path: str) -> tuple[bytes, int]:
    """All parts one after the other, as a caller puts them together, and how many there were."""
    joined, parts, cursor = b"", 0, ""
    while True:
        answer = http.get(path + cursor)
        assert answer.status == 200, answer.body
        joined, parts = joined + answer.body, parts + 1
        following = answer.headers.get("next-cursor")
        if following is None:
            return joined, parts
        cursor = f"&cursor={following}"


def fill(behind: Behind, first: FirstWorkspace, after: Any, number: int) -> list[UUID]:
    """Entries straight into the table, oldest first."""
    ids = [new_id() for _ in range(number)]
    with behind.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO audit_log (id, organization_id, workspace_id, after, actor_kind,"
            " action, target_kind)"
            " VALUES (%s, %s, %s, %s, 'system', 'content.created', 'content')",
            [(id_, first.organization_id, first.workspace_id, json.dumps(after)) for id_ in ids],
        )
    return ids


def test_csv_holds_every_entry_oldest_first_with_a_header(http: Http):
    made = [wrote(http, **{"user-agent": "tests/1"}) for _ in range(3)]
    answer = http.get(f"{EXPORT}?format=csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="audit-log.csv"'
    assert "next-cursor" not in answer.headers
    assert answer.body.startswith(",".join(COLUMNS).encode() + b"\r\n")
    assert answer.body.count(b"\r\n") == 4
    rows = table(answer)
    assert [row["target_id"] for row in rows] == made
    assert {row["actor_kind"] for row in rows} == {"api_key"}
    assert json.loads(rows[0]["after"]) == {"status": "draft"}
    assert (rows[0]["address"], rows[0]["agent"], rows[0]["before"]) == ("127.0.0.1", "tests/1", "")


def test_json_lines_are_the_entries_that_the_list_shows(http: Http):
    for _ in range(3):
        wrote(http)
    shown = http.get("/audit-log?sort=at").json["items"]
    answer = http.get(f"{EXPORT}?format=jsonl")
    assert answer.headers["content-type"] == "application/jsonl"
    assert lines(answer) == shown


def test_an_export_is_on_the_log(http: Http, first: FirstWorkspace):
    wrote(http)
    http.get(f"{EXPORT}?format=jsonl&from=2026-01-01T01:00:00%2B01:00")
    [entry] = http.get("/audit-log?action=audit_log.exported").json["items"]
    assert entry["target"] == {"kind": "workspace", "id": str(first.workspace_id)}
    assert entry["after"] == {
        "format": "jsonl",
        "from": "2026-01-01T00:00:00+00:00",
        "to": None,
        "entries": 1,
    }


def test_an_organizations_export_holds_its_workspaces(owner: Http, http: Http, organization: str):
    content = wrote(http)
    [row] = table(owner.get(f"{organization}/export"))
    assert (row["target_id"], row["workspace_id"]) == (content, http.workspace_id)
    [entry] = owner.get(f"{organization}?action=audit_log.exported").json["items"]
    assert (entry["target"]["kind"], entry["workspace_id"]) == ("organization", None)


def test_a_range_is_all_that_is_exported(http: Http):
    for _ in range(3):
        wrote(http)
    newest, middle, _ = http.get("/audit-log").json["items"]
    found = lines(http.get(f"{EXPORT}?format=jsonl&from={middle['at']}&to={newest['at']}"))
    assert [entry["id"] for entry in found] == [middle["id"]]


@pytest.mark.parametrize("begins", ["=", "+", "-", "@", "\t", "\r", "\uff1d"])
def test_no_cell_is_a_formula(http: Http, begins: str):
    harmful = begins + "cmd|' /C calc'!A1"
    wrote(http, **{"user-agent": harmful})
    [row] = table(http.get(EXPORT))
    assert row["agent"] == "'" + harmful
    first, *_ = lines(http.get(f"{EXPORT}?format=jsonl"))
    assert first["agent"] == harmful  # no spreadsheet opens JSON


def test_nor_what_follows_what_divides_cells_elsewhere(http: Http):
    """A spreadsheet set to German takes the semicolon for the end of a cell, and the comma for none."""
    wrote(http, **{"user-agent": "x;=cmd|' /C calc'!A1"})
    [row] = table(http.get(EXPORT))
    assert row["agent"] == "x;'=cmd|' /C calc'!A1"


@pytest.mark.parametrize("agent", ['say "hi", twice', "two\r\nlines", "Grüße 🏮 שלום", "a,b;c", "'quoted'"])
def test_a_cell_holds_what_it_must_whatever_it_holds(http: Http, agent: str):
    wrote(http, **{"user-agent": agent})
    [row] = table(http.get(EXPORT))
    assert row["agent"] == agent


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_parts_are_small_enough_for_lambda_and_make_one_whole(
    http: Http, first: FirstWorkspace, superuser: Behind, form: str
):
    # Each quotation mark is escaped twice on its way, each lantern takes twelve bytes.
    ids = fill(superuser, first, {"name": '"🏮' * 400}, 1200)
    first_part = http.get(f"{EXPORT}?format={form}")
    assert "next-cursor" in first_part.headers
    joined, parts = whole(http, f"{EXPORT}?format={form}&to=2100-01-01T00:00:00Z")
    assert parts > 1
    assert len(json.dumps(first_part.body.decode())) < RESPONSE_LIMIT - 2048
    answer = Answer(200, {}, joined)
    found = [row["id"] for row in (table(answer) if form == "csv" else lines(answer))]
    assert found[: len(ids)] == [str(id_) for id_ in ids]
    assert len(found) == len(set(found))


def test_many_small_entries_are_cut_where_the_size_says(
    http: Http, first: FirstWorkspace, superuser: Behind, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(audit_export, "ENOUGH_BYTES", 50_000)
    ids = fill(superuser, first, {"status": "draft"}, 1000)
    answer = http.get(f"{EXPORT}?format=jsonl")
    assert len(lines(answer)) == 250
    joined, parts = whole(http, f"{EXPORT}?format=jsonl&from=2020-01-01T00:00:00Z")
    assert parts >= 4
    found = [entry["id"] for entry in lines(Answer(200, {}, joined))]
    assert found[:1000] == [str(id_) for id_ in ids]


def test_a_cursor_belongs_to_its_log_and_its_range(
    http: Http, first: FirstWorkspace, superuser: Behind, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(audit_export, "ENOUGH_BYTES", 1)
    fill(superuser, first, {}, 300)
    cursor = http.get(EXPORT).headers["next-cursor"]
    answer = http.get(f"{EXPORT}?from=2020-01-01T00:00:00Z&cursor={cursor}")
    assert (answer.status, answer.json["code"]) == (422, "invalid_cursor")


def test_an_empty_log_is_a_header_or_nothing(http: Http):
    assert (
        http.get(f"{EXPORT}?format=csv&to=2020-01-01T00:00:00Z").body == ",".join(COLUMNS).encode() + b"\r\n"
    )
    assert http.get(f"{EXPORT}?format=jsonl&to=2020-01-01T00:00:00Z").body == b""


def test_another_format_is_refused(http: Http):
    answer = http.get(f"{EXPORT}?format=xlsx")
    assert (answer.status, answer.json["errors"][0]["parameter"]) == (422, "format")
