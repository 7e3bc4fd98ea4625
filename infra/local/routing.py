"""API Gateway's choice of a route for a request."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

DEFAULT = "$default"
_STATIC, _VARIABLE, _GREEDY = range(3)


@dataclass(frozen=True, slots=True)
class Route:
    """`method` is upper-case or ANY; `path` as in the template, or `$default`: what no other route takes."""

    method: str
    path: str
    logical_id: str

    @property
    def key(self) -> str:
        """How API Gateway names the route: "GET /things/{id}" or "$default"."""
        return DEFAULT if self.path == DEFAULT else f"{self.method} {self.path}"


class Match(NamedTuple):
    """The route that takes a request."""

    route_key: str
    logical_id: str
    path_parameters: dict[str, str]


def resolve(routes: Iterable[Route], method: str, path: str) -> Match | None:
    """The route for a decoded path: the most specific path, then the method before ANY; None is a 404.

    Segments compare from left to right, literal before {variable} before {greedy+}:
    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
    """
    candidates = []
    for route in routes:
        if route.method not in ("ANY", method):
            continue
        parameters = {} if route.path == DEFAULT else _path_parameters(route.path, path)
        if parameters is not None:
            candidates.append((_specificity(route), route, parameters))
    if not candidates:
        return None
    _, best, parameters = min(candidates, key=lambda candidate: candidate[0])
    return Match(best.key, best.logical_id, parameters)


def _path_parameters(pattern: str, path: str) -> dict[str, str] | None:
    """What the pattern's variables stand for in the path; None when it does not match."""
    expected, actual = pattern.split("/")[1:], path.split("/")[1:]
    found: dict[str, str] = {}
    for index, segment in enumerate(expected):
        kind = _kind(segment)
        value = "/".join(actual[index:]) if kind == _GREEDY else "".join(actual[index : index + 1])
        if kind == _STATIC:
            if actual[index : index + 1] != [segment]:
                return None
        elif not value:
            return None
        else:
            found[segment.strip("{}+")] = value
        if kind == _GREEDY:
            return found
    return found if len(actual) == len(expected) else None


def _specificity(route: Route) -> tuple[bool, list[int], bool]:
    """Sorts the most specific route first."""
    return (
        route.path == DEFAULT,
        [_kind(segment) for segment in route.path.split("/")[1:]],
        route.method == "ANY",
    )


def _kind(segment: str) -> int:
    if not segment.startswith("{"):
        return _STATIC
    return _GREEDY if segment.endswith("+}") else _VARIABLE
