"""Images on the sandbox network: only images, and served as nothing else."""

from uuid import uuid4

from tests.integration.sandbox.client import PNG, Client


def test_an_image_is_served_as_the_bytes_that_came(ada: Client, nobody: Client):
    stored = ada.upload()
    assert (stored.status, stored.json["mime"], stored.json["byte_size"]) == (201, "image/png", len(PNG))
    served = nobody.call("GET", f"/sandbox/media/{stored.json['id']}")
    assert (served.status, served.body) == (200, PNG)
    assert served.headers["content-type"] == "image/png"
    assert served.headers["x-content-type-options"] == "nosniff"
    assert served.headers["content-security-policy"] == "default-src 'none'; sandbox"


def test_what_is_no_image_is_refused_whatever_it_calls_itself(ada: Client):
    for data in (
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"<script>alert(1)</script>",
        b"",
    ):
        answer = ada.call("POST", "/sandbox/api/media", data, content_type="image/png")
        assert (answer.status, answer.json["code"]) == (422, "not_an_image")


def test_four_megabytes_are_taken_and_a_byte_more_is_not(ada: Client):
    most = PNG + bytes(4 * 1024 * 1024 - len(PNG))
    assert ada.upload(most).status == 201
    assert ada.upload(most + b"\0").status == 413


def test_a_post_carries_the_images_of_its_own_account(ada: Client, grace: Client):
    media_id = ada.upload().json["id"]
    media = [{"media_id": media_id, "alt": "A lamp"}]
    post_id = ada.post(media=media).json["id"]
    assert ada.call("GET", f"/sandbox/api/posts/{post_id}").json["media"] == media
    assert grace.post(media=media).json["errors"][0]["code"] == "unknown_media"


def test_a_post_may_be_an_image_alone(ada: Client):
    assert ada.post("", media=[{"media_id": ada.upload().json["id"]}]).status == 201


def test_an_image_that_is_not_there_is_not_found(nobody: Client):
    for media_id in (str(uuid4()), "nonsense"):
        assert nobody.call("GET", f"/sandbox/media/{media_id}").status == 404
