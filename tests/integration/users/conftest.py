"""People as the routes of auth make them."""

from tests.integration.accounts.conftest import client, mailed, new_person

__all__ = ["client", "mailed", "new_person"]
