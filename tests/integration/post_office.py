"""The mail of tests: what waits on the mail queue is written and sent, and lands in the local mailbox."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from infra.local.mailbox import Received
from tests.integration.cloud import Cloud
from tests.integration.http import handler_of, lambda_context, logged_in

TICK = {"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}


@dataclass(frozen=True, slots=True)
class PostOffice:
    """send_mail, with its own login, and what it sent."""

    aws: Cloud

    def waiting(self) -> list[dict[str, Any]]:
        """Take the messages off the mail queue."""
        return self.aws.waiting("MAIL_QUEUE_URL")

    def deliver(self, messages: Sequence[Mapping[str, Any]] | None = None) -> Any:
        """Hand messages, or all that wait, to send_mail; its answer."""
        given = self.waiting() if messages is None else messages
        records = [{"messageId": str(number), "body": json.dumps(each)} for number, each in enumerate(given)]
        return self.run({"Records": records})

    def tick(self) -> Any:
        """The sweep of every minute."""
        return self.run(TICK)

    def run(self, event: Any) -> Any:
        """Any event of send_mail's."""
        with logged_in("send_mail"):
            return handler_of("send_mail")(event, lambda_context(30))

    def sent_to(self, email: str) -> list[Received]:
        """What arrived at the address, newest first, once all that waits is delivered."""
        self.deliver()
        return self.aws.mailbox.mails(email)

    def token_for(self, email: str) -> str:
        """The token in the newest mail to the address."""
        return token_in(self.sent_to(email)[0])


def token_in(mail: Received) -> str:
    """The token in a mail's link."""
    found = re.search(r"#token=([\w-]+)", mail.text)
    assert found, mail.text
    return found[1]
