"""Requests find their function as in API Gateway."""

import pytest

from infra.local.routing import Route, resolve

ROUTES = [
    Route("ANY", "/things", "Collection"),
    Route("GET", "/things", "Listing"),
    Route("ANY", "/things/{id}", "Item"),
    Route("GET", "/things/special", "Special"),
    Route("ANY", "/things/{id}/parts", "Parts"),
    Route("ANY", "/things/{id}/{proxy+}", "Below"),
    Route("POST", "/{proxy+}", "Posts"),
    Route("ANY", "$default", "Default"),
]


@pytest.mark.parametrize(
    ("method", "path", "key", "parameters"),
    [
        ("GET", "/things", "GET /things", {}),
        ("POST", "/things", "ANY /things", {}),
        ("GET", "/things/special", "GET /things/special", {}),
        ("PUT", "/things/special", "ANY /things/{id}", {"id": "special"}),
        ("GET", "/things/1", "ANY /things/{id}", {"id": "1"}),
        ("GET", "/things/1/parts", "ANY /things/{id}/parts", {"id": "1"}),
        ("GET", "/things/1/parts/2", "ANY /things/{id}/{proxy+}", {"id": "1", "proxy": "parts/2"}),
        ("POST", "/things/1/parts/2", "ANY /things/{id}/{proxy+}", {"id": "1", "proxy": "parts/2"}),
        ("POST", "/other/place", "POST /{proxy+}", {"proxy": "other/place"}),
        ("GET", "/other/place", "$default", {}),
        ("GET", "/things/", "$default", {}),
        ("GET", "/", "$default", {}),
    ],
)
@pytest.mark.parametrize("order", [1, -1])
def test_the_most_specific_route_wins_whatever_their_order(method, path, key, parameters, order):
    match = resolve(ROUTES[::order], method, path)
    assert match is not None
    assert (match.route_key, match.path_parameters) == (key, parameters)


def test_without_a_default_route_what_matches_nothing_is_nobodys():
    assert resolve(ROUTES[:-1], "GET", "/other") is None
