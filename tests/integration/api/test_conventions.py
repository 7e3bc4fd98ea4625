"""What every route has in common: callers, errors, sizes, ETags, pages."""

import json
from typing import Any
from uuid import uuid4

import pytest

from infra.local.first_workspace import first_workspace
from lamplighter.domain.api_keys import spelled
from lamplighter.services import content
from tests import factories
from tests.integration.http import Http
from tests.integration.tenancy.tenants import signed_in

PROBLEM = {"type", "title", "status", "detail", "instance", "code", "errors", "request_id"}


def fault(answer: Any) -> tuple[str, str]:
    [only] = answer.json["errors"]
    return only["pointer"], only["code"]


@pytest.mark.parametrize(
    "authorization", [None, "", "Bearer", "Bearer nonsense", "Basic x", "Bearer lmp_live_" + "0" * 36]
)
def test_without_a_valid_key_nobody_gets_in(http: Http, authorization: str | None):
    stranger = Http(http.workspace_id, None)
    headers = {} if authorization is None else {"authorization": authorization}
    answer = stranger.call("GET", "/content", headers=headers)
    assert (answer.status, answer.json["code"]) == (401, "unauthenticated")
    assert answer.headers["www-authenticate"] == "Bearer"
    assert set(answer.json) == PROBLEM


def test_a_well_formed_key_that_nobody_made_is_refused(http: Http):
    answer = Http(http.workspace_id, spelled("live", "a" * 30)).get("/content")
    assert answer.status == 401


def test_every_answer_carries_a_request_id(http: Http):
    good, bad = http.get("/content"), http.get(f"/content/{uuid4()}")
    assert good.headers["request-id"]
    assert bad.headers["request-id"] == bad.json["request_id"]


def test_an_unknown_field_is_named(http: Http):
    answer = http.post("/content", {"text": "hello", "texxt": "typo"})
    assert answer.status == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert fault(answer) == ("/texxt", "unknown_field")


def test_malformed_json_is_told_apart_from_invalid_json(http: Http):
    answer = http.call("POST", "/content", raw=b'{"text": ')
    assert (answer.status, fault(answer)) == (400, ("", "malformed_json"))


@pytest.mark.parametrize("raw", [b"\xff\xfe", b'{"text": "\\ud800"}', b'{"text": NaN}', b"", b"[]", b"null"])
def test_no_body_breaks_the_edge(http: Http, raw: bytes):
    answer = http.call("POST", "/content", raw=raw)
    assert answer.status in {400, 422}
    assert set(answer.json) == PROBLEM


def test_text_that_the_database_cannot_hold_is_refused(http: Http):
    answer = http.post("/content", {"text": "a\0b"})
    assert (answer.status, fault(answer)) == (422, ("/text", "forbidden_character"))


def test_a_body_over_the_limit_is_refused_before_it_is_read(http: Http):
    answer = http.post("/content", {"text": "x" * 300_000})
    assert (answer.status, answer.json["code"]) == (413, "body_too_large")


@pytest.mark.parametrize(
    "kind", ["text/xml", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
def test_another_content_type_is_refused(http: Http, kind: str):
    answer = http.call("POST", "/content", {"text": "x"}, headers={"content-type": kind})
    assert (answer.status, answer.json["code"]) == (415, "unsupported_media_type")
    assert "application/json" in answer.json["detail"]


def test_a_method_that_a_resource_lacks_is_named_with_those_it_has(http: Http):
    answer = http.call("PUT", "/content")
    assert (answer.status, answer.headers["allow"]) == (405, "GET, POST")
    assert answer.json["code"] == "method_not_allowed"


def test_an_unknown_route_below_a_resource_is_not_found(http: Http):
    answer = http.get(f"/content/{uuid4()}/nothing")
    assert (answer.status, answer.json["code"]) == (404, "not_found")


def test_an_id_that_is_none_is_not_found(http: Http):
    assert http.get("/content/not-a-uuid").status == 404


def test_another_tenants_ids_answer_as_unknown_ones(http: Http, aws: object):
    other = first_workspace("Other", "Other", f"o-{uuid4().hex}")
    theirs = Http(str(other.workspace_id), other.key).post("/content", {"text": "theirs"}).json["id"]

    def shown(answer: Any) -> tuple[int, dict[str, Any]]:
        return answer.status, {k: v for k, v in answer.json.items() if k not in {"instance", "request_id"}}

    assert shown(http.get(f"/content/{theirs}")) == shown(http.get(f"/content/{uuid4()}"))
    foreign = http.get(f"/v1/workspaces/{other.workspace_id}/content")
    unknown = http.get(f"/v1/workspaces/{uuid4()}/content")
    assert shown(foreign) == shown(unknown)
    assert foreign.status == 404


def test_a_missing_permission_is_named(http: Http):
    body = {"name": "reader", "permissions": ["content:read"]}
    reader = Http(http.workspace_id, http.post("/api-keys", body).json["key"])
    assert reader.get("/content").status == 200
    refused = reader.post("/content", {"text": "x"})
    assert (refused.status, refused.json["code"]) == (403, "permission_missing")
    assert "content:write" in refused.json["detail"]


def test_lists_page_newest_first_and_lose_nothing(http: Http):
    made = [http.post("/content", {"text": str(n)}).json["id"] for n in range(5)]
    seen: list[str] = []
    cursor = ""
    while True:
        page = http.get(f"/content?limit=2{cursor}").json
        seen += [item["id"] for item in page["items"]]
        if not page["has_more"]:
            assert page["next_cursor"] is None
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert seen == made[::-1]


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "cursor=nonsense", "status=nonsense"])
def test_a_bad_list_parameter_is_refused(http: Http, query: str):
    answer = http.get(f"/content?{query}")
    assert answer.status == 422
    assert set(answer.json) == PROBLEM


def test_a_cursor_of_another_list_is_refused(http: Http):
    for n in range(2):
        http.post("/content", {"text": str(n)})
    cursor = http.get("/content?limit=1").json["next_cursor"]
    answer = http.get(f"/content?limit=1&status=draft&cursor={cursor}")
    assert (answer.status, answer.json["code"]) == (422, "invalid_cursor")


def test_an_etag_guards_against_lost_updates(http: Http):
    here = f"/v1/workspaces/{http.workspace_id}"
    read = http.get(here)
    etag = read.headers["etag"]
    assert http.call("PATCH", here, {"name": "a"}).status == 428
    changed = http.call("PATCH", here, {"name": "a"}, headers={"if-match": etag})
    assert (changed.status, changed.json["name"]) == (200, "a")
    assert changed.headers["etag"] != etag
    late = http.call("PATCH", here, {"name": "b"}, headers={"if-match": etag})
    assert (late.status, late.json["code"]) == (412, "stale_version")
    assert http.get(here).json["name"] == "a"


def test_an_unforeseen_failure_has_the_one_shape_and_says_nothing(
    http: Http, monkeypatch: pytest.MonkeyPatch
):
    def broken(*_args: object) -> None:
        message = "secret detail"
        raise RuntimeError(message)

    monkeypatch.setattr(content, "listed", broken)
    answer = http.get("/content")
    assert (answer.status, answer.json["code"]) == (500, "internal_error")
    assert "secret detail" not in json.dumps(answer.json)


def test_of_very_many_errors_the_first_are_shown_and_all_are_counted(http: Http):
    answer = http.post("/content", {f"unknown_{n}": n for n in range(1000)})
    assert (answer.status, len(answer.json["errors"])) == (422, 50)
    assert "1000 errors" in answer.json["detail"]


def test_nothing_to_say_is_said_with_no_body(http: Http):
    person = signed_in()
    session_id = factories.make_session(person.id).id
    answer = Http(http.workspace_id, person.token).call("DELETE", f"/v1/users/me/sessions/{session_id}")
    assert (answer.status, answer.body) == (204, b"")
