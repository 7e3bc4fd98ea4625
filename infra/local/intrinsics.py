"""CloudFormation's intrinsic functions, resolved against what exists on this machine."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn

Value = Any
"""Whatever YAML can hold."""

REGION = "eu-west-1"
ACCOUNT = "123456789012"

PSEUDO_PARAMETERS: Mapping[str, str] = {
    "AWS::AccountId": ACCOUNT,
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
    "AWS::StackName": "lamplighter",
    "AWS::StackId": f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/lamplighter/local",
    "AWS::URLSuffix": "amazonaws.com",
}
_PLACEHOLDER = re.compile(r"\$\{(!?)([^}]+)\}")
_ABSENT = object()  # what AWS::NoValue leaves behind until the list or mapping around it drops it


class UnresolvedError(ValueError):
    """The template says something that has no meaning on this machine; the message names the resource."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What names stand for. `references` maps a resource's logical id to {"Ref": ..., attribute: ...}."""

    parameters: Mapping[str, Any] = field(default_factory=dict)
    conditions: Mapping[str, Any] = field(default_factory=dict)
    mappings: Mapping[str, Any] = field(default_factory=dict)
    references: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def knowing(self, references: Mapping[str, Mapping[str, str]]) -> "Scope":
        """The same scope with further resources."""
        return replace(self, references={**self.references, **references})

    def resolve(self, value: Value, where: str) -> Value:
        """The value with every intrinsic function carried out; `where` names the resource in errors."""
        resolved = _Resolution(self, where).of(value)
        return None if resolved is _ABSENT else resolved

    def holds(self, condition: str, where: str) -> bool:
        """Whether a named condition is true."""
        if condition not in self.conditions:
            message = f"{where}: there is no condition {condition}"
            raise UnresolvedError(message)
        return bool(_Resolution(self, where).of(self.conditions[condition]))


class _Resolution:
    """One walk over one value."""

    def __init__(self, scope: Scope, where: str) -> None:
        self.scope = scope
        self.where = where
        self.functions: Mapping[str, Callable[[Any], Any]] = {
            "Ref": self.ref,
            "Condition": lambda name: scope.holds(name, where),
            "Fn::GetAtt": self.get_att,
            "Fn::Sub": self.sub,
            "Fn::Join": lambda v: str(self.of(v[0])).join(str(item) for item in self.of(v[1])),
            "Fn::Split": lambda v: str(self.of(v[1])).split(self.of(v[0])),
            "Fn::Select": lambda v: self.of(v[1])[int(self.of(v[0]))],
            "Fn::FindInMap": self.find_in_map,
            "Fn::If": lambda v: self.of(v[1] if scope.holds(v[0], where) else v[2]),
            "Fn::Equals": lambda v: str(self.of(v[0])) == str(self.of(v[1])),
            "Fn::And": lambda v: all(self.of(item) for item in v),
            "Fn::Or": lambda v: any(self.of(item) for item in v),
            "Fn::Not": lambda v: not self.of(v[0]),
        }

    def of(self, value: Value) -> Value:
        if isinstance(value, list):
            return [item for item in map(self.of, value) if item is not _ABSENT]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            [(name, argument)] = value.items()
            if name in self.functions:
                return self.functions[name](argument)
            if name.startswith("Fn::"):
                self.refuse(f"{name} is not carried out locally")
        items = ((key, self.of(item)) for key, item in value.items())
        return {key: item for key, item in items if item is not _ABSENT}

    def refuse(self, problem: str) -> NoReturn:
        message = f"{self.where}: {problem}"
        raise UnresolvedError(message)

    def ref(self, name: str) -> Value:
        if name == "AWS::NoValue":
            return _ABSENT
        for known in (self.scope.parameters, PSEUDO_PARAMETERS):
            if name in known:
                return known[name]
        return self.attribute(name, "Ref")

    def get_att(self, target: Value) -> str:
        name, attribute = (
            target.split(".", 1) if isinstance(target, str) else (target[0], ".".join(target[1:]))
        )
        return self.attribute(name, attribute)

    def attribute(self, name: str, attribute: str) -> str:
        found = self.scope.references.get(name, {}).get(attribute)
        if found is None:
            shown = name if attribute == "Ref" else f"{name}.{attribute}"
            self.refuse(f"nothing on this machine stands for {shown}")
        return found

    def find_in_map(self, path: list[Value]) -> Value:
        found: Any = self.scope.mappings
        for key in self.of(path):
            if key not in found:
                self.refuse(f"there is no {key} in the mapping {path[0]}")
            found = found[key]
        return found

    def sub(self, argument: Value) -> str:
        text, own = (argument, {}) if isinstance(argument, str) else (argument[0], self.of(argument[1]))

        def replacement(match: re.Match[str]) -> str:
            literal, name = match.groups()
            if literal:
                return "${" + name + "}"
            if name in own:
                return str(own[name])
            return str(self.get_att(name) if "." in name else self.ref(name))

        return _PLACEHOLDER.sub(replacement, text)
