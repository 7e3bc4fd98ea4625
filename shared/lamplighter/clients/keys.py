"""KMS: data keys, wrapped so that only their own workspace's name opens them."""

from uuid import UUID

from lamplighter.clients import aws
from lamplighter.settings import settings


class WrongKey(ValueError):  # noqa: N818  # reads as what happened
    """KMS will never open this: damaged, or another workspace's."""


def new_data_key(workspace_id: UUID) -> bytes:
    """A new 256-bit key for this workspace, wrapped: the key itself stays in KMS until it is needed."""
    answer = aws.kms().generate_data_key_without_plaintext(
        KeyId=settings().kms_key_id, KeySpec="AES_256", EncryptionContext=_context(workspace_id)
    )
    return answer["CiphertextBlob"]


def unwrap(wrapped: bytes, workspace_id: UUID) -> bytes:
    """The 256-bit key; raises WrongKey. What may pass is botocore's error: throttling, a disabled key, or a
    KMS_KEY_ID that is not what wrapped it. A mistake in the settings must not cost anyone an account."""
    from botocore.exceptions import ClientError  # noqa: PLC0415  # slow: see clients.aws

    try:
        answer = aws.kms().decrypt(
            KeyId=settings().kms_key_id, CiphertextBlob=wrapped, EncryptionContext=_context(workspace_id)
        )
    except ClientError as error:
        if error.response["Error"]["Code"] == "InvalidCiphertextException":
            message = f"the data key of workspace {workspace_id} does not open"
            raise WrongKey(message) from error
        raise
    return answer["Plaintext"]


def _context(workspace_id: UUID) -> dict[str, str]:
    return {"workspace_id": str(workspace_id)}
