"""Looking over the workers' shoulders: what they commit to, and if who came too late changed anything."""

import sys
import traceback
from collections.abc import Callable
from typing import Any

import psycopg

from lamplighter.domain.renditions import intent_of
from lamplighter.services import publishing, recording
from tests.simulation.database import is_expected
from tests.simulation.steps import Steps
from tests.simulation.truth import Armed, Truth


class Observer:
    """Wraps `arm` and `record` where the handler calls them; what they do stays as it is."""

    def __init__(self, steps: Steps, truth: Truth) -> None:
        self.steps, self.truth = steps, truth
        self.monitor: psycopg.Connection[Any]
        self.stale = 0

    def replacements(self) -> list[tuple[Any, str, Any]]:
        """To be put in place."""
        return [
            (publishing, "begin", self._beginning(publishing.begin)),
            (publishing, "arm", self._arming(publishing.arm)),
            (publishing, "keep", self._recording(publishing.keep)),
            (recording, "record", self._recording(recording.record)),
        ]

    def _beginning(self, begin: Callable[..., Any]) -> Callable[..., Any]:
        def watched(tx: Any, claim: Any) -> Any:
            task = self.steps.current
            assert task is not None
            begun, now = begin(tx, claim), self.steps.now
            if begun.work is not None or begun.wakes:
                task.on_commit.append(lambda _seq: self.truth.begun(claim.publication_platform_id, now))
            return begun

        return watched

    def _arming(self, arm: Callable[..., Any]) -> Callable[..., Any]:
        def watched(tx: Any, work: Any, *args: Any, **kwargs: Any) -> Any:
            task = self.steps.current
            assert task is not None
            stale = self._is_stale(work)
            begun = arm(tx, work, *args, **kwargs)
            if begun.work is not None and stale:
                self.truth.violated(f"a worker whose fence had passed armed {work.row_id}")
            if begun.work is not None and work.step.task == "publish":
                intent = str(intent_of(work.row_id, work.step.segment))
                armed = task.latest
                task.on_commit.append(
                    lambda seq: self.truth.armed(intent, Armed(seq, armed, work.reconciles))
                )
            return begun

        return watched

    def _recording(self, record: Callable[..., Any]) -> Callable[..., Any]:
        def watched(tx: Any, work: Any, *args: Any, **kwargs: Any) -> Any:
            task = self.steps.current
            assert task is not None
            stale, before = self._is_stale(work), task.writes
            answer = record(tx, work, *args, **kwargs)
            if stale:
                self.stale += 1
                if task.writes != before:
                    self.truth.violated(
                        f"a stale worker changed {task.writes - before} rows of {work.row_id}"
                    )
            return answer

        return watched

    def _is_stale(self, work: Any) -> bool:
        """As committed just now; a fence that has passed never comes back."""
        row = self.monitor.execute(
            "SELECT fence FROM dispatches WHERE publication_platform_id = %s", (work.row_id,)
        ).fetchone()
        return row is None or row[0] != work.fence


class Recorder:
    """Stands in for the logger: an exception that no accident explains is a defect found."""

    def __init__(self, steps: Steps) -> None:
        self.steps = steps
        self.defects: list[str] = []

    def exception(self, message: str, **_more: Any) -> None:
        """Called in an except clause."""
        error = sys.exception()
        self.steps.note(f"{message}: {type(error).__name__}")
        poisoned = self.steps.current is not None and self.steps.current.notes.get("poison")
        if error is not None and not is_expected(error) and not poisoned:
            self.defects.append("".join(traceback.format_exception(error)))

    def __getattr__(self, _level: str) -> Callable[..., None]:
        return lambda *_args, **_more: None
