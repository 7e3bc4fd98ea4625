"""Whether time tells that an e-mail has an account: login and reset, known and unknown addresses in turns.

The real handler, the real hashing. Each pair asks for an address that has an account and for one that has
none, in an order that alternates, from places that no limit has met. The medians may differ by 5 % at most.
A second run takes the hashing for unknown addresses out: there the same check must fail, else it never could.
PAIRS=100 asks for fewer than 1,000.
"""

import json
import os
import random
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any
from uuid import uuid4

from functions.auth import handler as function
from lamplighter.services import passwords
from tests.benchmarks._harness import Database, console, database, environment, progress, report, table
from tests.integration.cloud import cloud
from tests.integration.http import lambda_context

PAIRS = int(os.environ.get("PAIRS", "1000"))
CONTROL_PAIRS = max(20, PAIRS // 10)
WARM_UP = 20
BOUND = 0.05

type Times = dict[str, list[float]]


def main() -> None:
    with _stage() as made:
        known = _accounts(made, PAIRS + WARM_UP)
        found = {
            "login": _measured("login", "login", known),
            "reset": _measured("reset", "password-reset", known),
        }
        with _without_dummy():
            control = _measured("login without the dummy", "login", known[: CONTROL_PAIRS + WARM_UP], 1)
    figures = {
        name: _figures(times) for name, times in (found | {"login without the dummy": control}).items()
    }
    _show(figures)
    report("login_timing", {"pairs": PAIRS, "bound": BOUND, **figures})
    same = all(figures[name]["difference"] < BOUND for name in found)
    if not same or figures["login without the dummy"]["difference"] < BOUND:
        sys.exit("time tells" if not same else "the check cannot fail")


def _measured(what: str, path: str, known: Sequence[str], network: int = 0) -> Times:
    """Seconds of each call, for addresses with an account and without."""
    times: Times = {"known": [], "unknown": []}
    context = lambda_context()
    for number, email in enumerate(progress(known, what)):
        pair = [("known", email), ("unknown", f"{uuid4().hex}@example.com")]
        for whose, asked in pair if number % 2 else reversed(pair):
            event = _event(path, asked, f"10.{network}.{random.randrange(2**8)}.{random.randrange(2**8)}")  # noqa: S311
            began = time.perf_counter()
            answer = function.handler(event, context)
            taken = time.perf_counter() - began
            assert answer["statusCode"] in (401, 202), answer
            if number >= WARM_UP:
                times[whose].append(taken)
    return times


def _figures(times: Times) -> dict[str, Any]:
    medians = {whose: statistics.median(each) for whose, each in times.items()}
    quartiles = {whose: statistics.quantiles(each, n=4)[::2] for whose, each in times.items()}
    difference = abs(medians["known"] - medians["unknown"]) / max(medians.values())
    return {
        "median_s": medians,
        "quartiles_s": quartiles,
        "difference": difference,
        "calls": len(times["known"]),
    }


def _show(figures: dict[str, dict[str, Any]]) -> None:
    rows = [
        (
            name,
            str(found["calls"]),
            *(f"{found['median_s'][whose] * 1000:.2f}" for whose in ("known", "unknown")),
            f"{found['difference']:.2%}",
        )
        for name, found in figures.items()
    ]
    head = ("", "pairs", "known, ms", "unknown, ms", "difference")
    table(f"medians; a difference under {BOUND:.0%} tells nobody anything", head, rows)


def _accounts(made: Database, count: int) -> list[str]:
    """Addresses that have an account each. Their passwords are one, as hashing takes a while."""
    stored, emails = (
        passwords.hashed("kelp, lamps and orchards"),
        [f"{uuid4().hex}@example.com" for _ in range(count)],
    )
    rows = [(uuid4(), email, stored) for email in emails]
    with made.connect() as connection, connection.cursor() as cursor:
        cursor.executemany("INSERT INTO users (id, email, password_hash) VALUES (%s, %s, %s)", rows)
        cursor.execute("ANALYZE users")
    return emails


def _event(path: str, email: str, address: str) -> dict[str, Any]:
    """What API Gateway makes of a request, payload 2.0."""
    path = f"/v1/auth/{path}"
    body = {"email": email} | ({"password": "not the lamp that was lit"} if path.endswith("login") else {})
    http = {"method": "POST", "path": path, "protocol": "HTTP/1.1", "sourceIp": address, "userAgent": "bench"}
    return {
        "version": "2.0",
        "routeKey": "ANY /v1/auth/{proxy+}",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"content-type": "application/json"},
        "requestContext": {"http": http, "requestId": "bench", "stage": "$default"},
        "body": json.dumps(body),
        "isBase64Encoded": False,
    }


@contextmanager
def _without_dummy() -> Iterator[None]:
    """Inside, nothing is hashed for who has no password: what the check is there to find."""
    real = passwords.matches
    passwords.matches = lambda password, stored: stored is not None and real(password, stored)
    try:
        yield
    finally:
        passwords.matches = real


@contextmanager
def _stage() -> Iterator[Database]:
    with ExitStack() as stack:
        made = stack.enter_context(database())
        stack.enter_context(environment(stack.enter_context(cloud()).environment))
        stack.enter_context(made.reached_by_transaction("lamplighter_accounts"))
        console.print(f"{PAIRS} pairs each: some minutes")
        yield made


if __name__ == "__main__":
    main()
