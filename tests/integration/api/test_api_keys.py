"""API keys: shown once, never stronger than their maker, revoked at once."""

from uuid import uuid4

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
        {"name": "limited", "permissions": ["api_keys:write"], "connection_ids": [str(uuid4())]},
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
