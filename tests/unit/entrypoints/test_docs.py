"""The docs function: the document, its page, and the answer to every other path."""

import base64
import gzip
import json
import re
from typing import Any

import pytest

from functions.docs.handler import handler
from lamplighter.domain.mails import PAGES
from lamplighter.settings import settings


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ENVIRONMENT", "production")
    settings.cache_clear()
    yield monkeypatch
    settings.cache_clear()


def get(path: str, method: str = "GET", **headers: str) -> dict[str, Any]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    context = {"http": {"method": method, "path": path}, "requestId": "r1", "stage": "$default"}
    event = {"version": "2.0", "rawPath": path, "headers": named, "requestContext": context}
    return handler(event, None)  # type: ignore[arg-type]  # it reads no context


def content(answer: dict[str, Any]) -> bytes:
    assert answer["isBase64Encoded"]
    return base64.b64decode(answer["body"])


def test_the_top_leads_to_the_page():
    answer = get("/")
    assert (answer["statusCode"], answer["headers"]["Location"]) == (302, "/docs")


def test_the_document_is_compressed_for_whom_takes_it_and_plain_for_others():
    plain, compressed = get("/openapi.json"), get("/openapi.json", accept_encoding="br, gzip")
    assert plain["headers"]["Content-Type"] == "application/json"
    assert "Content-Encoding" not in plain["headers"]
    assert compressed["headers"]["Content-Encoding"] == "gzip"
    assert gzip.decompress(content(compressed)) == content(plain)
    assert json.loads(content(plain))["openapi"].startswith("3.1")
    assert plain["headers"]["ETag"] != compressed["headers"]["ETag"]
    assert plain["headers"]["Vary"] == "Accept-Encoding"


@pytest.mark.parametrize("path", ["/openapi.json", "/docs/swagger-ui.js", "/docs/swagger-ui.css"])
def test_what_a_browser_has_is_not_sent_again(path: str):
    tag = get(path, accept_encoding="gzip")["headers"]["ETag"]
    again = get(path, accept_encoding="gzip", if_none_match=f'"other", W/{tag}')
    assert (again["statusCode"], again["body"] or "") == (304, "")
    assert get(path, if_none_match=tag)["statusCode"] == 200


def test_the_page_loads_nothing_from_elsewhere():
    answer = get("/docs")
    policy = answer["headers"]["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "connect-src 'self'" in policy
    loaded = re.findall(r'(?:src|href)="([^"#]+)"', re.sub(r'href="data:[^"]*"', "", answer["body"]))
    assert loaded
    for address in loaded:
        assert address.startswith("/")
        assert get(address.partition("?")[0])["statusCode"] == 200


def test_only_on_ones_own_machine_is_a_key_taken_from_the_address(environment: pytest.MonkeyPatch):
    assert 'data-prefill="no"' in get("/docs")["body"]
    environment.setenv("ENVIRONMENT", "local")
    settings.cache_clear()
    assert 'data-prefill="yes"' in get("/docs")["body"]


@pytest.mark.parametrize(
    "path", ["/v1", "/v1/nothing", "/docs/nothing.js", "/docs/../openapi.json", "/favicon.ico"]
)
def test_every_other_path_is_not_found_in_the_one_shape(path: str):
    answer = get(path)
    assert answer["statusCode"] == 404
    assert answer["headers"]["Content-Type"] == "application/problem+json"
    problem = json.loads(answer["body"])
    assert (problem["code"], problem["instance"], problem["request_id"]) == ("not_found", path, "r1")


def test_a_method_that_a_path_does_not_take_is_named():
    answer = get("/docs", method="POST")
    assert (answer["statusCode"], answer["headers"]["Allow"]) == (405, "GET")


@pytest.mark.parametrize("page", PAGES.values())
def test_a_link_in_a_mail_leads_to_the_operation_that_takes_its_token(page: str):
    answer = get(f"/docs/{page}")
    found = re.search(r'data-operation="([^"]+)"', answer["body"])
    assert found
    document = json.loads(content(get("/openapi.json")))
    reference = document["paths"][found[1]]["post"]["requestBody"]["content"]["application/json"]["schema"]
    schema = document["components"]["schemas"][reference["$ref"].rpartition("/")[2]]
    assert "token" in schema["required"]
    assert 'data-operation=""' in get("/docs")["body"]
