"""Files that browsers keep: compressed once per process, and not sent again to whom has them."""

import gzip
from base64 import b64encode
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib import resources
from pathlib import Path

from aws_lambda_powertools.event_handler import Response

from lamplighter.entrypoints.pages import SAFE_HEADERS


@dataclass(frozen=True, slots=True)
class File:
    """One file, plain and compressed, in the base64 that Lambda answers bytes in."""

    content_type: str
    cache_control: str
    plain: str
    compressed: str
    digest: str


@cache
def openapi_document() -> File:
    """The API's description, which travels with this package."""
    body = (Path(__file__).parent / "openapi.json").read_bytes()
    return _file(body, "application/json", "public, max-age=300")


@cache
def swagger_file(name: str) -> File:
    """Swagger UI's script or style sheet, as powertools ships them; the page asks for them by version."""
    body = (resources.files("aws_lambda_powertools.event_handler.openapi.swagger_ui") / name).read_bytes()
    kind = "text/css" if name.endswith(".css") else "text/javascript"
    return _file(body, f"{kind}; charset=utf-8", "public, max-age=31536000, immutable")


def _file(body: bytes, content_type: str, cache_control: str) -> File:
    digest = sha256(body).hexdigest()[:32]
    plain, compressed = (b64encode(form).decode() for form in (body, gzip.compress(body, mtime=0)))
    return File(content_type, cache_control, plain, compressed, digest)


def sent(file: File, *, accept_encoding: str, if_none_match: str) -> Response[str]:
    """The file as this browser takes it, or 304 when it has it already (RFC 9110, 13.1.2)."""
    compressed = "gzip" in accept_encoding
    # Another encoding is another representation, and a strong tag names just one.
    tag = f'"{file.digest}-gzip"' if compressed else f'"{file.digest}"'
    headers = {"ETag": tag, "Cache-Control": file.cache_control, "Vary": "Accept-Encoding", **SAFE_HEADERS}
    if tag in (known.strip().removeprefix("W/") for known in if_none_match.split(",")):
        return Response(status_code=304, headers=headers)
    if compressed:
        headers["Content-Encoding"] = "gzip"
    body = file.compressed if compressed else file.plain
    response = Response(status_code=200, content_type=file.content_type, body=body, headers=headers)
    response.base64_encoded = True
    return response
