"""What moto would forget, kept in files: KMS keys, secrets and the objects of S3.

A file is written aside and renamed, before the request that changed it is answered: a kill at any moment
leaves what was acknowledged.
"""

import base64
import hashlib
import json
import os
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from moto.kms.models import KmsBackend
from moto.s3.models import FakeKey, S3Backend
from moto.secretsmanager.models import FakeSecret, SecretsManagerBackend


class Records:
    """JSON files in one folder, readable by their owner alone; unchanged ones are not written again."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder = folder
        self._written: dict[str, str] = {}

    def all(self) -> list[Any]:
        """Every record."""
        return [json.loads(path.read_text()) for path in sorted(self._folder.glob("*.json"))]

    def keep(self, name: str, record: Mapping[str, Any]) -> None:
        """Write one record."""
        text = json.dumps(record, indent=1)
        if self._written.get(name) != text:
            _write(self._folder / f"{quote(name, safe='')}.json", text.encode())
            self._written[name] = text


class Keys:
    """KMS keys with their material: what was wrapped before a restart can be unwrapped after it."""

    def __init__(self, backend: KmsBackend, folder: Path) -> None:
        self._backend = backend
        self._records = Records(folder)

    def load(self) -> None:
        """Bring back the keys of earlier runs."""
        for record in self._records.all():
            key = self._backend.create_key(
                None, "ENCRYPT_DECRYPT", "SYMMETRIC_DEFAULT", record["description"], []
            )
            del self._backend.keys[key.id]
            key.arn = key.arn.replace(key.id, record["id"])
            key.id = record["id"]
            key.key_material = base64.b64decode(record["material"])
            self._backend.keys[key.id] = key
            for alias in record["aliases"]:
                self._backend.create_alias(key.id, alias)

    def save(self) -> None:
        """Keep what is new."""
        for key in list(self._backend.keys.values()):
            record = {
                "id": key.id,
                "description": key.description,
                "aliases": sorted(key.aliases),
                "material": base64.b64encode(key.key_material).decode(),
            }
            self._records.keep(key.id, record)


class Secrets:
    """The current version of each secret."""

    def __init__(self, backend: SecretsManagerBackend, folder: Path) -> None:
        self._backend = backend
        self._records = Records(folder)

    def load(self) -> None:
        """Bring back the secrets of earlier runs under their old names and ARNs."""
        for record in self._records.all():
            self._backend.create_secret(
                name=record["name"],
                secret_string=record["secret_string"],
                secret_binary=None,
                description=None,
                tags=None,
                kms_key_id=None,
                client_request_token=None,
                replica_regions=[],
                force_overwrite=False,
            )
            self._backend.secrets[record["name"]].arn = record["arn"]

    def save(self) -> None:
        """Keep what is new."""
        for secret in list(self._backend.secrets.values()):
            if not isinstance(secret, FakeSecret) or secret.default_version_id is None:
                continue
            value = secret.versions[secret.default_version_id].get("secret_string")
            record = {"name": secret.name, "arn": secret.arn, "secret_string": value}
            self._records.keep(secret.name, record)


class Objects:
    """One file per object: a line of JSON (key and metadata), then the bytes."""

    def __init__(self, backend: S3Backend, folder: Path) -> None:
        self._backend = backend
        self._folder = folder
        self._changed: set[tuple[str, str]] = set()
        self._saving = threading.Lock()
        for name in ("put_object", "delete_object"):
            setattr(backend, name, self._noted(getattr(backend, name)))

    def load(self, region: str) -> None:
        """Bring back the buckets of earlier runs and what is in them."""
        for path in sorted(self._folder.glob("*/*.object")):
            if path.parent.name not in self._backend.buckets:
                self._backend.create_bucket(path.parent.name, region)
            header, _, body = path.read_bytes().partition(b"\n")
            record = json.loads(header)
            self._backend.put_object(path.parent.name, record["key"], body).set_metadata(record["metadata"])
        self._changed.clear()

    def save(self) -> None:
        """Write what has changed; returns only when every change noted before the call is on disk."""
        with self._saving:
            while self._changed:
                bucket, name = self._changed.pop()
                path = self._folder / bucket / f"{hashlib.sha256(name.encode()).hexdigest()}.object"
                key = (
                    self._backend.buckets[bucket].keys.get(name) if bucket in self._backend.buckets else None
                )
                if isinstance(key, FakeKey):
                    header = json.dumps({"key": name, "metadata": dict(key.metadata)}).encode()
                    path.parent.mkdir(parents=True, exist_ok=True)
                    _write(path, header + b"\n" + key.value)
                else:
                    path.unlink(missing_ok=True)

    def _noted(self, change: Callable[..., Any]) -> Callable[..., Any]:
        def noted(bucket_name: str, key_name: str, *args: Any, **kwargs: Any) -> Any:  # moto's own
            result = change(bucket_name, key_name, *args, **kwargs)
            self._changed.add((bucket_name, key_name))
            return result

        return noted


def _write(path: Path, content: bytes) -> None:
    unfinished = path.with_name(f"{path.name}.{threading.get_ident()}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    unfinished.replace(path)
