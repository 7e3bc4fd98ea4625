"""`make invoke-built`: every event file, run by what `sam build` made, under the real Lambda Runtime API."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from infra.local import ports
from infra.local.stack import Stack
from infra.local.template import Function
from infra.tools import event_people, event_rows
from infra.tools.events import Case, cases, differences
from infra.tools.lambda_emulator import ARCHITECTURE, Emulator
from lamplighter.settings import settings

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / ".aws-sam" / ARCHITECTURE
LOGS = BUILD / ".logs"
OVERRIDES = {"LAMPLIGHTER_SANDBOX_SECRET_ID": event_rows.SANDBOX_SECRET_ID}
AWS_SET_BY_LAMBDA = {"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-1"}


@dataclass(frozen=True, slots=True)
class Run:
    """What came of one event file. `problems` is empty when the answer was as expected."""

    case: Case
    status: str
    milliseconds: float
    was_cold: bool
    problems: list[str]


def build() -> None:
    """The functions and the layer for this very machine, beside what `make build` made for Lambda."""
    command = [str(ROOT / ".venv/bin/sam"), "build", "--build-dir", str(BUILD)]
    command += ["--parameter-overrides", f"Architecture={ARCHITECTURE}"]
    environment = {**os.environ, "ARCHITECTURE": ARCHITECTURE, "SAM_CLI_TELEMETRY": "0"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(done.stdout + done.stderr)


def runs(stack: Stack, function: Function) -> Iterator[Run]:
    """Each case of one function, in one sandbox: the first is its cold start."""
    environment = {**stack.environment(function), **AWS_SET_BY_LAMBDA}
    with Emulator(BUILD, function, environment, LOGS / f"{function.name}.log") as emulator:
        for number, case in enumerate(cases(function.name)):
            answer, milliseconds = emulator.invoke(case.event())
            failed = isinstance(answer, dict) and "errorType" in answer
            problems = [f"FunctionError {answer}"] if failed else differences(case.expected, answer)
            status = str(answer.get("statusCode", "ok")) if isinstance(answer, dict) else "ok"
            yield Run(case, "error" if failed else status, milliseconds, number == 0, problems)


def prepare(stack: Stack) -> None:
    """Write the rows, the object and the secret that the event files name."""
    stack.services.keep_secret(event_rows.SANDBOX_SECRET_ID, event_rows.SANDBOX_SECRET)
    os.environ.update(stack.settings | AWS_SET_BY_LAMBDA)
    event_rows.insert(stack.url)
    os.environ.update(_accounts(stack))
    settings.cache_clear()
    event_people.insert()
    os.environ.update(stack.settings)
    settings.cache_clear()
    bucket = stack.settings["MEDIA_BUCKET"]
    stack.services.s3.put_object(Bucket=bucket, Key=event_rows.OBJECT_KEY, Body=event_rows.PIXEL)


def _accounts(stack: Stack) -> dict[str, str]:
    """What names the database's login of accounts."""
    auth = next(function for function in stack.template.functions() if function.name == "auth")
    return {name: value for name, value in stack.environment(auth).items() if name.startswith("DATABASE_")}


def show(run: Run) -> None:
    """One line of the table, and below it what was wrong."""
    cold, warm = (f"{run.milliseconds:.0f}" if run.was_cold is column else "" for column in (True, False))
    print(f"{run.case.function:17}{run.case.name:34}{run.status:>7}{cold:>9}{warm:>9}", flush=True)
    for problem in run.problems:
        print(f"    {problem}")


def main() -> int:
    """0 when every function answered every event as events/expectations.json says."""
    print(f"building for {ARCHITECTURE} ...", flush=True)
    build()
    LOGS.mkdir(exist_ok=True)
    done: list[Run] = []
    with (
        tempfile.TemporaryDirectory(prefix="lamplighter-") as folder,
        Stack(directory=Path(folder), use_ports=ports.all_free(), environ=OVERRIDES) as stack,
    ):
        prepare(stack)
        print(f"\n{'function':17}{'case':34}{'status':>7}{'cold ms':>9}{'warm ms':>9}")
        for function in stack.template.functions():
            for run in runs(stack, function):
                show(run)
                done.append(run)
        posted = event_rows.status_of_due()
        mailed = stack.mailbox is not None and bool(stack.mailbox.mails(event_rows.INVITED_EMAIL))
    failed = sum(bool(run.problems) for run in done)
    print(f"\nthe worker's post is {posted}, the invitation's mail {'sent' if mailed else 'not sent'}")
    print(f"{len(done)} event files, {failed} not answered as expected; logs: {LOGS.relative_to(ROOT)}")
    return 1 if failed or posted != "published" or not mailed else 0


if __name__ == "__main__":
    sys.exit(main())
