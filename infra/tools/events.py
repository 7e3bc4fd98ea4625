"""The event files, events/<function>/<case>.json, and what events/expectations.json says of the answers."""

import json
from base64 import b64decode
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

EVENTS = Path(__file__).resolve().parents[2] / "events"
EXPECTATIONS = EVENTS / "expectations.json"


@dataclass(frozen=True, slots=True)
class Case:
    """One event file. `expected` is the part of the answer that is fixed, an HTTP body as JSON."""

    function: str
    name: str
    path: Path
    expected: Any

    def event(self) -> Any:
        """What Lambda would hand to the function."""
        return json.loads(self.path.read_text())


def cases(function: str | None = None) -> list[Case]:
    """Every event file, or one function's, in the expectations' order: an early case spoils no later one."""
    return [
        Case(name, case, EVENTS / name / f"{case}.json", expected)
        for name, expectations in _expectations().items()
        if function in (None, name)
        for case, expected in expectations.items()
    ]


def unlisted() -> set[str]:
    """Event files without an expectation and expectations without a file, as <function>/<case>."""
    files = {f"{path.parent.name}/{path.stem}" for path in EVENTS.glob("*/*.json")}
    return files ^ {f"{case.function}/{case.name}" for case in cases()}


def differences(expected: Any, answer: Any, place: str = "") -> list[str]:
    """Where the answer is not as expected: objects may say more, lists are as long, all else is equal."""
    if place == "" and isinstance(answer, dict) and isinstance(answer.get("body"), str):
        answer = {**answer, "body": _json(answer["body"], is_base64=answer.get("isBase64Encoded", False))}
    if isinstance(expected, dict) and isinstance(answer, dict):
        missing = [f"{place}/{key} is missing" for key in expected.keys() - answer.keys()]
        both = [(expected[key], answer[key], f"{place}/{key}") for key in expected if key in answer]
        return missing + [line for pair in both for line in differences(*pair)]
    if isinstance(expected, list) and isinstance(answer, list) and len(expected) == len(answer):
        pairs = enumerate(zip(expected, answer, strict=True))
        return [line for index, pair in pairs for line in differences(*pair, f"{place}/{index}")]
    return [] if expected == answer else [f"{place or 'the answer'} is {answer!r}, not {expected!r}"]


def _json(body: str, *, is_base64: bool) -> Any:
    """An HTTP body as JSON, or as it is when it is none."""
    try:
        return json.loads(b64decode(body) if is_base64 else body)
    except ValueError:
        return body


@cache
def _expectations() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = json.loads(EXPECTATIONS.read_text())
    return found
