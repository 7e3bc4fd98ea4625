"""API keys: shown once, never stronger than their maker, revoked at once."""

from typing import Any

import pytest

from tests.integration.http import Http


def test_a_key_is_shown_once(http: Http):
    made = http.post("/api-keys", {"name": "ci", "permissions": ["content:read"]}).json
    assert made["key"].startswith(made["key_prefix"])
    read = http.get(f"/api-keys/{made['id']}").json
    assert "key" not in read
    assert "key_hash" not in read


def test_a_revoked_key_is_refused_from_the_next_request_on(http: Http):
    made = http.post("/api-keys", {"name": "ci", "permissions": ["content:read"]}).json
    caller = Http(http.workspace_id, made["key"])
    assert caller.get("/content").status == 200
    revoked = http.call("DELETE", f"/api-keys/{made['id']}").json
    assert revoked["revoked_at"]
    assert caller.get("/content").status == 401
    assert http.call("DELETE", f"/api-keys/{made['id']}").json["revoked_at"] == revoked["revoked_at"]


def test_a_key_cannot_make_a_stronger_one(http: Http):
    weak = Http(
        http.workspace_id,
        http.post("/api-keys", {"name": "weak", "permissions": ["api_keys:write", "content:read"]}).json[
            "key"
        ],
    )
    answer = weak.post("/api-keys", {"name": "strong", "permissions": ["content:read", "content:write"]})
    assert answer.status == 422
    assert answer.json["errors"][0]["pointer"] == "/permissions/1"


def test_a_test_key_makes_test_keys_only(http_test_key: Http):
    answer = http_test_key.post("/api-keys", {"name": "x", "permissions": ["content:read"], "type": "live"})
    assert (answer.status, answer.json["errors"][0]["pointer"]) == (422, "/type")


def test_a_key_limited_to_connections_cannot_lift_its_limit(http: Http):
    limited = http.post(
        "/api-keys",
        {"name": "limited", "permissions": ["api_keys:write"], "connection_ids": []},
    ).json["key"]
    answer = Http(http.workspace_id, limited).post(
        "/api-keys", {"name": "x", "permissions": ["api_keys:read"]}
    )
    assert (answer.status, answer.json["errors"][0]["pointer"]) == (422, "/connection_ids")


def test_an_expiry_must_lie_ahead(http: Http):
    body = {"name": "x", "permissions": ["content:read"], "expires_at": "2020-01-01T00:00:00Z"}
    answer = http.post("/api-keys", body)
    assert (answer.status, answer.json["errors"][0]["code"]) == (422, "in_the_past")


def test_an_unknown_permission_is_named(http: Http):
    answer = http.post("/api-keys", {"name": "x", "permissions": ["content:destroy"]})
    assert (answer.status, answer.json["errors"][0]["pointer"]) == (422, "/permissions/0")


def workspaces_of(http: Http) -> str:
    """Where the workspace's organization makes others."""
    organization_id = http.get(f"/v1/workspaces/{http.workspace_id}").json["organization_id"]
    return f"/v1/organizations/{organization_id}/workspaces"


def maker(http: Http, *permissions: str, **more: Any) -> Http:
    """A caller with a new key of these permissions."""
    body = {"name": "maker", "permissions": ["api_keys:write", *permissions], **more}
    return Http(http.workspace_id, http.post("/api-keys", body).json["key"])


@pytest.mark.parametrize("expires_at", [None, "2090-01-01T00:00:01Z"])
def test_a_key_never_outlives_its_maker(http: Http, expires_at: str | None):
    mortal = maker(http, expires_at="2090-01-01T00:00:00Z")
    body = {"name": "x", "permissions": ["api_keys:read"], "expires_at": expires_at}
    answer = mortal.post("/api-keys", body)
    assert (answer.status, answer.json["errors"][0]["code"]) == (422, "outlives_maker")
    assert answer.json["errors"][0]["pointer"] == "/expires_at"
    assert mortal.post("/api-keys", {**body, "expires_at": "2090-01-01T00:00:00Z"}).status == 201


def test_everything_that_makes_a_key_too_strong_is_named(http: Http):
    weak = maker(http, type="test", connection_ids=[], expires_at="2090-01-01T00:00:00Z")
    answer = weak.post("/api-keys", {"name": "x", "permissions": ["api_keys:read", "media:read"]})
    pointers = {fault["pointer"] for fault in answer.json["errors"]}
    assert pointers == {"/permissions/1", "/type", "/connection_ids", "/expires_at"}


def test_a_new_workspaces_first_key_is_as_strong_as_the_one_that_made_it(http: Http):
    permissions, expires_at = ["api_keys:write", "workspaces:write"], "2090-01-01T00:00:00Z"
    made = maker(http, "workspaces:write", type="test", expires_at=expires_at).post(
        workspaces_of(http), {"name": "Second", "slug": "second"}
    )
    inside = Http(made.json["id"], made.json["api_key"])
    [first] = inside.get("/api-keys").json["items"]
    assert (first["type"], first["permissions"]) == ("test", permissions)
    assert first["expires_at"] == expires_at
    assert inside.get("/content").json["code"] == "permission_missing"


def test_a_key_limited_to_connections_makes_no_workspaces(http: Http):
    limited = maker(http, "workspaces:write", connection_ids=[])
    answer = limited.post(workspaces_of(http), {"name": "Second", "slug": "second"})
    assert (answer.status, answer.json["code"]) == (403, "unlimited_key_required")


@pytest.mark.parametrize(
    "weakness", [{"type": "test"}, {"connection_ids": []}, {"permissions": ["api_keys:write"]}]
)
def test_a_key_cannot_revoke_a_stronger_one(http: Http, weakness: dict[str, Any]):
    body = {"name": "x", "permissions": ["api_keys:write", "media:read"]}
    strong = http.post("/api-keys", body).json
    weak = Http(http.workspace_id, http.post("/api-keys", {**body, **weakness}).json["key"])
    answer = weak.call("DELETE", f"/api-keys/{strong['id']}")
    assert (answer.status, answer.json["code"]) == (403, "stronger_key")
    assert Http(http.workspace_id, strong["key"]).get("/api-keys").status == 200


def test_a_key_may_revoke_what_it_could_have_made_and_itself(http: Http):
    mortal = maker(http, expires_at="2090-01-01T00:00:00Z")
    immortal = http.post("/api-keys", {"name": "x", "permissions": ["api_keys:write"]}).json["id"]
    assert mortal.call("DELETE", f"/api-keys/{immortal}").status == 200
    own = next(key["id"] for key in mortal.get("/api-keys").json["items"] if key["name"] == "maker")
    assert mortal.call("DELETE", f"/api-keys/{own}").status == 200
    assert mortal.get("/api-keys").status == 401
