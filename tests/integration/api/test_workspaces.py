"""Workspaces: settings of any shape that can be shown again; what changes is dated."""

import json
from typing import Any

import psycopg
import pytest

from infra.local.demo_picture import lamp_png
from tests.integration.api.test_media import uploaded
from tests.integration.fake_network import FakeNetwork
from tests.integration.http import Answer, Http


def nested(levels: int) -> Any:
    """Arrays and objects in turn, an object outermost."""
    value: Any = {} if levels % 2 else []
    for level in range(levels - 1, 0, -1):
        value = {"a": value} if level % 2 else [value]
    return value


def changed(http: Http, settings: Any) -> Answer:
    """The answer to changing the settings to these (a text: JSON as it is spelled)."""
    here = f"/v1/workspaces/{http.workspace_id}"
    spelled = settings if isinstance(settings, str) else json.dumps(settings)
    headers = {"if-match": http.get(here).headers["etag"]}
    return http.call("PATCH", here, raw=f'{{"settings": {spelled}}}'.encode(), headers=headers)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        nested(20),
        {"a": [2**63 - 1, -(2**63), 1.5, 1e-300, 1e18, True, None, "Öl"], "": {"b": []}},
        {"a": "x" * 15_992},
    ],
)
def test_settings_come_back_as_they_were_given(http: Http, settings: dict[str, Any]):
    assert changed(http, settings).status == 200
    assert http.get(f"/v1/workspaces/{http.workspace_id}").json["settings"] == settings


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        (nested(21), "too_deep"),
        ('{"a": ' * 500 + "1" + "}" * 500, "too_deep"),
        ({"a\0": 1}, "forbidden_character"),
        ({"a": [{"b": "\0"}]}, "forbidden_character"),
        ({"a": 2**63}, "number_out_of_range"),
        ({"a": -(2**80)}, "number_out_of_range"),
        ('{"a": [1e300]}', "number_out_of_range"),
        ({"a": "x" * 15_993}, "too_large"),
        ([], "dict_type"),
    ],
)
def test_settings_that_could_not_be_shown_are_never_kept(http: Http, settings: Any, code: str):
    answer = changed(http, settings)
    assert answer.status == 422
    assert [(e["pointer"], e["code"]) for e in answer.json["errors"]] == [("/settings", code)]
    read = http.get(f"/v1/workspaces/{http.workspace_id}")
    assert (read.status, read.json["settings"], read.json["version"]) == (200, {}, 1)


def test_every_change_is_counted_and_dated(
    http: Http, network: FakeNetwork, superuser: psycopg.Connection[Any]
):
    key = http.post("/api-keys", {"name": "x", "permissions": ["content:read"]}).json["id"]
    connection = http.post("/connections", {"platform": "sandbox", "credentials": {"handle": "lamp"}})
    uploaded(http, lamp_png())
    changed(http, {"a": 1})
    http.call("DELETE", f"/api-keys/{key}")
    etag = {"if-match": connection.headers["etag"]}
    http.call("DELETE", f"/connections/{connection.json['id']}", headers=etag)
    dated = "SELECT version, updated_at > created_at"
    for query in (
        f"{dated} FROM workspaces WHERE id = %s",
        f"{dated} FROM media WHERE workspace_id = %s",
        f"{dated} FROM platform_connections WHERE workspace_id = %s",
        f"{dated} FROM api_keys WHERE name = 'x' AND workspace_id = %s",
    ):
        assert superuser.execute(query, [http.workspace_id]).fetchall() == [(2, True)], query
