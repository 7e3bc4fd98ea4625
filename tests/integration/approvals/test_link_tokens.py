"""Tokens of links: what is none, how often one may ask, and where none is ever seen."""

import hashlib
import hmac
import json
import re
from typing import Any

import pytest

from lamplighter.services import peppers
from tests.integration.approvals.conftest import Client, Table
from tests.integration.http import handler_of, lambda_context


def client(link: Any) -> Client:
    return Client(link["token"])


def forged(token: str) -> dict[str, str | None]:
    seed, _, signature = token.rpartition("_")
    other = seed[:-1] + ("0" if seed[-1] != "0" else "1")
    key = peppers.newest("another purpose")[1]
    signed = hmac.digest(key, seed.encode(), "sha256").hex()[:32]
    return {
        "none": None,
        "empty": "",
        "another seed": f"{other}_{signature}",
        "another signature": f"{seed}_{'0' * 32}",
        "unsigned": seed,
        "unknown pepper": re.sub(r"apl_\d+_", "apl_99_", token),
        "signed for something else": f"{seed}_{signed}",
        "not ascii": token[:-1] + "é",
        "an api key": "lmp_live_0123456789012345678901234567890123",
        "long": "apl_" + "1" * 5000,
    }


def test_what_was_never_a_token_is_answered_alike(table: Table):
    token = table.link(table.pending())["token"]
    answers = {name: Client(given).view() for name, given in forged(token).items()}
    assert {name: (a.status, a.json["code"]) for name, a in answers.items()} == dict.fromkeys(
        answers, (401, "unauthenticated")
    )
    assert len({json.dumps({**a.json, "request_id": ""}) for a in answers.values()}) == 1
    assert all(a.headers["www-authenticate"] == "Bearer" for a in answers.values())


def test_a_genuine_token_of_a_link_that_is_no_more_is_unknown(table: Table):
    link = table.link(table.pending())
    table.office.superuser.execute("DELETE FROM approval_links WHERE id = %s", [link["id"]])
    assert client(link).view().status == 401


def test_a_link_of_a_deleted_workspace_opens_nothing(table: Table):
    link, owner = table.link(table.pending()), table.office.hire("owner")
    slug = owner.get(table.base).json["slug"]
    assert owner.delete(table.base, f"?confirm={slug}").status in (200, 202, 204)
    assert client(link).view().status == 401


@pytest.mark.parametrize("name", ["another seed", "another signature", "signed for something else"])
def test_whoever_writes_into_the_table_makes_no_token_with_it(table: Table, name: str):
    """The hash of a token is no secret of ours: what opens a link is signed here."""
    link = table.link(table.pending())
    token = forged(link["token"])[name]
    assert token is not None
    hashed = hashlib.sha256(token.encode()).hexdigest()
    table.office.superuser.execute(
        "UPDATE approval_links SET token_hash = %s WHERE id = %s", [hashed, link["id"]]
    )
    assert Client(token).view().status == 401


def test_links_ask_at_a_pace_of_their_own(table: Table):
    link, other = (table.link(table.pending()) for _ in range(2))
    answers = [client(link).view() for _ in range(65)]
    assert {answer.status for answer in answers[:50]} == {200}
    assert (answers[-1].status, answers[-1].json["code"]) == (429, "rate_limited")
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert client(other).view().status == 200


def test_guesses_are_bounded_by_where_they_come_from(table: Table):
    answers = [Client("apl_1_guess").view().status for _ in range(125)]
    assert (answers[0], answers[-1]) == (401, 429)


def test_the_token_is_in_no_table(table: Table):
    link = table.link(table.pending())
    client(link).approve()
    tables = table.office.superuser.execute(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
    ).fetchall()
    secret = link["token"].rpartition("_")[2]
    for (name,) in tables:
        found = table.office.superuser.execute(
            f'SELECT count(*) FROM "{name}" t WHERE t::text LIKE %s',  # noqa: S608
            [f"%{secret}%"],
        ).fetchone()
        assert found == (0,), name


def test_the_page_holds_nothing_and_takes_nothing_from_elsewhere(table: Table):
    answer = page(table)
    html = answer["body"]
    policy = answer["headers"]["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    assert "http-equiv" not in html
    bucket = table.aws.environment["AWS_ENDPOINT_URL"]
    assert re.findall(r"img-src ([^;]+);", policy) == [f"'self' data: {bucket}"]
    assert not re.search(r'(src|href)="(https?:)?//', html)
    assert answer["headers"]["Referrer-Policy"] == "no-referrer"
    assert answer["headers"]["Cache-Control"] == "no-store"
    assert not re.search(r"innerHTML|insertAdjacentHTML|outerHTML|document\.write|localStorage|cookie", html)


def page(table: Table) -> Any:
    event = {
        "version": "2.0",
        "routeKey": "GET /approve",
        "rawPath": "/approve",
        "rawQueryString": "",
        "headers": {"host": "api.example.com"},
        "requestContext": {"http": {"method": "GET", "path": "/approve"}, "stage": "$default"},
        "isBase64Encoded": False,
    }
    assert table.aws
    answer = handler_of("approvals")(event, lambda_context())
    assert answer["statusCode"] == 200
    return answer
