"""What must hold when the world has come to rest: the database's words against the networks' own records."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import psycopg

from lamplighter.domain.history import NOT_ON_NETWORK
from lamplighter.domain.networks import Settling
from lamplighter.domain.renditions import intent_of
from tests.simulation.networks import NETWORKS
from tests.simulation.remotes import Accepted, Remote
from tests.simulation.truth import MOST_SEGMENTS, Plan, Row, Truth

ENDED = ("published", "done", "rejected", "not_sent", "unknown", "abandoned")
BUCKETS = {
    "published": "published",
    "removed": "published",
    "failed": "rejected",
    "unknown": "unknown",
    "cancelled": "cancelled",
    "skipped": "cancelled",
    "held": "pending",
}
"""Where each state of a platform row counts in the identity; `pending` and `publishing` count nowhere, as
nothing may be left to do."""


@dataclass
class Verdict:
    """What the oracle found."""

    broken: list[str] = field(default_factory=list)
    identity: Counter[str] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)


class Oracle:
    """Reads everything once, then compares."""

    def __init__(self, monitor: psycopg.Connection[Any], truth: Truth, remote: Remote) -> None:
        self.truth, self.remote, self.verdict = truth, remote, Verdict()
        self.rows = {
            row[0]: row
            for row in monitor.execute(
                "SELECT id, publication_id, status, error_code, platform_post_id, platform"
                "  FROM publication_platforms"
            )
        }
        self.publications = dict(monitor.execute("SELECT id, status FROM publications").fetchall())
        self.attempts: dict[UUID, list[Any]] = {}
        for row in monitor.execute(
            "SELECT publication_platform_id, task, segment, status, reconciles, error_code,"
            "       sending_at IS NOT NULL, fence"
            "  FROM publication_attempts ORDER BY publication_platform_id, number"
        ):
            self.attempts.setdefault(row[0], []).append(row)

    def judged(self) -> Verdict:
        """Everything that is broken, and the tallies."""
        self.verdict.broken += self.truth.broken
        self._compare_plans()
        for intent, posts in self.remote.intents.items():
            if len(posts) > 1:
                self._broken(f"DUPLICATE: {intent} was accepted {len(posts)} times: {[p.id for p in posts]}")
        for plan in self.truth.plans.values():
            for row in plan.rows.values():
                if row.id in self.rows:
                    self._judge(row)
            self._judge_whole(plan)
        self._add_up()
        return self.verdict

    def _broken(self, what: str) -> None:
        self.verdict.broken.append(what)

    def _compare_plans(self) -> None:
        planned = {row for plan in self.truth.plans.values() for row in plan.rows}
        if planned != self.rows.keys():
            self._broken(f"LOST: {len(planned ^ self.rows.keys())} rows are not what was committed")

    def _judge(self, row: Row) -> None:
        _, _, status, code, post_id, _ = self.rows[row.id]
        out = [self._accepted(row.id, segment) for segment in range(MOST_SEGMENTS)]
        first = out[0]
        self.verdict.statuses[status] += 1
        self.verdict.codes[f"{status}: {code}"] += code is not None
        self._judge_attempts(row)
        match status:
            case "pending" | "publishing":
                self._broken(f"LOST: {row.id} is {status} ({code}) and nobody will ever look at it again")
            case "published":
                self._judge_published(row, out, post_id, code)
            case "failed":
                self._judge_failed(row, out)
            case "cancelled" | "skipped" | "held":
                if first is not None and first.removed_at is None:
                    self._broken(f"{row.id} is {status} ({code}) and on the network as {first.id}")
            case "unknown":
                self._judge_unknown(row, code)
            case "removed":
                if first is None or any(post and post.removed_at is None for post in out):
                    self._broken(f"{row.id} is removed and still on the network, or never was there")

    def _judge_whole(self, plan: Plan) -> None:
        """A publication's own state, out of those of its rows."""
        found = {self.rows[row_id][2] for row_id in plan.rows if row_id in self.rows}
        status = self.publications.get(plan.id)
        may_be = (
            {"needs_review"}
            if found & {"unknown", "held"}
            else {"published"}
            if "published" in found and "failed" not in found
            else {"published", "partially_published", "failed", "cancelled", "missed", "removed"}
        )
        if status not in may_be:
            self._broken(f"publication {plan.id} is {status}, its parts are {sorted(found)}")

    def _judge_published(
        self, row: Row, out: list[Accepted | None], post_id: str | None, code: str | None
    ) -> None:
        first = out[0]
        if first is None:
            self._broken(f"{row.id} is published and on no network")
        elif first.id != post_id:
            self._broken(f"{row.id} is published as {post_id}, in truth it is {first.id}")
        elif first.removed_at is not None and code != "change_unknown":
            self._broken(f"{row.id} is published as {post_id}, which was removed")
        marked = {a[2] for a in self.attempts.get(row.id, []) if a[1] == "publish" and a[3] == "published"}
        there = {segment for segment, post in enumerate(out) if post is not None}
        if marked != there:
            self._broken(f"{row.id} is published with segments {sorted(marked)}, in truth {sorted(there)}")
        self._judge_thread(row, out)

    def _judge_thread(self, row: Row, out: list[Accepted | None]) -> None:
        last, first = out[0], out[0]
        for post in out[1:]:
            if post is None or first is None or last is None:
                continue
            wanted = first.id if post.kind == "comment" else last.id
            if post.parent != wanted:
                self._broken(f"{post.id} of {row.id} answers {post.parent} and not {wanted}")
            if post.at < last.at:
                self._broken(f"{post.id} of {row.id} came before {last.id}")
            if post.kind != "comment":
                last = post

    def _judge_failed(self, row: Row, out: list[Accepted | None]) -> None:
        marked = {a[2] for a in self.attempts.get(row.id, []) if a[1] == "publish" and a[3] == "published"}
        there = {segment for segment, post in enumerate(out) if post is not None}
        if marked != there:
            self._broken(
                f"{row.id} has failed, with {sorted(marked)} known to be out and {sorted(there)} out"
            )

    def _judge_unknown(self, row: Row, code: str | None) -> None:
        looks = sum(a[4] for a in self.attempts.get(row.id, []))
        nobody_can_know = NETWORKS[row.platform].settling is Settling.NOTHING
        if not (nobody_can_know or looks >= 1 or code == "needs_reconnect"):
            self._broken(f"{row.id} is unknown ({code}) although nobody looked")

    def _judge_attempts(self, row: Row) -> None:
        seen: set[tuple[str, int]] = set()
        fence = 0
        for _, task, segment, status, _, _, _, given in self.attempts.get(row.id, []):
            if status not in ENDED:
                self._broken(f"an attempt at {row.id} is still {status}")
            if status == "published" and task == "publish":
                if (task, segment) in seen:
                    self._broken(f"two attempts at {row.id} say that they published segment {segment}")
                seen.add((task, segment))
            if given < fence:
                self._broken(f"the fences of {row.id} go back")
            fence = given
        self._judge_looks(row)

    def _judge_looks(self, row: Row) -> None:
        """Who looked and found that it will never be there sends it again, if anything. (Who says what he saw
        there calls nobody.)"""
        absent: set[int] = set()
        for _, task, segment, status, looked, code, called, _ in self.attempts.get(row.id, []):
            if task != "publish":
                continue
            if looked and called and segment in absent:
                self._broken(f"{row.id} was looked for although it is known not to be there")
            if not looked:
                absent.discard(segment)
            elif status == "rejected" or code == NOT_ON_NETWORK:
                absent.add(segment)

    def _add_up(self) -> None:
        identity = self.verdict.identity
        identity["accepted"] = sum(len(plan.rows) for plan in self.truth.plans.values())
        for status, count in self.verdict.statuses.items():
            identity[BUCKETS.get(status, "left over")] += count
        rest = sum(count for bucket, count in identity.items() if bucket != "accepted")
        if identity["left over"] or identity["accepted"] != rest:
            self._broken(f"the identity does not hold: {dict(identity)}")

    def _accepted(self, row_id: UUID, segment: int) -> Accepted | None:
        posts = self.remote.intents.get(str(intent_of(row_id, segment)), [])
        return posts[0] if posts else None
