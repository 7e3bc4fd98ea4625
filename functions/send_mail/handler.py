"""SQS: one message is one mail, written and sent; every minute: wake what is still not sent."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from lamplighter.entrypoints.batch import Failures, each_message
from lamplighter.postgres.session import transaction
from lamplighter.services import mails

MAILER = "lamplighter_mailer"


def handler(event: dict[str, Any], _context: LambdaContext) -> Failures:
    """Messages of the mail queue, or the minute's tick, which has no messages of its own."""
    if "Records" in event:
        return each_message(event, _send)
    with transaction(role=MAILER) as tx:
        mails.complain(tx)
        unsent = mails.unsent(tx)
    mails.wake(unsent)
    return {}


def _send(message: dict[str, Any]) -> None:
    mail_id = mails.parsed(message)
    with transaction(role=MAILER) as tx:
        letter = mails.claim(tx, mail_id)
    if letter is None:
        return
    outcome = mails.send(letter)
    with transaction(role=MAILER) as tx:
        mails.record(tx, letter, outcome)
