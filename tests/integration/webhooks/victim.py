"""A process that is killed in the middle of one step: python -m tests.integration.webhooks.victim ORDER."""

import importlib
import json
import os
import signal
import sys
from typing import Any

from tests.integration.http import Http, handler_of, lambda_context


def main() -> None:
    """Play the order; the kill strikes before or after the nth call of one function."""
    order = json.loads(sys.argv[1])
    _arm(*order["kill"])
    if "content" in order:
        Http(order["workspace_id"], order["key"]).post("/content", {"text": order["content"]})
        return
    records = [{"messageId": "0", "body": json.dumps(order["message"])}]
    handler_of("deliver_webhook")({"Records": records}, lambda_context(60))


def _arm(where: str, name: str, when: str, number: int) -> None:
    module = importlib.import_module(where)
    real, calls = getattr(module, name), 0

    def struck(*arguments: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        mine = calls == number
        if mine and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        answer = real(*arguments, **named)
        if mine:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer

    setattr(module, name, struck)


if __name__ == "__main__":
    main()
