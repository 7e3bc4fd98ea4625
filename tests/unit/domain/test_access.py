"""What a key may do."""

from typing import Any

import pytest

from lamplighter.domain.access import Caller
from lamplighter.ids import new_id
from lamplighter.problems import DomainError


def caller(*permissions: str, mode: str = "live", **more: Any) -> Caller:
    return Caller(
        kind="api_key",
        id=new_id(),
        workspace_id=new_id(),
        organization_id=new_id(),
        mode=mode,
        permissions=frozenset(permissions),
        **more,
    )


@pytest.mark.parametrize(
    ("held", "wanted", "verdict"),
    [
        ("content:read", "content:read", True),
        ("content:read", "content:write", False),
        ("content:write", "content:read", True),
        ("content:write", "content:write", True),
        ("content:write", "media:read", False),
    ],
)
def test_writing_includes_reading_and_nothing_else(held: str, wanted: str, verdict: bool) -> None:
    assert caller(held).may(wanted) is verdict


def test_a_key_without_a_list_uses_every_connection_and_one_with_a_list_those_on_it() -> None:
    mine, other = new_id(), new_id()
    assert caller().may_use(other)
    assert caller(connection_ids=frozenset([mine])).may_use(mine)
    assert not caller(connection_ids=frozenset([mine])).may_use(other)


def test_a_test_key_is_kept_from_real_accounts() -> None:
    caller().must_be_live()
    with pytest.raises(DomainError) as refused:
        caller(mode="test").must_be_live()
    assert refused.value.code == "live_key_required"


def test_a_limited_key_is_kept_from_what_lies_beyond_its_list() -> None:
    caller().must_be_unlimited()
    with pytest.raises(DomainError) as refused:
        caller(connection_ids=frozenset()).must_be_unlimited()
    assert refused.value.code == "unlimited_key_required"
