"""`confirm`: whoever deletes a tenant or an account names it, so that no slip of a script does."""

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query

_WORDS = "The slug of what is to be deleted; of an account, your id."
Confirm = Annotated[str, Query(max_length=100, description=_WORDS)]
