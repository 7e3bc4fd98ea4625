"""template.yaml is true to the code: settings, folders, events, queues."""

import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from infra.local import template as templates
from infra.local.template import Function
from lamplighter.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = templates.load(ROOT / "template.yaml")
FUNCTIONS = TEMPLATE.functions()
SETTINGS = {field.name.upper() for field in fields(Settings)}
NOT_OURS = re.compile(r"POWERTOOLS_|PARAMETERS_SECRETS_EXTENSION_|PYTHONTZPATH")
"""Read by what stands under the layer."""


def resource(logical_id: str) -> dict[str, Any]:
    return dict(TEMPLATE.document["Resources"][logical_id]["Properties"])


def test_globals_hold_every_setting_and_nothing_unknown():
    variables = TEMPLATE.document["Globals"]["Function"]["Environment"]["Variables"]
    assert {name for name in variables if not NOT_OURS.match(name)} == SETTINGS


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.name)
def test_a_function_sets_only_variables_that_are_settings(function: Function):
    assert {name for name in function.environment if not NOT_OURS.match(name)} == SETTINGS


def test_every_folder_is_a_function_of_the_template_and_every_function_a_folder():
    folders = {path.parent.name for path in (ROOT / "functions").glob("*/handler.py")}
    assert folders == {function.name for function in FUNCTIONS}


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.name)
def test_a_function_is_named_after_its_folder_and_says_what_it_does(function: Function):
    assert function.logical_id == function.name.title().replace("_", "") + "Function"
    assert resource(function.logical_id)["Description"]


def test_globals_and_folders_agree_on_the_handler():
    assert {function.handler for function in FUNCTIONS} == {"handler.handler"}


@pytest.mark.parametrize("function", [f for f in FUNCTIONS if f.mappings], ids=lambda function: function.name)
def test_a_message_stays_hidden_while_its_worker_may_still_be_at_it(function: Function):
    for mapping in function.mappings:
        queue = resource(mapping.queue)
        assert queue["VisibilityTimeout"] >= 6 * function.timeout  # what AWS asks for
        assert queue["RedrivePolicy"]["maxReceiveCount"] >= 3
        assert mapping.partial_failures


def test_only_who_signs_or_checks_sandbox_tokens_may_read_their_key():
    readers = {
        f.name for f in FUNCTIONS if reads_secret(resource(f.logical_id).get("Policies"), "SandboxKey")
    }
    assert readers == {"connections", "publish_post", "sandbox"}
    assert not reads_secret(resource("ReadApiSecrets"), "SandboxKey")


def test_only_auth_may_sign_access_tokens():
    for key in ("SigningKeys", "FirstSigningKey"):
        readers = {f.name for f in FUNCTIONS if reads_secret(resource(f.logical_id).get("Policies"), key)}
        assert readers == ({"auth"} if key == "SigningKeys" else set())
        assert not reads_secret(resource("ReadApiSecrets"), key)


def reads_secret(part: Any, logical_id: str) -> bool:
    """Whether a statement anywhere in these policies gives the secret away."""
    if isinstance(part, list):
        return any(reads_secret(item, logical_id) for item in part)
    if not isinstance(part, dict):
        return False
    if "GetSecretValue" in str(part.get("Action")) and logical_id in str(part["Resource"]):
        return True
    return any(reads_secret(item, logical_id) for item in part.values())


def test_a_worker_ends_before_its_lease_does():
    lease = int(TEMPLATE.document["Globals"]["Function"]["Environment"]["Variables"]["ATTEMPT_LEASE_SECONDS"])
    worker = next(function for function in FUNCTIONS if function.name == "publish_post")
    assert worker.timeout < lease
