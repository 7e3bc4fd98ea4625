"""Lists: filtered, sorted, and paged without a gap."""

from typing import Any

import pytest

from tests.integration.http import Http


def walked(http: Http, path: str, **query: Any) -> list[str]:
    """The ids of all pages, two at a time."""
    wanted = "&".join(f"{name}={value}" for name, value in {**query, "limit": 2}.items())
    ids, cursor = [], ""
    while True:
        page = http.get(f"{path}?{wanted}{cursor}")
        assert page.status == 200, page.body
        ids += [item["id"] for item in page.json["items"]]
        if not page.json["has_more"]:
            return ids
        cursor = f"&cursor={page.json['next_cursor']}"


@pytest.fixture
def contents(http: Http) -> list[str]:
    """Five, in the order in which they were made."""
    return [http.post("/content", {"text": f"Lamp {number}"}).json["id"] for number in range(5)]


def test_a_list_is_walked_from_either_end(http: Http, contents: list[str]):
    assert walked(http, "/content") == contents[::-1]
    assert walked(http, "/content", sort="-created_at") == contents[::-1]
    assert walked(http, "/content", sort="created_at") == contents


def test_a_cursor_is_good_in_its_own_direction_alone(http: Http, contents: list[str]):
    cursor = http.get("/content?limit=2").json["next_cursor"]
    turned = http.get(f"/content?limit=2&sort=created_at&cursor={cursor}")
    assert (turned.status, turned.json["errors"][0]["code"]) == (422, "invalid_cursor")
    assert http.get("/content?sort=text").status == 422


def test_connections_are_found_by_network_and_state(http: Http):
    made = [
        http.post("/connections", {"platform": "sandbox", "credentials": {"handle": name}}).json
        for name in ("ada", "ben", "cleo")
    ]
    gone = made[1]["id"]
    http.call("DELETE", f"/connections/{gone}", headers={"if-match": '"1"'})
    active = [each["id"] for each in made if each["id"] != gone]
    assert walked(http, "/connections", status="active", sort="created_at") == active
    assert walked(http, "/connections", status="disconnected") == [gone]
    assert walked(http, "/connections", platform="sandbox", status="active") == active[::-1]
    assert walked(http, "/connections", platform="bluesky") == []


def test_keys_are_found_by_type(http: Http):
    both = walked(http, "/api-keys", sort="created_at")
    assert walked(http, "/api-keys", type="live") + walked(http, "/api-keys", type="test") == both
