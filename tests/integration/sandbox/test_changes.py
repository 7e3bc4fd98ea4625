"""Replies, edits and deletions on the sandbox network, and images that take their time; with their faults."""

from uuid import uuid4

import pytest

from tests.integration.sandbox.client import PNG, Answer, Client

NOT_DONE = {"reject": 422, "rate_limit": 429, "unauthorized": 401, "error_before": 500}
DONE = {"error_after": 500, "garbage_after": 200}


def path(post: Answer) -> str:
    return f"/sandbox/api/posts/{post.json['id']}"


def edit(client: Client, post: Answer, text: str = "Better") -> Answer:
    return client.call("PUT", path(post), {"text": text})


def test_an_edit_changes_the_text_and_nothing_else(ada: Client):
    image = ada.upload().json["id"]
    post = ada.post("Good", key="k", media=[{"media_id": image, "alt": "A lamp"}])
    before = ada.call("GET", path(post)).json
    assert before["edited_at"] is None
    edited = edit(ada, post)
    assert (edited.status, edited.json) == (200, post.json)
    after = ada.call("GET", path(post)).json
    assert after["edited_at"] >= before["accepted_at"]
    assert after == {**before, "text": "Better", "edited_at": after["edited_at"]}
    assert edit(ada, post).status == 200
    assert ada.outcomes()[-1] == ("edited", 200)


def test_what_cannot_be_edited(ada: Client, grace: Client):
    post = ada.post()
    assert edit(grace, post).status == 404
    assert edit(ada, post, " ").json["errors"][0]["pointer"] == "/text"
    assert edit(ada, post, "x" * 10_001).json["errors"][0]["code"] == "text_too_long"
    ada.call("DELETE", path(post))
    assert edit(ada, post).status == 404
    assert ada.call("PUT", f"/sandbox/api/posts/{uuid4()}", {"text": "x"}).status == 404


@pytest.mark.parametrize(("fault", "status"), NOT_DONE.items())
def test_a_fault_that_prevents_an_edit_or_a_deletion(ada: Client, fault: str, status: int):
    post = ada.post("as it was")
    ada.switch_on(fault=fault, remaining=2)
    assert edit(ada, post).status == status
    assert ada.call("DELETE", path(post)).status == status
    assert ada.texts() == ["as it was"]
    assert ada.call("DELETE", path(post)).status == 204


@pytest.mark.parametrize(("fault", "status"), DONE.items())
def test_a_fault_that_hides_that_it_was_done(ada: Client, fault: str, status: int):
    post = ada.post()
    ada.switch_on(fault=fault)
    assert edit(ada, post).status == status
    assert ada.texts() == ["Better"]
    assert ada.call("DELETE", path(post)).status == status
    assert ada.texts() == []
    assert ada.call("DELETE", path(post)).status == 404


def test_a_reply_names_what_it_answers(ada: Client):
    root = ada.post("first")
    reply = ada.post("second", reply_to=root.json["id"])
    assert ada.call("GET", path(reply)).json["reply_to"] == root.json["id"]
    assert root.json["id"] in ada.page(account=ada.account).body.decode()


def test_nobody_can_answer_what_is_not_there(ada: Client):
    root = ada.post("first")
    ada.call("DELETE", path(root))
    for missing in (root.json["id"], str(uuid4())):
        refused = ada.post("second", reply_to=missing)
        assert refused.status == 422
        assert [(e["pointer"], e["code"]) for e in refused.json["errors"]] == [("/reply_to", "unknown_post")]
    assert ada.texts() == []


@pytest.mark.parametrize("only", ["posts", "replies", "edits", "deletions"])
def test_a_fault_can_be_kept_to_one_kind_of_call(ada: Client, only: str):
    root = ada.post("first")
    ada.switch_on(fault="error_before", calls=only)
    answers = {
        "posts": ada.post("another"),
        "replies": ada.post("second", reply_to=root.json["id"]),
        "edits": edit(ada, root),
        "deletions": ada.call("DELETE", path(root)),
    }
    assert {name for name, answer in answers.items() if answer.status == 500} == {only}


def test_a_duplicate_is_a_word_about_posts(ada: Client):
    post = ada.post("first")
    ada.switch_on(fault="duplicate")
    assert ada.post("first").json["code"] == "duplicate_content"
    assert ada.post("first", reply_to=post.json["id"]).status == 409
    assert edit(ada, post).status == 200
    assert ada.call("DELETE", path(post)).status == 204


def test_an_image_is_processed_for_as_many_questions_as_were_wanted(ada: Client):
    assert ada.upload().json["processing"] is False
    ada.switch_on(fault="processing", remaining=3)
    image = ada.upload().json
    assert image["processing"] is True
    asked = [ada.call("GET", f"/sandbox/api/media/{image['id']}").json for _ in range(4)]
    assert [answer["processing"] for answer in asked] == [True, True, False, False]
    assert {**asked[-1], "processing": True} == image


def test_while_images_are_processed_posts_are_taken(ada: Client):
    ada.switch_on(fault="processing", remaining=1)
    assert ada.post().status == 201
    assert ada.upload().json["processing"] is True


def test_an_image_is_asked_for_by_its_own_account(ada: Client, grace: Client, nobody: Client):
    asked = f"/sandbox/api/media/{ada.upload(PNG).json['id']}"
    assert ada.call("GET", asked).status == 200
    assert grace.call("GET", asked).status == 404
    assert nobody.call("GET", asked).status == 401
