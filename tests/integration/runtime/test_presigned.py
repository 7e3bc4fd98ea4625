"""Presigned uploads work from outside, and are refused where S3 refuses them."""

import base64
import datetime as dt
import json
import re
import urllib.error
import urllib.request

import pytest

from infra.local import presigned

NOW = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
POLICY = {
    "expiration": "2026-03-01T12:05:00Z",
    "conditions": [
        {"bucket": "media"},
        ["eq", "$key", "w/1"],
        ["starts-with", "$Content-Type", "image/"],
        ["content-length-range", 1, 10],
    ],
}
FIELDS = {"bucket": "media", "key": "w/1", "Content-Type": "image/png", "policy": "..."}


@pytest.mark.parametrize(
    ("change", "size", "now", "expected"),
    [
        ({}, 10, NOW, None),
        ({}, 11, NOW, presigned.TOO_LARGE),
        ({}, 0, NOW, presigned.TOO_SMALL),
        ({"key": "w/2"}, 5, NOW, presigned.CONDITION),
        ({"Content-Type": "text/html"}, 5, NOW, presigned.CONDITION),
        ({"bucket": "other"}, 5, NOW, presigned.CONDITION),
        ({}, 5, NOW + dt.timedelta(minutes=6), presigned.POLICY_EXPIRED),
    ],
)
def test_a_form_is_held_to_its_policy(change, size, now, expected):
    assert presigned.violation(POLICY, FIELDS | change, size, now) == expected


def form_body(fields: dict[str, str], content: bytes) -> tuple[bytes, dict[str, str]]:
    parts = [
        f'--edge\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    file = '--edge\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n'
    body = "".join([*parts, file]).encode() + content + b"\r\n--edge--\r\n"
    return body, {"Content-Type": "multipart/form-data; boundary=edge"}


def sent(
    url: str, method: str, body: bytes | None = None, headers: dict[str, str] | None = None
) -> tuple[int, bytes]:
    request = urllib.request.Request(url, body, headers or {}, method=method)  # noqa: S310  # the stack's own
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310  # likewise
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


@pytest.fixture
def bucket(stack):
    return stack.settings["BUCKET"]


def test_an_upload_by_form_is_there_and_one_that_is_too_large_is_not(stack, bucket):
    conditions = [["content-length-range", 1, 100]]
    form = stack.services.s3.generate_presigned_post(bucket, "forms/1", Conditions=conditions)
    assert form["url"].startswith(f"http://127.0.0.1:{stack.ports['aws']}/")
    assert sent(form["url"], "POST", *form_body(form["fields"], b"x" * 101))[0] == 400
    assert sent(form["url"], "POST", *form_body(form["fields"], b"x" * 100))[0] == 204
    assert stack.services.s3.head_object(Bucket=bucket, Key="forms/1")["ContentLength"] == 100


def test_addresses_to_put_and_to_get_end_with_their_time(stack, bucket):
    def address(operation: str) -> str:
        return stack.services.s3.generate_presigned_url(
            operation, {"Bucket": bucket, "Key": "put"}, ExpiresIn=60
        )

    assert sent(address("put_object"), "PUT", b"content", {"Content-Type": "image/png"})[0] == 200
    assert sent(address("get_object"), "GET") == (200, b"content")
    late = re.sub(r"X-Amz-Date=\w+", "X-Amz-Date=20260101T000000Z", address("get_object"))
    assert late != address("get_object")
    assert sent(late, "GET")[0] == 403


def test_a_browser_may_ask_whether_it_may_upload(stack, bucket):
    url = f"http://127.0.0.1:{stack.ports['aws']}/{bucket}"
    asks = {"Origin": "https://app.example", "Access-Control-Request-Method": "POST"}
    request = urllib.request.Request(url, headers=asks, method="OPTIONS")  # the stack's own
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310  # likewise
        assert answer.headers["Access-Control-Allow-Origin"] in ("https://app.example", "*")


def test_the_policy_of_a_form_is_what_boto3_writes(stack, bucket):
    form = stack.services.s3.generate_presigned_post(bucket, "k", Fields={"Content-Type": "image/png"})
    policy = json.loads(base64.b64decode(form["fields"]["policy"]))
    assert (
        presigned.violation(policy, form["fields"] | {"bucket": bucket}, 5, dt.datetime.now(dt.UTC)) is None
    )
