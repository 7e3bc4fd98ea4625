"""S3: files that go in and out by presigned addresses, and are read here bounded, whole or in pieces."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import timedelta
from itertools import batched
from urllib.parse import urlsplit

from lamplighter.clients import aws

_MISSING = frozenset({"NoSuchKey", "404", "NotFound"})
_PIECE = 1024 * 1024
_DELETED_AT_ONCE = 1000


class TooLarge(Exception):  # noqa: N818  # reads as what happened
    """The object is larger than the caller takes; nothing of it was read."""


class NotDeleted(Exception):  # noqa: N818  # reads as what happened
    """S3 keeps an object that was to go."""


def presigned_upload(bucket: str, key: str, max_bytes: int, expires: timedelta) -> tuple[str, dict[str, str]]:
    """Where to POST a form, and its fields: this very key, at least one byte, at most `max_bytes`.

    No policy makes a client tell the truth about the type, so none is asked for: the bytes tell it.
    """
    form = aws.s3().generate_presigned_post(
        bucket,
        key,
        Conditions=[["content-length-range", 1, max_bytes]],
        ExpiresIn=int(expires.total_seconds()),
    )
    return form["url"], form["fields"]


def presigned_download(bucket: str, key: str, mime: str, expires: timedelta) -> str:
    """An address that anybody may GET for a while; S3 answers with this Content-Type."""
    return aws.s3().generate_presigned_url(
        "get_object",
        Params={"Bucket": bucket, "Key": key, "ResponseContentType": mime},
        ExpiresIn=int(expires.total_seconds()),
    )


def origin(bucket: str) -> str:
    """Scheme and host of the bucket's presigned addresses: what a page must name to show its images."""
    parts = urlsplit(presigned_download(bucket, "x", "image/png", timedelta(minutes=1)))
    return f"{parts.scheme}://{parts.netloc}"


def read(bucket: str, key: str, max_bytes: int) -> bytes | None:
    """The whole object, None where there is none; raises TooLarge."""
    from botocore.exceptions import ClientError  # noqa: PLC0415  # slow: see clients.aws

    try:
        answer = aws.s3().get_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error.response["Error"]["Code"] in _MISSING:
            return None
        raise
    with closing(answer["Body"]) as body:
        if answer["ContentLength"] > max_bytes:
            message = f"{key} holds {answer['ContentLength']} bytes, {max_bytes} at most are taken"
            raise TooLarge(message)
        return body.read()


def pieces(bucket: str, key: str) -> Iterator[bytes]:
    """The object, a megabyte at a time; nothing where there is none."""
    from botocore.exceptions import ClientError  # noqa: PLC0415  # slow: see clients.aws

    try:
        answer = aws.s3().get_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error.response["Error"]["Code"] in _MISSING:
            return
        raise
    with closing(answer["Body"]) as body:
        yield from body.iter_chunks(_PIECE)


def size(bucket: str, key: str) -> int | None:
    """How many bytes the object holds, None where there is none."""
    from botocore.exceptions import ClientError  # noqa: PLC0415  # slow: see clients.aws

    try:
        return aws.s3().head_object(Bucket=bucket, Key=key)["ContentLength"]
    except ClientError as error:
        if error.response["Error"]["Code"] in _MISSING:
            return None
        raise


def delete(bucket: str, key: str) -> None:
    """Remove the object; removing what is not there is fine."""
    aws.s3().delete_object(Bucket=bucket, Key=key)


def delete_all(bucket: str, keys: Sequence[str]) -> None:
    """Remove these objects; raises NotDeleted where S3 keeps one of them."""
    for batch in batched(keys, _DELETED_AT_ONCE, strict=False):
        wanted = [{"Key": key} for key in batch]
        answer = aws.s3().delete_objects(Bucket=bucket, Delete={"Objects": wanted, "Quiet": True})  # type: ignore[typeddict-item]  # a list of their type
        if refused := answer.get("Errors"):
            message = f"{len(refused)} objects were not deleted, {refused[0].get('Code')} the first of them"
            raise NotDeleted(message)


def delete_below(bucket: str, prefix: str) -> int:
    """Remove every object whose key begins with `prefix`; how many there were."""
    count = 0
    for page in aws.s3().get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        keys = [found["Key"] for found in page.get("Contents", [])]
        delete_all(bucket, keys)
        count += len(keys)
    return count
