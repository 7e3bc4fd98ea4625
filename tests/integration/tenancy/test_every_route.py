"""Another tenant's ids are answered like ids that nobody has, on every route that takes one."""

import pytest

from tests.integration.http import Answer
from tests.integration.tenancy.conftest import New
from tests.integration.tenancy.operations import Operation, id_name, operations
from tests.integration.tenancy.strangers import as_itself, findings
from tests.integration.tenancy.tenants import CREDENTIALS, MAKERS

OPEN = {
    "read_media": "images of the sandbox network are public, as on any network",
    "read_calendar_feed": "the token in the address is what opens it",
}
"""Operations that take an id from everybody, and why."""
OPERATIONS = operations()
GUARDED = [operation for operation in OPERATIONS if operation.name not in OPEN]


def test_every_id_that_the_document_names_has_a_maker():
    names = {(name, each.name) for each in GUARDED for name in (*each.path_ids, *each.query_ids)}
    names |= {(id_name(place), each.name) for each in GUARDED for place in each.body_ids}
    assert {(name, operation) for name, operation in names if name not in MAKERS} == set()
    assert {scheme for each in GUARDED for scheme in each.schemes} <= CREDENTIALS.keys()


def test_only_what_is_meant_for_everybody_needs_no_credentials():
    assert {each.name for each in OPERATIONS if not each.schemes} == OPEN.keys()


@pytest.mark.parametrize("operation", GUARDED, ids=lambda each: each.name)
def test_a_strangers_ids_are_answered_like_unknown_ones(operation: Operation, new: New):
    opened = {scheme: as_itself(operation, scheme, new()) for scheme in operation.schemes}
    assert any(answer.status < 300 for answer in opened.values()), opened
    for scheme, answer in opened.items():
        assert answer.status < 300 or is_closed(answer), answer
        allowed = frozenset({404, 403} if is_closed(answer) else {404})
        assert findings(operation, scheme, (new(), new()), allowed=allowed) == []


def is_closed(answer: Answer) -> bool:
    """Whether no caller of this kind may do it at all, in no tenant."""
    return answer.status == 403 and answer.json["code"] in {"permission_missing", "people_only"}
