"""Whatever table or column comes: it is in archives or has a reason not to be, and it goes with its owner."""

import re
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Column

from infra.local import template as templates
from lamplighter.domain.portability import COLUMNS, TABLES
from lamplighter.postgres.security.tenancy import erased_tables, tables
from lamplighter.services import export_work, exports, pruning, sealing, wiping
from lamplighter.services.media import UPLOAD_VALID

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = templates.load(ROOT / "template.yaml")
TIMEOUTS = {function.name: function.timeout for function in TEMPLATE.functions()}
OPERATIONS = (ROOT / "docs/operations.md").read_text()
EVERY_COLUMN = [column for table in tables() for column in table.columns]

SECRET = re.compile(r"token|secret|hash|password|wrapped|sealed|pepper|personal|(^|_)key(_|$)")
HARMLESS = {
    "api_keys.key_prefix": "shown to recognise a key by",
    "approvals.approval_hash": "of words that are in the archive beside it",
    "audit_log.personal_owner": "an id",
    "dispatches.publication_platform_id": "an id",
    "platform_connections.token_expires_at": "a time",
    "publications.approval_hash": "of words that are in the archive beside it",
    "webhooks.previous_secret_expires_at": "a time",
}
"""Names that only sound like secrets, in tables that are in archives."""

STAYS = {
    "audit_log": "it outlives what it tells of; the keys to what is personal in it are destroyed",
    "workspaces": "a row without words stays, which the audit log and the organization name",
    "organizations": "a row without words stays, as a workspace's does",
    "users": "a row without words stays, which what the person made names",
}
OF_PEOPLE = {
    "organization_members": "ended with the person, and with the organization",
    "sessions": "ended with the person",
    "refresh_tokens": "with the session",
    "mail_tokens": "with the person, by their id and by their address",
    "oidc_identities": "with the person",
    "mails": "with the person, by their id and by their address",
}
OF_NOBODY = {
    "rate_limits": "names ids and digests; gone within two hours",
    "token_keys": "the deployment's",
}


def name(column: "Column[Any]") -> str:
    return f"{column.table.name}.{column.name}"


def test_what_sounds_like_a_secret_is_left_out_of_archives():
    in_archives = [column for column in EVERY_COLUMN if column.table.name not in TABLES]
    of_somebody = [c for c in in_archives if {"workspace_id", "user_id"} & set(c.table.columns.keys())]
    sounding = {name(c) for c in of_somebody if SECRET.search(c.name)} | {"users.password_hash"}
    assert sounding - HARMLESS.keys() <= COLUMNS.keys()


def test_what_is_sealed_is_left_out_of_archives():
    sealed = {f"{table}.{column}" for table, columns in sealing.PLACES.items() for column in columns}
    assert sealed <= COLUMNS.keys()


def test_what_archives_leave_out_exists():
    assert TABLES.keys() <= {table.name for table in tables()}
    assert COLUMNS.keys() <= {name(column) for column in EVERY_COLUMN}


def test_every_table_goes_with_its_workspace_or_person_or_has_a_reason_to_stay():
    known = {*erased_tables(), *STAYS, *OF_PEOPLE, *OF_NOBODY}
    assert {table.name for table in tables()} == known


def test_an_export_is_given_up_by_nobody_while_its_worker_may_live():
    assert TIMEOUTS["write_export"] < export_work.LEASE.total_seconds()


def test_what_was_under_way_has_ended_before_a_workspace_is_erased():
    under_way = [*TIMEOUTS.values(), UPLOAD_VALID.total_seconds(), export_work.LEASE.total_seconds()]
    assert max(under_way) < wiping.GRACE.total_seconds()


def test_the_bucket_keeps_archives_no_longer_than_a_day_more_than_they_can_be_downloaded():
    rules = TEMPLATE.document["Resources"]["ExportBucket"]["Properties"]["LifecycleConfiguration"]["Rules"]
    [days] = [rule["ExpirationInDays"] for rule in rules if "ExpirationInDays" in rule]
    assert days == exports.KEPT.days + 1


@pytest.mark.parametrize("past", pruning.PAST, ids=lambda past: past.name)
def test_operations_tell_how_long_it_is_kept(past: pruning.Past):
    assert f"`{past.name}`" in OPERATIONS
    row = next(line for line in OPERATIONS.splitlines() if f"`{past.name}`" in line and line.startswith("|"))
    assert past.kept in row


def test_the_alarm_hears_the_line_that_is_logged():
    pattern = TEMPLATE.document["Resources"]["FailedExports"]["Properties"]["FilterPattern"]
    assert export_work.FAILED in pattern
