"""Transactions that get in each other's way."""

from psycopg.errors import DeadlockDetected, LockNotAvailable, QueryCanceled
from sqlalchemy.exc import DBAPIError


def gave_up_waiting(error: BaseException) -> bool:
    """Whether a transaction failed only because others held what it needed,
    so that the same may succeed in a moment."""
    given_up = (LockNotAvailable, QueryCanceled, DeadlockDetected)
    return isinstance(error.orig if isinstance(error, DBAPIError) else error, given_up)
