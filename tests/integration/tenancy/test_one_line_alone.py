"""Two lines keep tenants apart, the database's policies and the application's filters: each holds alone."""

import pytest

from tests.integration.tenancy.conftest import New
from tests.integration.tenancy.lines import without_filters, without_filters_and_door
from tests.integration.tenancy.operations import Operation
from tests.integration.tenancy.strangers import findings
from tests.integration.tenancy.test_every_route import GUARDED

OPERATIONS = [each for each in GUARDED if "sandbox_token" not in each.schemes]
"""The sandbox network has accounts and no tenants, and its tables no policies."""

each_operation = pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.name)
WITHOUT_A_FILTER = {
    "list_workspaces": "a key has one, and of a person a function of the database tells which",
    "list_organizations": "a function of the database tells which are the person's",
}
REFUSED = frozenset({404})
KEY, PERSON = "api_key", "access_token"
"""A key's door can be opened to everything; to a person nearly everything is open in their own tenant."""


@each_operation
def test_without_the_applications_filters_the_policies_hold(operation: Operation, new: New):
    assert findings(operation, PERSON, (new(), new()), allowed=REFUSED, during=without_filters) == []


@pytest.mark.parametrize(
    "operation", [each for each in OPERATIONS if KEY in each.schemes], ids=lambda each: each.name
)
def test_without_filters_and_without_a_door_the_policies_hold(operation: Operation, new: New):
    pair = new(), new()
    assert findings(operation, KEY, pair, allowed=None, during=without_filters_and_door) == []


@each_operation
def test_without_policies_the_application_holds(operation: Operation, new_in_the_open: New):
    pair = new_in_the_open(), new_in_the_open()
    assert findings(operation, PERSON, pair, allowed=REFUSED) == []


def names_rows(operation: Operation) -> bool:
    """Whether its requests name rows of a tenant, or it lists them: else there is nothing to be found."""
    within = set(operation.path_ids) - {"workspace_id", "organization_id"}
    return bool(within or operation.query_ids or operation.body_ids or operation.lists is not None)


@pytest.mark.parametrize(
    "operation",
    [each for each in OPERATIONS if names_rows(each) and each.name not in WITHOUT_A_FILTER],
    ids=lambda each: each.name,
)
def test_without_either_the_same_requests_find_something(operation: Operation, new_in_the_open: New):
    pair = new_in_the_open(), new_in_the_open()
    assert findings(operation, PERSON, pair, allowed=REFUSED, during=without_filters) != []
