"""S3's multipart upload: an object that is written while it is made and appears when it is whole."""

from contextlib import suppress
from typing import TYPE_CHECKING

from lamplighter.clients import aws

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

PART_BYTES = 8 * 1024 * 1024
"""Every part but the last holds this much; S3 takes 5 MB at least and 10,000 parts, so 80 GB in all."""


class Upload:
    """One object on its way. `complete` makes it appear at once and whole, in the place of an earlier one;
    what is neither completed nor aborted is removed by the bucket's lifecycle."""

    def __init__(self, bucket: str, key: str, mime: str) -> None:
        self._bucket = bucket
        self._key = key
        self._parts: list[CompletedPartTypeDef] = []
        self._id = aws.s3_in_bulk().create_multipart_upload(Bucket=bucket, Key=key, ContentType=mime)[
            "UploadId"
        ]

    def send(self, part: bytes) -> None:
        """The next part; a failure is botocore's error, after its own retries."""
        number = len(self._parts) + 1
        answer = aws.s3_in_bulk().upload_part(
            Bucket=self._bucket, Key=self._key, UploadId=self._id, PartNumber=number, Body=part
        )
        self._parts.append({"PartNumber": number, "ETag": answer["ETag"]})

    def complete(self) -> None:
        """The object is there."""
        aws.s3_in_bulk().complete_multipart_upload(
            Bucket=self._bucket, Key=self._key, UploadId=self._id, MultipartUpload={"Parts": self._parts}
        )

    def abort(self) -> None:
        """Nothing of it is kept. What fails here is left to the bucket's lifecycle."""
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415  # slow: see clients.aws

        with suppress(BotoCoreError, ClientError):
            aws.s3_in_bulk().abort_multipart_upload(Bucket=self._bucket, Key=self._key, UploadId=self._id)
