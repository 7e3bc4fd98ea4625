"""The first workspace of a new organization: an operator's direct invoke, with the application's login."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any
from uuid import uuid4

import pytest
from pydantic import ValidationError

from functions.first_workspace.handler import handler
from lamplighter.problems import DomainError
from tests.integration.cloud import Cloud
from tests.integration.http import Http


def wanted(**changes: str) -> dict[str, Any]:
    return {"organization": "Harbour", "workspace": "Newsroom", "slug": f"f-{uuid4().hex}", **changes}


@pytest.mark.usefixtures("aws")
def test_its_keys_open_the_workspace(as_login: Callable[[str], AbstractContextManager[None]]):
    with as_login("lamplighter_app"):
        made = handler(wanted(), None)
        json.dumps(made)  # what Lambda will do with it
        for key in (made["key"], made["test_key"]):
            answer = Http(made["workspace_id"], key).get(f"/v1/workspaces/{made['workspace_id']}")
            assert (answer.status, answer.json["name"]) == (200, "Newsroom")
            assert answer.json["organization_id"] == made["organization_id"]
    assert (made["key"][:9], made["test_key"][:9]) == ("lmp_live_", "lmp_test_")


def test_a_slug_that_is_taken_is_refused(aws: Cloud):
    body = wanted()
    handler(body, None)
    with pytest.raises(DomainError, match=f"slug {body['slug']}"):
        handler(body, None)


@pytest.mark.parametrize("change", [{"slug": "Not a slug"}, {"workspace": ""}, {"colour": "red"}])
def test_what_is_not_valid_is_refused(change: dict[str, str]):
    with pytest.raises(ValidationError):
        handler(wanted(**change), None)
