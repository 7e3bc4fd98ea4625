"""The API's description: one OpenAPI 3.1 document out of the routes of every HTTP function."""

import argparse
import importlib
import inspect
import json
import re
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from infra.local import template as templates
from infra.tools import openapi_access as access
from infra.tools import openapi_events as events
from infra.tools import openapi_words as words
from infra.tools.openapi_examples import EXAMPLES
from infra.tools.openapi_references import reachable
from lamplighter.entrypoints.api import Api

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs/openapi.json"
"""For people and for clients' generators."""
SHIPPED = ROOT / "shared/lamplighter/entrypoints/pages/openapi.json"
"""The same without white space, for the docs function: a layer holds nothing from outside its folder."""

type Json = dict[str, Any]
METHODS = ("get", "put", "post", "delete", "patch", "head", "options")
POWERTOOLS_OWN = frozenset({"HTTPValidationError", "ValidationError", "ResponseValidationError"})
"""Schemas of answers that this API never gives: its errors are problem+json."""
BODILESS = ("204", "304")
_GENERIC = re.compile(r"^([A-Za-z]+)_(\w+?)_$")


class NameClashError(Exception):
    """Two different schemas, or two operations, under one name."""


def http_functions() -> list[str]:
    """Names of the functions that API Gateway calls, in the template's order."""
    functions = templates.load(ROOT / "template.yaml").functions()
    return [function.name for function in functions if function.routes]


def document() -> Json:
    """The whole document, in an order that only changes with its content."""
    paths: Json = {}
    schemas: Json = {"Problem": words.PROBLEM}
    for name in http_functions():
        own = described(importlib.import_module(f"functions.{name}.handler").app)
        paths |= {path: own["paths"][path] for path in sorted(own["paths"])}
        add(schemas, own["schemas"])
    add(schemas, tidied(events.schemas()))
    check_operations(paths)
    add_links(paths)
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    whole: Json = {
        "openapi": "3.1.0",
        "info": {**words.INFO, "version": version},
        "servers": [{"url": "/", "description": "This deployment"}],
        "security": words.PRINCIPALS,
        "tags": [{"name": tag, "description": text} for tag, text in words.TAGS.items()],
        "paths": paths,
        "webhooks": events.webhooks(),
        "components": {
            "schemas": schemas,
            "parameters": events.PARAMETERS,
            "responses": words.PROBLEMS,
            "headers": words.HEADERS,
            "securitySchemes": words.SECURITY_SCHEMES,
        },
    }
    whole["components"]["schemas"] = {name: schemas[name] for name in sorted(reachable(whole, schemas))}
    return whole


def described(app: Api) -> Json:
    """The paths and schemas of one function, in this API's words."""
    raw = tidied(renamed(json.loads(app.get_openapi_json_schema(title=app.name))))
    functions = {
        (route.openapi_path, route.method.lower()): route.func
        for route in app._static_routes + app._dynamic_routes
    }
    schemas = raw.get("components", {}).get("schemas", {})
    paths = {
        path: {
            method: operation(item[method], functions[path, method], path, schemas)
            for method in METHODS
            if method in item
        }
        for path, item in raw["paths"].items()
    }
    return {
        "paths": paths,
        "schemas": {
            name: {**schema, "examples": [EXAMPLES[name]]} if name in EXAMPLES else schema
            for name, schema in schemas.items()
            if name not in POWERTOOLS_OWN
        },
    }


def renamed(raw: Json) -> Json:
    """Generic models by what they hold: Page_ContentRead_ becomes ContentReadPage."""
    names = raw.get("components", {}).get("schemas", {})
    text = json.dumps(raw)
    for name in names:
        match = _GENERIC.match(name)
        if match:
            text = text.replace(f'"{name}"', f'"{match[2]}{match[1]}"').replace(
                f'/{name}"', f'/{match[2]}{match[1]}"'
            )
    answer: Json = json.loads(text)
    return answer


def tidied(part: Any) -> Any:
    """Without the titles that only repeat a name, and with whole numbers written as such."""
    if isinstance(part, list):
        return [tidied(item) for item in part]
    if isinstance(part, float) and part.is_integer():
        return int(part)
    if not isinstance(part, dict):
        return part
    named = {key: value for key, value in part.items() if key != "title" or not isinstance(value, str)}
    return {key: tidied(value) for key, value in named.items()}


def parameter(given: Json, *, needs_version: bool) -> Json:
    """A parameter in the order a reader wants; optional means left out, as no query or header knows null.

    Where a function needs a version, nothing is changed without If-Match (428); an id is a UUID even where
    the function reads it itself.
    """
    schema = given["schema"]
    choices = [choice for choice in schema.get("anyOf", []) if choice != {"type": "null"}]
    if len(choices) == 1:
        schema = {**choices[0], **{key: value for key, value in schema.items() if key != "anyOf"}}
    name = given["name"]
    if given["in"] == "header":
        name = "-".join(word.capitalize() for word in name.split("-"))
    required = given["required"]
    if name == "If-Match":
        schema, required = words.ETAG, needs_version
    if given["in"] == "path" and name.endswith("_id"):
        schema = {**schema, "format": "uuid"}
    answer = {"name": name, "in": given["in"], "required": required}
    if "description" in given:
        answer["description"] = given["description"]
    return {**answer, "schema": {key: value for key, value in schema.items() if key != "description"}}


def operation(given: Json, function: Any, path: str, schemas: Json) -> Json:
    """One operation: named and described by its function, with the errors that it may answer."""
    summary, _, description = (inspect.getdoc(function) or "").partition("\n\n")
    (tag,) = given["tags"]
    ordered: Json = {"tags": [tag], "summary": summary.rstrip("."), "operationId": function.__name__}
    if description:
        ordered["description"] = description
    if (security := access.security(function, tag, path)) is not None:
        ordered["security"] = security
    if (action := access.action(function)) is not None:
        ordered["x-action"] = action
    source = inspect.getsource(function)
    needs_version = "expected_version(" in source
    parameters = [parameter(each, needs_version=needs_version) for each in given.get("parameters", [])]
    if "app.once(" in source:
        parameters.append(words.IDEMPOTENCY_KEY)
    if parameters:
        ordered["parameters"] = parameters
    if "requestBody" in given:
        ordered["requestBody"] = given["requestBody"]
    ordered["responses"] = {
        **dict(good_answers(given["responses"], schemas, counted=words.is_counted(security))),
        **{str(status): {"$ref": f"#/components/responses/{status}"} for status in errors(ordered, path)},
    }
    return ordered


def good_answers(responses: Json, schemas: Json, *, counted: bool) -> Iterator[tuple[str, Json]]:
    """What an operation answers when all is well, with the headers that come with it; `counted`: by a rate
    limit."""
    for status, response in sorted(responses.items()):
        if not status.startswith(("2", "3")):
            continue
        answer: Json = {"description": words.DESCRIPTIONS.get(status, "Success")}
        if response["description"] not in words.NOTHING_SAID:
            answer["description"] = response["description"]
        names = ["Request-Id", *(("RateLimit", "RateLimit-Policy") if counted else ())]
        own: Json = response.get("headers", {})
        answer["headers"] = {**{name: {"$ref": f"#/components/headers/{name}"} for name in names}, **own}
        content = response.get("content", {})
        if is_versioned(content, schemas):
            answer["headers"]["ETag"] = {"$ref": "#/components/headers/ETag"}
        if status not in BODILESS:
            answer["content"] = content
        yield status, answer


def is_versioned(content: Json, schemas: Json) -> bool:
    """Whether the answer is one resource with a version, which makes its ETag."""
    name = content.get("application/json", {}).get("schema", {}).get("$ref", "").rpartition("/")[2]
    return "version" in schemas.get(name, {}).get("properties", {})


def errors(given: Json, path: str) -> list[int]:
    """The statuses of the problems that an operation with these parts may answer."""
    parameters = given.get("parameters", [])
    statuses = {500}
    if given.get("security") != []:
        statuses |= {401, 503}
    if words.is_counted(given.get("security")):
        statuses |= {403, 429}
    if "{" in path:
        statuses |= {404}
    if any(each["in"] in ("query", "header") for each in parameters):
        statuses |= {422}
    for each in parameters:
        if each["name"] == "If-Match":
            statuses |= {412, 428} if each["required"] else {412}
        if each["name"] == "Idempotency-Key":
            statuses |= {409}
    if "requestBody" in given:
        statuses |= {400, 413, 415, 422}
    return sorted(statuses | words.MORE_PROBLEMS.get(given["operationId"], set()))


def add(schemas: Json, more: Json) -> None:
    """Join schemas; the same name must mean the same schema everywhere."""
    for name, schema in more.items():
        if "__" in name or schemas.setdefault(name, schema) != schema:
            message = f"two schemas are called {name.rpartition('__')[2]}"
            raise NameClashError(message)


def check_operations(paths: Json) -> None:
    """Every operation has a name of its own: clients' generators make functions of them."""
    counted = Counter(given["operationId"] for item in paths.values() for given in item.values())
    name, times = counted.most_common(1)[0]
    if times > 1:
        message = f"two operations are called {name}"
        raise NameClashError(message)


def add_links(paths: Json) -> None:
    """From what is read to what its ETag allows to change."""
    for path, item in paths.items():
        source = paths.get(path[: path.rindex("}") + 1], {}).get("get") if "}" in path else None
        for given in item.values():
            needed = [each for each in given.get("parameters", []) if each["name"] == "If-Match"]
            if source and needed:
                names = [each["name"] for each in source["parameters"] if each["in"] == "path"]
                values = {name: f"$request.path.{name}" for name in names}
                link = {
                    "operationId": given["operationId"],
                    "parameters": {**values, "If-Match": "$response.header.ETag"},
                }
                source["responses"]["200"].setdefault("links", {})[given["operationId"]] = link


def files() -> dict[Path, str]:
    """What is committed, and what it must hold."""
    whole = document()
    return {
        DOCUMENT: json.dumps(whole, indent=2, ensure_ascii=False) + "\n",
        SHIPPED: json.dumps(whole, separators=(",", ":"), ensure_ascii=False) + "\n",
    }


def main() -> int:
    """Write the files, or with --check say which are stale."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a file is stale")
    check = parser.parse_args().check
    stale = [path for path, text in files().items() if not path.exists() or path.read_text() != text]
    for path in stale:
        if not check:
            path.write_text(files()[path])
        sys.stdout.write(f"{'stale' if check else 'written'}: {path.relative_to(ROOT)}\n")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
