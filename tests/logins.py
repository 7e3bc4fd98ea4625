"""Whom `transaction()` connects as: any login of the tests' server, for as long as a test wants."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import make_url

from lamplighter.settings import settings


@contextmanager
def as_login(name: str) -> Iterator[None]:
    """Inside, `transaction()` has that login; all of them share a password."""
    before = os.environ["DATABASE_URL"]
    login = make_url(before).set(username=name)
    os.environ["DATABASE_URL"] = login.render_as_string(hide_password=False)
    settings.cache_clear()
    try:
        yield
    finally:
        os.environ["DATABASE_URL"] = before
        settings.cache_clear()
