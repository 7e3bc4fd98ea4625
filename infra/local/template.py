"""template.yaml, read as AWS SAM reads it: functions with what starts them, and the resources they use."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import yaml

from infra.local.intrinsics import Scope, UnresolvedError, Value
from infra.local.routing import DEFAULT, Route

SERVERLESS_FUNCTION = "AWS::Serverless::Function"
HTTP_API = "AWS::Serverless::HttpApi"
LAYER = "AWS::Serverless::LayerVersion"


@dataclass(frozen=True, slots=True)
class Schedule:
    """`expression` is rate(...), cron(...) or at(...); `input` None means EventBridge's own event."""

    name: str
    expression: str
    timezone: str
    input: str | None
    is_scheduler: bool
    """EventBridge Scheduler (ScheduleV2) rather than a rule of EventBridge (Schedule)."""


@dataclass(frozen=True, slots=True)
class QueueMapping:
    """An SQS event source; `queue` is the queue's logical id."""

    queue: str
    batch_size: int
    window_seconds: float
    partial_failures: bool
    maximum_concurrency: int | None


@dataclass(frozen=True, slots=True)
class Function:
    """One function. `environment` is unresolved: what it refers to exists only once the stack has started."""

    logical_id: str
    folder: Path
    handler: str
    timeout: float
    memory_mb: int
    reserved_concurrency: int | None
    environment: Mapping[str, Any]
    routes: tuple[Route, ...]
    schedules: tuple[Schedule, ...]
    mappings: tuple[QueueMapping, ...]

    @property
    def name(self) -> str:
        """The name of its folder: `publish_due`."""
        return self.folder.name


@dataclass(frozen=True, slots=True)
class Template:
    """A template and the scope of its parameters (none of its resources is known to it)."""

    path: Path
    document: Mapping[str, Any]
    scope: Scope

    def resources(self, kind: str) -> dict[str, dict[str, Any]]:
        """Properties of the resources of one type by logical id, without those whose condition is false."""
        return {
            logical_id: resource.get("Properties") or {}
            for logical_id, resource in self.document["Resources"].items()
            if resource["Type"] == kind
            and ("Condition" not in resource or self.scope.holds(resource["Condition"], logical_id))
        }

    def functions(self) -> list[Function]:
        """Every function, Globals applied."""
        return [self._function(*item) for item in self.resources(SERVERLESS_FUNCTION).items()]

    def routes(self) -> list[Route]:
        """The routing table of the HTTP API."""
        return [route for function in self.functions() for route in function.routes]

    def cors(self) -> Mapping[str, Any] | None:
        """The HTTP API's CorsConfiguration, if it has one."""
        for logical_id, properties in self.resources(HTTP_API).items():
            merged = _with_globals(self._globals("HttpApi"), properties)
            found = self.scope.resolve(merged.get("CorsConfiguration"), logical_id)
            if found:
                return {"AllowOrigins": ["*"]} if found is True else dict(found)
        return None

    def access_log_format(self) -> str | None:
        """What the HTTP API's access log says of a request, if it keeps one."""
        for logical_id, properties in self.resources(HTTP_API).items():
            merged = _with_globals(self._globals("HttpApi"), properties)
            if settings := merged.get("AccessLogSettings"):
                return str(self.scope.resolve(settings["Format"], logical_id))
        return None

    def globals_environment(self) -> Mapping[str, Any]:
        """The variables that every function has, unresolved."""
        found: Mapping[str, Any] = self._globals("Function").get("Environment", {}).get("Variables", {})
        return found

    def import_roots(self) -> list[Path]:
        """Where handlers' imports are looked for: the template's folder, then each layer's content."""
        root = self.path.parent
        layers = self.resources(LAYER).items()
        folders = [root / self.scope.resolve(layer["ContentUri"], name) for name, layer in layers]
        return [root, *dict.fromkeys(folders)]

    def _globals(self, section: str) -> Mapping[str, Any]:
        return (self.document.get("Globals") or {}).get(section) or {}

    def _function(self, logical_id: str, own: dict[str, Any]) -> Function:
        merged = _with_globals(self._globals("Function"), own)

        def value(name: str, default: Value = None) -> Value:
            found = self.scope.resolve(merged.get(name), logical_id)
            return default if found is None else found

        declared = (merged.get("Events") or {}).items()
        events = [_Event(logical_id, name, event, self.scope) for name, event in declared]
        events = [event for event in events if event.is_enabled()]
        routes, schedules, mappings = (
            tuple(read(event) for event in events if event.kind in kinds) for kinds, read in _READERS
        )
        return Function(
            logical_id=logical_id,
            folder=self.path.parent / value("CodeUri", "."),
            handler=value("Handler"),
            timeout=float(value("Timeout", 3)),
            memory_mb=int(value("MemorySize", 128)),
            reserved_concurrency=value("ReservedConcurrentExecutions"),
            environment=(merged.get("Environment") or {}).get("Variables") or {},
            routes=routes,
            schedules=schedules,
            mappings=mappings,
        )


def load(path: Path, parameters: Mapping[str, str] | None = None) -> Template:
    """The template with `parameters` over its defaults; using a parameter that has neither is an error."""
    with path.open() as file:
        document = yaml.load(file, _Loader)  # noqa: S506  # _Loader is a SafeLoader
    values: dict[str, Any] = {}
    for name, declared in (document.get("Parameters") or {}).items():
        value = (parameters or {}).get(name, declared.get("Default"))
        if value is not None:
            values[name] = str(value).split(",") if declared["Type"] == "CommaDelimitedList" else value
    scope = Scope(values, document.get("Conditions") or {}, document.get("Mappings") or {})
    return Template(path.absolute(), document, scope)


class _Event:
    """An entry of a function's Events."""

    def __init__(self, logical_id: str, name: str, event: Mapping[str, Any], scope: Scope) -> None:
        self.logical_id = logical_id
        self.name = name
        self.kind = event["Type"]
        self.raw = event.get("Properties") or {}
        self._scope = scope
        if not any(self.kind in kinds for kinds, _ in _READERS):
            self.refuse(f"events of type {self.kind} do not run locally")

    def value(self, name: str, default: Value = None) -> Value:
        found = self._scope.resolve(self.raw.get(name), self.logical_id)
        return default if found is None else found

    def is_enabled(self) -> bool:
        return bool(self.value("Enabled", True)) and self.value("State", "ENABLED") == "ENABLED"

    def refuse(self, problem: str) -> NoReturn:
        message = f"{self.logical_id}, event {self.name}: {problem}"
        raise UnresolvedError(message)


def _route(event: _Event) -> Route:
    path = event.value("Path", DEFAULT)
    return Route(str(event.value("Method", "ANY")).upper(), path, event.logical_id)


def _schedule(event: _Event) -> Schedule:
    is_scheduler = event.kind == "ScheduleV2"
    return Schedule(
        name=f"{event.logical_id}{event.name}",
        expression=event.value("ScheduleExpression" if is_scheduler else "Schedule"),
        timezone=event.value("ScheduleExpressionTimezone", "UTC"),
        input=event.value("Input"),
        is_scheduler=is_scheduler,
    )


def _mapping(event: _Event) -> QueueMapping:
    queue = event.raw.get("Queue")
    target = queue.get("Fn::GetAtt") if isinstance(queue, dict) else None
    if not target or target[-1] != "Arn":
        event.refuse("Queue must be the !GetAtt <queue>.Arn of a queue in this template")
    concurrency = event.value("ScalingConfig", {}).get("MaximumConcurrency")
    return QueueMapping(
        queue=target[0],
        batch_size=int(event.value("BatchSize", 10)),
        window_seconds=float(event.value("MaximumBatchingWindowInSeconds", 0)),
        partial_failures="ReportBatchItemFailures" in event.value("FunctionResponseTypes", []),
        maximum_concurrency=None if concurrency is None else int(concurrency),
    )


_READERS: tuple[tuple[tuple[str, ...], Callable[[_Event], Any]], ...] = (
    (("HttpApi",), _route),
    (("Schedule", "ScheduleV2"), _schedule),
    (("SQS",), _mapping),
)


def _with_globals(section: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """SAM's merge: mappings are merged, lists joined, everything else is the function's own."""
    merged = {**section, **own}
    for name in section.keys() & own.keys():
        first, second = section[name], own[name]
        if isinstance(first, dict) and isinstance(second, dict):
            merged[name] = _with_globals(first, second)
        elif isinstance(first, list) and isinstance(second, list):
            merged[name] = [*first, *second]
    return merged


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms: !Ref x is {"Ref": x}, !Sub x is {"Fn::Sub": x}."""


def _short_form(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    elif isinstance(node, yaml.MappingNode):
        value = loader.construct_mapping(node, deep=True)
    if suffix in ("Ref", "Condition"):
        return {suffix: value}
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _short_form)
