"""Somebody moves or cancels the publication of an occurrence, as any other: the recurring post knows."""

from datetime import timedelta
from typing import Any

import pytest

from tests.integration.recurring.office import Office, at, later

type Post = dict[str, Any]


@pytest.fixture
def post(office: Office) -> Post:
    """One of every day, with publications for the next days."""
    made = office.created()
    office.run()
    return made


def first(office: Office, post: Post) -> dict[str, Any]:
    """The occurrence that goes out next."""
    found = office.occurrences(post)[0]
    assert found["publication_id"] is not None
    return found


def moved(office: Office, publication_id: str, to: str) -> Any:
    etag = f'"{office.publication(publication_id)["version"]}"'
    path = f"/publications/{publication_id}"
    return office.http.call("PATCH", path, {"scheduled_at": to}, headers={"if-match": etag})


def test_a_publication_that_is_moved_moves_its_occurrence(office: Office, post: Post):
    one, next_one = office.occurrences(post)[:2]
    to = (at(one["at"]) + timedelta(hours=30)).isoformat()
    assert moved(office, one["publication_id"], to).status == 200
    shown = office.occurrence(post, one["key"])
    assert (at(shown["at"]), shown["moved"], shown["status"]) == (at(to), True, "made")
    assert office.read(post)["next_run_at"] == next_one["at"]


def test_a_publication_that_is_cancelled_is_an_occurrence_left_out(office: Office, post: Post):
    one, next_one = office.occurrences(post)[:2]
    version = office.read(post)["version"]
    assert office.http.post(f"/publications/{one['publication_id']}/cancel").status == 200
    assert office.occurrence(post, one["key"])["status"] == "skipped"
    assert office.read(post)["next_run_at"] == next_one["at"]
    with later(at(one["at"]) - at(office.read(post)["created_at"]) + timedelta(minutes=2)):
        office.run()
        assert office.read(post)["run_count"] == 0
    assert office.read(post)["version"] == version


def test_a_change_of_the_rule_does_not_bring_back_what_was_cancelled(office: Office, post: Post):
    one = first(office, post)
    office.http.post(f"/publications/{one['publication_id']}/cancel")
    assert office.change(post, name="Another lamp", priority="high").status == 200
    office.run()
    shown = office.occurrence(post, one["key"])
    assert (shown["status"], shown["publication_id"]) == ("skipped", one["publication_id"])


def test_the_last_account_that_is_cancelled_leaves_the_occurrence_out(office: Office):
    post = office.created(connection_ids=[office.connection(), office.connection()])
    office.run()
    one = first(office, post)
    path = f"/publications/{one['publication_id']}"
    a, b = (row["id"] for row in office.publication(one["publication_id"])["platforms"])
    assert office.http.post(f"{path}/platforms/{a}/cancel").status == 200
    assert office.occurrence(post, one["key"])["status"] == "made"
    assert office.http.post(f"{path}/platforms/{b}/cancel").status == 200
    assert office.occurrence(post, one["key"])["status"] == "skipped"


def test_what_was_cancelled_as_a_publication_can_be_put_back(office: Office, post: Post):
    one = first(office, post)
    office.http.post(f"/publications/{one['publication_id']}/cancel")
    assert office.on(post, one["key"], "restore").status == 200
    office.run()
    again = office.occurrence(post, one["key"])
    assert again["status"] == "made"
    assert again["publication_id"] != one["publication_id"]
