"""What keeps each promise, as an edit that takes it away, and the tests that must notice."""

from collections.abc import Sequence
from dataclasses import dataclass

SERVICES = "shared/lamplighter/services"
DISPATCHES = "shared/lamplighter/postgres/queries/dispatches.py"
LEDGER = f"{SERVICES}/ledger.py"
HISTORY = "shared/lamplighter/domain/history.py"
PROMISES = "tests/integration/promises"
KILLED = (
    f"{PROMISES}/test_kill_points.py::test_whoever_is_killed_anywhere_loses_nothing_and_posts_nothing_twice"
)
GATES = "tests/integration/gates"
RECURRING = "tests/integration/recurring"
OCCURRENCES = "shared/lamplighter/postgres/queries/occurrences.py"
RACES = "tests/integration/races/test_with_the_send.py"
WORKER = "tests/integration/publishing/test_worker.py"
ASKING = """from lamplighter.clickhouse.client import client


def call(work: Work, frozen: Json) -> Reconciled:
    client()
    return _call(work, frozen)


def _call(work: Work, frozen: Json) -> Reconciled:"""
"""A worker that asks ClickHouse before it calls the network."""


@dataclass(frozen=True)
class Edit:
    """Everything that reads `text` in the file, replaced."""

    file: str
    text: str
    instead: str


@dataclass(frozen=True)
class Protection:
    """One of a promise's. `tests` fail without it."""

    promise: int
    name: str
    edits: Sequence[Edit]
    tests: Sequence[str]


PROTECTIONS = (
    Protection(
        1,
        "the call is committed to before it is made",
        [Edit(LEDGER, '_carry(tx, workspace_id, attempt_id, status="sending", **frozen)', "pass")],
        [f"{KILLED}[D, plain text]", f"{KILLED}[E, plain text]"],
    ),
    Protection(
        1,
        "an expired lease brings the work back",
        [Edit(DISPATCHES, "lease_until IS NULL OR lease_until <= :now", "lease_until IS NULL")],
        [f"{KILLED}[sandbox, plain text]"],
    ),
    Protection(
        2,
        "one delivery alone gets past the fence",
        [
            Edit(
                DISPATCHES,
                "AND publication_platform_id = :id AND fence = :fence\n    RETURNING fence, due_at, lane",
                "AND publication_platform_id = :id AND fence >= :fence\n    RETURNING fence, due_at, lane",
            )
        ],
        [f"{PROMISES}/test_02_deliveries.py"],
    ),
    Protection(
        3,
        "who writes must still hold the fence",
        [
            Edit(
                DISPATCHES,
                "AND publication_platform_id = :id AND fence = :fence\n       FOR UPDATE",
                "AND publication_platform_id = :id AND fence >= :fence\n       FOR UPDATE",
            )
        ],
        [f"{PROMISES}/test_03_stopped.py"],
    ),
    Protection(
        4,
        "what may have been posted is looked for and not sent again",
        [
            Edit(
                HISTORY,
                'if tried.status in {"unknown", "sending"}:\n            return True',
                'if tried.status in {"unknown", "sending"}:\n            return False',
            )
        ],
        [f"{PROMISES}/test_04_lost_answers.py"],
    ),
    Protection(
        4,
        "what the network gave up after all is absent",
        [Edit(HISTORY, ' or self.status == "rejected")', ")")],
        ["tests/integration/publishing/test_classes.py"],
    ),
    Protection(
        5,
        "what was prepared is gone on with",
        [Edit(LEDGER, "prepared=carried.prepared if carried is not None else None", "prepared=None")],
        [f"{PROMISES}/test_05_tokens.py"],
    ),
    Protection(
        6,
        "what could not be woken is given back at once",
        [Edit("functions/publish_due/handler.py", "due.release(tx, unsent)", "pass")],
        [f"{PROMISES}/test_06_outages.py", "tests/integration/publishing/test_tick.py"],
    ),
    Protection(
        7,
        "tenants take turns",
        [Edit(DISPATCHES, "OVER (PARTITION BY workspace_id", "OVER (")],
        [f"{GATES}/test_backlog.py"],
    ),
    Protection(
        7,
        "no more is woken than the queues have room for",
        [Edit("functions/publish_due/handler.py", "settings().backlog_limit - depth", "due.BATCH")],
        [f"{GATES}/test_backlog.py"],
    ),
    Protection(
        7,
        "what drags has workers of its own",
        [Edit(f"{SERVICES}/gates.py", "gate.is_slow(tx.now) or ", "")],
        [f"{GATES}/test_lanes.py"],
    ),
    Protection(
        7,
        "an account has only so many calls under way",
        [
            Edit(f"{SERVICES}/gates.py", "in_flight >= SHARES * at_once", "in_flight < 0"),
            Edit(f"{SERVICES}/gates.py", "in_flight >= at_once", "in_flight < 0"),
        ],
        [f"{GATES}/test_lanes.py"],
    ),
    Protection(
        7,
        "those who begin at the same moment are counted before the call",
        [Edit(f"{SERVICES}/gates.py", "attempt, since, bound) < bound:", "attempt, since, bound) >= 0:")],
        [f"{GATES}/test_lanes.py"],
    ),
    Protection(
        8,
        "what comes before its time is put off",
        [
            Edit(f"{SERVICES}/publishing.py", "if due_at > tx.now + PATIENCE:", "if due_at is None:"),
            Edit(f"{SERVICES}/delivery.py", "if left > 0:", "if left < 0:"),
        ],
        [f"{PROMISES}/test_08_clocks.py"],
    ),
    Protection(
        9,
        "a message that fails fails alone",
        [
            Edit(
                "shared/lamplighter/entrypoints/batch.py",
                'failures.append({"itemIdentifier": record["messageId"]})',
                "raise",
            )
        ],
        [f"{GATES}/test_redrive.py", WORKER],
    ),
    Protection(
        10,
        "a worker lost during its call leaves an unknown outcome",
        [Edit(LEDGER, '"unknown" if last.status == "sending" else "abandoned"', '"abandoned"')],
        [f"{PROMISES}/test_10_database.py"],
    ),
    Protection(
        11,
        "the way of a post leads past ClickHouse",
        [Edit(f"{SERVICES}/delivery.py", "def call(work: Work, frozen: Json) -> Reconciled:", ASKING)],
        [f"{PROMISES}/test_06_outages.py::test_without_clickhouse_posts_go_out_and_their_events_are_kept"],
    ),
    Protection(
        12,
        "as long as the network asks to wait",
        [
            Edit(
                "shared/lamplighter/domain/publishing.py",
                "spread if wanted is None else",
                "spread if True else",
            ),
            Edit("shared/lamplighter/domain/gates.py", "if retry_after is None:", "if True:"),
        ],
        [f"{GATES}/test_breaker.py", "tests/unit/domain/test_publishing.py"],
    ),
    Protection(
        12,
        "an account whose network fails is left alone for a while",
        [Edit("shared/lamplighter/domain/gates.py", "failures >= FAILURES_UNTIL_CLOSED or", "False or")],
        [f"{GATES}/test_breaker.py"],
    ),
    Protection(
        12,
        "retries come back spread",
        [Edit("shared/lamplighter/domain/publishing.py", "return ceiling * fraction", "return ceiling")],
        ["tests/unit/domain/test_publishing.py"],
    ),
    Protection(
        12,
        "a 5xx proves nothing",
        [
            Edit(
                "shared/lamplighter/platforms/_shared/answers.py",
                "if HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR and",
                "if HTTPStatus.BAD_REQUEST <= status and",
            )
        ],
        [f"{PROMISES}/test_04_lost_answers.py"],
    ),
    Protection(
        13,
        "what is cancelled is in nobody's hands",
        [
            Edit(
                f"{SERVICES}/publication_moves.py",
                "    dispatching.dropped(tx, publication.workspace_id, ids)\n",
                "",
            )
        ],
        [f"{PROMISES}/test_13_last_second.py", f"{RACES}::test_cancelling"],
    ),
    Protection(
        13,
        "what is moved is in nobody's hands",
        [
            Edit(
                f"{SERVICES}/dispatching.py",
                "fence = func.greatest(Dispatch.fence + 1, new.excluded.fence)",
                "fence = Dispatch.fence",
            )
        ],
        [f"{RACES}::test_moving"],
    ),
    Protection(
        13,
        "the words are compared anew under the lock",
        [
            Edit(
                f"{SERVICES}/publishing.py",
                "work.digest not in words.digests[segment : segment + 1]",
                "False",
            )
        ],
        [f"{RACES}::test_editing"],
    ),
    Protection(
        13,
        "the approval is asked for anew under the lock",
        [Edit(f"{SERVICES}/publishing.py", "approval=state,", 'approval="none",')],
        [f"{PROMISES}/test_13_last_second.py", f"{RACES}::test_revoking"],
    ),
    Protection(
        6,
        "what nobody has made of a recurring post is told of again",
        [
            Edit(
                f"{SERVICES}/spawning.py",
                "return occurrences.waiting(tx, horizon(tx.now), PATIENCE, AT_ONCE)",
                "return []",
            )
        ],
        [f"{RECURRING}/test_filling.py::test_a_tick_tells_of_what_nobody_has_made"],
    ),
    Protection(
        8,
        "an occurrence that the ledger has is not entered again",
        [Edit(OCCURRENCES, "ON CONFLICT (recurring_post_id, local_time, fold) DO NOTHING", "")],
        [f"{RECURRING}/test_spawning.py::test_what_somebody_said_ahead_of_time_stands"],
    ),
    Protection(
        8,
        "rules that somebody visits are left to them",
        [Edit(OCCURRENCES, "FOR NO KEY UPDATE SKIP LOCKED", "")],
        [f"{RECURRING}/test_spawning.py::test_a_rule_that_somebody_visits_is_left_to_them"],
    ),
    Protection(
        8,
        "of late posts of a recurring post the latest goes out",
        [Edit(f"{SERVICES}/turns.py", "return rule_id in found", "return False")],
        [f"{RECURRING}/test_outages.py"],
    ),
    Protection(
        8,
        "late posts of a recurring post go out one after the other",
        [Edit(f"{SERVICES}/turns.py", "return free + int(before) * SPACING", "return None")],
        [f"{RECURRING}/test_outages.py"],
    ),
)
