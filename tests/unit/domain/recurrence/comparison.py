"""Whether the engine and the others say the same of a schedule, and if not, why."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo

from lamplighter.domain.recurrence import Key, Occurrence, Rule, index_after, occurrences, stored_rule
from lamplighter.domain.recurrence.faults import RuleError
from lamplighter.domain.recurrence.rule import SEARCH_YEARS
from tests.unit.domain.recurrence.independent import Found, expected
from tests.unit.domain.recurrence.random_rules import Case

REASONS: dict[str, str] = {
    "a numbered and a plain day in one BYDAY": (
        "RFC 5545, 3.3.10: BYDAY 'specifies a COMMA-separated list of days of the week', each of which MAY "
        "be preceded by a number; 'BYDAY=MO,2TU' lists both. "
        "dateutil keeps only days that are in both lists."
    ),
    "BYWEEKNO and no day": (
        "RFC 5545, 3.3.10: 'Information, not contained in the rule, necessary to determine the various "
        "recurrence instance start time and dates are derived from the Start Time (DTSTART)': the weekday is "
        "DTSTART's. dateutil gives all seven days of the week."
    ),
    "a week counted from the end, at the turn of the year": (
        "RFC 5545, 3.3.10: BYWEEKNO's values are '1 to 53 or -53 to -1', of weeks of the year that may begin "
        "in the December before. dateutil finds those days for week 1, but not where it is called -52 or -53."
    ),
    "days of January in week 52 or 53 of the year before": (
        "RFC 5545, 3.3.10: 'Week number one of the calendar year is the first week that contains at least "
        "four (4) days in that calendar year', so Sunday 2 January 2011 ends week 52 of 2010, as in ISO 8601."
        "dateutil counts the weeks of the year before by a formula that gives it 53."
    ),
    "BYSETPOS in the week of the start": (
        "RFC 5545, 3.3.10: BYSETPOS is 'the nth occurrence within the set of recurrence instances specified "
        "by the rule' in one interval, and a week begins on WKST. dateutil counts in the first week from "
        "DTSTART on, though in months and years from their beginning."
    ),
}
"""In which dateutil is known to differ, and the text of the RFC that decides."""


@dataclass(frozen=True)
class Answer:
    """How the comparison of a schedule came out: `reason` is None where both say the same."""

    case: Case
    reason: str | None
    ours: list[Found]
    theirs: list[Found]
    found: int = 0


UNEXPLAINED = "unexplained"
PAUSE = "a pause of more than 40 years, after which a rule has ended"


def compared(case: Case) -> Answer:
    """The schedule by the engine and by the others."""
    limit = case.until - timedelta(days=3)
    ours, theirs = _cut(_ours(case), limit), _cut(expected(case), limit)
    if ours == theirs:
        return Answer(case, _resumed(case, ours), ours, theirs, len(ours))
    if _pauses(case, ours, theirs):
        return Answer(case, PAUSE, ours, theirs, len(ours))
    reason = next((name for name, applies in _TRAPS.items() if applies(case)), UNEXPLAINED)
    if reason != UNEXPLAINED:
        meant = _cut(expected(case, literally=True), limit)
        if ours != meant and not _pauses(case, ours, meant):
            reason = UNEXPLAINED
    return Answer(case, reason, ours, theirs, len(ours))


def _pauses(case: Case, ours: list[Found], theirs: list[Found]) -> bool:
    """Whether the others only know more, and that after longer than the engine looks ahead."""
    if theirs[: len(ours)] != ours:
        return False
    before = ours[-1][1] if ours else case.starts
    return theirs[len(ours)][1] - before > timedelta(days=365 * SEARCH_YEARS)


def _cut(found: list[Found], limit: datetime) -> list[Found]:
    """Up to a limit, as what lies at the end is the others' to cut."""
    return [each for each in found if each[1] <= limit]


def _rule(case: Case) -> Rule:
    return stored_rule(case.schedule_type, case.config, ZoneInfo(case.config["timezone"]), case.starts)


def _ours(case: Case) -> list[Found]:
    try:
        rule = _rule(case)
    except RuleError as error:
        if error.code != "never_fires":
            raise
        return []
    listed = (found for _, found in occurrences(rule, None))
    return [(each.at, each.key.local, each.key.fold) for each in takewhile(_within(case), listed)]


def _within(case: Case) -> Callable[[Occurrence], bool]:
    return lambda found: found.key.local <= case.until


def _resumed(case: Case, ours: list[Found]) -> str | None:
    """None if the rule says the same when it is taken up in the middle, and knows how many came by then."""
    if not ours:
        return None
    rule = _rule(case)
    for place in {0, len(ours) // 2, len(ours) - 1, case.number % len(ours)}:
        key = Key(*ours[place][1:])
        following = next(_following(rule, key), None)
        after = ours[place + 1] if place + 1 < len(ours) else None
        if after is not None and following != after:
            return UNEXPLAINED
        if "count" in case.config and index_after(rule, key) != place + 1:
            return UNEXPLAINED
    return None


def _following(rule: Rule, key: Key) -> Iterator[Found]:
    return ((each.at, each.key.local, each.key.fold) for _, each in occurrences(rule, key))


def _mixed_days(case: Case) -> bool:
    numbers = {bool(number) for number, _ in case.parts.get("BYDAY", [])}
    return len(numbers) > 1


def _weeks_alone(case: Case) -> bool:
    return "BYWEEKNO" in case.parts and not {"BYDAY", "BYMONTHDAY", "BYYEARDAY"} & set(case.parts)


def _last_weeks(case: Case) -> bool:
    return bool({-52, -53} & set(case.parts.get("BYWEEKNO", [])))


def _weeks_of_january(case: Case) -> bool:
    return bool({52, 53} & set(case.parts.get("BYWEEKNO", [])))


def _first_week(case: Case) -> bool:
    return case.parts["FREQ"] == "WEEKLY" and "BYSETPOS" in case.parts


_TRAPS: dict[str, Callable[[Case], bool]] = dict(
    zip(REASONS, (_mixed_days, _weeks_alone, _last_weeks, _weeks_of_january, _first_week), strict=True)
)
