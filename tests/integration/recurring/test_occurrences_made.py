"""One occurrence's publication is there: what can still be done about it, and what no longer."""

from typing import Any

import psycopg
import pytest

from tests.integration.recurring.office import Office

type Superuser = psycopg.Connection[Any]
type Post = dict[str, Any]


@pytest.fixture
def post(office: Office) -> Post:
    """One of every day."""
    return office.created()


def third(office: Office, post: Post) -> dict[str, Any]:
    """An occurrence of it that has a publication."""
    office.run()
    found = office.occurrences(post)[2]
    assert found["publication_id"] is not None
    return found


@pytest.mark.parametrize(
    ("status", "publication_status"),
    [("publishing", "publishing"), ("published", "published"), ("unknown", "needs_review")],
)
def test_once_it_is_sent_it_is_too_late(
    office: Office, post: Post, superuser: Superuser, status: str, publication_status: str
):
    one = third(office, post)
    superuser.execute(
        "UPDATE publication_platforms SET status = %s WHERE publication_id = %s",
        [status, one["publication_id"]],
    )
    superuser.execute(
        "UPDATE publications SET status = %s WHERE id = %s", [publication_status, one["publication_id"]]
    )
    codes = {
        ("skip", None): "too_late_to_cancel",
        ("move", "scheduled_at"): "too_late_to_move",
        ("edit", "content_id"): "too_late_to_edit",
    }
    values = {"scheduled_at": "2029-01-02T10:00", "content_id": office.content()}
    for (action, field), code in codes.items():
        answer = office.on(post, one["key"], action, field and {field: values[field]})
        assert (answer.status, answer.json["code"]) == (409, code), answer.body
    assert office.occurrence(post, one["key"]) == one


def test_what_went_out_on_one_account_already_is_not_skipped(office: Office, superuser: Superuser):
    post = office.created(connection_ids=[office.connection(), office.connection()])
    one = third(office, post)
    rows = office.publication(one["publication_id"])["platforms"]
    superuser.execute("UPDATE publication_platforms SET status = 'published' WHERE id = %s", [rows[0]["id"]])
    answer = office.on(post, one["key"], "skip")
    assert (answer.status, answer.json["code"]) == (409, "too_late_to_skip")
    # Nor is the other account's part stopped by the way.
    assert office.publication(one["publication_id"])["platforms"][1]["status"] == "pending"


def test_another_content_is_approved_anew(office: Office, superuser: Superuser):
    post = office.created(needs_approval=True)
    one = third(office, post)
    before = office.publication(one["publication_id"])
    assert before["approval_status"] == "pending"
    superuser.execute(
        "UPDATE publications SET approval_status = 'approved' WHERE id = %s", [one["publication_id"]]
    )
    office.on(post, one["key"], "edit", {"content_id": office.content("Something else")})
    after = office.publication(one["publication_id"])
    assert after["approval_status"] == "pending"
    assert after["approval_hash"] != before["approval_hash"]


def test_who_has_the_other_words_in_hand_sends_nothing(office: Office, superuser: Superuser):
    post = office.created()
    one = third(office, post)
    query = """
        SELECT t.fingerprint, d.fence FROM publication_platforms t
          JOIN dispatches d ON d.publication_platform_id = t.id WHERE t.publication_id = %s
    """
    before = superuser.execute(query, [one["publication_id"]]).fetchone()
    office.on(post, one["key"], "edit", {"content_id": office.content("Something else")})
    after = superuser.execute(query, [one["publication_id"]]).fetchone()
    assert before is not None
    assert after is not None
    assert after[0] != before[0]
    assert after[1] > before[1]


def test_another_content_must_be_there_and_fit(office: Office, post: Post):
    key = office.occurrences(post)[1]["key"]
    answer = office.on(post, key, "edit", {"content_id": office.content("x" * 10_001)})
    assert (answer.status, answer.json["code"]) == (422, "content_does_not_fit")
    answer = office.on(post, key, "edit", {"content_id": post["id"]})
    assert answer.json["errors"][0]["code"] == "unknown_content"


def test_a_turn_is_given_back_by_what_does_not_go_out(office: Office):
    pool = [office.content("One"), office.content("Two"), office.content("Three")]
    post = office.created(content_ids=pool, content_type="rotation")
    one = third(office, post)
    said = office.publication(one["publication_id"])["content_id"]
    office.on(post, one["key"], "skip")
    uses = {each["content_id"]: each["uses"] for each in office.read(post)["contents"]}
    assert uses.pop(said) == 0
    assert set(uses.values()) == {1}
