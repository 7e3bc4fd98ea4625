"""An organization to be in."""

import pytest

from infra.local.first_workspace import FirstWorkspace
from tests.integration.people.office import Office, Someone, Superuser


@pytest.fixture
def office(first: FirstWorkspace, superuser: Superuser) -> Office:
    """An organization with a workspace and nobody in it."""
    return Office(first, superuser)


@pytest.fixture
def owner(office: Office) -> Someone:
    """Its only owner."""
    return office.hire("owner")
