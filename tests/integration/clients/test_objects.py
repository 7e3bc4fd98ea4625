"""Files: in by a form, out by an address, read whole within bounds."""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import urllib3
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from moto.server import ThreadedMotoServer

from lamplighter.clients import aws, objects, uploads
from tests.integration.clients.conftest import REGION, forget_clients

HOUR = timedelta(hours=1)


def _make_bucket() -> None:
    aws.s3().create_bucket(Bucket="media", CreateBucketConfiguration={"LocationConstraint": REGION})


@pytest.fixture
def bucket() -> str:
    _make_bucket()
    return "media"


def test_an_object_is_read_whole(bucket: str) -> None:
    aws.s3().put_object(Bucket=bucket, Key="a/b", Body=b"x" * 1000)
    assert objects.read(bucket, "a/b", 1000) == b"x" * 1000
    assert objects.size(bucket, "a/b") == 1000


def test_an_object_over_the_bound_is_not_read(bucket: str) -> None:
    aws.s3().put_object(Bucket=bucket, Key="a/b", Body=b"x" * 1001)
    with pytest.raises(objects.TooLarge, match="1001 bytes"):
        objects.read(bucket, "a/b", 1000)


def test_an_empty_object_is_no_missing_one(bucket: str) -> None:
    aws.s3().put_object(Bucket=bucket, Key="empty", Body=b"")
    assert objects.read(bucket, "empty", 1000) == b""
    assert objects.size(bucket, "empty") == 0


def test_what_is_not_there_is_none(bucket: str) -> None:
    assert objects.read(bucket, "nothing", 1000) is None
    assert objects.size(bucket, "nothing") is None


def test_a_missing_bucket_is_an_error_and_no_missing_object() -> None:
    with pytest.raises(aws.s3().exceptions.NoSuchBucket):
        objects.read("nowhere", "a", 1000)


def test_what_may_not_be_asked_for_is_an_error_and_no_missing_object(bucket: str) -> None:
    with Stubber(aws.s3()) as stub:
        stub.add_client_error("head_object", "403", http_status_code=403)
        with pytest.raises(ClientError, match="403"):
            objects.size(bucket, "a")
        stub.add_client_error("get_object", "AccessDenied", http_status_code=403)
        with pytest.raises(ClientError, match="AccessDenied"):
            objects.read(bucket, "a", 1000)


def test_deleting_twice_is_deleting(bucket: str) -> None:
    aws.s3().put_object(Bucket=bucket, Key="a", Body=b"x")
    objects.delete(bucket, "a")
    objects.delete(bucket, "a")
    assert objects.read(bucket, "a", 1000) is None


def test_an_object_comes_in_pieces(bucket: str) -> None:
    whole = bytes(range(256)) * 10_000
    aws.s3().put_object(Bucket=bucket, Key="a", Body=whole)
    found = list(objects.pieces(bucket, "a"))
    assert b"".join(found) == whole
    assert len(found) > 1
    assert list(objects.pieces(bucket, "nothing")) == []


def test_what_lies_below_a_prefix_is_deleted_and_nothing_else(bucket: str) -> None:
    for number in range(1001):
        aws.s3().put_object(Bucket=bucket, Key=f"mine/{number}", Body=b"x")
    aws.s3().put_object(Bucket=bucket, Key="mine-not/1", Body=b"x")
    assert objects.delete_below(bucket, "mine/") == 1001
    assert objects.delete_below(bucket, "mine/") == 0
    assert [found["Key"] for found in aws.s3().list_objects_v2(Bucket=bucket)["Contents"]] == ["mine-not/1"]


def test_an_object_that_is_kept_is_an_error(bucket: str) -> None:
    with Stubber(aws.s3()) as stub:
        stub.add_response("delete_objects", {"Errors": [{"Key": "a", "Code": "AccessDenied"}]})
        with pytest.raises(objects.NotDeleted, match="AccessDenied"):
            objects.delete_all(bucket, ["a"])


def test_an_upload_appears_when_it_is_complete(bucket: str) -> None:
    first, last = b"a" * uploads.PART_BYTES, b"the end"
    upload = uploads.Upload(bucket, "archive", "application/zip")
    upload.send(first)
    upload.send(last)
    assert objects.size(bucket, "archive") is None
    upload.complete()
    assert b"".join(objects.pieces(bucket, "archive")) == first + last


def test_an_aborted_upload_leaves_nothing(bucket: str) -> None:
    upload = uploads.Upload(bucket, "archive", "application/zip")
    upload.send(b"a" * uploads.PART_BYTES)
    upload.abort()
    upload.abort()
    assert objects.size(bucket, "archive") is None
    assert "Uploads" not in aws.s3().list_multipart_uploads(Bucket=bucket)


def test_the_form_s_policy_binds_bucket_key_size_and_time(bucket: str) -> None:
    before = datetime.now(UTC)
    url, fields = objects.presigned_upload(bucket, "tenant/picture", 5000, HOUR)
    policy = json.loads(base64.b64decode(fields["policy"]))
    assert ["content-length-range", 1, 5000] in policy["conditions"]
    assert {"key": "tenant/picture"} in policy["conditions"]
    assert {"bucket": "media"} in policy["conditions"]
    assert not any(isinstance(rule, list) and rule[0] == "starts-with" for rule in policy["conditions"])
    expires = datetime.fromisoformat(policy["expiration"])
    assert timedelta(minutes=59) < expires - before < timedelta(minutes=61)
    assert fields["key"] == "tenant/picture"
    assert fields["x-amz-algorithm"] == "AWS4-HMAC-SHA256"
    assert fields["x-amz-security-token"] == "test"
    assert urlsplit(url).hostname == f"media.s3.{REGION}.amazonaws.com"


def test_an_address_to_download_names_object_type_and_time(bucket: str) -> None:
    url = urlsplit(objects.presigned_download(bucket, "tenant/picture", "image/png", HOUR))
    query = parse_qs(url.query)
    assert (url.hostname, url.path) == (f"media.s3.{REGION}.amazonaws.com", "/tenant/picture")
    assert query["response-content-type"] == ["image/png"]
    assert query["X-Amz-Expires"] == ["3600"]
    assert query["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A bucket behind real HTTP."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    forget_clients()
    _make_bucket()
    yield "media"
    aws.s3().close()
    server.stop()


def test_a_picture_goes_in_and_out_over_http(served: str) -> None:
    """moto checks neither policy nor signature; that they are right, the tests above say."""
    picture = bytes(range(256)) * 400
    with urllib3.PoolManager() as http:
        url, fields = objects.presigned_upload(served, "tenant/picture", 200_000, HOUR)
        posted = http.request("POST", url, fields={**fields, "file": ("p.png", picture)}, retries=False)
        assert posted.status == 204
        assert objects.read(served, "tenant/picture", 200_000) == picture
        address = objects.presigned_download(served, "tenant/picture", "image/png", HOUR)
        got = http.request("GET", address, retries=False)
    assert (got.status, got.data, got.headers["Content-Type"]) == (200, picture, "image/png")
