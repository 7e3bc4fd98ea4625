"""`make recurrence-check`: schedules by chance against the others, with the differences by their reasons.

RULES=100000 asks for so many, SEED for others than the first ones, SHARDS for so many processes.
"""

import argparse
import multiprocessing
import sys
import time
from collections import Counter

from rich.console import Console
from rich.progress import track

from tests.unit.domain.recurrence.comparison import REASONS, UNEXPLAINED, Answer, compared
from tests.unit.domain.recurrence.random_rules import case

console = Console()
_SHOWN = 20


def answered(number: int) -> Answer:
    """The comparison of a schedule; those that agree come back without their occurrences."""
    answer = compared(case(number))
    few = (answer.ours, answer.theirs) if answer.reason == UNEXPLAINED else ([], [])
    return Answer(answer.case, answer.reason, *few, found=answer.found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rules", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--shards", type=int, default=2)
    asked = parser.parse_args()
    numbers = range(asked.seed * 10_000_000, asked.seed * 10_000_000 + asked.rules)
    began, counted, kinds, found = time.monotonic(), Counter[str](), Counter[str](), 0
    with multiprocessing.Pool(asked.shards) as pool:
        answers = pool.imap_unordered(answered, numbers, chunksize=50)
        for answer in track(answers, "rules", len(numbers), console=console):
            counted[answer.reason or "the same"] += 1
            kinds[
                answer.case.parts["FREQ"]
                if answer.case.schedule_type == "rrule"
                else answer.case.schedule_type
            ] += 1
            found += answer.found
            if answer.reason == UNEXPLAINED and counted[UNEXPLAINED] <= _SHOWN:
                _show(answer)
    console.print(
        f"{asked.rules} rules, {found} occurrences, {time.monotonic() - began:.0f} s; {dict(kinds)}"
    )
    for reason, times in counted.most_common():
        console.print(f"{times:8}  {reason}", REASONS.get(reason, ""), sep="\n          ")
    if counted[UNEXPLAINED]:
        sys.exit("a difference that no text explains")


def _show(answer: Answer) -> None:
    ours, theirs = set(answer.ours), set(answer.theirs)
    console.print(str(answer.case), f"  only here:  {sorted(ours - theirs)[:3]}", sep="\n")
    console.print(f"  only there: {sorted(theirs - ours)[:3]}")


if __name__ == "__main__":
    main()
