"""template.yaml is read as SAM reads it."""

from pathlib import Path

import pytest
import yaml

from infra.local import template
from infra.local.intrinsics import UnresolvedError
from infra.local.template import QueueMapping, Schedule
from tests.integration.runtime.conftest import TEMPLATE


@pytest.fixture
def read():
    return template.load(TEMPLATE, {"Environment": "local", "Undeclared": "ignored"})


def function(read, name):
    return next(found for found in read.functions() if found.name == name)


def with_event(tmp_path: Path, event: dict) -> template.Template:
    """A template of one function F that is started by the event `Start`."""
    properties = {"Handler": "handler.handler", "CodeUri": "f", "Events": {"Start": event}}
    path = tmp_path / "template.yaml"
    path.write_text(
        yaml.dump({"Resources": {"F": {"Type": template.SERVERLESS_FUNCTION, "Properties": properties}}})
    )
    return template.load(path)


def test_a_function_has_its_own_properties_over_the_globals(read):
    answers = function(read, "answers")
    assert (answers.timeout, answers.memory_mb, answers.handler) == (1, 64, "handler.handler")
    assert "GREETING" in answers.environment
    assert read.scope.resolve(answers.environment["OWN"], "x") == "here"


def test_a_parameter_that_is_given_replaces_the_default(read):
    assert template.load(TEMPLATE).scope.resolve({"Ref": "Environment"}, "x") == "production"
    assert read.scope.resolve({"Ref": "Environment"}, "x") == "local"


def test_a_function_whose_condition_is_false_is_absent(read):
    assert "AbsentFunction" not in {found.logical_id for found in read.functions()}


def test_the_events_of_a_function(read):
    assert function(read, "worker").mappings == (QueueMapping("Jobs", 10, 0.0, True, 2),)
    assert function(read, "tick").schedules == (
        Schedule("TickFunctionRule", "rate(1 minute)", "UTC", None, is_scheduler=False),
        Schedule("TickFunctionOwn", "rate(5 minutes)", "UTC", '{"own": "input"}', is_scheduler=True),
    )
    assert [route.key for route in function(read, "echo").routes] == [
        "ANY /echo",
        "GET /echo/{id}",
        "ANY /echo/{proxy+}",
    ]


def test_an_event_without_path_is_the_default_route(tmp_path):
    read = with_event(tmp_path, {"Type": "HttpApi"})
    assert [route.key for route in read.routes()] == ["$default"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"Fn::Sub": "${A}-${AWS::Region}-${!A}"}, "a-eu-west-1-${A}"),
        ({"Fn::Sub": ["${B}/${Queue.Arn}", {"B": {"Ref": "A"}}]}, "a/arn:q"),
        ({"Fn::Join": [",", [{"Ref": "A"}, "b"]]}, "a,b"),
        ({"Fn::Select": [1, {"Fn::Split": ["-", "x-y-z"]}]}, "y"),
        ({"Fn::FindInMap": ["Map", {"Ref": "A"}, "two"]}, 2),
        ({"Fn::If": ["No", "x", {"Ref": "A"}]}, "a"),
        ({"x": {"Ref": "AWS::NoValue"}, "y": [1, {"Ref": "AWS::NoValue"}]}, {"y": [1]}),
        ({"Ref": "Queue"}, "http://q"),
        ({"Fn::GetAtt": ["Queue", "Arn"]}, "arn:q"),
    ],
)
def test_intrinsic_functions(value, expected):
    scope = template.Scope(
        parameters={"A": "a"},
        conditions={"No": {"Fn::Not": [{"Fn::Equals": [{"Ref": "A"}, "a"]}]}},
        mappings={"Map": {"a": {"two": 2}}},
        references={"Queue": {"Ref": "http://q", "Arn": "arn:q"}},
    )
    assert scope.resolve(value, "here") == expected


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"Fn::ImportValue": "x"}, "Thing: Fn::ImportValue is not carried out locally"),
        ({"Ref": "Nobody"}, "Thing: nothing on this machine stands for Nobody"),
        ({"Fn::GetAtt": "Nobody.Outputs.X"}, "Thing: nothing on this machine stands for Nobody.Outputs.X"),
        ({"Fn::If": ["Nothing", 1, 2]}, "Thing: there is no condition Nothing"),
    ],
)
def test_what_cannot_be_resolved_is_said_with_the_resources_name(value, said):
    with pytest.raises(UnresolvedError, match=f"^{said}$"):
        template.Scope().resolve(value, "Thing")


def test_an_event_type_that_does_not_run_here_is_an_error(tmp_path):
    read = with_event(tmp_path, {"Type": "SNS"})
    with pytest.raises(UnresolvedError, match="F, event Start: events of type SNS do not run locally"):
        read.functions()
